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

// nodeCommand is a command line of Node.js as docs/clients.md has it.
func nodeCommand(t *testing.T, args ...string) []string {
	t.Helper()
	needNode(t)
	proxy, err := filepath.Abs("node/proxy.mjs")
	check(t, err)
	return append([]string{"node", "--import", "file://" + filepath.ToSlash(proxy)}, args...)
}

// runNode runs a program of node/ as a client that must succeed, and returns what it says.
func runNode(t *testing.T, w *world, program string) string {
	t.Helper()
	path, err := filepath.Abs("node/" + program)
	check(t, err)
	command := nodeCommand(t, "--test-reporter=tap", path)
	return w.output(t, nil, command[0], command[1:]...)
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
