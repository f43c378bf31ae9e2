package authorization_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/register"
)

func question(action, appName string, party int) authorization.Question {
	return authorization.Question{Action: action, Resource: authorization.Resource{Org: "fts", App: appName, PartyID: party}}
}

// TestHandoverDecisions is the table of who may make an instance of the
// receiving application, and of the original form.
func TestHandoverDecisions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	for _, tc := range []struct {
		name   string
		action string
		app    string
		party  int
		level  int
		who    string // kari, ola, fts, other, none
		want   authorization.Outcome
	}{
		{"service owner instantiates", "instantiate", "saksmottak", ferdsel, 3, "fts", authorization.Outcome{Permitted: true}},
		{"another service owner", "instantiate", "saksmottak", ferdsel, 3, "other", authorization.Outcome{}},
		{"no org claim", "instantiate", "saksmottak", ferdsel, 3, "none", authorization.Outcome{}},
		{"person without a role", "instantiate", "saksmottak", ferdsel, 4, "ola", authorization.Outcome{}},
		{"manager may not instantiate", "instantiate", "saksmottak", ferdsel, 4, "kari", authorization.Outcome{}},
		{"manager reads", "read", "saksmottak", ferdsel, 4, "kari", authorization.Outcome{Permitted: true}},
		{"person for themselves", "instantiate", "barmarkskjoring", karisParty, 4, "kari", authorization.Outcome{Permitted: true}},
		{"person for another person", "instantiate", "barmarkskjoring", 50012, 4, "kari", authorization.Outcome{}},
		{"person with a level too low", "instantiate", "barmarkskjoring", karisParty, 1, "kari", authorization.Outcome{RequiredLevel: "2"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			caller := organisation("", "312008459", tc.level)
			switch tc.who {
			case "kari":
				caller = person(kari, karisParty, tc.level)
			case "ola":
				caller = person(ola, 50012, tc.level)
			case "fts":
				caller = organisation("fts", "313547264", tc.level)
			case "other":
				caller = organisation("skd", "310000001", tc.level)
			}
			got, err := w.client.Decide(t.Context(), caller, question(tc.action, tc.app, tc.party))
			if err != nil {
				t.Fatal(err)
			}
			if got[0] != tc.want {
				t.Errorf("outcome %+v, want %+v", got[0], tc.want)
			}
		})
	}
}

func TestManyQuestionsAreAnsweredInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	got, err := w.client.Decide(t.Context(), organisation("fts", "313547264", 3),
		question("instantiate", "saksmottak", ferdsel),
		question("confirm", "saksmottak", ferdsel),
		question("read", "saksmottak", ferdsel),
		question("delete", "barmarkskjoring", ferdsel),
		question("write", "saksmottak", ferdsel),
	)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []bool{true, false, true, false, true} {
		if got[n].Permitted != want {
			t.Errorf("answer %d: %v, want %v", n, got[n].Permitted, want)
		}
	}
	// One that cannot be decided takes the others with it.
	got, err = w.client.Decide(t.Context(), organisation("fts", "313547264", 3),
		question("read", "saksmottak", ferdsel), question("read", "unknown", ferdsel))
	if err != nil || len(got) != 2 || got[0].Permitted || got[1].Permitted {
		t.Errorf("with an unknown application: %+v, %v", got, err)
	}
	if none, err := w.client.Decide(t.Context(), organisation("fts", "313547264", 3)); none != nil || err != nil {
		t.Errorf("no question: %v, %v", none, err)
	}
}

// TestResourceIsEnriched gives only an instance id: application, party, task and
// end event come from Storage, roles from the party.
func TestResourceIsEnriched(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	for _, tc := range []struct {
		name     string
		resource authorization.Resource
		action   string
		want     bool
		reason   string
	}{
		{"current task", authorization.Resource{InstanceID: instanceID}, "write", true, ""},
		{"current task, other right", authorization.Resource{InstanceID: instanceID}, "read", false, ""},
		{"end event", authorization.Resource{InstanceID: endedID}, "read", true, ""},
		{"end event, other right", authorization.Resource{InstanceID: endedID}, "write", false, ""},
		{"the request's own task is believed", authorization.Resource{InstanceID: endedID, Org: "fts", App: "oppgaver", PartyID: ferdsel, Task: "Task_1"}, "write", true, ""},
		{"the resource's name is added", authorization.Resource{Org: "fts", App: "oppgaver", PartyID: ferdsel}, "delete", true, ""},
		{"unknown instance", authorization.Resource{InstanceID: "70001/0d5d8a1e-51c3-4c0a-9a0b-000000000000"}, "read", false, "storage answered 404"},
		{"instance id that is none", authorization.Resource{InstanceID: "x"}, "read", false, "is not {party}/{guid}"},
		{"no application", authorization.Resource{PartyID: ferdsel}, "read", false, "names no application"},
	} {
		got, err := w.client.Decide(t.Context(), person(kari, karisParty, 3), authorization.Question{Action: tc.action, Resource: tc.resource})
		if err != nil {
			t.Fatal(err)
		}
		log := w.server.Decisions()
		last := log[len(log)-1]
		if got[0].Permitted != tc.want || !strings.Contains(last.Reason, tc.reason) {
			t.Errorf("%s: %v (%s), want %v (%s)", tc.name, got[0].Permitted, last.Reason, tc.want, tc.reason)
		}
	}
}

func TestResourceNameStandsForTheApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	status, answer := w.post(t, decisionURL, "", `{"Request":{
		"AccessSubject":[{"Attribute":[{"AttributeId":"urn:altinn:userid","Value":"20011"}]}],
		"Action":[{"Attribute":[{"AttributeId":"`+actionID+`","Value":"delete","DataType":"string"}]}],
		"Resource":[{"Attribute":[{"AttributeId":"urn:altinn:resource","Value":"app_fts_oppgaver"},
			{"AttributeId":"urn:altinn:partyid","Value":"70001","IncludeInResult":true}]}]}}`)
	if status != 200 || answer.Response[0].Decision != "Permit" {
		t.Fatalf("%d %+v", status, answer)
	}
	category := answer.Response[0].Category
	if len(category) != 1 || category[0].CategoryID != "urn:oasis:names:tc:xacml:3.0:attribute-category:resource" ||
		category[0].Attributes[0].ID != "urn:altinn:partyid" || category[0].Attributes[0].Value != "70001" {
		t.Errorf("included attributes %+v", category)
	}
}

func TestAnswerIsCamelCaseWithObligations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	body, err := json.Marshal(authorization.RequestBody{Request: authorization.BuildRequest(
		organisation("fts", "313547264", 3), question("instantiate", "saksmottak", ferdsel))})
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	asked := httptest.NewRequest(http.MethodPost, decisionURL, strings.NewReader(string(body)))
	asked.Header.Set("Content-Type", "application/json")
	w.server.ServeHTTP(rec, asked)
	var answer map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	response := answer["response"].([]any)[0].(map[string]any)
	status := response["status"].(map[string]any)["statusCode"].(map[string]any)["value"]
	if response["decision"] != "Permit" || status != "urn:oasis:names:tc:xacml:1.0:status:ok" {
		t.Errorf("answer %s", rec.Body)
	}
	first := response["obligations"].([]any)[0].(map[string]any)["attributeAssignment"].([]any)[0].(map[string]any)
	if first["category"] != "urn:altinn:minimum-authenticationlevel" || first["value"] != "2" {
		t.Errorf("obligation %v", first)
	}
}

// TestErrorsAreIndeterminate: the status is 200 whatever happens.
func TestErrorsAreIndeterminate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	resource := `"resource":[{"attribute":[{"attributeId":"urn:altinn:org","value":"fts"},{"attributeId":"urn:altinn:app","value":"saksmottak"}]}]`
	for name, body := range map[string]string{
		"no JSON":             `<Request/>`,
		"empty":               ``,
		"no request":          `{}`,
		"unknown application": `{"request":{"resource":[{"attribute":[{"attributeId":"urn:altinn:org","value":"x"},{"attributeId":"urn:altinn:app","value":"y"}]}]}}`,
		"unknown data type":   `{"request":{"accessSubject":[{"attribute":[{"attributeId":"a","value":"b","dataType":"urn:x"}]}],` + resource + `}}`,
	} {
		status, answer := w.post(t, decisionURL, "", body)
		if status != 200 || len(answer.Response) != 1 || answer.Response[0].Decision != "Indeterminate" ||
			answer.Response[0].Status.StatusCode.Value == policy.StatusOK {
			t.Errorf("%s: %d %+v", name, status, answer)
		}
	}
}

// TestOneReferenceIsNoMultiRequest: with fewer than two references all
// attributes together are one request.
func TestOneReferenceIsNoMultiRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	request := authorization.BuildRequest(organisation("fts", "313547264", 3), question("read", "saksmottak", ferdsel))
	request.MultiRequests = &authorization.MultiRequests{References: []authorization.RequestReference{{ReferenceID: []string{"nothing"}}}}
	body, _ := json.Marshal(authorization.RequestBody{Request: request})
	if _, answer := w.post(t, decisionURL, "", string(body)); len(answer.Response) != 1 || answer.Response[0].Decision != "Permit" {
		t.Errorf("answer %+v", answer)
	}
}

func TestAuthorizeIsForThoseWithTheScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	body, _ := json.Marshal(authorization.RequestBody{Request: authorization.BuildRequest(
		organisation("fts", "313547264", 3), question("read", "saksmottak", ferdsel))})
	for token, want := range map[string]int{"authorized": 200, "other": 403, "": 401, "unknown": 401} {
		status, answer := w.post(t, "/authorization/api/v1/authorize", token, string(body))
		if status != want {
			t.Errorf("token %q: %d, want %d", token, status, want)
		}
		if want == 200 && answer.Response[0].Decision != "Permit" {
			t.Errorf("answer %+v", answer)
		}
	}
}

func TestDecisionsSayWhichRuleDecided(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	ask := func(action string) authorization.Decision {
		if _, err := w.client.Decide(t.Context(), person(kari, karisParty, 3), question(action, "saksmottak", ferdsel)); err != nil {
			t.Fatal(err)
		}
		log := w.server.Decisions()
		return log[len(log)-1]
	}
	read := ask("read")
	if read.Result != policy.Permit || read.RuleID == "" || read.Action != "read" || !read.Time.Equal(w.now) {
		t.Errorf("permit %+v", read)
	}
	roles := 0
	for _, a := range read.Subject {
		if a.ID == "urn:altinn:rolecode" && a.Value == "dagl" {
			roles++
		}
	}
	if roles != 1 {
		t.Errorf("the manager's role is there %d times", roles)
	}
	instantiate := ask("instantiate")
	if instantiate.Result != policy.NotApplicable || instantiate.RuleID != "" || len(instantiate.Trace) == 0 {
		t.Errorf("refusal %+v", instantiate)
	}
}

func TestDecisionLogIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	for range 1005 {
		w.post(t, decisionURL, "", `{"request":{}}`)
	}
	if got := len(w.server.Decisions()); got != 1000 {
		t.Errorf("%d decisions are kept, want 1000", got)
	}
}

// Wherever a request puts an identity number, neither the decision log nor the
// log of the server repeats it.
func TestDecisionLogHoldsNoPersonNumber(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	w := newWorld(t, os.DirFS("testdata"), func(cfg *authorization.Config) {
		cfg.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	number := register.SyntheticPersonNumber(rand.New(rand.NewPCG(3, 3)))
	const application = `{"attributeId":"urn:altinn:org","value":"fts"},{"attributeId":"urn:altinn:app","value":"saksmottak"}`
	for _, c := range []struct{ subject, action, resource string }{
		{`{"attributeId":"urn:altinn:ssn","value":"%s"}`, "", application},
		{`{"attributeId":"urn:altinn:foo","value":"urn:altinn:person:identifier-no:%s"}`, "", application},
		{"", `{"attributeId":"urn:oasis:names:tc:xacml:1.0:action:action-id","value":"read %s"}`, application},
		{"", "", `{"attributeId":"urn:altinn:org","value":"fts"},{"attributeId":"urn:altinn:app","value":"%s"}`},
		{"", "", `{"attributeId":"urn:altinn:instance-id","value":"%s"}`},
		{"", "", `{"attributeId":"urn:altinn:instance-id","value":"1/%s"}`},
		{"", "", `{"attributeId":"%s","value":"x","dataType":"y"}`},
	} {
		request := fmt.Sprintf(`{"request":{"accessSubject":[{"attribute":[%s]}],"action":[{"attribute":[%s]}],"resource":[{"attribute":[%s]}]}}`,
			c.subject, c.action, c.resource)
		w.post(t, decisionURL, "", strings.ReplaceAll(request, "%s", number))
	}
	decisions := w.server.Decisions()
	if len(decisions) != 7 || logged.Len() == 0 {
		t.Fatalf("%d decisions, log %q", len(decisions), logged.String())
	}
	for n, d := range decisions {
		if strings.Contains(fmt.Sprintf("%+v", d), number) {
			t.Errorf("decision %d holds the number", n)
		}
	}
	if strings.Contains(logged.String(), number) {
		t.Errorf("the log holds the number:\n%s", logged.String())
	}
}

// A request that is hostile or by mistake leaves no token in the log, and no more
// than anybody would send.
func TestDecisionLogHoldsNoTokenAndNothingHuge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	const token = "eyJhbGciOiJSUzI1NiJ9.eyJzY29wZSI6IngifQ.c2lnbmF0dXJl"
	attribute := func(value string) string { return `{"attributeId":"urn:altinn:org","value":"` + value + `"}` }
	many := strings.Repeat(attribute("x")+",", 5000)
	w.post(t, decisionURL, "", fmt.Sprintf(`{"request":{"accessSubject":[{"attribute":[%s%s,%s]}],"action":[{"attribute":[{"attributeId":"%s","value":"%s"}]}],"resource":[{"attribute":[%s]}]}}`,
		many, attribute(token), attribute(strings.Repeat("y", 1<<20)), actionID, token, attribute(token)))
	decisions := w.server.Decisions()
	if len(decisions) != 1 {
		t.Fatalf("%d decisions", len(decisions))
	}
	if told := fmt.Sprintf("%+v", decisions[0]); len(told) > 100<<10 || strings.Contains(told, "c2lnbmF0dXJl") {
		t.Errorf("%d bytes, with the token: %t", len(told), strings.Contains(told, "c2lnbmF0dXJl"))
	}
}

func TestPartiesAndRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	for _, tc := range []struct {
		user     int
		path     string
		status   int
		contains string
	}{
		{kari, "/parties?userid=20011", 200, `"partyId":70001`},
		{kari, "/parties?userId=20011", 200, `"partyId":70001`},
		{kari, "/parties?userid=20012", 403, ""},
		{kari, "/parties", 403, ""},
		{0, "/parties?userid=20011", 401, ""},
		{1, "/parties?userid=1", 404, ""},
		{kari, "/parties/70001/validate?userid=20011", 200, "true"},
		{ola, "/parties/70001/validate?userid=20012", 200, "false"},
		{ola, "/parties/70001/validate?userid=20011", 403, ""},
		{ola, "/parties/x/validate?userid=20012", 400, ""},
		{0, "/parties/70001/validate?userid=20012", 401, ""},
		{kari, "/roles?coveredByUserId=20011&offeredByPartyId=70001", 200, `[{"type":"altinn","value":"dagl"}]`},
		{ola, "/roles?coveredByUserId=20012&offeredByPartyId=70001", 404, ""},
		{ola, "/roles?coveredByUserId=20011&offeredByPartyId=70001", 403, ""},
		{ola, "/roles?coveredByUserId=20012", 400, ""},
		{0, "/roles?coveredByUserId=20012&offeredByPartyId=70001", 401, ""},
	} {
		answer := w.get(tc.user, tc.path)
		if answer.Code != tc.status || !strings.Contains(answer.Body.String(), tc.contains) {
			t.Errorf("%s by %d: %d %s, want %d %s", tc.path, tc.user, answer.Code, answer.Body, tc.status, tc.contains)
		}
	}
}
