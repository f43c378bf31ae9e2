package maskinporten_test

import (
	"encoding/json"
	"regexp"
	"testing"
)

var knownErrors = regexp.MustCompile(`^invalid_(grant|request|scope|target|altinn_customer_configuration)$|^forbidden$`)

// FuzzAssertion sends anything as an assertion. What the client did not sign
// gets no token, and every refusal has the form of a refusal.
func FuzzAssertion(f *testing.F) {
	w := newWorld(f)
	good := w.assertion()
	f.Add(good)
	f.Add(good + ".")
	f.Add(good[:len(good)-1])
	for _, spoilt := range faults(w) {
		f.Add(w.assertion(spoilt))
	}
	f.Fuzz(func(t *testing.T, assertion string) {
		if assertion == "" {
			return
		}
		got := w.grant(assertion)
		if got.Code == 200 {
			if assertion != good {
				t.Errorf("a token for %q", assertion)
			}
			return
		}
		var body struct{ Error string }
		if err := json.Unmarshal(got.Body.Bytes(), &body); err != nil || !knownErrors.MatchString(body.Error) || !traceID.Match(got.Body.Bytes()) {
			t.Errorf("%d %s", got.Code, got.Body)
		}
	})
}
