package fill_test

import (
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/examples"
)

// A task of another type is shown by its name, with what the person can do or
// whom it waits for.
func TestTasksWithoutPages(t *testing.T) {
	t.Parallel()
	const (
		taskType = "<altinn:taskType>confirmation</altinn:taskType>"
		confirm  = "<altinn:action>confirm</altinn:action>"
		reject   = "<altinn:action>reject</altinn:action>"
	)
	for name, test := range map[string]struct {
		edits   []string // of the process: before and after
		sees    string
		buttons []string // by their values
	}{
		"the owner's turn": {
			[]string{taskType, "<altinn:taskType>feedback</altinn:taskType>", confirm, "", reject, ""},
			"Skjemaet venter på tjenesteeieren", nil,
		},
		"a right that is lacking": {
			[]string{taskType, "<altinn:taskType>signing</altinn:taskType>", confirm, "<altinn:action>sign</altinn:action>", reject, ""},
			"Skjemaet venter på noen som har rettigheten «sign»", nil,
		},
		"an action that the policy gives nobody": {
			[]string{reject, "<altinn:action>approve</altinn:action>"}, "Se over svarene", []string{"confirm"},
		},
		"an action that the process does not name": {
			[]string{confirm, ""}, "Gå tilbake og endre", []string{"", "reject"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldWith(t, func(dir string) {
				for n := 0; n < len(test.edits); n += 2 {
					edit(t, filepath.Join(dir, examples.OriginalForm, "config", "process", "process.bpmn"), test.edits[n], test.edits[n+1])
				}
			})
			p := w.visit(0).filled(0).press("submit").status(http.StatusOK).sees(test.sees, "Kárášjohka")
			var buttons []string
			for _, found := range regexp.MustCompile(`name="action" value="([^"]*)"`).FindAllStringSubmatch(p.body, -1) {
				buttons = append(buttons, found[1])
			}
			if !slices.Equal(buttons, test.buttons) {
				t.Errorf("the buttons are %q", buttons)
			}
		})
	}
}

func edit(t *testing.T, name, before, after string) {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(content), before) {
		t.Fatalf("%s does not hold %s", name, before)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(content), before, after, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A task that the application refuses to end shows why on its own page.
func TestAConfirmationThatIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.visit(0).filled(0).press("submit").status(http.StatusOK).at("Se over og bekreft")
	for status, body := range map[int]string{
		http.StatusUnprocessableEntity: `{"title":"Validation failed","status":409,"validationIssues":[{"severity":1,"description":"Kartet er ikke lest ennå."}]}`,
		http.StatusConflict:            `{"title":"Conflict","status":409}`,
	} {
		refuse := func(r *http.Request) *http.Response {
			if r.Method != http.MethodPut || path.Base(r.URL.Path) != "next" {
				return nil
			}
			return &http.Response{StatusCode: http.StatusConflict, Header: http.Header{"Content-Type": {"application/problem+json"}}, Body: readCloser(body), Request: r}
		}
		w.intercept.Store(&refuse)
		got := p.post(p.path, url.Values{"action": {"confirm"}}).status(status)
		if status == http.StatusUnprocessableEntity {
			got.at("Se over og bekreft").sees("Kartet er ikke lest ennå.", "Kárášjohka")
		}
	}
}
