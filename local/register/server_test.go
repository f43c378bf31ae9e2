package register_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/register"
)

// verifier knows some tokens by name.
type verifier struct{}

func (verifier) Verify(token string) (authentication.Principal, error) {
	switch token {
	case "kari":
		return authentication.Principal{UserID: kari, PartyID: karisParty, AuthLevel: 2}, nil
	case "kari by e-mail":
		return authentication.Principal{UserID: kari, PartyID: karisParty, AuthLevel: 1}, nil
	case "club":
		return authentication.Principal{OrgNumber: "312008459", AuthLevel: 3}, nil
	case "org":
		return authentication.Principal{Org: "fts", OrgNumber: "313547264", AuthLevel: 3}, nil
	case "register":
		return authentication.Principal{OrgNumber: "313547264", AuthLevel: 3, Scope: "x altinn:register/partylookup.admin"}, nil
	}
	return authentication.Principal{}, errors.New("unknown token")
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	server, err := register.New(register.Config{Parties: seeded(t), Verifier: verifier{}})
	if err != nil {
		t.Fatal(err)
	}
	const base = "/register/api/v1"
	for _, tc := range []struct {
		name, method, path, token, body string
		status                          int
		contains                        string
	}{
		{"own party", "GET", "/parties/50011", "kari", "", 200, `"name":"Kari Fjell"`},
		{"party with a role", "GET", "/parties/70002", "kari", "", 200, `"orgNumber":"312008459"`},
		{"party without a role", "GET", "/parties/70001", "kari", "", 401, ""},
		{"unknown party for a person", "GET", "/parties/1", "kari", "", 401, ""},
		{"any party for an organisation", "GET", "/parties/50011", "org", "", 200, `"partyId":50011`},
		{"unknown party", "GET", "/parties/1", "org", "", 404, `"status":404`},
		{"party id that is none", "GET", "/parties/x", "org", "", 404, ""},
		{"own party of an organisation that is no owner", "GET", "/parties/70002", "club", "", 401, ""},
		{"no token", "GET", "/parties/70001", "", "", 401, ""},
		{"wrong token", "GET", "/parties/70001", "x", "", 401, ""},

		{"lookup organisation", "POST", "/parties/lookup", "org", `{"orgNo":"313547264"}`, 200, `"partyId":70001`},
		{"lookup person", "POST", "/parties/lookup", "kari", `{"ssn":"` + kariNumber + `"}`, 200, `"partyId":50011`},
		{"lookup unknown", "POST", "/parties/lookup", "org", `{"orgNo":"310000001"}`, 404, `"status":404`},
		{"lookup nothing", "POST", "/parties/lookup", "org", `{}`, 400, `"status":400`},
		{"lookup both", "POST", "/parties/lookup", "org", `{"orgNo":"313547264","ssn":"1"}`, 400, `"status":400`},
		{"lookup no JSON", "POST", "/parties/lookup", "org", `<`, 400, `"status":400`},
		{"lookup by an application alone", "POST", "/parties/lookup", "", `{"orgNo":"313547264"}`, 200, `"partyId":70001`},

		{"list", "POST", "/parties/partylist", "org", `[70001,1,50011]`, 200, `"Kari Fjell"`},
		{"list of unknown", "POST", "/parties/partylist", "org", `[1]`, 404, `"status":404`},
		{"organisation", "GET", "/organizations/313547264", "org", "", 200, `"name":"Ferdselstilsynet"`},
		{"unknown organisation", "GET", "/organizations/310000001", "org", "", 404, `"status":404`},
		{"person without number", "GET", "/persons", "org", "", 400, `"status":400`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(tc.method, base+tc.path, strings.NewReader(tc.body))
			if tc.token != "" {
				r.Header.Set("Authorization", "Bearer "+tc.token)
			}
			r.Header.Set(authentication.PlatformTokenHeader, "application")
			w := httptest.NewRecorder()
			server.ServeHTTP(w, r)
			if w.Code != tc.status {
				t.Fatalf("status %d, want %d; body %s", w.Code, tc.status, w.Body)
			}
			if tc.contains == "" && w.Body.Len() != 0 || !strings.Contains(w.Body.String(), tc.contains) {
				t.Errorf("body %q, want %q in it", w.Body, tc.contains)
			}
		})
	}
}

// Applications show Register a token of their own beside the caller's. A program
// that has none is let in by a scope, but not to look up persons.
func TestRegisterIsForApplications(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	server, err := register.New(register.Config{Parties: seeded(t), Verifier: verifier{}, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	until := func(at time.Time) string {
		return "x." + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"iss":"fts","urn:altinn:app":"saksmottak","exp":%d}`, at.Unix())) + ".x"
	}
	inForce, expired := until(now.Add(time.Second)), until(now)
	const party, lookup, list, organisation, person = "GET /parties/50011", "POST /parties/lookup", "POST /parties/partylist", "GET /organizations/313547264", "GET /persons"
	bodies := map[string]string{lookup: `{"orgNo":"313547264"}`, list: `[70001]`}
	for _, c := range []struct {
		token  string
		shown  []string // platform access tokens
		status map[string]int
	}{
		{"org", []string{inForce}, map[string]int{party: 200, lookup: 200, list: 200, organisation: 200, person: 400}},
		{"", []string{inForce}, map[string]int{party: 401, lookup: 200, list: 200, organisation: 200, person: 401}},
		{"org", nil, map[string]int{party: 403, lookup: 403, list: 403, organisation: 403, person: 403}},
		{"", nil, map[string]int{party: 401, lookup: 401, list: 401, organisation: 401, person: 401}},
		{"nobody's", nil, map[string]int{party: 401, lookup: 401}},
		{"org", []string{expired}, map[string]int{party: 403, lookup: 403}},
		{"org", []string{inForce, inForce}, map[string]int{lookup: 403}},
		{"register", nil, map[string]int{party: 401, lookup: 200, list: 200, organisation: 200, person: 403}}, // no service owner
		{"kari by e-mail", []string{inForce}, map[string]int{party: 200, person: 403}},
	} {
		for call, want := range c.status {
			method, path, _ := strings.Cut(call, " ")
			r := httptest.NewRequest(method, "/register/api/v1"+path, strings.NewReader(bodies[call]))
			if c.token != "" {
				r.Header.Set("Authorization", "Bearer "+c.token)
			}
			for _, shown := range c.shown {
				r.Header.Add(authentication.PlatformTokenHeader, shown)
			}
			w := httptest.NewRecorder()
			server.ServeHTTP(w, r)
			if w.Code != want || (want == 401 || want == 403) && w.Body.Len() != 0 {
				t.Errorf("%s by %q with %d platform access tokens: %d %s, want %d", call, c.token, len(c.shown), w.Code, w.Body, want)
			}
		}
	}
}

func TestPersonNeedsNumberAndLastName(t *testing.T) {
	t.Parallel()
	server, err := register.New(register.Config{Parties: seeded(t), Verifier: verifier{}})
	if err != nil {
		t.Fatal(err)
	}
	for lastName, want := range map[string]int{"Fjell": 200, "fjell": 200, "RmplbGw=": 200, "Vidde": 404, "": 400, "of an organisation": 403} {
		r := httptest.NewRequest(http.MethodGet, "/register/api/v1/persons", nil)
		r.Header.Set("Authorization", "Bearer kari")
		r.Header.Set(authentication.PlatformTokenHeader, "application")
		if want == 403 {
			r.Header.Set("Authorization", "Bearer org")
		}
		r.Header.Set("X-Ai-NationalIdentityNumber", kariNumber)
		r.Header.Set("X-Ai-LastName", lastName)
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("last name %q: %d, want %d", lastName, w.Code, want)
		}
		if want == 200 && !json.Valid(w.Body.Bytes()) {
			t.Errorf("body %s", w.Body)
		}
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	parties := seeded(t)
	if err := parties.Add(register.Party{PartyID: 50099, UserID: 20099, Name: "turgåer"}); err != nil {
		t.Fatal(err)
	}
	server, err := register.New(register.Config{Parties: parties, Verifier: verifier{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		path, token, application string
		status                   int
		contains                 string
	}{
		{"/20011", "kari", "", 200, `"userType":1`},
		{"/20012", "kari", "", 403, ""},
		{"/20011", "org", "", 403, ""},
		{"/20011", "org", "application", 200, `"partyId":50011`},
		{"/20099", "org", "application", 200, `"userType":2`},
		{"/1", "org", "application", 404, `"status":404`},
		{"/x", "kari", "", 404, ""},
		{"/current", "kari", "", 200, `"userId":20011`},
		{"/current", "org", "", 400, `"Invalid request context. UserId must be provided in claims."`},
		{"/current", "", "", 401, ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "/profile/api/v1/users"+tc.path, http.NoBody)
		r.Header.Set("Authorization", "Bearer "+tc.token)
		if tc.application != "" {
			r.Header.Set(authentication.PlatformTokenHeader, tc.application)
		}
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		if w.Code != tc.status || !strings.Contains(w.Body.String(), tc.contains) {
			t.Errorf("%s by %q: %d %s, want %d %s", tc.path, tc.token, w.Code, w.Body, tc.status, tc.contains)
		}
	}
}

func TestNewWantsItsConfiguration(t *testing.T) {
	t.Parallel()
	if _, err := register.New(register.Config{}); err == nil {
		t.Error("no parties, and no error")
	}
}
