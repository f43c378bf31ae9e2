package authorization_test

import (
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/timeline"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestBuildRequest compares with the requests that Altinn's enforcement points
// send.
func TestBuildRequest(t *testing.T) {
	t.Parallel()
	withUUID := person(kari, karisParty, 2)
	withUUID.PartyUUID = "6f0d3a1e-0000-8000-8000-000000050011"
	for name, request := range map[string]authorization.Request{
		"organisation-instantiates": authorization.BuildRequest(organisation("fts", "313547264", 3), question("instantiate", "saksmottak", ferdsel)),
		"person-writes": authorization.BuildRequest(person(kari, karisParty, 2),
			authorization.Question{Action: "write", Resource: authorization.Resource{InstanceID: instanceID, Task: "Task_1"}}),
		"person-with-uuid-asks-twice": authorization.BuildRequest(withUUID,
			authorization.Question{Action: "read", Resource: authorization.Resource{InstanceID: instanceID}},
			authorization.Question{Action: "read", Resource: authorization.Resource{InstanceID: endedID, EndEvent: "EndEvent_1"}}),
		"system-user-reads": authorization.BuildRequest(systemUser("f58fe166-bc22-4899-beb7-c3e8e3332f43"), question("read", "saksmottak", ferdsel)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := json.MarshalIndent(authorization.RequestBody{Request: request}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, '\n')
			file := filepath.Join("testdata", "request-"+name+".json")
			if *update {
				if err := os.WriteFile(file, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("request\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestEnforce(t *testing.T) {
	t.Parallel()
	demand := func(category, level string) authorization.Obligation {
		return authorization.Obligation{Assignments: []authorization.Assignment{{Category: category, Value: level}}}
	}
	user, org := "urn:altinn:minimum-authenticationlevel", "urn:altinn:minimum-authenticationlevel-org"
	for _, tc := range []struct {
		name        string
		decision    string
		obligations []authorization.Obligation
		caller      authentication.Principal
		want        authorization.Outcome
	}{
		{"permit", "Permit", nil, authentication.Principal{}, authorization.Outcome{Permitted: true}},
		{"deny", "Deny", nil, authentication.Principal{}, authorization.Outcome{}},
		{"not applicable", "NotApplicable", nil, authentication.Principal{}, authorization.Outcome{}},
		{"indeterminate", "Indeterminate", nil, authentication.Principal{}, authorization.Outcome{}},
		{"level met", "Permit", []authorization.Obligation{demand(user, "2")}, authentication.Principal{AuthLevel: 2}, authorization.Outcome{Permitted: true}},
		{"level not met", "Permit", []authorization.Obligation{demand(user, "3")}, authentication.Principal{AuthLevel: 2}, authorization.Outcome{RequiredLevel: "3"}},
		{"organisation meets its own level", "Permit", []authorization.Obligation{demand(user, "4"), demand(org, "3")},
			authentication.Principal{AuthLevel: 3, Org: "fts"}, authorization.Outcome{Permitted: true}},
		{"organisation's level without org claim", "Permit", []authorization.Obligation{demand(user, "4"), demand(org, "3")},
			authentication.Principal{AuthLevel: 3}, authorization.Outcome{RequiredLevel: "4"}},
		{"organisation's level not met", "Permit", []authorization.Obligation{demand(user, "4"), demand(org, "4")},
			authentication.Principal{AuthLevel: 3, Org: "fts"}, authorization.Outcome{RequiredLevel: "4"}},
		{"level that is no number", "Permit", []authorization.Obligation{demand(user, "x")}, authentication.Principal{AuthLevel: 4}, authorization.Outcome{RequiredLevel: "x"}},
	} {
		got := authorization.Enforce(authorization.Result{Decision: tc.decision, Obligations: tc.obligations}, tc.caller)
		if got != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.name, got, tc.want)
		}
	}
}

func TestDecideFailsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"server error":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"no JSON":           func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<")) },
		"too few decisions": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"response":[]}`)) },
	} {
		client := authorization.Client{Platform: platform, HTTPClient: &http.Client{Transport: hosts{"platform.tt02.altinn.no": handler}}}
		if got, err := client.Decide(t.Context(), person(kari, karisParty, 2), question("read", "saksmottak", ferdsel)); err == nil {
			t.Errorf("%s: %v, and no error", name, got)
		}
	}
	client := authorization.Client{Platform: platform, HTTPClient: &http.Client{Transport: hosts{}}}
	if _, err := client.Decide(t.Context(), person(kari, karisParty, 2), question("read", "saksmottak", ferdsel)); err == nil {
		t.Error("no network, and no error")
	}
}

// The timeline tells the level that would have been enough, which may be another
// for organisations.
func TestTheLowestLevelThatIsEnoughIsTold(t *testing.T) {
	t.Parallel()
	obligations := `[{"attributeAssignment":[{"category":"urn:altinn:minimum-authenticationlevel","value":"4"}]},
		{"attributeAssignment":[{"category":"urn:altinn:minimum-authenticationlevel-org","value":"3"}]}]`
	for org, want := range map[string]string{"": "4", "fts": "3"} {
		recorder := timeline.New(timeline.Config{})
		client := authorization.Client{Platform: platform, HTTPClient: &http.Client{Transport: hosts{
			"platform.tt02.altinn.no": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, `{"response":[{"decision":"Permit","obligations":`+obligations+`}]}`)
			}),
		}}}
		recorder.Wrap("x.no", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, err := client.Decide(r.Context(), authentication.Principal{Org: org, AuthLevel: 2}, authorization.Question{Action: "read"})
			if err != nil {
				t.Error(err)
			}
		})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "https://x.no/", http.NoBody))
		facts := recorder.Exchanges(timeline.Filter{})[0].Facts
		if len(facts) != 1 || facts[0] != (authorization.LevelTooLow{Action: "read", Required: want, Level: 2}) {
			t.Errorf("org %q: %+v", org, facts)
		}
	}
}
