package clients_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// node runs a program of node/ as a client, and reports each of its tests.
func node(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("Node.js is not here; install it (version 20 or later), then: npm ci --prefix internal/clients/node")
	}
	if _, err := os.Stat("node/node_modules/.package-lock.json"); err != nil {
		t.Skip("the official clients for Node.js are not here; install them in the repository's folder with: npm ci --prefix internal/clients/node")
	}
	folder, err := filepath.Abs("node")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := theWorld(t).client(ctx, "node", "--import", "./proxy.mjs", "--test-reporter=tap", program)
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	passed := 0
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "ok ") {
			passed++
		}
	}
	if err != nil || passed == 0 {
		t.Errorf("%s: %v\n%s", program, err, out)
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
