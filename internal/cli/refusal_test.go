package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/platformtest"
)

// replacement answers in place of a stand-in; false leaves the request to it.
type replacement func(w http.ResponseWriter, r *http.Request) bool

// bench is a local platform with an example project, in which the stand-ins can
// be made to refuse. Commands run in this process, through the proxy as ever.
type bench struct {
	dir      string
	platform *local.Platform
	environ  []string
	ready    readyDocument
	state    string

	mu     sync.Mutex
	faults map[string]replacement // by host
	writes []string               // what was changed in the systems
}

const vaultHost = "kv-fts-tt02.vault.azure.net"

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{faults: make(map[string]replacement)}
	b.start(t, b.wrap)
	return b
}

// start makes the project and starts its platform, with something around each
// of its handlers.
func (b *bench) start(t testing.TB, wrap func(host string, next http.Handler) http.Handler) {
	t.Helper()
	b.dir = t.TempDir()
	if err := examples.WriteTo(b.dir); err != nil {
		t.Fatal(err)
	}
	config := local.Config{Keys: platformtest.Keys(t), Wrap: wrap}
	for _, name := range []string{examples.OriginalForm, examples.ReceivingApp} {
		folder, err := app.Load(filepath.Join(b.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		config.Apps = append(config.Apps, folder)
	}
	platform, err := local.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := platform.Close(); err != nil {
			t.Error(err)
		}
	})
	b.platform = platform
	proxy, err := platform.ServeProxy(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stateDir := t.TempDir()
	b.ready = newReadyDocument(platform, proxy, stateDir)
	for path, content := range map[string][]byte{b.ready.CA: platform.CertificatePEM(), b.ready.Seed.SelfServiceJWK: []byte(platform.Seed().SelfServiceKey.Reveal())} {
		if err := writePrivate(path, content); err != nil {
			t.Fatal(err)
		}
	}
	b.state = filepath.Join(stateDir, "local.json")
	if err := writeState(b.state, b.ready); err != nil {
		t.Fatal(err)
	}
	b.environ = []string{"STAFETT_STATE_DIR=" + stateDir, "STAFETT_PROJECT=" + filepath.Join(b.dir, "stafett.yaml")}
}

// wrap lets a fault answer, and notes what is changed. Tokens change nothing,
// and an Azure client's first request has no credentials and changes nothing.
func (b *bench) wrap(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		answer := b.faults[host]
		b.mu.Unlock()
		hasToken := r.Header.Get("Authorization") != "" || strings.HasSuffix(r.URL.Path, "/token")
		if answer != nil && hasToken && answer(w, r) {
			return
		}
		if r.Method != http.MethodGet && r.Header.Get("Authorization") != "" {
			b.mu.Lock()
			b.writes = append(b.writes, r.Method+" "+host+r.URL.Path)
			b.mu.Unlock()
		}
		next.ServeHTTP(w, r)
	})
}

func (b *bench) set(host string, answer replacement) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults[host], b.writes = answer, nil
}

func (b *bench) written() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.writes...)
}

// run runs a command with --local --json.
func (b *bench) run(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var told bytes.Buffer
	code, stdout = b.runTelling(ctx, &told, append(args, "--json")...)
	return code, stdout, told.String()
}

// runTelling runs a command with --local, whose stderr is told.
func (b *bench) runTelling(ctx context.Context, told io.Writer, args ...string) (code int, stdout string) {
	var out bytes.Buffer
	streams := &term.Streams{In: strings.NewReader(""), Out: &term.Stream{Writer: &out}, Err: &term.Stream{Writer: told}}
	s := &session{streams: streams, environ: b.environ, lookup: term.Lookup(b.environ)}
	code = s.run(ctx, append(args, "--local"))
	return code, out.String()
}

func (b *bench) settings(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(b.dir, examples.OriginalForm, "appsettings.json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// refusing answers requests of a method below a path.
func refusing(method, path string, status int, body string) replacement {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != method || !strings.HasPrefix(r.URL.Path, path) {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
		return true
	}
}

// vaultRefusal is a refusal in the form of Key Vault's REST interface.
func vaultRefusal(inner string) string {
	return fmt.Sprintf(`{"error":{"code":"Forbidden","message":"Caller is not authorized.","innererror":{"code":%q}}}`, inner)
}

func decodeError(t *testing.T, stderr string) (document errorDocument) {
	t.Helper()
	if strings.Count(stderr, "\n") != 1 {
		t.Errorf("stderr is not one line: %s", stderr)
	}
	if err := json.Unmarshal([]byte(stderr), &document); err != nil {
		t.Errorf("decode %q: %v", stderr, err)
	}
	return document
}

func TestRefusalsChangeNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	before := b.settings(t)
	const portal, maskinporten = local.SelfServiceHost, local.MaskinportenHost
	for _, test := range []struct {
		name, host string
		fault      replacement
		exit       int
		code       string
		message    string
		hint       string
	}{
		{
			"the vault may not be listed", vaultHost, refusing("GET", "/secrets", 403, vaultRefusal("ForbiddenByRbac")),
			exitDenied, "VAULT-ACCESS", `list secrets in ` + vaultHost + `: the caller lacks the role "Key Vault Secrets User"`, `order the role "Key Vault Secrets User"`,
		},
		{
			"its secrets may not be read", vaultHost, refusing("GET", "/secrets/", 403, vaultRefusal("AccessDenied")),
			exitDenied, "VAULT-ACCESS", `the caller lacks the permission "secrets get"`, `"Key Vault Secrets User"`,
		},
		{
			"its secrets may not be written", vaultHost, refusing("PUT", "/secrets/", 403, vaultRefusal("ForbiddenByRbac")),
			exitDenied, "VAULT-ACCESS", `the caller lacks the role "Key Vault Secrets Officer"`, `order the role "Key Vault Secrets Officer"`,
		},
		{
			"the vault's firewall", vaultHost, refusing("GET", "/secrets", 403, vaultRefusal("ForbiddenByFirewall")),
			exitDenied, "VAULT-ACCESS", "the vault's firewall does not let this address in", "go through a network that the vault allows",
		},
		{
			"Azure's credentials", "login.microsoftonline.com", refusing("POST", "/", 401, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided."}`),
			exitDenied, "AZURE-CREDENTIAL", "the client secret is wrong", "check that it is the secret's value and not its id",
		},
		{
			"Samarbeidsportalen refuses", portal, refusing("GET", "/api/v1/clients", 403, `{"error":"access_denied"}`),
			exitDenied, "SELF-SERVICE", "403", "",
		},
		{
			"Samarbeidsportalen is down", portal, refusing("GET", "/api/v1/clients", 503, ``),
			exitUnavailable, "SELF-SERVICE", "503", "",
		},
		{
			"Maskinporten refuses the admin client", maskinporten, refusing("POST", "/token", 400, `{"error":"invalid_grant","error_description":"Invalid assertion. Client authentication failed. Invalid JWT signature. (trace_id: abc)"}`),
			exitDenied, "MASKINPORTEN", "Invalid JWT signature", "",
		},
		{
			"Maskinporten is down", maskinporten, refusing("POST", "/token", 503, ``),
			exitUnavailable, "MASKINPORTEN", "503", "",
		},
	} {
		b.set(test.host, test.fault)
		code, stdout, stderr := b.run(t.Context(), "prepare", "--yes")
		b.set(test.host, nil)
		told := decodeError(t, stderr).Error
		if code != test.exit || told.Exit != test.exit || told.Code != test.code {
			t.Errorf("%s: exit code %d (told %d), code %s; want %d, %s\n%s", test.name, code, told.Exit, told.Code, test.exit, test.code, stderr)
		}
		if !strings.Contains(told.Message, test.message) || told.Hint == "" || !strings.Contains(told.Hint, test.hint) {
			t.Errorf("%s: told\n%s\nwant\n%s\n%s", test.name, stderr, test.message, test.hint)
		}
		if writes := b.written(); len(writes) > 0 {
			t.Errorf("%s: it changed %q", test.name, writes)
		}
		if strings.Contains(stdout, `"clientId"`) || b.settings(t) != before {
			t.Errorf("%s: something was done: %s", test.name, stdout)
		}
	}
}

// TestPrepareGoesOnAfterAnInterrupt interrupts twice: after the key is in the
// vault, and after the integration is made. Neither is made again.
func TestPrepareGoesOnAfterAnInterrupt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	b.set(vaultHost, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			interrupt() // the secret is stored all the same
		}
		return false
	})
	var told bytes.Buffer
	if code, _ := b.runTelling(ctx, &told, "prepare", "--yes"); code != exitInterrupted {
		t.Fatalf("exit code %d\n%s", code, &told)
	}
	for _, want := range []string{
		"[ok] make an RSA key", "\nnot done:\n  + create the integration", "\n  + store the new integration's client id",
		"\nwhat is done stays; run the same command again to go on\n", "\nerror: interrupted; ",
	} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("after the first interrupt, %q is not told:\n%s", want, &told)
		}
	}
	b.set(vaultHost, nil)

	ctx, interrupt = context.WithCancel(t.Context())
	defer interrupt()
	b.set(local.SelfServiceHost, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && r.URL.Path == "/api/v1/clients" {
			interrupt() // the integration is made all the same
		}
		return false
	})
	code, stdout, stderr := b.run(ctx, "prepare", "--yes")
	if told := decodeError(t, stderr).Error; code != exitInterrupted || told.Code != "INTERRUPTED" {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	var first, second prepareDocument
	if err := json.Unmarshal([]byte(stdout), &first); err != nil {
		t.Fatal(err)
	}
	if len(first.Done) != 1 || len(first.Pending) != 3 || first.ClientID == "" || first.Proved {
		t.Errorf("after the second interrupt: %+v", first)
	}

	b.set(local.SelfServiceHost, nil)
	code, stdout, stderr = b.run(t.Context(), "prepare", "--yes")
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	if err := json.Unmarshal([]byte(stdout), &second); err != nil {
		t.Fatal(err)
	}
	if len(second.Done) != 3 || len(second.Pending) != 0 || second.ClientID != first.ClientID || second.KeyID != first.KeyID || !second.Proved {
		t.Errorf("after going on: %+v", second)
	}
}

// TestTokenRefusals asks for a token of a ready integration from systems that
// refuse.
func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if code, _, stderr := b.run(t.Context(), "prepare", "--yes"); code != exitOK {
		t.Fatal(stderr)
	}
	for _, test := range []struct {
		name, host string
		fault      replacement
		exit       int
		code       string
	}{
		{"scope", local.MaskinportenHost, refusing("POST", "/token", 400, `{"error":"invalid_scope","error_description":"The client does not have access to the scope (trace_id: abc)"}`), exitDenied, "MASKINPORTEN"},
		{"exchange", local.PlatformHost, refusing("GET", "/authentication/", 401, ``), exitDenied, "ALTINN"},
		{"exchange is down", local.PlatformHost, refusing("GET", "/authentication/", 502, ``), exitUnavailable, "ALTINN"},
	} {
		b.set(test.host, test.fault)
		code, stdout, stderr := b.run(t.Context(), "token", "--altinn")
		b.set(test.host, nil)
		told := decodeError(t, stderr).Error
		if code != test.exit || told.Code != test.code || told.Hint == "" || stdout != "" {
			t.Errorf("%s: exit code %d\n%s%s", test.name, code, stdout, stderr)
		}
	}
}
