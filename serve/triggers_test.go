package serve

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
)

// process is a source whose process ends at a time.
type process struct {
	operator
	ends  time.Time
	fails error // instead
	begun int
}

func (p *process) Begin(context.Context, string, string, handover.Trigger) ([]handover.Record, error) {
	p.begun++
	switch {
	case p.fails != nil:
		return nil, p.fails
	case time.Now().Before(p.ends):
		return nil, &handover.NotCompletedError{Instance: "1/a"}
	}
	return []handover.Record{{Key: "k"}}, nil
}

func newTriggers(ctx context.Context, o handover.Operations) *triggers {
	return &triggers{operations: o, ctx: ctx, waiting: map[look]bool{}, log: slog.New(slog.DiscardHandler)}
}

func TestAFormIsLookedAtUntilItIsSentIn(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ends   time.Duration
		fails  error
		looks  int
		within time.Duration
	}{
		"at once":                 {0, nil, 1, time.Second},
		"after five seconds":      {5 * time.Second, nil, 3, 6 * time.Second},
		"never":                   {time.Hour, nil, 8, 3 * time.Minute},
		"Altinn is down":          {0, &altinn.StatusError{Status: 503}, 8, 3 * time.Minute},
		"it is gone":              {0, &altinn.StatusError{Status: 404}, 1, time.Second},
		"it can never be carried": {0, &handover.SourceError{}, 1, time.Second},
		"a file is being scanned": {0, handover.ErrScanPending, 8, 3 * time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &process{ends: time.Now().Add(test.ends), fails: test.fails}
				triggers := newTriggers(t.Context(), p)
				began := time.Now()
				triggers.lookAgain("1/a", "d")
				triggers.lookAgain("1/a", "d") // the hook is called twice
				triggers.looks.Wait()
				if p.begun != test.looks || time.Since(began) > test.within {
					t.Errorf("%d looks in %s", p.begun, time.Since(began))
				}
				if len(triggers.waiting) != 0 {
					t.Error("it is waited for still")
				}
			})
		})
	}
}

func TestLooksAreBoundedAndEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := &process{ends: time.Now().Add(time.Hour)}
		triggers := newTriggers(ctx, p)
		for n := range maxLooks + 10 {
			triggers.lookAgain(strings.Repeat("x", n), "d")
		}
		if len(triggers.waiting) != maxLooks {
			t.Errorf("%d are waited for", len(triggers.waiting))
		}
		cancel() // the service stops
		triggers.looks.Wait()
		if p.begun != 0 {
			t.Errorf("%d looks after the end", p.begun)
		}
	})
}

// The document names what is served, and nothing else is.
func TestTheDocumentDescribesWhatIsServed(t *testing.T) {
	t.Parallel()
	l := &listener{callers: &callers{}, webhook: newWebhook(), health: &health{}}
	mux := l.public()
	wanted := map[string]bool{
		"POST /handovers": true, "GET /handovers/{key}": true, "POST /events/{secret}": true,
		"GET /healthz": true, "GET /readyz": true, "GET /openapi.yaml": true,
	}
	path := ""
	for line := range strings.Lines(string(openAPI)) {
		name, rest, _ := strings.Cut(strings.TrimRight(line, "\n"), ":")
		switch {
		case strings.HasPrefix(name, "  /") && rest == "":
			path = strings.TrimSpace(name)
		case name == "    get" || name == "    post":
			pattern := strings.ToUpper(strings.TrimSpace(name)) + " " + path
			request, err := http.NewRequestWithContext(t.Context(), strings.ToUpper(strings.TrimSpace(name)), "http://service"+strings.NewReplacer("{", "", "}", "").Replace(path), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, found := mux.Handler(request); found != pattern || !wanted[pattern] {
				t.Errorf("%s is served by %q", pattern, found)
			}
			delete(wanted, pattern)
		}
	}
	for pattern := range wanted {
		t.Errorf("%s is not described", pattern)
	}
}

// With several original applications, it is Storage that tells whose an instance
// is, not the caller.
func TestDefinitionsAreThoseOfTheInstancesApplication(t *testing.T) {
	t.Parallel()
	asked := 0
	triggers := newTriggers(t.Context(), nil)
	triggers.application = func(context.Context, string) (string, error) { asked++; return "fts/b", nil }
	triggers.definitions = []served{{"one", "fts/a"}, {"two", "fts/b"}, {"three", "fts/b"}}
	if ids, err := triggers.of(t.Context(), "1/a"); err != nil || !slices.Equal(ids, []string{"two", "three"}) || asked != 1 {
		t.Errorf("%v, %v, asked %d times", ids, err, asked)
	}
	triggers.application = func(context.Context, string) (string, error) { return "fts/c", nil }
	if _, err := triggers.of(t.Context(), "1/a"); !errors.Is(err, errNoDefinition) {
		t.Error(err)
	}
	triggers.definitions = triggers.definitions[1:] // now there is one application only
	triggers.application = nil
	if ids, err := triggers.of(t.Context(), "1/a"); err != nil || len(ids) != 2 {
		t.Errorf("%v, %v", ids, err)
	}
}
