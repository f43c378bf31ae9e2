package browsertest

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

//go:embed scripts/keyboard.js
var keyboard string

// stop is where the focus is, among the things on the page that it should come to.
type stop struct {
	Index   int // -1: nowhere, -2: at something else
	Name    string
	Visible bool   // one sees that the focus is there
	Over    string // what hides it
}

// KeyboardWalk demands that the keyboard suffices for the page as it is now (WCAG 2.2:
// 2.1.1, 2.1.2, 2.4.3, 2.4.7, 2.4.11): pressed again and again, Tab comes to all that
// can be used, in the order of the page, never stays, and one sees where it is.
func (p *Page) KeyboardWalk() {
	p.t.Helper()
	for _, fault := range p.keyboardWalk() {
		p.t.Errorf("%s: %s", p.describe(), fault)
	}
}

func (p *Page) keyboardWalk() (faults []string) {
	p.t.Helper()
	var names []string
	p.until(func(ctx context.Context) (err error) {
		names, err = apart[[]string](ctx, keyboard, "stops()")
		return err
	})
	reached := make([]bool, len(names))
	last, wraps, same := -1, 0, 0
	for range 6*len(names) + 10 { // fields of several parts, such as dates, have a stop for each
		p.Press(kb.Tab)
		var at stop
		p.until(func(ctx context.Context) (err error) {
			at, err = apart[stop](ctx, "", "focused()")
			return err
		})
		switch {
		case at.Index == -2 && !at.Visible:
			faults = append(faults, "one does not see that the focus is at "+at.Name)
		case at.Index < 0:
			continue
		case at.Index == last:
			if same++; same > 6 {
				return append(faults, "the focus cannot leave "+at.Name)
			}
			continue
		case at.Index < last:
			wraps++
		}
		if wraps > 0 && reached[at.Index] {
			break
		}
		if wraps > 1 {
			faults = append(faults, fmt.Sprintf("the focus goes from %s back to %s", names[last], at.Name))
			wraps = 1
		}
		if !at.Visible {
			faults = append(faults, "one does not see that the focus is at "+at.Name)
		}
		if at.Over != "" {
			faults = append(faults, fmt.Sprintf("what has the focus, %s, is hidden by %s", at.Name, at.Over))
		}
		reached[at.Index], last, same = true, at.Index, 0
	}
	for i, name := range names {
		if !reached[i] {
			faults = append(faults, "the keyboard does not come to "+name)
		}
	}
	return faults
}

// distance is called on an element that the focus should come to, and tells how.
const distance = `function() {
	const at = document.activeElement;
	if (at === this) return "here";
	return at.type === "radio" && this.type === "radio" && at.name === this.name && at.form === this.form ? "arrow" : "tab";
}`

// Reach presses Tab until the focus is at an element, as those do who use no mouse,
// and an arrow among radio buttons, which chooses them.
func (p *Page) Reach(e Element) {
	p.t.Helper()
	for range 200 {
		switch on[string](p, e, distance) {
		case "here":
			return
		case "arrow":
			p.Press(kb.ArrowDown)
		default:
			p.Press(kb.Tab)
		}
	}
	p.fail("on the page %s: the keyboard does not come to the %s", p.describe(), e)
}

// Enter presses Enter at an element that leads to another page, and waits for that.
func (p *Page) Enter(e Element) {
	p.t.Helper()
	p.Reach(e)
	p.loaded("press Enter at the "+e.String(), func() { p.Press(kb.Enter) })
}

// Rewrite replaces what the field at the focus holds, key by key.
func (p *Page) Rewrite(text string) {
	p.t.Helper()
	p.do("select all", chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent(kb.Delete))
	p.Write(text)
}

// Focused reports whether the focus is at an element now.
func (p *Page) Focused(e Element) bool {
	p.t.Helper()
	return on[bool](p, e, "function() { return this === document.activeElement }")
}
