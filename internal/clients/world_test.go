package clients_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/internal/cli"
)

const (
	// asProgram, in the environment, makes this test binary be the program.
	asProgram = "STAFETT_CLIENTS_PROGRAM"
	// readyFile, in the environment, names the file with what the platform told when
	// it was ready. A test that finds it is a client.
	readyFile = "READY"
	// patience is how long a client or the platform may take for anything.
	patience = 4 * time.Minute
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		_ = os.Unsetenv(asProgram)
		os.Exit(cli.Main(os.Args[1:], os.Environ()))
	}
	code := m.Run()
	if w := shared.world; w != nil {
		if err := w.end(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

func isClient() bool { return os.Getenv(readyFile) != "" }

// shared is the world of all tests, begun when the first of them needs it: starting one takes longer than most tests.
var shared struct {
	once  sync.Once
	world *world
	err   error
}

// world is a local platform as `stafett local up` starts it.
type world struct {
	dir   string
	up    *exec.Cmd
	ended chan error
	told  bytes.Buffer // on its standard error
	ready ready
}

// ready is what the platform tells when it is ready.
type ready struct {
	Proxy   string   `json:"proxy"`
	CA      string   `json:"ca"`
	Project string   `json:"project"`
	Hosts   []string `json:"hosts"`
	Control struct {
		URL   string `json:"url"`
		Token string `json:"token"`
	} `json:"control"`
	Seed struct {
		Org                 string `json:"org"`
		OrgNumber           string `json:"orgNumber"`
		Vault               string `json:"vault"`
		TenantID            string `json:"tenantId"`
		AzureClientID       string `json:"azureClientId"`
		AzureClientSecret   string `json:"azureClientSecret"`
		FederatedTokenFile  string `json:"federatedTokenFile"`
		IdentityEndpoint    string `json:"identityEndpoint"`
		IdentityHeader      string `json:"identityHeader"`
		SelfServiceClientID string `json:"selfServiceClientId"`
		SelfServiceJWK      string `json:"selfServiceJwk"` // a file
	} `json:"seed"`
}

func theWorld(t *testing.T) *world {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the tests end the local platform with an interrupt, which Windows cannot send")
	}
	shared.once.Do(func() { shared.world, shared.err = begin() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.world
}

func begin() (w *world, err error) {
	dir, err := os.MkdirTemp("", "clients-")
	if err != nil {
		return nil, err
	}
	w = &world{dir: dir, ended: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.end())
			w = nil
		}
	}()
	w.up = w.stafett(context.Background(), "local", "up", "--json", "--no-serve", "--managed-identity")
	w.up.Stderr = &w.told
	out, err := w.up.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := w.up.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	go func() { w.ended <- w.up.Wait() }()
	if err != nil {
		return nil, fmt.Errorf("start the local platform: %w\n%s", err, w.told.Bytes())
	}
	if err := json.Unmarshal(line, &w.ready); err != nil {
		return nil, err
	}
	return w, os.WriteFile(w.file("ready.json"), line, 0o600)
}

func (w *world) file(name string) string { return filepath.Join(w.dir, name) }

// stafett prepares the program to run, with nothing of the environment that it
// could take for its own.
func (w *world) stafett(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Dir = w.dir
	cmd.Env = append(w.basics(), asProgram+"=1")
	return cmd
}

// prepare runs `stafett prepare`, which does nothing the second time.
func (w *world) prepare(t *testing.T) {
	t.Helper()
	if out, err := w.stafett(t.Context(), "prepare", "--local", "--yes", "--project", w.ready.Project).CombinedOutput(); err != nil {
		t.Fatalf("prepare: %v\n%s", err, out)
	}
}

// basics is the environment of every process.
func (w *world) basics() []string {
	env := []string{"HOME=" + w.dir, "TMPDIR=" + w.dir, "STAFETT_STATE_DIR=" + w.file("state")}
	for _, name := range []string{"PATH", "SystemRoot", "TEMP", "GOCOVERDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// client prepares a program to run inside the local platform, which it is told of
// by the environment alone.
func (w *world) client(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := w.stafett(ctx, append([]string{"local", "exec", "--", name}, args...)...)
	cmd.Env = append(cmd.Env, readyFile+"="+w.file("ready.json"))
	return cmd
}

// output runs a client that must succeed and returns what it prints.
func (w *world) output(t *testing.T, stdin io.Reader, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := w.client(ctx, name, args...)
	cmd.Stdin = stdin
	var told bytes.Buffer
	cmd.Stderr = &told
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", name, err, out, told.Bytes())
	}
	return string(out)
}

// steer sends a request to the platform's control address and returns the answer.
func (platform ready) steer(t *testing.T, method, path, body string) string {
	t.Helper()
	// The context of a test is over before what it cleans up.
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, platform.Control.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+platform.Control.Token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		t.Fatalf("%s %s: status %d: %s (%v)", method, path, response.StatusCode, answer, err)
	}
	return string(answer)
}

// end ends the platform as Ctrl-C does and removes what is left of it.
func (w *world) end() error {
	var err error
	if w.up != nil && w.up.Process != nil {
		err = w.up.Process.Signal(os.Interrupt)
		select {
		case ended := <-w.ended:
			if err = errors.Join(err, ended); err != nil {
				err = fmt.Errorf("end the local platform: %w\n%s", err, w.told.Bytes())
			}
		case <-time.After(patience):
			err = errors.Join(errors.New("the local platform does not end"), w.up.Process.Kill())
		}
	}
	return errors.Join(err, os.RemoveAll(w.dir))
}
