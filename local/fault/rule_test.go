package fault_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/fault"
)

func TestRulesThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule fault.Rule
		want []string
	}{
		"nothing":              {fault.Rule{}, []string{"exactly one of"}},
		"two faults":           {fault.Rule{Reset: true, DropResponse: true}, []string{"exactly one of"}},
		"no final status":      {fault.Rule{Status: 100}, []string{"200 to 599"}},
		"after of nothing":     {fault.Rule{Reset: true, After: true}, []string{"belong to a status"}},
		"before of nothing":    {fault.Rule{Status: 500, Before: true}, []string{"belongs to a delay"}},
		"negative numbers":     {fault.Rule{Status: 500, Times: -1, Skip: -1, RetryAfter: -1}, []string{"times", "skip", "retry-after"}},
		"negative delay":       {fault.Rule{Delay: -1}, []string{"delay is negative"}},
		"more than every one":  {fault.Rule{Reset: true, Chance: 1.5}, []string{"chance"}},
		"a path of nowhere":    {fault.Rule{Reset: true, Path: "storage"}, []string{`"storage" begins with`}},
		"a query":              {fault.Rule{Reset: true, Path: "/a?b"}, []string{"has a query"}},
		"a method in low case": {fault.Rule{Reset: true, Method: "post"}, []string{"upper case"}},
	} {
		set := fault.New([]string{"x.no"})
		_, err := set.Add(c.rule)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
		if len(set.List()) != 0 {
			t.Errorf("%s: the rule was added", name)
		}
	}
}

func TestAHostThatIsNotServed(t *testing.T) {
	t.Parallel()
	set := fault.New([]string{"a.x.no", "b.x.no"})
	var unknown *fault.NoHostError
	if _, err := set.Add(fault.Rule{Host: "c.x.no", Reset: true}); !errors.As(err, &unknown) || unknown.Host != "c.x.no" || len(unknown.Served) != 2 {
		t.Errorf("%v, want a NoHostError that names two hosts", err)
	}
	for _, host := range []string{"", "A.x.no", "*.x.no"} {
		if _, err := set.Add(fault.Rule{Host: host, Reset: true}); err != nil {
			t.Errorf("%q: %v", host, err)
		}
	}
}

// The form in JSON is a contract: a rule survives the trip, and what is unknown
// is refused.
func TestRulesInJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]fault.Rule{
		`{"host":"x.no","path":"/a","method":"POST","status":429,"body":"slow","retryAfter":3,"times":2,"skip":1}`: {
			Host: "x.no", Path: "/a", Method: http.MethodPost, Status: 429, Body: "slow", RetryAfter: 3, Times: 2, Skip: 1,
		},
		`{"status":500,"after":true,"chance":0.5,"seed":7}`: {Status: 500, After: true, Chance: 0.5, Seed: 7},
		`{"delay":"1.5s","before":true}`:                    {Delay: 1500 * time.Millisecond, Before: true},
		`{"dropResponse":true}`:                             {DropResponse: true},
		`{"reset":true}`:                                    {Reset: true},
	} {
		var read fault.Rule
		if err := json.Unmarshal([]byte(text), &read); err != nil || read != want {
			t.Errorf("%s: read as %+v, %v", text, read, err)
		}
		written, err := json.Marshal(want)
		if err != nil || string(written) != text {
			t.Errorf("%s: written as %s, %v", text, written, err)
		}
	}
	for _, text := range []string{`{"statsu":500}`, `{"delay":"soon"}`, `{"delay":5}`, `{"status":"500"}`, `[]`} {
		if err := json.Unmarshal([]byte(text), new(fault.Rule)); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
}

// FuzzRule: any text that is taken as a rule is written as a text that is taken
// as the same rule.
func FuzzRule(f *testing.F) {
	f.Add(`{"host":"*.no","delay":"1m30s","before":true}`)
	f.Add(`{"status":503,"chance":1e-3,"seed":18446744073709551615}`)
	f.Fuzz(func(t *testing.T, text string) {
		var read, again fault.Rule
		if json.Unmarshal([]byte(text), &read) != nil {
			return
		}
		written, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(written, &again); err != nil || again != read {
			t.Errorf("%s became %s: %v", text, written, err)
		}
	})
}
