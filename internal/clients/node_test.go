package clients_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// needNode skips a test without Node.js, or without the clients for it.
func needNode(t *testing.T) {
	t.Helper()
	const install = "npm ci --prefix internal/clients/node"
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not here; install Node.js (version 20 or later), then, in the repository's folder: " + install)
	}
	if _, err := os.Stat("node/node_modules/.package-lock.json"); err != nil {
		t.Skip("the official clients for Node.js are not here; install them, in the repository's folder, with: " + install)
	}
}

// runNode runs a program of node/ as a client that must succeed, and returns what it says.
func runNode(t *testing.T, w *world, program string) string {
	t.Helper()
	needNode(t)
	folder, err := filepath.Abs("node")
	check(t, err)
	return w.output(t, nil, "node", "--import", "file://"+filepath.ToSlash(folder)+"/proxy.mjs", "--test-reporter=tap", filepath.Join(folder, program))
}

// node runs a program of node/ that is made of tests.
func node(t *testing.T, program string) {
	t.Helper()
	needNode(t)
	if said := runNode(t, theWorld(t), program); !strings.Contains("\n"+said, "\nok ") {
		t.Errorf("%s has no tests: %s", program, said)
	}
}

func TestAzureSDKForJavaScriptKeepsSecrets(t *testing.T) {
	t.Parallel()
	node(t, "vault.mjs")
}

func TestAzureSDKForJavaScriptSignsIn(t *testing.T) {
	t.Parallel()
	node(t, "credentials.mjs")
}

func TestOpenIDClientAndJose(t *testing.T) {
	t.Parallel()
	node(t, "tokens.mjs")
}
