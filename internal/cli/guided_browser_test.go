package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/internal/browsertest"
)

// reader is a person in front of a browser who knows nothing but the steps of an
// errand, and finds what they name by the words that stand on the page.
type reader struct {
	*testing.T
	page *browsertest.Page
	step int
}

// follow does what the steps say and returns what stands beside the last name in
// them, which is what they end with: something to copy, or to look at.
func (r *reader) follow(errand *errandDocument) (copied string) {
	r.Helper()
	for _, step := range errand.Steps {
		for _, name := range namesIn(step, errand) {
			switch {
			case name == errand.Page:
				r.page.Open(errand.Page)
			case name == thePublicKey:
				r.page.Paste(browsertest.Path("//main//textarea"), errand.PublicKey)
			case name == errand.ClientID:
				r.press(step, fmt.Sprintf("//tr[contains(., %q)]//a", name))
			case slices.Contains(errand.Scopes, name):
				if r.has(fmt.Sprintf("//th[code = %q]", name)) {
					continue // the client has it
				}
				r.page.Click(browsertest.Path(fmt.Sprintf("//label[code = %q]", name)))
			default:
				copied = r.use(step, strings.Trim(name, `"`), errand.KeyID)
			}
		}
		r.step++
		r.page.Keep(fmt.Sprintf("step %02d", r.step))
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
		r.page.Click(browsertest.Path(field))
		r.page.Write(value)
	case r.has(text):
		if beside := browsertest.Path(text + "//code"); r.page.Has(beside) {
			return r.page.Text(beside)
		}
	case name == "Logg inn" && r.has(`//button[normalize-space(.) = "Logg ut"]`): // since the last errand
	default:
		r.Fatalf("%s: nothing on the page is called %s", step, name)
	}
	return ""
}

// has reports whether the page has such a thing now.
func (r *reader) has(path string) bool {
	r.Helper()
	return r.page.Has(browsertest.Path(path))
}

// press clicks on what leads to another page, which must not find a fault.
func (r *reader) press(step, path string) {
	r.Helper()
	r.page.Follow(browsertest.Path(path))
	if r.has(`//*[@role="alert"]`) {
		r.Fatalf("%s: the page finds a fault", step)
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
	person := &reader{T: t, page: browsertest.New(t, browsertest.Config{})}
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
