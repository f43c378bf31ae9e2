package storage_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/register"
	"github.com/stafett/stafett/local/storage"
)

const (
	platform   = "https://platform.tt02.altinn.no"
	base       = "/storage/api/v1"
	kari       = 20011 // manages Vidda turlag
	karisParty = 50011
	ola        = 20012
	olasParty  = 50012
	systemUser = "f58fe166-bc22-4899-beb7-c3e8e3332f43" // with rights that Vidda turlag has delegated
	ferdsel    = 70001
	turlag     = 70002
	readScope  = "altinn:serviceowner/instances.read"
	bothScopes = readScope + " altinn:serviceowner/instances.write"

	original  = "fts/barmarkskjoring"
	receiving = "fts/saksmottak"
	lenient   = "fts/alt-lov" // the owner may do everything, persons read and write their own
)

var (
	signingKey = sync.OnceValue(func() *rsa.PrivateKey {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		return k
	})
	karisNumber = register.SyntheticPersonNumber(mathrand.New(mathrand.NewPCG(1, 1)))
)

// hosts sends a request to the handler of its host, without a network.
type hosts map[string]http.Handler

func (h hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	handler, ok := h[r.URL.Host]
	if !ok {
		return nil, errors.New("no such host")
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// world is a platform with all of its real parts, and a clock that tests move.
type world struct {
	t       testing.TB
	storage *storage.Server
	auth    *authentication.Server
	pdp     *authorization.Server
	apps    map[string]*app.Folder
	config  storage.Config

	mu      sync.Mutex
	at      time.Time
	broken  bool // the decision point is down
	asked   int  // decision requests
	network http.Handler
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// ServeHTTP is the platform host.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	broken := w.broken
	if strings.HasPrefix(r.URL.Path, "/authorization/") {
		w.asked++
	}
	w.mu.Unlock()
	if broken {
		rw.WriteHeader(http.StatusBadGateway)
		return
	}
	w.network.ServeHTTP(rw, r)
}

// folder loads an example; its metadata may be changed.
func folder(t testing.TB, dir string) *app.Folder {
	t.Helper()
	files, err := fs.Sub(examples.Files(), dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := app.LoadFS(files)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func newWorld(t testing.TB, adapt ...func(*storage.Config)) *world {
	t.Helper()
	w := &world{t: t, at: time.Date(2026, 11, 2, 8, 15, 30, 123456700, time.UTC)}
	w.apps = map[string]*app.Folder{
		original:  folder(t, examples.OriginalForm),
		receiving: folder(t, examples.ReceivingApp),
		lenient:   folder(t, examples.ReceivingApp),
	}
	w.apps[lenient].ID, w.apps[lenient].Name = lenient, "alt-lov"
	text, err := os.ReadFile("testdata/lenient-policy.xml")
	if err != nil {
		t.Fatal(err)
	}
	if w.apps[lenient].Policy, err = policy.Parse(text); err != nil {
		t.Fatal(err)
	}
	parties, err := register.NewParties(
		register.Party{PartyID: karisParty, UserID: kari, SSN: karisNumber, Name: "Kari Fjell"},
		register.Party{PartyID: olasParty, UserID: ola, SSN: register.SyntheticPersonNumber(mathrand.New(mathrand.NewPCG(2, 2))), Name: "Ola Vidde"},
		register.Party{PartyID: ferdsel, OrgNumber: "313547264", UnitType: "ORGL", Name: "Ferdselstilsynet"},
		register.Party{PartyID: turlag, OrgNumber: "312008459", UnitType: "FLI", Name: "Vidda turlag"},
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := parties.Grant(kari, turlag, "dagl"); err != nil {
		t.Fatal(err)
	}
	if err := parties.Delegate(register.Delegation{From: turlag, ToSystemUser: systemUser, AppID: original, Actions: []string{"instantiate", "read", "write"}}); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: hosts{"platform.tt02.altinn.no": w}}
	applications := func(id string) (*app.Folder, bool) { f, ok := w.apps[id]; return f, ok }
	w.auth, err = authentication.New(authentication.Config{
		Platform: platform, HTTPClient: client, People: parties.Person, Key: signingKey(), Now: w.now,
		Orgs: authentication.OrgList{{Code: "fts", Number: "313547264"}, {Code: "skd", Number: "312008459"}},
		SystemUser: func(id string) (authentication.SystemUser, bool) {
			return authentication.SystemUser{SystemID: "991825827_system", OrgNumber: "312008459"}, id == systemUser
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.pdp, err = authorization.New(authorization.Config{
		Applications: applications, Parties: parties, Verifier: w.auth, Platform: platform, HTTPClient: client, Now: w.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	people, err := register.New(register.Config{Parties: parties, Verifier: w.auth})
	if err != nil {
		t.Fatal(err)
	}
	w.config = storage.Config{
		Dir: t.TempDir(), Platform: platform, AppsDomain: "apps.tt02.altinn.no", HTTPClient: client,
		Applications: applications, Verifier: w.auth, Now: w.now,
	}
	for _, f := range adapt {
		f(&w.config)
	}
	w.storage, err = storage.New(w.config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.storage.Close(); err != nil {
			t.Error(err)
		}
	})
	mux := http.NewServeMux()
	mux.Handle("/authorization/", w.pdp)
	mux.Handle("/register/", people)
	mux.Handle("/storage/", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.storage.ServeHTTP(rw, r) }))
	w.network = mux
	return w
}

// login asks the test login for a token.
func (w *world) login(path string) string {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.auth.LoginHandler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
	if rec.Code != http.StatusOK {
		w.t.Fatalf("log in at %s: %d %s", path, rec.Code, rec.Body)
	}
	return rec.Body.String()
}

func (w *world) person(id int) string { return w.login(fmt.Sprintf("/Home/GetTestUserToken/%d", id)) }
func (w *world) org(code, scopes string) string {
	return w.login("/Home/GetTestOrgToken/" + code + "?scopes=" + url.QueryEscape(scopes))
}
func (w *world) fts() string { return w.org("fts", bothScopes) }

// answer is what came back.
type answer struct {
	*http.Response
	body string
}

// call sends a request; headers come in pairs. A body that is not a string or
// an io.Reader is sent as JSON.
func (w *world) call(method, path, token string, body any, headers ...string) answer {
	w.t.Helper()
	var content io.Reader = http.NoBody
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	case io.Reader:
		content = b
	default:
		text, err := json.Marshal(b)
		if err != nil {
			w.t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	r := httptest.NewRequest(method, path, content)
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for n := 0; n < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	rec := httptest.NewRecorder()
	w.storage.ServeHTTP(rec, r)
	return answer{rec.Result(), rec.Body.String()}
}

// want checks the status and gives the answer back.
func (w *world) want(status int, got answer) answer {
	w.t.Helper()
	if got.StatusCode != status {
		w.t.Fatalf("status %d, want %d; body %q", got.StatusCode, status, got.body)
	}
	return got
}

func (w *world) wantEmpty(status int, got answer) {
	w.t.Helper()
	if w.want(status, got); got.body != "" {
		w.t.Errorf("body %q, want none", got.body)
	}
}

// wantText wants a text as a JSON string, which is how the platform writes one.
func (w *world) wantText(status int, got answer) {
	w.t.Helper()
	w.want(status, got)
	var text string
	if err := json.Unmarshal([]byte(got.body), &text); err != nil || text == "" || !strings.HasPrefix(got.Header.Get("Content-Type"), "application/json") {
		w.t.Errorf("%s %q, want a JSON string", got.Header.Get("Content-Type"), got.body)
	}
}

func (w *world) wantProblem(status int, got answer) {
	w.t.Helper()
	w.want(status, got)
	var problem struct {
		Type, Title, TraceID string
		Status               int
	}
	if err := json.Unmarshal([]byte(got.body), &problem); err != nil || problem.Status != status || problem.Title == "" || problem.Type == "" ||
		problem.TraceID == "" || !strings.HasPrefix(got.Header.Get("Content-Type"), "application/problem+json") {
		w.t.Errorf("%s %q, want a problem with status %d", got.Header.Get("Content-Type"), got.body, status)
	}
}

// wantInvalid wants a problem that names what could not be read.
func (w *world) wantInvalid(got answer) {
	w.t.Helper()
	w.wantProblem(400, got)
	if !strings.Contains(got.body, `"errors":{`) {
		w.t.Errorf("the problem names no parameter: %s", got.body)
	}
}

func decode[T any](w *world, got answer) T {
	w.t.Helper()
	var v T
	if err := json.Unmarshal([]byte(got.body), &v); err != nil {
		w.t.Fatalf("body %q: %v", got.body, err)
	}
	return v
}

// template is an instance for a party, in the first task.
func template(party int) storage.Instance {
	return storage.Instance{
		InstanceOwner: storage.InstanceOwner{PartyID: fmt.Sprint(party)},
		Process:       atTask("Task_1", "data"),
	}
}

func atTask(id, kind string) *storage.ProcessState {
	started := time.Date(2026, 11, 2, 8, 15, 30, 0, time.UTC)
	return &storage.ProcessState{
		Started: &started, StartEvent: "StartEvent_1",
		CurrentTask: &storage.ProcessTask{Flow: 2, Started: &started, ElementID: id, AltinnTaskType: kind, FlowType: "CompleteCurrentMoveToNext"},
	}
}

func ended(at time.Time) *storage.ProcessState {
	return &storage.ProcessState{Started: &at, StartEvent: "StartEvent_1", Ended: &at, EndEvent: "EndEvent_1"}
}

func (w *world) create(appID, token string, i storage.Instance) storage.Instance {
	w.t.Helper()
	return decode[storage.Instance](w, w.want(201, w.call("POST", base+"/instances?appId="+appID, token, i)))
}

func (w *world) get(id, token string) storage.Instance {
	w.t.Helper()
	return decode[storage.Instance](w, w.want(200, w.call("GET", base+"/instances/"+id, token, nil)))
}

func (w *world) upload(id, token, dataType, content string, query string) storage.DataElement {
	w.t.Helper()
	return decode[storage.DataElement](w, w.want(201, w.call("POST", base+"/instances/"+id+"/data?dataType="+dataType+query, token, content,
		"Content-Type", "application/pdf", "Content-Disposition", `attachment; filename="a.pdf"; filename*=UTF-8''kart%20%C3%A5.pdf`)))
}
