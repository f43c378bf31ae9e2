package deploylint_test

import (
	"bytes"
	"context"

	"log/slog"
	"maps"

	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/template"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
	"sigs.k8s.io/yaml"
)

// ruleTests is the part of promtool's unit tests that alerts_test.yaml uses:
// https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/.
type ruleTests struct {
	RuleFiles          []string       `json:"rule_files"`
	EvaluationInterval model.Duration `json:"evaluation_interval"`
	Tests              []struct {
		Name        string         `json:"name"`
		Interval    model.Duration `json:"interval"`
		InputSeries []struct {
			Series string `json:"series"`
			Values string `json:"values"`
		} `json:"input_series"`
		AlertRuleTest []struct {
			EvalTime  model.Duration `json:"eval_time"`
			AlertName string         `json:"alertname"`
			ExpAlerts []expected     `json:"exp_alerts"`
		} `json:"alert_rule_test"`
	} `json:"tests"`
}

type expected struct {
	Labels      map[string]string `json:"exp_labels"`
	Annotations map[string]string `json:"exp_annotations"`
}

// world is what Prometheus would have scraped. It is its own storage.
type world []*storage.SeriesEntry

func (w world) Querier(mint, maxt int64) (storage.Querier, error) {
	return querier{storage.NoopQuerier(), w}, nil
}

type querier struct {
	storage.Querier
	world world
}

func (q querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	set := &series{at: -1}
	for _, s := range q.world {
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.Labels().Get(m.Name)) }) {
			set.all = append(set.all, s)
		}
	}
	return set
}

type series struct {
	all world
	at  int
}

func (s *series) Next() bool                        { s.at++; return s.at < len(s.all) }
func (s *series) At() storage.Series                { return s.all[s.at] }
func (s *series) Err() error                        { return nil }
func (s *series) Warnings() annotations.Annotations { return nil }

type sample struct {
	at    int64
	value float64
}

func (s sample) T() int64                      { return s.at }
func (s sample) ST() int64                     { return 0 }
func (s sample) F() float64                    { return s.value }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }

// checker runs alert rules over time.
type checker struct {
	engine *promql.Engine
	parser parser.Parser
	groups *rulefmt.RuleGroups
}

func newChecker(t *testing.T) *checker {
	t.Helper()
	p := parser.NewParser(parser.Options{})
	groups, errs := rulefmt.Parse(read(t, deploy("prometheus", "alerts.yaml")), false, model.LegacyValidation, p, slog.New(slog.DiscardHandler))
	for _, err := range errs {
		t.Error(err)
	}
	if len(errs) > 0 {
		t.FailNow()
	}
	return &checker{promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, Parser: p}), p, groups}
}

func (c *checker) world(t *testing.T, series, values string, interval time.Duration) *storage.SeriesEntry {
	t.Helper()
	metric, sequence, err := c.parser.ParseSeriesDesc(series + " " + values)
	if err != nil {
		t.Fatal(err)
	}
	var samples []chunks.Sample
	for i, v := range sequence {
		if !v.Omitted {
			samples = append(samples, sample{int64(i) * interval.Milliseconds(), v.Value})
		}
	}
	return storage.NewListSeries(metric, samples)
}

// firing returns the alerts of a rule that fire at a time, as their labels and
// annotations, evaluated every interval from 0 on as Prometheus does.
func (c *checker) firing(t *testing.T, rule rulefmt.Rule, w world, at, interval time.Duration) []expected {
	t.Helper()
	since := map[string]time.Duration{}
	for now := time.Duration(0); ; now += interval {
		query, err := c.engine.NewInstantQuery(t.Context(), w, nil, rule.Expr, timestamp.Time(now.Milliseconds()))
		if err != nil {
			t.Fatal(err)
		}
		vector, err := query.Exec(t.Context()).Vector()
		if err != nil {
			t.Fatal(err)
		}
		active := map[string]time.Duration{}
		var firing []expected
		for _, s := range vector {
			key := s.Metric.String()
			active[key] = now
			if began, ok := since[key]; ok {
				active[key] = began
			}
			if now-active[key] >= time.Duration(rule.For) {
				firing = append(firing, c.alert(t, rule, s))
			}
		}
		since = active
		if now >= at {
			return firing
		}
	}
}

func (c *checker) alert(t *testing.T, rule rulefmt.Rule, s promql.Sample) expected {
	t.Helper()
	alert := expected{Labels: map[string]string{}, Annotations: map[string]string{}}
	s.Metric.Range(func(l labels.Label) {
		if l.Name != model.MetricNameLabel {
			alert.Labels[l.Name] = l.Value
		}
	})
	data := template.AlertTemplateData(alert.Labels, nil, "", s)
	for name, text := range rule.Annotations {
		prefix := "{{$labels := .Labels}}{{$value := .Value}}"
		expanded, err := template.NewTemplateExpander(t.Context(), prefix+text, name, data, 0, nil, &url.URL{}, nil).Expand()
		if err != nil {
			t.Error(err)
		}
		alert.Annotations[name] = expanded
	}
	maps.Copy(alert.Labels, rule.Labels)
	return alert
}

func TestAlerts(t *testing.T) {
	t.Parallel()
	c := newChecker(t)
	var tests ruleTests
	if err := yaml.UnmarshalStrict(read(t, deploy("prometheus", "alerts_test.yaml")), &tests); err != nil {
		t.Fatal(err)
	}
	rules := map[string]rulefmt.Rule{}
	for _, group := range c.groups.Groups {
		for _, rule := range group.Rules {
			rules[rule.Alert] = rule
		}
	}
	fired, quiet := map[string]bool{}, map[string]bool{}
	for _, test := range tests.Tests {
		var w world
		for _, s := range test.InputSeries {
			w = append(w, c.world(t, s.Series, s.Values, time.Duration(test.Interval)))
		}
		for _, want := range test.AlertRuleTest {
			rule, ok := rules[want.AlertName]
			if !ok {
				t.Errorf("%s: there is no alert %s", test.Name, want.AlertName)
				continue
			}
			got := c.firing(t, rule, w, time.Duration(want.EvalTime), time.Duration(tests.EvaluationInterval))
			if !slices.EqualFunc(got, want.ExpAlerts, same) {
				t.Errorf("%s: %s at %s fires as %v, want %v", test.Name, want.AlertName, want.EvalTime, got, want.ExpAlerts)
			}
			fired[want.AlertName] = fired[want.AlertName] || len(want.ExpAlerts) > 0
			quiet[want.AlertName] = quiet[want.AlertName] || len(want.ExpAlerts) == 0
		}
	}
	for name := range rules {
		if !fired[name] || !quiet[name] {
			t.Errorf("no test tells both when %s fires and when it does not", name)
		}
	}
}

// same compares the annotations only where a test has some.
func same(got, want expected) bool {
	return maps.Equal(got.Labels, want.Labels) && (want.Annotations == nil || maps.Equal(got.Annotations, want.Annotations))
}

// TestAlertsAreExplained holds each alert to a section of the runbook.
func TestAlertsAreExplained(t *testing.T) {
	t.Parallel()
	runbook := string(read(t, root("docs", "runbook.md")))
	page := "https://github.com/stafett/stafett/blob/main/docs/runbook.md#"
	for _, group := range newChecker(t).groups.Groups {
		for _, rule := range group.Rules {
			anchor, ok := strings.CutPrefix(rule.Annotations["runbook_url"], page)
			if !ok || !regexp.MustCompile(`(?mi)^### `+regexp.QuoteMeta(anchor)+`$`).MatchString(runbook) {
				t.Errorf("%s: the runbook has no section %q", rule.Alert, anchor)
			}
			if rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
				t.Errorf("%s: no summary or no description", rule.Alert)
			}
			if !slices.Contains([]string{"critical", "warning", "info"}, rule.Labels["severity"]) {
				t.Errorf("%s: the severity is %q", rule.Alert, rule.Labels["severity"])
			}
		}
	}
}

// TestPrometheusRuleIsTheSame holds the copy for the Prometheus operator.
func TestPrometheusRuleIsTheSame(t *testing.T) {
	t.Parallel()
	var want bytes.Buffer
	want.WriteString("# For the Prometheus operator. Made from ../../prometheus/alerts.yaml by `go test -update` in tools/deploylint.\n" +
		"apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: stafett\n  namespace: stafett\nspec:\n")
	for line := range strings.Lines(string(read(t, deploy("prometheus", "alerts.yaml")))) {
		switch {
		case strings.HasPrefix(line, "#"):
		case line == "\n":
			want.WriteString(line)
		default:
			want.WriteString("  " + line)
		}
	}
	path := deploy("kubernetes", "monitoring", "prometheusrule.yaml")
	if *update {
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(read(t, path), want.Bytes()) {
		t.Errorf("%s is not what alerts.yaml says; run go test -update", path)
	}
}
