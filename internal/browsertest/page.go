package browsertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Open goes to an address, of whose host everything on the page may be asked for.
func (p *Page) Open(address string) {
	p.t.Helper()
	p.watch.allow(address)
	p.loaded("open "+address, func() {
		ctx, cancel := context.WithTimeout(p.ctx, patience)
		defer cancel()
		if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
			p.fail("open %s: %v", address, err)
		}
	})
}

// Back goes to the page before this one.
func (p *Page) Back() {
	p.t.Helper()
	p.loaded("go back", func() { p.do("go back", chromedp.Evaluate[chromedp.Void]("history.back()")) })
}

// Reload asks for the page once more.
func (p *Page) Reload() {
	p.t.Helper()
	p.loaded("reload", func() { p.do("reload", chromedp.Reload()) })
}

// loaded does what leads to another page, and waits for that.
func (p *Page) loaded(what string, act func()) {
	p.t.Helper()
	before, _, _ := p.watch.state()
	act()
	deadline := time.After(patience)
	for {
		now, _, changed := p.watch.state()
		if now > before {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			p.fail("%s: the page %s stays", what, p.describe())
		}
	}
}

// Address is where the page is.
func (p *Page) Address() *url.URL {
	p.t.Helper()
	u, err := url.Parse(Evaluate[string](p, "location.href"))
	if err != nil {
		p.fail("read the address: %v", err)
	}
	return u
}

// Title is the title of the page.
func (p *Page) Title() string {
	p.t.Helper()
	return Evaluate[string](p, "document.title")
}

// Status is the HTTP status of the answer that the page was made of.
func (p *Page) Status() int {
	_, status, _ := p.watch.state()
	return status
}

// describe tells people which page this is; it must not fail.
func (p *Page) describe() string {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.title + " (" + location.pathname + location.search + ")"`))
	if err != nil {
		return "(unknown)"
	}
	return text
}

// See waits until the page has an element, and only one.
func (p *Page) See(e Element) {
	p.t.Helper()
	p.wait(e)
}

// Lack waits until the page has no such element.
func (p *Page) Lack(e Element) {
	p.t.Helper()
	p.until(func(ctx context.Context) error {
		_, err := p.look(ctx, e)
		if m := (*missing)(nil); errors.As(err, &m) && !m.many {
			return nil
		}
		return errors.Join(fmt.Errorf("the page still has the %s", e), err)
	})
}

// Has reports whether the page has such an element now, one or more.
func (p *Page) Has(e Element) bool {
	p.t.Helper()
	var has bool
	p.until(func(ctx context.Context) error {
		_, err := p.look(ctx, e)
		m := (*missing)(nil)
		if absent := errors.As(err, &m); err != nil && !absent {
			return err
		}
		has = m == nil || m.many
		return nil
	})
	return has
}

// Read waits until the page shows a text, spaces aside.
func (p *Page) Read(text string) {
	p.t.Helper()
	p.until(func(ctx context.Context) error {
		shown, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
		if err == nil && !strings.Contains(plain(shown), plain(text)) {
			err = fmt.Errorf("the page does not show %q; it shows\n%s", text, shown)
		}
		return err
	})
}

// Shows reports whether the page shows a text now.
func (p *Page) Shows(text string) bool {
	p.t.Helper()
	return strings.Contains(p.Text(Element{}), plain(text))
}

// Text is what an element shows, spaces aside.
func (p *Page) Text(e Element) string {
	p.t.Helper()
	if e.kind == "" {
		return plain(Evaluate[string](p, "document.body.innerText"))
	}
	return plain(on[string](p, e, "function() { return this.innerText }"))
}

// Value is what has been written into a field, or chosen in a list.
func (p *Page) Value(e Element) string {
	p.t.Helper()
	return on[string](p, e, "function() { return this.value }")
}

// Checked reports whether a box is checked.
func (p *Page) Checked(e Element) bool {
	p.t.Helper()
	return on[bool](p, e, "function() { return this.checked }")
}

// Attribute is an attribute of an element, empty if it has none.
func (p *Page) Attribute(e Element, name string) string {
	p.t.Helper()
	return on[string](p, e, "function(name) { return this.getAttribute(name) ?? '' }", name)
}

// Evaluate runs a script on the page and returns its result, or that of its promise.
// It also works on a page whose own scripts are off.
func Evaluate[T any](p *Page, script string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	result, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		p.fail("run a script on the page %s: %v", p.describe(), err)
	}
	return result
}

// on calls a script's function on an element as soon as the page has it.
func on[T any](p *Page, e Element, function string, args ...any) (value T) {
	p.t.Helper()
	p.until(func(ctx context.Context) error {
		f, err := p.look(ctx, e)
		if err != nil {
			return err
		}
		return f.call(ctx, &value, function, args...)
	})
	return value
}

// call calls a script's function on the element.
func (f found) call(ctx context.Context, value any, function string, args ...any) error {
	byValue := true
	params := runtime.CallFunctionOnParams{FunctionDeclaration: function, ObjectID: f.object, ReturnByValue: &byValue}
	for _, arg := range args {
		params.Arguments = append(params.Arguments, argument(arg))
	}
	result, err := chromedp.Call(ctx, runtime.CallFunctionOn, params)
	switch {
	case err != nil:
		return err
	case result.ExceptionDetails != nil:
		return errors.New(result.ExceptionDetails.Exception.Description)
	case value == nil:
		return nil
	}
	return json.Unmarshal(result.Result.Value, value)
}

func (p *Page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.fail("%s on the page %s: %v", what, p.describe(), err)
	}
}

// Forgive forgets what has gone wrong so far behind the page with these words in it,
// which must have happened.
func (p *Page) Forgive(words string) {
	p.t.Helper()
	if !p.watch.forgive(words) {
		p.t.Errorf("nothing with %q has gone wrong; %q has", words, p.watch.faults())
	}
}
