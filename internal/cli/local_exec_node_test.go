package cli

import (
	"strings"
	"testing"
)

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

func TestWhichNodeLoadsAModuleFirst(t *testing.T) {
	t.Parallel()
	for arguments, want := range map[string]bool{
		"": false, "app.mjs": false, "app.mjs --import ./x.mjs": false, "--inspect app.mjs": false,
		"--import ./proxy.mjs app.mjs": true, "--import=./proxy.mjs app.mjs": true, "--inspect -r ./proxy.cjs app.js": true,
		"--require ./proxy.cjs app.js": true, "--no-import app.js": false,
	} {
		if got := loadsFirst(nodeOptions(strings.Fields(arguments))); got != want {
			t.Errorf("node %s: %v, want %v", arguments, got, want)
		}
	}
}
