package nearest_test

import (
	"strings"
	"testing"

	"github.com/stafett/stafett/internal/nearest"
)

func TestName(t *testing.T) {
	t.Parallel()
	settings := []string{"Environment", "ClientId", "Scope", "EncodedJwk", "ExhangeToAltinnToken"}
	for _, test := range []struct {
		given string
		known []string
		want  string // "" is none
	}{
		{"EncodedJwk", settings, "EncodedJwk"},
		{"encodedjwk", settings, "EncodedJwk"},
		{"EncodeJwk", settings, "EncodedJwk"},   // one missing
		{"EncodedJwks", settings, "EncodedJwk"}, // one too many
		{"EncodedJvk", settings, "EncodedJwk"},  // another
		{"EncodedJkw", settings, "EncodedJwk"},  // two swapped
		{"ExchangeToAltinToken", settings, "ExhangeToAltinnToken"},
		{"Enviroment", settings, "Environment"},
		{"Certificate", settings, ""},

		// A third of the letters of the longer name, rounded down.
		{"ab", []string{"ac"}, ""},
		{"id", []string{"ids"}, "ids"},
		{"form", []string{"from"}, "from"},
		{"formal", []string{"former"}, "former"}, // two of six
		{"forma", []string{"furmo"}, ""},         // two of five
		{"ovrgang", []string{"overganger"}, "overganger"},

		// The nearest, and the first of equals.
		{"scopf", []string{"scopes", "scope"}, "scope"},
		{"bat", []string{"hat", "cat"}, "hat"},

		// Letters are counted, not bytes.
		{"søknad", []string{"soeknad", "soknad"}, "soknad"},
		{"ááá", []string{"bbb"}, ""},
		{"ŠÁMI", []string{"šámi"}, "šámi"},

		{"", nil, ""},
		{"", []string{"a"}, ""},
		{"a", nil, ""},
		{strings.Repeat("x", 1<<20), settings, ""},
	} {
		got, ok := nearest.Name(test.given, test.known)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%.40q in %q: %q, %v; want %q", test.given, test.known, got, ok, test.want)
		}
	}
}

// The distance is the same in both directions, and never more than the longer
// length: whoever is near is near both ways.
func FuzzName(f *testing.F) {
	f.Add("form", "from")
	f.Add("ca", "abc")
	f.Add("søknad", "SOKNAD")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 200 || len(b) > 200 {
			return
		}
		_, there := nearest.Name(a, []string{b})
		_, back := nearest.Name(b, []string{a})
		if there != back {
			t.Errorf("%q and %q are near in one direction only", a, b)
		}
		if _, ok := nearest.Name(a, []string{b, a}); !ok {
			t.Errorf("%q is not near to itself", a)
		}
	})
}
