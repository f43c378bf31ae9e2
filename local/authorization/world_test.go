package authorization_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/register"
)

const (
	platform    = "https://platform.tt02.altinn.no"
	kari        = 20011 // manages Ferdselstilsynet's party, party 50011 herself
	ola         = 20012
	karisParty  = 50011
	ferdsel     = 70001
	instanceID  = "70001/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11"
	endedID     = "70001/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a12"
	actionID    = "urn:oasis:names:tc:xacml:1.0:action:action-id"
	receiving   = "fts/saksmottak"
	original    = "fts/barmarkskjoring"
	taskBound   = "fts/oppgaver" // policy of testdata/task-policy.xml
	decisionURL = "/authorization/api/v1/decision"
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

// storage answers process/authinfo for two instances of the application with
// the task-bound policy.
func storage(w http.ResponseWriter, r *http.Request) {
	id, ok := strings.CutPrefix(r.URL.Path, "/storage/api/v1/instances/")
	id, isInfo := strings.CutSuffix(id, "/process/authinfo")
	if !ok || !isInfo || r.Header.Get("PlatformAccessToken") == "" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	switch id {
	case instanceID:
		_, _ = w.Write([]byte(`{"appId":"fts/oppgaver","process":{"currentTask":{"elementId":"Task_1"}}}`))
	case endedID:
		_, _ = w.Write([]byte(`{"appId":"fts/oppgaver","process":{"endEvent":"EndEvent_1"}}`))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

type verifier struct{}

func (verifier) Verify(token string) (authentication.Principal, error) {
	if user, err := strconv.Atoi(token); err == nil {
		return authentication.Principal{UserID: user}, nil
	}
	switch token {
	case "authorized":
		return authentication.Principal{OrgNumber: "313547264", Scope: "altinn:authorization/authorize"}, nil
	case "other":
		return authentication.Principal{OrgNumber: "313547264", Scope: "altinn:other"}, nil
	}
	return authentication.Principal{}, errors.New("unknown token")
}

func parsePolicy(t *testing.T, files fs.FS, name string) *policy.Policy {
	t.Helper()
	text, err := fs.ReadFile(files, name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

type world struct {
	server  *authorization.Server
	client  authorization.Client
	parties *register.Parties
	now     time.Time
}

func newWorld(t *testing.T, testdata fs.FS, change ...func(*authorization.Config)) *world {
	t.Helper()
	parties, err := register.NewParties(
		register.Party{PartyID: karisParty, UserID: kari, Name: "Kari Fjell", SSN: register.SyntheticPersonNumber(rand.New(rand.NewPCG(1, 1)))},
		register.Party{PartyID: 50012, UserID: ola, Name: "Ola Vidde", SSN: register.SyntheticPersonNumber(rand.New(rand.NewPCG(2, 2)))},
		register.Party{PartyID: ferdsel, OrgNumber: "313547264", UnitType: "ORGL", Name: "Ferdselstilsynet"},
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := parties.Grant(kari, ferdsel, "DAGL"); err != nil {
		t.Fatal(err)
	}
	apps := map[string]*app.Folder{
		receiving: {ID: receiving, Org: "fts", Name: "saksmottak",
			Policy: parsePolicy(t, examples.Files(), "receiving-app/config/authorization/policy.xml")},
		original: {ID: original, Org: "fts", Name: "barmarkskjoring",
			Policy: parsePolicy(t, examples.Files(), "original-form/config/authorization/policy.xml")},
		taskBound: {ID: taskBound, Org: "fts", Name: "oppgaver", Policy: parsePolicy(t, testdata, "task-policy.xml")},
	}
	w := &world{parties: parties, now: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)}
	network := hosts{}
	w.client = authorization.Client{Platform: platform, HTTPClient: &http.Client{Transport: network}}
	cfg := authorization.Config{
		Applications: func(id string) (*app.Folder, bool) { f, ok := apps[id]; return f, ok },
		Parties:      parties, Verifier: verifier{}, Platform: platform, HTTPClient: w.client.HTTPClient,
		Now: func() time.Time { return w.now },
	}
	for _, f := range change {
		f(&cfg)
	}
	w.server, err = authorization.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/authorization/", w.server)
	mux.HandleFunc("/storage/", storage)
	network["platform.tt02.altinn.no"] = mux
	return w
}

// get asks for a path of the decision point as the user with that id; 0 is nobody.
func (w *world) get(user int, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/authorization/api/v1"+path, http.NoBody)
	if user != 0 {
		r.Header.Set("Authorization", "Bearer "+itoa(user))
	}
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, r)
	return answer
}

// person is who a person's token speaks for.
func person(user, party, level int) authentication.Principal {
	return authentication.Principal{UserID: user, PartyID: party, AuthLevel: level, Method: "BankID", All: map[string]any{
		"urn:altinn:userid": json.Number(itoa(user)), "urn:altinn:partyid": json.Number(itoa(party)),
		"urn:altinn:authlevel": json.Number(itoa(level)), "scope": "altinn:portal/enduser", "iss": platform + "/authentication/api/v1/openid/",
	}}
}

// organisation is who an exchanged token speaks for; code is empty without a
// service owner scope.
func organisation(code, number string, level int) authentication.Principal {
	all := map[string]any{
		"urn:altinn:orgNumber": number, "urn:altinn:authlevel": json.Number(itoa(level)),
		"scope": "altinn:serviceowner/instances.read", "jti": "j1", "sid": "s1",
	}
	if code != "" {
		all["urn:altinn:org"] = code
	}
	return authentication.Principal{Org: code, OrgNumber: number, AuthLevel: level, Method: "maskinporten", All: all}
}

// systemUser is who the token of a supplier's system speaks for.
func systemUser(id string) authentication.Principal {
	caller := organisation("", "312008459", 3)
	caller.SystemUserID, caller.SystemUserOrg = id, "313547264"
	return caller
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

// post sends a body to the decision point and decodes the answer.
func (w *world) post(t *testing.T, path, token, body string) (int, authorization.ResponseBody) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, r)
	var answer authorization.ResponseBody
	if rec.Code == http.StatusOK {
		if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
			t.Fatalf("answer %s: %v", rec.Body, err)
		}
	}
	return rec.Code, answer
}
