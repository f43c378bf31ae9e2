package prepare_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/secret"
)

// victimVariable makes this test binary a process that prepares and is killed.
const victimVariable = "STAFETT_TEST_PREPARE_VICTIM"

// orders are what a victim reads from its standard input.
type orders struct {
	Proxy, CA                                         string
	Vault, TenantID, AzureClientID, AzureClientSecret string
	SelfServiceClientID, SelfServiceKey               string
	Target                                            prepare.Target
	// PauseAt is the stage of the action of type PauseOn at which it waits for its
	// end.
	PauseAt prepare.Stage
	PauseOn string
	// Guided has it prepare without an admin client, and ask a person who has one.
	Guided bool
}

// paused is what a victim says when it waits.
const paused = "paused"

// victim prepares like any program of its own: through the proxy, with nothing
// in common with its parent.
func victim() int {
	if err := prepareOnce(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func prepareOnce() error {
	var o orders
	if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil {
		return err
	}
	proxy, err := url.Parse(o.Proxy)
	if err != nil {
		return err
	}
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM([]byte(o.CA))
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: authorities}}
	hc := &http.Client{Transport: marked{transport}}
	seed := &local.Seed{
		Vault: o.Vault, TenantID: o.TenantID, AzureClientID: o.AzureClientID, AzureClientSecret: secret.New(o.AzureClientSecret),
		SelfServiceClientID: o.SelfServiceClientID, SelfServiceKey: secret.New(o.SelfServiceKey),
	}
	vault, portal, err := connect(hc, seed)
	if err != nil {
		return err
	}
	systems, err := systemsOf(hc, vault, portal)
	if err != nil {
		return err
	}
	systems.ReadingTime = readingTime
	if o.Guided {
		_, web, err := connect(&http.Client{Transport: transport}, seed) // the person's own requests
		if err != nil {
			return err
		}
		systems.Integrations, systems.Guide = nil, portalPerson{web}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	plan, err := planFor(ctx, systems, o.Target)
	if err != nil {
		return err
	}
	_, err = prepare.Apply(ctx, systems, plan, func(e prepare.Event) {
		if e.Stage == o.PauseAt && fmt.Sprintf("%T", e.Action) == o.PauseOn {
			fmt.Println(paused)
			<-ctx.Done()
		}
	})
	return err
}

// marked tells the parent that a request is the victim's.
type marked struct{ next http.RoundTripper }

func (m marked) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set(victimVariable, "1")
	return m.next.RoundTrip(r)
}

// killer stands before all hosts, counts the requests of a victim, and kills it
// at one of them.
type killer struct {
	mu     sync.Mutex
	kill   func()
	at     int  // the request to kill at, from 1; 0 is none
	late   bool // kill when the request has taken effect and its answer is lost
	count  int
	writes map[int]string // the requests that change something
}

func (k *killer) wrap(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var kill func()
		if r.Header.Get(victimVariable) != "" { // else the stand-ins ask one another
			kill = k.seen(host, r)
		}
		switch {
		case kill == nil:
			next.ServeHTTP(w, r)
		case k.late:
			next.ServeHTTP(httptest.NewRecorder(), r)
			kill()
		default:
			kill()
		}
	})
}

// seen counts a request and returns what kills its sender, if it is time.
func (k *killer) seen(host string, r *http.Request) (kill func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.count++
	if changes := strings.HasSuffix(host, ".vault.azure.net") || host == local.SelfServiceHost; changes && r.Method != http.MethodGet {
		k.writes[k.count] = r.Method + " " + host
	}
	if k.count != k.at {
		return nil
	}
	return k.kill
}

// victims runs them, one after the other, each in a section, a folder and an
// integration of its own.
type victims struct {
	t        *testing.T
	platform *platform
	killer   *killer
	proxy    *url.URL
	number   int
}

// target is a new one, of which nothing has been prepared.
func (v *victims) target() prepare.Target {
	v.t.Helper()
	v.number++
	target := v.platform.target
	target.Section = fmt.Sprintf("Maskinporten%d", v.number)
	target.Integration = fmt.Sprintf("%s-%d", name, v.number)
	target.AppDir, target.ReceivingDir, target.Project = v.t.TempDir(), "", nil
	settings := strings.Replace(guideSection, "MaskinportenSettings", target.Section, 1)
	if err := os.WriteFile(filepath.Join(target.AppDir, "appsettings.json"), []byte(settings), 0o644); err != nil {
		v.t.Fatal(err)
	}
	return target
}

// run starts a victim and waits for its end: its own, or the one it is given.
func (v *victims) run(at int, late bool, pauseAt prepare.Stage) (target prepare.Target, killed bool) {
	v.t.Helper()
	target = v.target()
	return target, v.start(orders{Target: target, PauseAt: pauseAt, PauseOn: "prepare.EditFile"}, at, late)
}

// start starts a victim with the platform's addresses and credentials, and waits
// for its end.
func (v *victims) start(o orders, at int, late bool) (killed bool) {
	v.t.Helper()
	program, err := os.Executable()
	if err != nil {
		v.t.Fatal(err)
	}
	seed := v.platform.Seed()
	o.Proxy, o.CA, o.Vault = v.proxy.String(), string(v.platform.CertificatePEM()), seed.Vault
	o.TenantID, o.AzureClientID, o.AzureClientSecret = seed.TenantID, seed.AzureClientID, seed.AzureClientSecret.Reveal()
	o.SelfServiceClientID, o.SelfServiceKey = seed.SelfServiceClientID, seed.SelfServiceKey.Reveal()
	input, err := json.Marshal(o)
	if err != nil {
		v.t.Fatal(err)
	}
	process := exec.CommandContext(v.t.Context(), program, "-test.run=^$")
	process.Env = append(os.Environ(), victimVariable+"=1")
	process.Stdin = strings.NewReader(string(input))
	var words strings.Builder
	process.Stderr = &words
	output, err := process.StdoutPipe()
	if err != nil {
		v.t.Fatal(err)
	}
	kill := sync.OnceFunc(func() {
		killed = true
		_ = process.Process.Kill() // SIGKILL: nothing in the process gets to clean up
	})
	v.killer.mu.Lock()
	v.killer.at, v.killer.late, v.killer.count = at, late, 0
	v.killer.writes = map[int]string{}
	v.killer.kill = kill
	err = process.Start()
	v.killer.mu.Unlock()
	if err != nil {
		v.t.Fatal(err)
	}
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if lines.Text() == paused {
			kill()
		}
	}
	_, _ = io.Copy(io.Discard, output)
	err = process.Wait()
	if (err != nil) != killed {
		v.t.Fatalf("the process ended with %v: %s", err, words.String())
	}
	return killed
}

// heals prepares again and asks the systems what they have.
func (v *victims) heals(t *testing.T, target prepare.Target) {
	t.Helper()
	p := v.platform
	plan, err := planFor(t.Context(), p.systems, target)
	if err != nil {
		t.Fatal(err)
	}
	result, err := prepare.Apply(t.Context(), p.systems, plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := planFor(t.Context(), p.systems, target); err != nil || !again.IsEmpty() || len(again.Warnings) != 0 {
		t.Errorf("another run would do:\n%s%v", again, err)
	}

	key, err := p.vault.Get(t.Context(), target.Section+"--EncodedJwk")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := jwk.ParseEncoded(key.Value)
	if err != nil {
		t.Fatal(err)
	}
	if versions, err := p.vault.Versions(t.Context(), key.Name); err != nil || len(versions) != 1 {
		t.Errorf("%d keys were stored, %v", len(versions), err)
	}
	clientID, err := p.vault.Get(t.Context(), target.Section+"--ClientId")
	if err != nil || !clientID.Value.Equal(secret.New(result.ClientID)) {
		t.Errorf("the client id is another, %v", err)
	}
	integrations, err := p.portal.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, integration := range integrations {
		if integration.Name == target.Integration {
			named = append(named, integration.ClientID)
		}
	}
	if len(named) != 1 || named[0] != result.ClientID {
		t.Errorf("integrations %v, want the one that is stored", named)
	}
	set, err := p.portal.Keys(t.Context(), result.ClientID)
	if err != nil || len(set.Keys) != 1 || set.Keys[0].Modulus != stored.Public().Modulus {
		t.Errorf("%d keys are registered, %v", len(set.Keys), err)
	}
	settings, err := os.ReadFile(filepath.Join(target.AppDir, "appsettings.json"))
	if want := strings.Replace(fitted, "MaskinportenSettings", target.Section, 1); err != nil || string(settings) != want {
		t.Errorf("appsettings.json is\n%s%v", settings, err)
	}
	if entries, err := os.ReadDir(target.AppDir); err != nil || len(entries) != 1 {
		t.Errorf("files left behind: %v, %v", entries, err)
	}
	if _, err := p.vault.Get(t.Context(), target.Section+"--Scope"); err == nil {
		t.Error("a secret that nobody asked for")
	}
}

// A process that is killed at any request, before it takes effect or before the
// answer comes back, or when it is about to edit the file or has just done so,
// leaves nothing that preparing again does not mend.
func TestKilledProcessIsHealed(t *testing.T) {
	v := startVictims(t)
	k := v.killer
	whole, killed := v.run(0, false, "")
	if killed {
		t.Fatal("a process was killed that nobody wanted to kill")
	}
	v.heals(t, whole)
	requests, writes := k.count, k.writes
	if len(writes) != 4 {
		t.Fatalf("the requests that change something are %v; the key, the integration, its key set and the client id are wanted", writes)
	}

	try := func(title string, at int, late bool, pauseAt prepare.Stage) {
		t.Run(title, func(t *testing.T) {
			target, killed := v.run(at, late, pauseAt)
			if !killed {
				t.Fatal("the process came to its end")
			}
			v.heals(t, target)
		})
	}
	for at := 1; at <= requests; at++ {
		try(fmt.Sprintf("before request %d of %d", at, requests), at, false, "")
		if what, changes := writes[at]; changes {
			try(fmt.Sprintf("after request %d, %s", at, what), at, true, "")
		}
	}
	try("before the file is edited", 0, false, prepare.Started)
	try("after the file is edited", 0, false, prepare.Done)
}
