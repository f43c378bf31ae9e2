package appsettings

import (
	"testing"

	"github.com/tailscale/hujson"
)

// What is hidden in a comparison is what the path of a value says, found name by name.
func TestSecrecyIsThatOfThePath(t *testing.T) {
	t.Parallel()
	names := []string{"", "a", "ConnectionStrings", "connectionstrings:x", "ClientSecret", "a:Password", "Jwk"}
	var check func(depth int, path string, s secrecy)
	check = func(depth int, path string, s secrecy) {
		if depth == 0 {
			return
		}
		for _, name := range names {
			at, below := join(path, name), s.of(name)
			if below.here != secretByName(at) {
				t.Errorf("a value at %q is secret: %t", at, below.here)
			}
			check(depth-1, at, below)
		}
	}
	check(4, "", secrecy{root: true})
	if cuts := cutsOfSecrets(nil, hujson.Value{Value: hujson.String("x")}, secrecy{here: true}); len(cuts) != 1 {
		t.Errorf("%d texts are hidden", len(cuts))
	}
}
