package browsertest

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axe is the engine for tests of accessibility by Deque Systems:
// https://github.com/dequelabs/axe-core
//
//go:embed testdata/axe/axe.min.js
var axe string

var (
	//go:embed scripts/structure.js
	structure string
	//go:embed scripts/layout.js
	layout string
)

// rules runs what of axe tests the success criteria of WCAG 2.2, levels A and AA, and
// what it recommends beyond them.
const rules = `axe.run(document, {
	runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
	resultTypes: ["violations"], preload: false, iframes: false,
}).then((r) => r.violations.map((v) => ({
	Rule: v.id, Help: v.help, Advice: v.tags.includes("best-practice"),
	At: v.nodes.map((n) => n.target.join(" ") + ": " + n.html.slice(0, 200) + " " + n.any.concat(n.all, n.none).map((c) => c.message).join("; ")),
})))`

// Audit demands that everybody can use the page as it is now, by WCAG 2.2 level AA as
// far as a program can tell (https://www.w3.org/TR/WCAG22/): by the rules of axe; by
// its structure; and by its layout, 320 pixels wide (1.4.10), with text of twice the
// size (1.4.4), zoomed to 200 %, and with text spaced out (1.4.12). What is only
// advice is logged. The page is as it was afterwards, but for where it is scrolled to.
func (p *Page) Audit() {
	p.t.Helper()
	faults, advice := p.audit()
	for _, fault := range faults {
		p.t.Errorf("%s: %s", p.describe(), fault)
	}
	for _, a := range advice {
		p.t.Logf("%s: advice: %s", p.describe(), a)
	}
}

func (p *Page) audit() (faults, advice []string) {
	p.t.Helper()
	if p.config.NoScript { // axe needs timers; the page's scripts have been passed over by now
		p.scripts(true)
		defer p.scripts(false)
	}
	p.until(func(ctx context.Context) (err error) {
		faults, advice, err = p.judge(ctx)
		return err
	})
	for _, l := range []struct {
		name  string
		wide  int64
		high  int64
		scale float64
		text  string
	}{
		{name: "320 pixels wide", wide: 320, high: 640, scale: 1},
		{name: "zoomed to 200 %", wide: width / 2, high: height / 2, scale: 2},
		{name: "with text of twice the size", wide: width, high: height, scale: 1, text: "larger"},
		{name: "with text spaced out", wide: width, high: height, scale: 1, text: "spaced"},
		{name: "320 pixels wide with text spaced out", wide: 320, high: 640, scale: 1, text: "spaced"},
	} {
		p.resize(l.wide, l.high, l.scale)
		p.until(func(ctx context.Context) error {
			found, err := apart[[]string](ctx, layout, fmt.Sprintf("layout(%q)", l.text))
			for _, fault := range found {
				faults = append(faults, l.name+", "+fault)
			}
			return err
		})
	}
	p.resize(width, height, 1)
	return faults, advice
}

// judge has axe and the rules for the structure judge the page.
func (p *Page) judge(ctx context.Context) (faults, advice []string, err error) {
	violations, err := apart[[]struct {
		Rule, Help string
		Advice     bool
		At         []string
	}](ctx, axe, rules)
	if err != nil {
		return nil, nil, err
	}
	for _, v := range violations {
		text := fmt.Sprintf("%s (%s): %s", v.Help, v.Rule, strings.Join(v.At, " | "))
		if v.Advice {
			advice = append(advice, text)
		} else {
			faults = append(faults, text)
		}
	}
	found, err := apart[[]string](ctx, structure, "structure()")
	return append(faults, found...), advice, err
}

// resize gives the page another size, in CSS pixels.
func (p *Page) resize(wide, high int64, scale float64) {
	p.t.Helper()
	call(p, "give the page another size", emulation.SetDeviceMetricsOverride,
		emulation.SetDeviceMetricsOverrideParams{Width: wide, Height: high, DeviceScaleFactor: scale})
}

// Narrow shows the page 320 CSS pixels wide until the test shows it Wide again.
func (p *Page) Narrow() { p.t.Helper(); p.resize(320, 640, 1) }

// Wide shows the page as wide as it is at first.
func (p *Page) Wide() { p.t.Helper(); p.resize(width, height, 1) }

// apart evaluates a script, with a library before it, beside the page's own scripts:
// they share the page but neither names nor the content security policy. What is said
// there of the library stays until another page is loaded.
func apart[T any](ctx context.Context, library, script string) (value T, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tree, err := chromedp.Call(ctx, page.GetFrameTree, struct{}{})
	if err != nil {
		return value, err
	}
	world, err := chromedp.Call(ctx, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: tree.FrameTree.Frame.ID, WorldName: "browsertest"})
	if err != nil {
		return value, err
	}
	yes := true
	for i, text := range []string{library, script} {
		result, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{
			Expression: text, ContextID: world.ExecutionContextID, ReturnByValue: &yes, AwaitPromise: &yes,
			Timeout: runtime.TimeDelta(float64(patience / time.Millisecond)),
		})
		switch {
		case err != nil:
			return value, err
		case result.ExceptionDetails != nil && result.ExceptionDetails.Exception != nil:
			return value, errors.New(result.ExceptionDetails.Exception.Description)
		case result.ExceptionDetails != nil:
			return value, errors.New(result.ExceptionDetails.Text)
		case i == 1:
			err = json.Unmarshal(result.Result.Value, &value)
			return value, err
		}
	}
	return value, nil
}
