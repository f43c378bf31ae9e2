package rotate_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/rotate"
	"github.com/stafett/stafett/secret"
)

// roleVariable makes this test binary another program: one that uses the secrets,
// or one that rotates them.
const roleVariable = "STAFETT_TEST_ROTATE_ROLE"

const (
	roleUser    = "user"
	roleRotator = "rotator"
)

// orders are what such a program reads from its standard input.
type orders struct {
	Proxy, CA                                         string
	Vault, TenantID, AzureClientID, AzureClientSecret string
	SelfServiceClientID, SelfServiceKey               string
	Target                                            rotate.Target
	// Rereads is how often a user reads the secrets again; 0 is at the start only.
	Rereads time.Duration
}

// account is what a user says at its end.
type account struct {
	Requests int
	Failures []string
	KeyIDs   []string // that it has signed with, in order
}

// ready is what a program says when it has begun; a user names each key that it
// changes to.
const ready = "ready"

// play is the other program.
func play(role string) int {
	var o orders
	input := json.NewDecoder(os.Stdin)
	err := input.Decode(&o)
	if err == nil {
		ctx, stop := context.WithCancel(context.Background())
		go func() { // until the parent closes the input, or dies
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop()
		}()
		switch role {
		case roleUser:
			err = o.use(ctx)
		case roleRotator:
			err = o.rotate(ctx)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// client goes through the proxy, like any program of its own.
func (o orders) client() (*http.Client, error) {
	proxy, err := url.Parse(o.Proxy)
	if err != nil {
		return nil, err
	}
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM([]byte(o.CA))
	return &http.Client{Transport: marked{&http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: authorities}}}}, nil
}

func (o orders) seed() *local.Seed {
	return &local.Seed{
		Vault: o.Vault, TenantID: o.TenantID, AzureClientID: o.AzureClientID, AzureClientSecret: secret.New(o.AzureClientSecret),
		SelfServiceClientID: o.SelfServiceClientID, SelfServiceKey: secret.New(o.SelfServiceKey),
	}
}

// use reads the secrets as an application does, and asks for a new token of
// Maskinporten, and for Altinn's in exchange, all the time.
func (o orders) use(ctx context.Context) error {
	client, err := o.client()
	if err != nil {
		return err
	}
	vault, _, err := connect(client, o.seed())
	if err != nil {
		return err
	}
	environment, err := altinn.LookupEnvironment(o.Target.Environment)
	if err != nil {
		return err
	}
	var told account
	load := func() (*integration.Integration, error) {
		loaded, err := integration.Load(context.WithoutCancel(ctx), integration.Options{
			AppDir: o.Target.AppDir, EnvironmentName: "Staging", Section: o.Target.Section, Vault: vault, HTTPClient: client, Altinn: environment,
		})
		if err == nil && (len(told.KeyIDs) == 0 || told.KeyIDs[len(told.KeyIDs)-1] != loaded.KeyID) {
			told.KeyIDs = append(told.KeyIDs, loaded.KeyID)
		}
		return loaded, err
	}
	loaded, err := load()
	if err != nil {
		return err
	}
	for read := time.Now(); ctx.Err() == nil; told.Requests++ {
		if o.Rereads > 0 && time.Since(read) > o.Rereads {
			read = time.Now()
			if again, err := load(); err != nil {
				told.Failures = append(told.Failures, err.Error())
			} else {
				if again.KeyID != loaded.KeyID {
					fmt.Println(again.KeyID)
				}
				loaded = again
			}
		}
		if err := freshToken(context.WithoutCancel(ctx), loaded); err != nil {
			told.Failures = append(told.Failures, err.Error())
		}
		if told.Requests == 0 {
			fmt.Println(ready)
		}
		time.Sleep(10 * time.Millisecond) // a program under load, not a benchmark
	}
	return json.NewEncoder(os.Stdout).Encode(told)
}

// freshToken asks for tokens that are not in a cache.
func freshToken(ctx context.Context, loaded *integration.Integration) error {
	token, err := loaded.Altinn().Token(ctx)
	if err != nil {
		return err
	}
	loaded.Altinn().Invalidate(token)
	ours, err := loaded.Maskinporten().TokenContext(ctx)
	if err == nil {
		loaded.Maskinporten().Invalidate(ours.AccessToken)
	}
	return err
}

// rotate does what stafett rotate does, and is killed while it does.
func (o orders) rotate(ctx context.Context) error {
	client, err := o.client()
	if err != nil {
		return err
	}
	vault, portal, err := connect(client, o.seed())
	if err != nil {
		return err
	}
	systems, err := systemsOf(client, vault, portal)
	if err != nil {
		return err
	}
	_, err = rotateOnce(ctx, systems, o.Target)
	if _, awaits := errors.AsType[*rotate.AwaitError](err); awaits {
		return nil
	}
	return err
}

func rotateOnce(ctx context.Context, systems prepare.Systems, target rotate.Target) (rotate.Result, error) {
	state, err := rotate.Read(ctx, systems, target)
	if err != nil {
		return rotate.Result{}, err
	}
	plan, err := rotate.NewRotation(state)
	if err != nil {
		return rotate.Result{}, err
	}
	return rotate.Apply(ctx, systems, plan, nil)
}

// marked tells the parent that a request is a child's.
type marked struct{ next http.RoundTripper }

func (m marked) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set(roleVariable, "1")
	return m.next.RoundTrip(r)
}

// process is a running child.
type process struct {
	cmd   *exec.Cmd
	input io.Closer
	lines *bufio.Scanner
	words *tail
}

// tail is what a process has said of its troubles.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

func (p *platform) start(t *testing.T, role string, rereads time.Duration, target rotate.Target) *process {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	seed := p.Seed()
	input, err := json.Marshal(orders{
		Proxy: p.proxy.String(), CA: string(p.CertificatePEM()), Vault: seed.Vault,
		TenantID: seed.TenantID, AzureClientID: seed.AzureClientID, AzureClientSecret: seed.AzureClientSecret.Reveal(),
		SelfServiceClientID: seed.SelfServiceClientID, SelfServiceKey: seed.SelfServiceKey.Reveal(),
		Target: target, Rereads: rereads,
	})
	if err != nil {
		t.Fatal(err)
	}
	started := &process{cmd: exec.CommandContext(t.Context(), program, "-test.run=^$"), words: &tail{}}
	started.cmd.Env = append(os.Environ(), roleVariable+"="+role)
	started.cmd.Stderr = started.words
	in, err := started.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := started.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	started.input, started.lines = in, bufio.NewScanner(out)
	started.lines.Buffer(nil, 1<<20)
	if err := started.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write(input); err != nil {
		t.Fatal(err)
	}
	return started
}

// user starts a program that uses the secrets, and returns when it has a token.
func (p *platform) user(t *testing.T, rereads time.Duration) *process {
	t.Helper()
	user := p.start(t, roleUser, rereads, p.target)
	if !user.lines.Scan() || user.lines.Text() != ready {
		_ = user.cmd.Wait()
		t.Fatalf("it has no token: %s", user.words)
	}
	return user
}

// signsWith waits until a user that reads the secrets again has another key.
func (u *process) signsWith(t *testing.T, keyID string) {
	t.Helper()
	if !u.lines.Scan() || u.lines.Text() != keyID {
		t.Fatalf("it signs with %q: %s", u.lines.Text(), u.words)
	}
}

// end stops a user and returns its account.
func (u *process) end(t *testing.T) account {
	t.Helper()
	_ = u.input.Close()
	var told account
	u.lines.Scan()
	if err := json.Unmarshal(u.lines.Bytes(), &told); err != nil {
		t.Errorf("no account: %v: %s", err, u.words)
	}
	if err := u.cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, u.words)
	}
	return told
}
