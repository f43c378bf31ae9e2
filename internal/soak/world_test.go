//go:build !race

package soak_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/platformtest"
)

// unclearWait is how long the services of these tests wait after an unclear
// outcome, and how long they wait for an answer.
const unclearWait = 2 * time.Second

// world is a project on a local platform of its own, in this process.
type world struct {
	dir      string // of the project
	environ  []string
	stateDir string
	platform *local.Platform
	wire     *wire
	sent     *outbox
	late     *lateness
	requests *requests
	reading  atomic.Int64 // how long the answers of a form come after their headers
	paused   atomic.Int64 // how many have had to wait for them

	mu        sync.Mutex
	histories map[string]string // of handovers, by key
}

// edit changes a file of the example project: its path, and what is to stand in
// place of what.
type edit struct{ path, old, new string }

// mayNotDelete takes the organisation's right to delete receiving instances away,
// as the policy of Altinn's template has it.
var mayNotDelete = edit{filepath.Join(examples.ReceivingApp, "config", "authorization", "policy.xml"), ">delete<", ">none<"}

// newWorld starts a platform with the example project, prepared.
func newWorld(t testing.TB, edits ...edit) *world {
	t.Helper()
	w := &world{dir: t.TempDir(), late: &lateness{}, requests: &requests{}}
	if err := examples.WriteTo(w.dir); err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		e.apply(t, w.dir)
	}
	config := local.Config{Dir: t.TempDir(), Keys: platformtest.Keys(t), Wrap: func(host string, next http.Handler) http.Handler {
		return w.requests.wrap(host, w.late.wrap(host, w.slowly(host, w.likeness(next))))
	}}
	for _, name := range []string{examples.OriginalForm, examples.ReceivingApp} {
		folder, err := app.Load(filepath.Join(w.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		config.Apps = append(config.Apps, folder)
	}
	var err error
	if w.platform, err = local.Start(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.platform.Close(); err != nil {
			t.Error(err)
		}
	})
	w.stateDir = w.writeState(t)
	w.environ = append(os.Environ(), "STAFETT_STATE_DIR="+w.stateDir, "STAFETT_PROJECT="+filepath.Join(w.dir, examples.ProjectFile), "LC_ALL=C")
	w.command(t, "prepare", "--local", "--yes")
	token := strings.TrimSpace(w.command(t, "token", "--local", "--altinn"))
	w.wire = &wire{client: w.platform.Client(), seed: w.platform.Seed(), organisation: token}
	if w.sent, err = newOutbox(w.wire); err != nil {
		t.Fatal(err)
	}
	return w
}

func (e edit) apply(t testing.TB, dir string) {
	t.Helper()
	path := filepath.Join(dir, e.path)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(content), e.old) {
		t.Fatalf("%s has no %q", e.path, e.old)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(content), e.old, e.new)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeState opens the platform to other processes, and writes the files by which
// they find it (docs/local.md).
func (w *world) writeState(t testing.TB) (dir string) {
	t.Helper()
	proxy, err := w.platform.ServeProxy(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	seed := w.platform.Seed()
	ca, key := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "selfservice.jwk.json")
	state, err := json.Marshal(map[string]any{
		"schema": "stafett/local/v1", "proxy": proxy.String(), "ca": ca, "hosts": w.platform.Hosts(), "pid": os.Getpid(),
		"project": filepath.Join(w.dir, examples.ProjectFile),
		"seed": map[string]any{
			"org": seed.Org, "orgNumber": seed.OrgNumber, "vault": seed.Vault, "tenantId": seed.TenantID,
			"azureClientId": seed.AzureClientID, "azureClientSecret": seed.AzureClientSecret.Reveal(),
			"selfServiceClientId": seed.SelfServiceClientID, "selfServiceJwk": key,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string][]byte{
		ca: w.platform.CertificatePEM(), key: []byte(seed.SelfServiceKey.Reveal()), filepath.Join(dir, "local.json"): state,
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// state reads how other programs reach the platform.
func (w *world) state(t testing.TB) (state struct{ Proxy, CA string }) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(w.stateDir, "local.json"))
	if err == nil {
		err = json.Unmarshal(content, &state)
	}
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// command runs the program to its end and returns what it printed.
func (w *world) command(t testing.TB, args ...string) string {
	t.Helper()
	return w.commandIn(t, nil, args...)
}

// commandIn does the same with more in the environment.
func (w *world) commandIn(t testing.TB, environ []string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := w.process(ctx, "", args...)
	cmd.Env = append(cmd.Env, environ...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("stafett %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return string(output)
}

// process is the program with arguments: this test binary, unless another build
// of it is named.
func (w *world) process(ctx context.Context, build string, args ...string) *exec.Cmd {
	environ := w.environ
	if build == "" {
		build = os.Args[0]
		environ = append(environ[:len(environ):len(environ)], asProgram+"=1")
	}
	cmd := exec.CommandContext(ctx, build, args...)
	cmd.Env, cmd.Dir = environ, w.dir
	return cmd
}
