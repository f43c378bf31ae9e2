package cli

import "testing"

func TestWhichNodeGoesPastProxies(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"v18.20.8": true, "v20.20.2": true, "v22.20.0": true, "v22.21.0": false, "v22.22.1": false,
		"v23.11.1": true, "v24.4.1": true, "v24.5.0": false, "v25.0.0": false, "": false, "1.2": false,
	} {
		if got := passesProxies(version); got != want {
			t.Errorf("%s: %v, want %v", version, got, want)
		}
	}
}
