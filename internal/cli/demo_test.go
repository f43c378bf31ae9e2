package cli

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stafett/stafett/internal/story"
	"github.com/stafett/stafett/internal/term"
)

// TestAFailedStoryIsADocumentToo breaks the story early and late, and holds what
// is printed to the schema.
func TestAFailedStoryIsADocumentToo(t *testing.T) {
	t.Parallel()
	schema, err := compileSchema("demo")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ host, step string }{
		{vaultHost, story.StepVault},
		{"fts.apps.tt02.altinn.no", story.StepForm},
	} {
		t.Run(c.step, func(t *testing.T) {
			t.Parallel()
			outOfOrder := func(host string, next http.Handler) http.Handler {
				if host != c.host {
					return next
				}
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
			}
			var out, told bytes.Buffer
			s := &session{json: true, streams: &term.Streams{Out: &term.Stream{Writer: &out}, Err: &term.Stream{Writer: &told}}}
			err := s.demo(t.Context(), story.Config{Sabotage: story.Sabotage{Host: outOfOrder}})
			failed := (*storyError)(nil)
			if !errors.As(err, &failed) || failed.step.ID != c.step || exitCode(t.Context(), err) != exitFailed {
				t.Errorf("it ends with %v, want step %s to fail", err, c.step)
			}
			document, err := jsonschema.UnmarshalJSON(strings.NewReader(out.String()))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(document); err != nil {
				t.Errorf("%v\n%s", err, &out)
			}
			if document.(map[string]any)["ok"] != false || told.Len() > 0 {
				t.Errorf("ok is %v, want false; told: %s", document.(map[string]any)["ok"], &told)
			}
		})
	}
}
