package register_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/register"
)

// verifier knows two tokens by name.
type verifier struct{}

func (verifier) Verify(token string) (authentication.Principal, error) {
	switch token {
	case "kari":
		return authentication.Principal{UserID: kari, PartyID: karisParty}, nil
	case "club":
		return authentication.Principal{OrgNumber: "312008459"}, nil
	case "org":
		return authentication.Principal{Org: "fts", OrgNumber: "313547264"}, nil
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
		{"lookup no token", "POST", "/parties/lookup", "", `{"orgNo":"313547264"}`, 401, ""},

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

func TestPersonNeedsNumberAndLastName(t *testing.T) {
	t.Parallel()
	server, err := register.New(register.Config{Parties: seeded(t), Verifier: verifier{}})
	if err != nil {
		t.Fatal(err)
	}
	for lastName, want := range map[string]int{"Fjell": 200, "fjell": 200, "RmplbGw=": 200, "Vidde": 404, "": 400, "of an organisation": 403} {
		r := httptest.NewRequest(http.MethodGet, "/register/api/v1/persons", nil)
		r.Header.Set("Authorization", "Bearer kari")
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
