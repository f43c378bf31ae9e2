package records

import (
	"testing"
	"time"

	"github.com/stafett/stafett/local/redact"
)

func TestClaimsOf(t *testing.T) {
	t.Parallel()
	told := claimsOf(`{"scope":"a:b c:d","exp":1795390710,"consumer":{"ID": "0192:313547264"},"pid":"a name","list":["x"],"odd":"26 01 01 12345","nothing":null}`)
	want := []claim{
		{Name: "consumer", Value: `{"ID":"0192:313547264"}`, Meaning: "claim.consumer"},
		{Name: "exp", Value: "1795390710", Time: time.Unix(1795390710, 0), Meaning: "claim.exp"},
		{Name: "list", Value: `["x"]`},
		{Name: "nothing", Value: ""},
		{Name: "odd", Value: "[redacted]"},
		{Name: "pid", Value: "[redacted]", Meaning: "claim.pid"},
		{Name: "scope", Value: "a:b c:d", Meaning: "claim.scope"},
	}
	if len(told) != len(want) {
		t.Fatalf("the claims are %+v", told)
	}
	for n := range want {
		if told[n] != want[n] {
			t.Errorf("claim %d is %+v, want %+v", n, told[n], want[n])
		}
	}
	if told := claimsOf(`["not an object"]`); told != nil {
		t.Errorf("what is no object has the claims %+v", told)
	}
}

// FuzzClaimsOf holds that whatever stands in a token, nothing is shown that is to
// be taken out.
func FuzzClaimsOf(f *testing.F) {
	for _, seed := range []string{`{}`, `{"pid":"01810112345"}`, `{"exp":1e3,"a":{"b":["01810112345"]}}`, `{"exp":"soon"}`, `{"a":"eyJhbGciOiJub25lIn0.e30."}`, `null`, `{"a":`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, object string) {
		for _, told := range claimsOf(object) {
			if redact.Text(told.Value) != told.Value {
				t.Errorf("claim %q is shown as %q", told.Name, told.Value)
			}
		}
	})
}
