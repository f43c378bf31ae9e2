package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// reader is a person in front of a browser who knows nothing but the steps of an
// errand, and finds what they name by the words that stand on the page.
type reader struct {
	*testing.T
	ctx  context.Context
	shot int
}

func newReader(t *testing.T) *reader {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("STAFETT_NO_SKIP") != "" {
			t.Fatal(err)
		}
		t.Skip("chromium is not here")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1100, 900), chromedp.UserDataDir(t.TempDir()))
	ctx, stop := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	t.Cleanup(stop)
	ctx, stopBrowser := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stopBrowser)
	ctx, closePage := chromedp.NewContext(ctx)
	t.Cleanup(closePage)
	if err := chromedp.Do(ctx); err != nil { // the browser lives as long as the context of the first step
		t.Fatal(err)
	}
	return &reader{T: t, ctx: ctx}
}

// follow does what the steps say and returns what stands beside the last name in
// them, which is what they end with: something to copy, or to look at.
func (r *reader) follow(errand *errandDocument) (copied string) {
	r.Helper()
	for _, step := range errand.Steps {
		for _, name := range namesIn(step, errand) {
			switch {
			case name == errand.Page:
				r.do(step, chromedp.Navigate(errand.Page))
			case name == thePublicKey:
				r.do(step, chromedp.SetValue("//main//textarea", errand.PublicKey))
			case name == errand.ClientID:
				r.press(step, fmt.Sprintf("//tr[contains(., %q)]//a", name))
			case slices.Contains(errand.Scopes, name):
				if r.has(fmt.Sprintf("//th[code = %q]", name)) {
					continue // the client has it
				}
				r.do(step, chromedp.Click(fmt.Sprintf("//label[code = %q]", name)))
			default:
				copied = r.use(step, strings.Trim(name, `"`), errand.KeyID)
			}
		}
		r.look()
	}
	return copied
}

const thePublicKey = "the public key"

// namesIn are the things that a step names, in its order: what stands in
// quotation marks, and what the errand is about.
func namesIn(step string, errand *errandDocument) []string {
	shapes := []string{`"[^"]+"`, thePublicKey}
	for _, value := range append(slices.Clone(errand.Scopes), errand.Page, errand.ClientID) {
		if value != "" {
			shapes = append(shapes, regexp.QuoteMeta(value))
		}
	}
	return regexp.MustCompile(strings.Join(shapes, "|")).FindAllString(step, -1)
}

// use does with what has that name what one does with such a thing: presses a
// button or link (beside the key that the step names, if it names one), and fills
// a field with what the step says after the name. Anything else is for reading,
// and what stands beside it is returned.
func (r *reader) use(step, name, keyID string) string {
	r.Helper()
	called := fmt.Sprintf("[normalize-space(text()[1]) = %q]", name)
	button := "//main//*[self::a or self::button]" + called
	if beside := fmt.Sprintf("//tr[contains(., %q)]//a", keyID) + called; strings.Contains(step, keyID) && r.has(beside) {
		button = beside
	}
	field := "//label" + called
	text := fmt.Sprintf("//main//*[normalize-space(text()[1]) = %q or starts-with(normalize-space(.), %q)]", name, name)
	switch {
	case r.has(button):
		r.press(step, button)
	case r.has(field):
		_, value, _ := strings.Cut(step, ": ")
		r.do(step, chromedp.Click(field), chromedp.KeyEvent(value))
	case r.has(text):
		beside, err := chromedp.Run(r.ctx, chromedp.Evaluate[string](fmt.Sprintf(
			`document.evaluate(%q, document, null, XPathResult.STRING_TYPE).stringValue`, text+"//code")))
		if err != nil {
			r.Fatalf("%s: %v", step, err)
		}
		return beside
	case name == "Logg inn" && r.has(`//button[normalize-space(.) = "Logg ut"]`): // since the last errand
	default:
		r.Fatalf("%s: nothing on the page is called %s", step, name)
	}
	return ""
}

// has reports whether the page has such a thing now.
func (r *reader) has(path string) bool {
	r.Helper()
	found, err := chromedp.Run(r.ctx, chromedp.Evaluate[bool](fmt.Sprintf(`document.evaluate(%q, document, null, XPathResult.BOOLEAN_TYPE).booleanValue`, path)))
	if err != nil {
		r.Fatal(err)
	}
	return found
}

// press clicks on what leads to another page, which must not find a fault.
func (r *reader) press(step, path string) {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, 20*time.Second)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(path)); err != nil {
		r.Fatalf("%s: %v", step, err)
	}
	if r.has(`//*[@role="alert"]`) {
		r.Fatalf("%s: the page finds a fault", step)
	}
}

func (r *reader) do(step string, actions ...chromedp.Action[chromedp.Void]) {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		r.Fatalf("%s: %v", step, err)
	}
}

// look keeps an image of the page, for people, where STAFETT_SCREENSHOTS says.
func (r *reader) look() {
	r.Helper()
	dir := os.Getenv("STAFETT_SCREENSHOTS")
	if dir == "" {
		return
	}
	image, err := chromedp.Run(r.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		r.Fatal(err)
	}
	r.shot++
	if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("guided-%02d.png", r.shot)), image, 0o600); err != nil {
		r.Fatal(err)
	}
}

// guidedDocument is what prepare, rotate and renew have in common in --json.
type guidedDocument struct {
	Errand *errandDocument `json:"errand"`
	Key    keyDocument     `json:"key"`
}

// TestGuidedInABrowser prepares, rotates and renews without an admin client. What is
// to be done at the portal, the reader of the steps does, and nothing else.
func TestGuidedInABrowser(t *testing.T) {
	t.Parallel()
	person := newReader(t)
	b := newBench(t)
	page, err := b.platform.ServePortal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.ready.Portal = page.String()
	if err := writeState(b.state, b.ready); err != nil {
		t.Fatal(err)
	}
	run := func(want int, args ...string) (document guidedDocument) {
		t.Helper()
		code, stdout, stderr := b.run(t.Context(), args...)
		if found := leaks(stdout + stderr); code != want || len(found) > 0 {
			t.Fatalf("stafett %s ends with %d, want %d, and tells %q\n%s%s", strings.Join(args, " "), code, want, found, stdout, stderr)
		}
		if stdout != "" {
			if err := json.Unmarshal([]byte(stdout), &document); err != nil {
				t.Fatal(err)
			}
		}
		return document
	}
	errand := func(kind string, args ...string) *errandDocument {
		t.Helper()
		told := run(exitNeedsInput, args...).Errand
		if cmp.Or(told, &errandDocument{}).Kind != kind {
			t.Fatalf("stafett %s has the errand %+v, want %s", strings.Join(args, " "), told, kind)
		}
		return told
	}

	prepare := []string{"prepare", "--guided", "--yes"}
	clientID := person.follow(errand("register-integration", prepare...))
	run(exitOK, append(prepare, "--client-id", clientID)...)
	run(exitOK, "doctor")

	rotate := []string{"rotate", "--guided", "--yes"}
	person.follow(errand("add-key", rotate...))
	run(exitAwaiting, rotate...)
	person.follow(errand("remove-key", append(rotate, "--finish")...))
	run(exitOK, append(rotate, "--finish", "--done")...)
	run(exitOK, "doctor")

	renew := []string{"renew", "--guided", "--yes"}
	person.follow(errand("renew-key", renew...))
	run(exitOK, append(renew, "--done")...)

	// Somebody has taken a scope away.
	if _, err := b.platform.Registry().SetScopes(clientID, []string{"altinn:serviceowner/instances.read"}); err != nil {
		t.Fatal(err)
	}
	person.follow(errand("extend-scopes", prepare...))
	run(exitOK, append(prepare, "--done")...)
	run(exitOK, "doctor")
}
