package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
	"unicode"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// hit is called on an element with the point where a mouse is going to press. It
// tells what else lies there.
const hit = `function(x, y) {
	const top = document.elementFromPoint(x, y);
	if (!top) return "nothing";
	if (this.contains(top) || top.contains(this) && top.closest("label, a, button, summary") || top.closest("label")?.control === this) return "";
	return top.outerHTML.slice(0, 200);
}`

// Click presses the mouse on an element as soon as the page has it and nothing lies
// over it.
func (p *Page) Click(e Element) {
	p.t.Helper()
	p.until(func(ctx context.Context) error {
		f, err := p.look(ctx, e)
		if err != nil {
			return err
		}
		if _, err := chromedp.Call(ctx, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: f.id}); err != nil {
			return err
		}
		shape, err := chromedp.Call(ctx, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: f.id})
		if err != nil {
			return err
		}
		if len(shape.Quads) == 0 {
			return fmt.Errorf("the %s has no size", e)
		}
		q := shape.Quads[0] // four corners
		x, y := (q[0]+q[2]+q[4]+q[6])/4, (q[1]+q[3]+q[5]+q[7])/4
		var over string
		if err := f.call(ctx, &over, hit, x, y); err != nil {
			return err
		}
		if over != "" {
			return fmt.Errorf("over the %s lies %s", e, over)
		}
		return chromedp.Do(ctx, chromedp.MouseEvent(chromedp.MouseMoved, x, y), chromedp.MouseClickXY(x, y))
	})
}

// Follow clicks on what leads to another page, and waits until that is there. A page
// that is answered to a form in the same place is another page.
func (p *Page) Follow(e Element) {
	p.t.Helper()
	p.loaded("click on the "+e.String(), func() { p.Click(e) })
}

// Type replaces what a field holds, key by key, and leaves the focus there.
func (p *Page) Type(e Element, text string) {
	p.t.Helper()
	p.Click(e)
	p.Rewrite(text)
}

// key presses the key of a letter. Not as chromedp does it for letters that are not
// in ASCII: there, some of them stand for keys without letters, as č does for Shift.
func (p *Page) key(letter rune) {
	p.t.Helper()
	if letter < unicode.MaxASCII {
		p.do("press a key", chromedp.KeyEvent(string(letter)))
		return
	}
	text := string(letter)
	call(p, "press a key", input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kb.KeyDown, Key: text, Text: text, UnmodifiedText: text})
	call(p, "release a key", input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kb.KeyUp, Key: text})
}

// Paste replaces what a field holds at one go.
func (p *Page) Paste(e Element, text string) {
	p.t.Helper()
	p.Click(e)
	p.do("select all", chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	call(p, "paste", input.InsertText, input.InsertTextParams{Text: text})
}

// Write types a text where the focus is.
func (p *Page) Write(text string) {
	p.t.Helper()
	for _, letter := range text {
		p.key(letter)
	}
}

// Press presses keys that have no letter, where the focus is: those of
// github.com/chromedp/chromedp/kb, such as kb.Tab and kb.ArrowDown.
func (p *Page) Press(keys string) {
	p.t.Helper()
	p.do("press keys", chromedp.KeyEvent(keys))
}

// Choose chooses in a drop-down list, by the words of the option.
func (p *Page) Choose(e Element, option string) {
	p.t.Helper()
	on[bool](p, e, `function(words) {
		const plain = (s) => s.trim().replace(/\s+/g, " ");
		const found = [...this.options].find((o) => plain(o.label) === words);
		if (!found) throw new Error("no option " + words + ", but " + [...this.options].map((o) => plain(o.label)).join(", "));
		this.focus();
		this.value = found.value;
		this.dispatchEvent(new Event("input", { bubbles: true }));
		this.dispatchEvent(new Event("change", { bubbles: true }));
		return true;
	}`, option)
}

// Attach chooses files, by their paths, where the page asks for such. The label is
// that of the input for files.
func (p *Page) Attach(label string, files ...string) {
	p.t.Helper()
	for i, file := range files {
		path, err := filepath.Abs(file)
		if err != nil {
			p.fail("find %s: %v", file, err)
		}
		files[i] = path
	}
	e := Path(fmt.Sprintf(`//input[@type="file"][@id = //label[contains(normalize-space(.), %q)]/@for or ancestor::label[contains(normalize-space(.), %[1]q)]]`, label))
	p.until(func(ctx context.Context) error {
		f, err := p.look(ctx, e)
		if err != nil {
			return err
		}
		_, err = chromedp.Call(ctx, dom.SetFileInputFiles, dom.SetFileInputFilesParams{BackendNodeID: f.id, Files: files})
		return err
	})
}

// File is what a page has given to keep.
type File struct {
	Name    string // as the page suggests
	Content []byte
}

// Download clicks on what gives a file, and waits until all of it is there.
func (p *Page) Download(e Element) File {
	p.t.Helper()
	p.Click(e)
	deadline := time.After(patience)
	for {
		_, _, changed := p.watch.state()
		if d, ok := p.watch.finished(); ok {
			content, err := os.ReadFile(filepath.Join(p.downloads, d.id))
			if d.fault != "" {
				err = errors.New(d.fault)
			}
			if err != nil {
				p.fail("keep %s: %v", d.name, err)
			}
			return File{d.name, content}
		}
		select {
		case <-changed:
		case <-deadline:
			p.fail("the %s on the page %s gives no file", e, p.describe())
		}
	}
}
