package apphost_test

import (
	"bytes"
	cryptorand "crypto/rand"
	"crypto/rsa"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local/apphost"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/register"
	"github.com/stafett/stafett/local/storage"
)

const (
	platformHost = "platform.tt02.altinn.no"
	appsHost     = "fts.apps.tt02.altinn.no"
	original     = "fts/barmarkskjoring"
	receiving    = "fts/saksmottak"

	agencyNumber = "313547264"
	clubNumber   = "312008459"
	agencyParty  = 50000001
	clubParty    = 50000002
	maretParty   = 50100001 // a private person
	maretUser    = 20001
	ailoParty    = 50100002 // general manager of the club
	ailoUser     = 20002

	bothScopes = "altinn:serviceowner/instances.read altinn:serviceowner/instances.write"
)

// world is the platform with both example applications: the real stand-ins,
// behind their real names, over HTTP.
type world struct {
	t       testing.TB
	client  *http.Client
	auth    *authentication.Server
	login   http.Handler
	hosts   map[string]*apphost.Server // by application id
	parties *register.Parties
	log     *bytes.Buffer
	shared  bool

	mu        sync.Mutex
	intercept func(w http.ResponseWriter, r *http.Request) bool
	calls     []string // "METHOD path" of the calls to the platform
}

// option changes a world before it starts.
type option func(*settings)

type settings struct {
	folders  map[string]*app.Folder
	host     apphost.Config
	spoolDir string
}

// signingKey is shared by all worlds, since it takes long to make.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(cryptorand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// now is the time in every test.
var now = time.Date(2027, 3, 1, 9, 30, 0, 123456700, time.UTC)

func newWorld(t testing.TB, options ...option) *world {
	t.Helper()
	w, stop, err := startWorld(t.TempDir(), options...)
	must(t, err)
	t.Cleanup(func() { must(t, stop()) })
	w.t = t
	return w
}

// sharedWorld is the one world of all tests that change nothing of it and look at
// instances of their own: to start one takes longer than most of them.
func sharedWorld(t testing.TB) *world {
	t.Helper()
	of, err := theSharedWorld()
	must(t, err)
	return &world{t: t, client: of.client, auth: of.auth, login: of.login, hosts: of.hosts, parties: of.parties, shared: true}
}

// alone stops a test that needs a world of its own.
func (w *world) alone() {
	w.t.Helper()
	if w.shared {
		w.t.Fatal("the world is shared: other tests call its platform, too")
	}
}

var theSharedWorld = sync.OnceValues(func() (lastingWorld, error) {
	dir, err := os.MkdirTemp("", "apphost-")
	if err != nil {
		return lastingWorld{}, err
	}
	w, stop, err := startWorld(dir)
	return lastingWorld{w, func() error { return errors.Join(stop(), os.RemoveAll(dir)) }}, err
})

type lastingWorld struct {
	*world
	stop func() error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if w, err := theSharedWorld(); err != nil || w.stop() != nil {
		code = 1
	}
	os.Exit(code)
}

// startWorld starts a world that keeps its data in a folder.
func startWorld(dir string, options ...option) (_ *world, stop func() error, err error) {
	set := settings{folders: map[string]*app.Folder{}}
	for id, name := range map[string]string{original: examples.OriginalForm, receiving: examples.ReceivingApp} {
		if set.folders[id], err = loadedExamples(name); err != nil {
			return nil, nil, err
		}
	}
	for _, o := range options {
		o(&set)
	}
	w := &world{hosts: map[string]*apphost.Server{}, log: &bytes.Buffer{}}
	clock := func() time.Time { return now }
	logger := slog.New(slog.NewTextHandler(&lockedWriter{w: w.log}, nil))

	served := map[string]http.Handler{}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Host == platformHost && w.intercepted(rw, r) {
			return
		}
		key := r.Host
		if r.Host == platformHost {
			key += "/" + strings.Split(r.URL.Path, "/")[1]
		} else if parts := strings.Split(r.URL.Path, "/"); len(parts) > 2 {
			key += "/" + parts[1] + "/" + parts[2]
		}
		if h, ok := served[key]; ok {
			h.ServeHTTP(rw, r)
			return
		}
		rw.WriteHeader(http.StatusBadGateway)
	}))
	var store *storage.Server
	stop = func() error {
		server.Close()
		if store == nil {
			return nil
		}
		return store.Close()
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, stop())
		}
	}()
	target, err := url.Parse(server.URL)
	if err != nil {
		return nil, nil, err
	}
	w.client = &http.Client{Transport: redirected{target}}

	w.parties, err = register.NewParties(people()...)
	if err != nil {
		return nil, nil, err
	}
	if err := w.parties.Grant(ailoUser, clubParty, "dagl"); err != nil {
		return nil, nil, err
	}
	w.auth, err = authentication.New(authentication.Config{
		Platform: "https://" + platformHost, Now: clock, People: w.parties.Person, Key: signingKey(),
		Orgs: authentication.OrgList{{Code: "fts", Number: agencyNumber}, {Code: "vtl", Number: clubNumber}},
	})
	if err != nil {
		return nil, nil, err
	}
	w.login = w.auth.LoginHandler()
	folder := func(id string) (*app.Folder, bool) { f, ok := set.folders[id]; return f, ok }
	registry, err := register.New(register.Config{Parties: w.parties, Verifier: w.auth})
	if err != nil {
		return nil, nil, err
	}
	pdp, err := authorization.New(authorization.Config{
		Applications: folder, Parties: w.parties, Verifier: w.auth, Platform: "https://" + platformHost, HTTPClient: w.client, Now: clock,
	})
	if err != nil {
		return nil, nil, err
	}
	store, err = storage.New(storage.Config{
		Dir: dir, Platform: "https://" + platformHost, AppsDomain: "apps.tt02.altinn.no", HTTPClient: w.client,
		Applications: folder, Verifier: w.auth, Now: clock, Logger: logger,
	})
	if err != nil {
		return nil, nil, err
	}

	served[platformHost+"/authentication"] = w.auth
	served[platformHost+"/register"] = registry
	served[platformHost+"/profile"] = registry
	served[platformHost+"/authorization"] = pdp
	served[platformHost+"/storage"] = store
	for id, f := range set.folders {
		cfg := set.host
		cfg.Folder, cfg.Platform, cfg.HTTPClient = f, "https://"+platformHost, w.client
		cfg.Verifier, cfg.Now, cfg.Logger, cfg.SpoolDir = w.auth, clock, logger, set.spoolDir
		host, err := apphost.New(cfg)
		if err != nil {
			return nil, nil, err
		}
		served[appsHost+"/"+id], w.hosts[id] = host, host
	}
	return w, stop, nil
}

// loadExample reads an example application, which nobody may change.
func loadExample(t testing.TB, name string) *app.Folder {
	t.Helper()
	folder, err := loadedExamples(name)
	must(t, err)
	return folder
}

// loadedExamples reads each example once.
var loadedExamples = func() func(name string) (*app.Folder, error) {
	read := func(name string) func() (*app.Folder, error) {
		return sync.OnceValues(func() (*app.Folder, error) {
			sub, err := fs.Sub(examples.Files(), name)
			if err != nil {
				return nil, err
			}
			return app.LoadFS(sub)
		})
	}
	known := map[string]func() (*app.Folder, error){examples.OriginalForm: read(examples.OriginalForm), examples.ReceivingApp: read(examples.ReceivingApp)}
	return func(name string) (*app.Folder, error) { return known[name]() }
}()

// people are the parties; their person numbers are synthetic.
func people() []register.Party {
	r := rand.New(rand.NewPCG(1, 2))
	return []register.Party{
		{PartyID: agencyParty, OrgNumber: agencyNumber, UnitType: "ORGL", Name: "Ferdselstilsynet"},
		{PartyID: clubParty, OrgNumber: clubNumber, UnitType: "FLI", Name: "Vidda turlag"},
		{PartyID: maretParty, UserID: maretUser, SSN: register.SyntheticPersonNumber(r), Name: "Máret Čáhppe Eksempel"},
		{PartyID: ailoParty, UserID: ailoUser, SSN: register.SyntheticPersonNumber(r), Name: "Áilo Eksempel"},
	}
}

// redirected sends every request to one server and keeps the Host.
type redirected struct{ target *url.URL }

func (t redirected) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host = r.URL.Host
	r.URL.Scheme, r.URL.Host = t.target.Scheme, t.target.Host
	return http.DefaultTransport.RoundTrip(r)
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func (w *world) intercepted(rw http.ResponseWriter, r *http.Request) bool {
	w.mu.Lock()
	w.calls = append(w.calls, r.Method+" "+r.URL.Path)
	f := w.intercept
	w.mu.Unlock()
	return f != nil && f(rw, r)
}

// onPlatform has f see each call to the platform; what f answers, with true, is
// not passed on. f may be called from several goroutines at once.
func (w *world) onPlatform(f func(w http.ResponseWriter, r *http.Request) bool) {
	w.alone()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.intercept = f
}

// failing answers calls to the platform whose method and path have the prefix.
func (w *world) failing(prefix string, status int, body string) {
	w.onPlatform(func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.Method+" "+r.URL.Path, prefix) {
			return false
		}
		rw.WriteHeader(status)
		_, _ = io.WriteString(rw, body)
		return true
	})
}

func (w *world) callsTo(part string) int {
	w.alone()
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, c := range w.calls {
		if strings.Contains(c, part) {
			n++
		}
	}
	return n
}

// person gives the token of a person.
func (w *world) person(userID int) string {
	w.t.Helper()
	p, ok := w.parties.Person(userID)
	if !ok {
		w.t.Fatalf("no person with user id %d", userID)
	}
	token, err := w.auth.PersonToken(w.t.Context(), p, 3)
	must(w.t, err)
	return token
}

// org gives the token of a service owner, or, without a code, of another
// organisation.
func (w *world) org(code, number, scopes string) string {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/Home/GetTestOrgToken?"+url.Values{
		"org": {code}, "orgNumber": {number}, "scopes": {scopes},
	}.Encode(), nil)
	recorder := httptest.NewRecorder()
	w.login.ServeHTTP(recorder, r)
	if recorder.Code != http.StatusOK {
		w.t.Fatalf("org token: %d %s", recorder.Code, recorder.Body)
	}
	return recorder.Body.String()
}

func (w *world) agency() string { return w.org("fts", agencyNumber, bothScopes) }
func (w *world) maret() string  { return w.person(maretUser) }
