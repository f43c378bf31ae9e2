package serve

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
)

const key = "00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef"

func TestStepsAreCounted(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 4, 2, 8, 0, 0, 0, time.UTC)
	m := newMeasures("v1", nil)
	var told []string
	o := observer{m, untraced(), func() time.Time { return now }, func(r handover.Record) { told = append(told, r.Key) }}
	before := handover.Record{Key: key, DefinitionID: "d", State: handover.Planned, CreatedAt: now.Add(-2 * time.Second)}
	take := func(step string, after handover.Record, err error) {
		_, end := o.Step(t.Context(), before, step)
		now = now.Add(100 * time.Millisecond)
		o.Changed(t.Context(), before, after)
		end(after, err)
	}
	unclear := before
	unclear.State, unclear.Unclears = handover.Unclear, 1
	take("create", unclear, nil)
	double := before
	double.Duplicates = []handover.Duplicate{{Instance: "1/b"}, {Instance: "1/c"}}
	take("search", double, nil)
	done := before
	done.State = handover.Done
	take("complete", done, nil)
	failed := before
	failed.State = handover.Failed
	take("create", failed, nil)
	o.Changed(t.Context(), failed, failed)
	if !slices.Equal(told, []string{key}) {
		t.Errorf("told of %q, want one failed handover, once", told)
	}
	take("search", before, &altinn.StatusError{Status: 503})
	take("search", before, &altinn.StatusError{Status: 403})
	take("search", before, errors.New("x"))
	take("search", before, context.Canceled)
	o.Swept(t.Context(), "d", handover.SweepResult{}, errors.New("x"))
	o.Swept(t.Context(), "d", handover.SweepResult{}, nil)

	want := `
# HELP stafett_duplicates_found_total Instances beside the recorded one that carry its key.
# TYPE stafett_duplicates_found_total counter
stafett_duplicates_found_total{definition="d"} 2
# HELP stafett_steps_total Steps of handovers that were taken.
# TYPE stafett_steps_total counter
stafett_steps_total{definition="d",outcome="error",step="search"} 1
stafett_steps_total{definition="d",outcome="failed",step="create"} 1
stafett_steps_total{definition="d",outcome="interrupted",step="search"} 1
stafett_steps_total{definition="d",outcome="ok",step="complete"} 1
stafett_steps_total{definition="d",outcome="ok",step="create"} 1
stafett_steps_total{definition="d",outcome="ok",step="search"} 1
stafett_steps_total{definition="d",outcome="refused",step="search"} 1
stafett_steps_total{definition="d",outcome="unavailable",step="search"} 1
# HELP stafett_sweep_errors_total Sweeps that failed.
# TYPE stafett_sweep_errors_total counter
stafett_sweep_errors_total{definition="d"} 1
# HELP stafett_unclear_outcomes_total Requests to create an instance whose outcome was not known.
# TYPE stafett_unclear_outcomes_total counter
stafett_unclear_outcomes_total{definition="d"} 1
`
	if err := testutil.GatherAndCompare(m.registry, strings.NewReader(want), "stafett_steps_total", "stafett_unclear_outcomes_total",
		"stafett_duplicates_found_total", "stafett_sweep_errors_total"); err != nil {
		t.Error(err)
	}
	if n := testutil.CollectAndCount(m.seconds); n != 1 {
		t.Errorf("%d series of handovers' times", n)
	}
}

// kept is an exporter that does not forget at the end.
type kept struct{ *tracetest.InMemoryExporter }

func (kept) Shutdown(context.Context) error { return nil }

// The spans of one form share a trace, whichever process makes them.
func TestOneFormIsOneTrace(t *testing.T) {
	t.Parallel()
	exported := kept{tracetest.NewInMemoryExporter()}
	record := handover.Record{Key: key, DefinitionID: "d", Source: "50900001/a", State: handover.Planned, Trigger: handover.BySweep}
	for process := range 2 {
		traces := tracesTo(exported, "v1")
		if process == 0 {
			traces.begun(t.Context(), record)
		}
		ctx, end := traces.step(t.Context(), record, "create")
		_, answered := traces.request(ctx, systemApplication, http.MethodPost)
		answered(&http.Response{StatusCode: http.StatusCreated}, nil)
		end(record, "ok", nil)
		_, alone := traces.request(t.Context(), systemVault, http.MethodGet) // belongs to no form
		alone(nil, errors.New("x"))
		if err := traces.flush(); err != nil {
			t.Fatal(err)
		}
	}
	spans := exported.GetSpans()
	var names []string
	for _, span := range spans {
		names = append(names, span.Name)
		if span.SpanContext.TraceID().String() != key[:32] {
			t.Errorf("%s is of trace %s", span.Name, span.SpanContext.TraceID())
		}
		switch span.Name {
		case "begin handover":
			if span.SpanContext.SpanID().String() != key[32:48] || span.Parent.IsValid() {
				t.Errorf("the first span is %s under %s", span.SpanContext.SpanID(), span.Parent.SpanID())
			}
		case "create":
			if span.Parent.SpanID().String() != key[32:48] {
				t.Errorf("a step is under %s", span.Parent.SpanID())
			}
		}
		for _, attribute := range span.Attributes {
			if strings.Contains(attribute.Value.String(), "https:") {
				t.Errorf("%s tells the address %s", span.Name, attribute.Value.String())
			}
		}
	}
	slices.Sort(names)
	want := []string{"POST application", "POST application", "begin handover", "create", "create"}
	if !slices.Equal(names, want) {
		t.Errorf("spans %v", names)
	}
}

func TestTracesAreOffUnlessACollectorIsNamed(t *testing.T) {
	t.Parallel()
	traces, err := newTraces(t.Context(), "v1", func(string) string { return "" }, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	_, end := traces.step(t.Context(), handover.Record{Key: key}, "create")
	end(handover.Record{}, "ok", nil)
	if err := traces.flush(); err != nil {
		t.Error(err)
	}
}

func TestWhatTheJournalKnowsIsMeasured(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 4, 2, 8, 0, 0, 0, time.UTC)
	asked, reach := 0, now.Add(-7*time.Minute)
	var failing error
	engine := engineStatus{waiting: 3, running: 2, open: map[string]bool{"fts/b": true}, swept: map[string]time.Time{"a": now, "old": now}}
	c := (&collector{
		summary: func(context.Context) (handover.Status, error) {
			asked++
			return handover.Status{
				Summary: handover.Summary{
					Counts: []handover.Count{{DefinitionID: "a", State: handover.Done, Records: 5}, {DefinitionID: "gone", State: handover.Failed, Records: 1}},
					Oldest: []handover.Oldest{{DefinitionID: "a", Reach: reach}},
				},
				Paused: []string{"a"},
			}, failing
		},
		engine: func() engineStatus { return engine }, definitions: []string{"a"}, applications: []string{"fts/b", "fts/c"},
		sweepEvery: time.Minute, started: now, now: func() time.Time { return now }, log: slog.New(slog.DiscardHandler),
	}).describe()
	value := func(series string) string {
		t.Helper()
		name, _, _ := strings.Cut(series, "{")
		text, err := testutil.CollectAndFormat(c, expfmt.TypeTextPlain, name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, series+" "); ok {
				return strings.TrimSpace(rest)
			}
		}
		return ""
	}
	for series, want := range map[string]string{
		`stafett_handovers{definition="a",state="done"}`:       "5",
		`stafett_handovers{definition="a",state="unclear"}`:    "0",
		`stafett_handovers{definition="gone",state="failed"}`:  "1",
		`stafett_oldest_undone_seconds{definition="a"}`:        "120", // five minutes of Reach are margin
		`stafett_oldest_undone_seconds{definition="gone"}`:     "0",
		`stafett_paused{definition="a"}`:                       "1",
		`stafett_breaker_open{application="fts/b"}`:            "1",
		`stafett_breaker_open{application="fts/c"}`:            "0",
		`stafett_queue_jobs{state="waiting"}`:                  "3",
		`stafett_queue_jobs{state="running"}`:                  "2",
		`stafett_last_sweep_timestamp_seconds{definition="a"}`: "1.9328832e+09",
	} {
		if got := value(series); got != want {
			t.Errorf("%s is %q, want %s", series, got, want)
		}
	}
	if asked != 1 {
		t.Errorf("the journal was asked %d times in one moment", asked)
	}
	// A form that no sweep has seen waits as well.
	now = now.Add(10 * time.Minute)
	engine.swept["a"] = now.Add(-9 * time.Minute)
	if got := value(`stafett_oldest_undone_seconds{definition="a"}`); got != "720" { // the one that is known is older
		t.Errorf("oldest %s", got)
	}
	now = now.Add(time.Hour)
	engine.swept["a"] = now.Add(-2 * time.Hour)
	if got := value(`stafett_oldest_undone_seconds{definition="a"}`); got != "7200" {
		t.Errorf("oldest %s", got)
	}
	failing, now = errors.New("x"), now.Add(time.Minute)
	if got := value(`stafett_handovers{definition="a",state="done"}`); got != "" {
		t.Errorf("the journal does not answer, and there are %s", got)
	}
	if got := value(`stafett_queue_jobs{state="running"}`); got != "2" {
		t.Errorf("jobs %s", got)
	}
}

// Traces arrive at a collector that the variables of OpenTelemetry name.
func TestTracesReachTheCollector(t *testing.T) {
	var paths, bodies []string
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		paths, bodies = append(paths, r.URL.Path), append(bodies, string(body))
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	traces, err := newTraces(t.Context(), "v1", os.Getenv, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	traces.begun(t.Context(), handover.Record{Key: key, DefinitionID: "d"})
	if err := traces.flush(); err != nil {
		t.Fatal(err)
	}
	id, err := hex.DecodeString(key[:32])
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(paths, []string{"/v1/traces"}) || !strings.Contains(bodies[0], string(id)) {
		t.Errorf("the collector got %v", paths)
	}
}

func TestTracesThatAreRefusedAreLogged(t *testing.T) {
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	var log bytes.Buffer
	traces, err := newTraces(t.Context(), "v1", os.Getenv, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	traces.begun(t.Context(), handover.Record{Key: key, DefinitionID: "d"})
	_ = traces.flush()
	if !strings.Contains(log.String(), "traces cannot be sent") || !strings.Contains(log.String(), "403") {
		t.Errorf("the log says %q", log.String())
	}
}

// deaf is a collector that takes nothing.
type deaf struct{ *tracetest.InMemoryExporter }

func (deaf) Shutdown(context.Context) error { return errors.New("no answer") }

// Whoever stops the service need not care whether the last traces have arrived.
func TestTracesThatDoNotArriveAreNoFault(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	p := parts{traces: tracesTo(deaf{tracetest.NewInMemoryExporter()}, "v1"), log: slog.New(slog.NewTextHandler(&log, nil))}
	if err := p.close(); err != nil || !strings.Contains(log.String(), "no answer") {
		t.Errorf("%v, and the log says %q", err, log.String())
	}
}
