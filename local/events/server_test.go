package events_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/events"
)

// TestWhoMaySubscribe is also about the order of the checks: a wish with several
// faults is refused for the first of them.
func TestWhoMaySubscribe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.Close()
	with := func(members string) string { return `{"endPoint":"` + hook + `"` + members + `}` }
	const ofApp, urn = `,"sourceFilter":"` + source + `"`, `,"resourceFilter":"urn:altinn:resource:app_demo_form"`
	const scoped, generic = owner + "altinn:events.subscribe", `,"resourceFilter":"urn:altinn:resource:things"`
	for name, c := range map[string]struct {
		token, body, decision string
		status                int
		answer                string // all of it, unless 201
	}{
		"the owner":                     {owner, with(ofApp), "Permit", 201, `"resourceFilter":"urn:altinn:resource:app_demo_form"`},
		"nobody":                        {"", with(ofApp), "Permit", 401, ""},
		"who may not read":              {owner, with(ofApp), "NotApplicable", 403, `"Not authorized to create a subscription for resource urn:altinn:resource:app_demo_form."`},
		"by the resource":               {owner, with(urn), "Permit", 201, `"consumer":"/org/demo"`},
		"by both":                       {owner, with(ofApp + urn), "Permit", 201, ""},
		"by two that differ":            {owner, with(`,"sourceFilter":"https://demo.apps.test/demo/other"` + urn), "Permit", 400, `"Provided resource filter and source filter are not compatible"`},
		"an instance as source":         {owner, with(`,"sourceFilter":"` + instance + `"`), "Permit", 400, `"A valid app id is required in source filter {environment}/{org}/{app}"`},
		"a person, without a subject":   {"person:1:", with(ofApp), "Permit", 400, `"A valid subject to the authenticated identity is required"`},
		"a person, for themselves":      {"person:1:", with(ofApp + `,"alternativeSubjectFilter":"/person/` + personNumber + `"`), "Permit", 201, `"consumer":"/user/1"`},
		"a system user":                 {"system:f58f:", with(ofApp + `,"subjectFilter":"/party/1"`), "Permit", 201, `"consumer":"/systemuser/f58f"`},
		"an organisation, no owner":     {"org::", with(ofApp + `,"alternativeSubjectFilter":"/organisation/313547264"`), "Permit", 201, `"consumer":"/organisation/313547264"`},
		"the older word for it":         {owner, with(ofApp + `,"alternativeSubjectFilter":"/org/313547264"`), "Permit", 201, `"subjectFilter":"/party/1"`},
		"a subject that is nobody":      {owner, with(ofApp + `,"alternativeSubjectFilter":"/org/310000024"`), "Permit", 400, `"A valid subject to the authenticated identity is required"`},
		"other things, no scope":        {owner, `{` + generic[1:] + `}`, "Permit", 403, ""},
		"other things, with scope":      {scoped, with(generic), "Permit", 201, ""},
		"other things, by source":       {scoped, with(`,"sourceFilter":"https://elsewhere.test/things"` + generic), "Permit", 400, `"Source filter is not supported for subscriptions on this resource."`},
		"other things, no resource":     {scoped, with(""), "Permit", 400, `"Resource filter is required."`},
		"other things, of somebody":     {scoped, with(generic + `,"alternativeSubjectFilter":"/org/313547264"`), "Permit", 400, `"AlternativeSubject is not supported for subscriptions on this resource."`},
		"no end point":                  {owner, `{` + ofApp[1:] + `,"resourceFilter":"nothing"}`, "Permit", 400, `"Missing or invalid endpoint to push events towards"`},
		"an end point in the clear":     {owner, `{"endPoint":"http://hook.example.com"` + ofApp + `}`, "Permit", 400, `"Missing or invalid endpoint to push events towards"`},
		"a source that is a path":       {owner, `{"sourceFilter":"/demo/form"}`, "Permit", 400, `"SourceFilter must be an absolute URI"`},
		"a resource that is no URN":     {owner, with(ofApp + `,"resourceFilter":"app_demo_form"`), "Permit", 400, `"Resource filter must be a valid urn"`},
		"a resource that is only begun": {owner, with(`,"resourceFilter":"urn:altinn:resource:app_demo"`), "Permit", 403, `"Not authorized to create a subscription for resource urn:altinn:resource:app_demo."`},
	} {
		w.set(c.decision, 200)
		status, body, header := w.sendFor("POST", "/subscriptions", c.token, c.body)
		body = strings.TrimSpace(body)
		if status != c.status || status == 201 && !strings.Contains(body, c.answer) || status != 201 && body != c.answer {
			t.Errorf("%s: %d %s, want %d %s", name, status, body, c.status, c.answer)
		}
		if status == 201 && (!strings.HasPrefix(header.Get("Location"), "/events/api/v1/subscription/") || strings.Contains(body, personNumber)) {
			t.Errorf("%s: Location %q, %s", name, header.Get("Location"), body)
		}
	}
	if status, body := w.send("POST", "/subscriptions", owner, "endPoint"); status != 400 || !strings.Contains(body, `"status":400`) {
		t.Errorf("no JSON: %d %s", status, body)
	}
	w.set("Permit", 200) // whichever case came last
	w.subscribe()
	if !strings.Contains(w.asked, `"urn:altinn:appresource","value":"events"`) || !strings.Contains(w.asked, `"value":"read"`) {
		t.Errorf("the decision point was asked %s", w.asked)
	}
}

func TestSubscriptionsAreOnesOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.Close()
	w.subscribe()
	w.subscribe() // the same
	status, body := w.send("GET", "/subscriptions", owner, "")
	var list struct {
		Count         int
		Subscriptions []map[string]any
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || status != 200 || list.Count != 1 || len(list.Subscriptions) != 1 {
		t.Fatalf("list: %d %s %v", status, body, err)
	}
	one := list.Subscriptions[0]
	if one["id"] != 1.0 || one["consumer"] != "/org/demo" || one["createdBy"] != "/org/demo" || one["endPoint"] != hook || one["created"] == nil {
		t.Errorf("the subscription is %v", one)
	}
	if _, body := w.send("GET", "/subscriptions", "org:other:", ""); !strings.Contains(body, `"count":0`) {
		t.Errorf("another organisation sees %s", body)
	}
	for path, want := range map[string]int{"/subscriptions/1": 403, "/subscriptions/2": 404, "/subscriptions/x": 400} {
		for _, method := range []string{"GET", "DELETE"} {
			if status, _ := w.send(method, path, "org:other:", ""); status != want {
				t.Errorf("%s %s by another: %d, want %d", method, path, status, want)
			}
		}
	}
	// Only the platform validates, which shows a token of its own.
	for token, want := range map[string]int{"": 401, owner: 403} {
		r := httptest.NewRequest(http.MethodPut, "https://platform.test/events/api/v1/subscriptions/validate/1", http.NoBody)
		r.Header.Set("Authorization", "Bearer "+token)
		answer := httptest.NewRecorder()
		if w.ServeHTTP(answer, r); answer.Code != want {
			t.Errorf("validate by %q: %d, want %d", token, answer.Code, want)
		}
	}
	for path, want := range map[string]int{"/subscriptions/validate/1": 200, "/subscriptions/validate/2": 404} {
		if status, _ := w.send("PUT", path, "", ""); status != want {
			t.Errorf("PUT %s: %d, want %d", path, status, want)
		}
	}
	if _, body := w.send("GET", "/subscriptions/1", owner, ""); !strings.Contains(body, `"validated":true`) {
		t.Errorf("validated by the platform: %s", body)
	}
}

// jwt is a platform access token; nobody looks at its signature here.
func jwt(claims string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
}

func TestPublish(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.Close()
	const good = `{"type":"app.x","subject":"/party/1","time":"2026-01-02T03:04:05Z","id":"mine","source":"` + instance + `"}`
	soon := time.Now().Add(time.Minute).Unix()
	of := func(issuer, app string, expires int64) string {
		return jwt(fmt.Sprintf(`{"iss":%q,"urn:altinn:app":%q,"exp":%d}`, issuer, app, expires))
	}
	for name, c := range map[string]struct {
		token, application, kind, body string
		want                           int
	}{
		"all is well":                  {owner, "x", "", good, 201},
		"no token":                     {"", "x", "", good, 401},
		"somebody else's source":       {owner, "x", "", strings.Replace(good, "demo.apps.test", "demo.example.com", 1), 401},
		"an unknown application":       {owner, "x", "", strings.Replace(good, "demo/form", "demo/gone", 1), 401},
		"no type":                      {owner, "x", "", strings.Replace(good, "app.x", "", 1), 400},
		"no subject":                   {owner, "x", "", strings.Replace(good, "/party/1", "", 1), 400},
		"no time":                      {owner, "x", "", strings.Replace(good, `"time":"2026-01-02T03:04:05Z",`, "", 1), 201},
		"no event":                     {owner, "x", "", "[]", 400},
		"no JSON by its name":          {owner, "x", "application/x-www-form-urlencoded", good, 415},
		"no application's token":       {owner, "", "", good, 403},
		"the application's own token":  {owner, of("demo", "form", soon), "", good, 201},
		"another application's token":  {owner, of("demo", "other", soon), "", good, 401},
		"another owner's token":        {owner, of("elsewhere", "form", soon), "", good, 401},
		"an application's expired one": {owner, of("demo", "form", 1), "", good, 403},
		"one that never expires":       {owner, jwt(`{"iss":"demo","urn:altinn:app":"form"}`), "", good, 403},
	} {
		r := httptest.NewRequest(http.MethodPost, "/events/api/v1/app", strings.NewReader(c.body))
		r.Header.Set("Authorization", "Bearer "+c.token)
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
		if c.kind != "" {
			r.Header.Set("Content-Type", c.kind)
		}
		if c.application != "" {
			r.Header.Set("PlatformAccessToken", c.application)
		}
		answer := httptest.NewRecorder()
		w.ServeHTTP(answer, r)
		if answer.Code != c.want {
			t.Errorf("%s: %d %s, want %d", name, answer.Code, answer.Body, c.want)
		}
		if c.want == 201 && (answer.Header().Get("Location") != "/party/1" || strings.Contains(answer.Body.String(), "mine")) {
			t.Errorf("%s: Location %q, %s", name, answer.Header().Get("Location"), answer.Body)
		}
	}
	_, body := w.send("GET", "/app/demo/form?after=x", owner, "")
	var kept []events.Event
	if err := json.Unmarshal([]byte(body), &kept); err != nil || len(kept) != 3 || time.Since(kept[0].Time) > time.Minute || kept[0].SpecVersion != "1.0" {
		t.Errorf("kept %s", body)
	}
	then := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	w.Publish(t.Context(), events.Event{Type: "app.seeded", Subject: "/party/1", Source: instance, Time: then})
	_, body = w.send("GET", "/app/demo/form?after=x&type=app.seeded", owner, "")
	if err := json.Unmarshal([]byte(body), &kept); err != nil || len(kept) != 1 || !kept[0].Time.Equal(then) || kept[0].ID == "" || kept[0].Resource == "" {
		t.Errorf("seeded %s", body)
	}
}

func TestPull(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.Close()
	var ids []string
	for range 5 {
		ids = append(ids, w.publish(events.TypeCompleted, instance))
		w.publish(events.TypeCreated, other)
	}
	w.publish(events.TypeCompleted, source) // about no instance: nobody reads it
	read := func(path, token string) (got []string, next string) {
		t.Helper()
		status, body, header := w.sendFor("GET", "/app"+path, token, "")
		var page []events.Event
		if err := json.Unmarshal([]byte(body), &page); err != nil || status != 200 {
			t.Fatalf("%s: %d %s", path, status, body)
		}
		for _, e := range page {
			got = append(got, e.ID)
		}
		return got, strings.TrimPrefix(header.Get("next"), "https://platform.test/events/api/v1/app")
	}
	const begin = "?from=2020-01-01T00:00:00Z"
	var all []string
	for path := "/demo/form" + begin + "&size=2&type=" + events.TypeCompleted; path != ""; {
		page, next := read(path, owner)
		if strings.Count(strings.ToLower(next), "after=") > 1 {
			t.Fatalf("the next page is at %s", next)
		}
		all, path = append(all, page...), strings.Replace(next, "after=", "After=", 1) // in whatever case of letters
	}
	if strings.Join(all, " ") != strings.Join(ids, " ") {
		t.Errorf("read %v, want %v", all, ids)
	}
	if _, next := read("/demo/form"+begin+"&size=1&type=a%25&type=app.%25", owner); next != "/demo/form?after="+ids[0]+"&from=2020-01-01T00:00:00Z&size=1&type=a%&type=app.%" {
		t.Errorf("the next page is at %s", next)
	}
	for path, want := range map[string]int{
		"/demo/form?after=" + ids[2]:                              2,
		"/demo/form?after=" + ids[4]:                              0,
		"/demo/form?after=unknown":                                5,
		"/demo/form?from=2020-01-01%2000:00:00Z":                  5,
		"/demo/form" + begin + "&party=1":                         5,
		"/demo/form" + begin + "&party=2":                         0,
		"/demo/form" + begin + "&unit=313547264":                  5,
		"/demo/form" + begin + "&type=app.x":                      0,
		"/demo/form" + begin + "&type=app.x&type=APP.%25DED":      0,
		"/demo/form" + begin + "&type=app.x&type=APP.%25comp%25":  5,
		"/demo/form" + begin + "&type=app_instance%25":            5,
		"/demo/form" + begin + "&source=https://x%25":             5, // is not looked at
		"/demo/form?from=2099-01-01T00:00:00Z":                    0,
		"/demo/form?From=2099-01-01T00:00:00Z":                    0,
		"/demo/form" + begin + "&to=2020-01-02T00:00:00Z":         0,
		"/demo/other" + begin:                                     5,
		"/party" + begin + "&party=1":                             10,
		"/party" + begin + "&unit=313547264&source=%25/other/%25": 5,
		"/party" + begin + "&party=2":                             0,
	} {
		if got, _ := read(path, owner); len(got) != want {
			t.Errorf("%s: %d events, want %d", path, len(got), want)
		}
	}
	if got, _ := read("/party"+begin+"&party=1", "person:1:"); len(got) != 10 {
		t.Errorf("a person reads %d events of a party", len(got))
	}
	// What cannot be decided, and what may not be read.
	gone := w.publish(events.TypeCompleted, source+"/instances/1/90e0")
	last := w.publish(events.TypeCompleted, instance)
	w.gone = "1/90e0"
	if got, _ := read("/demo/form"+begin, owner); strings.Join(got, " ") != strings.Join(append(ids, last), " ") {
		t.Errorf("with an instance that is gone (%s): %v", gone, got)
	}
	if got, _ := read("/demo/form?size=1&after="+ids[4], owner); len(got) != 1 || got[0] != last {
		t.Errorf("a page with nothing but an instance that is gone is the end: %v", got)
	}
	w.set("NotApplicable", 200)
	if got, next := read("/demo/form?after=x", owner); len(got) != 0 || next != "" {
		t.Errorf("without a right: %v, next %s", got, next)
	}
}

// TestPullRefusals is in the order of the checks.
func TestPullRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.Close()
	for _, c := range []struct {
		path, token, person string
		status              int
		answer              string
	}{
		{"/app/demo/form", "", "", 401, ""},
		{"/app/demo/form", "person:1:", "", 401, "Only orgs can call this api"},
		{"/app/demo/form", "org::", "", 401, "Only orgs can call this api"},
		{"/app/demo/form?size=many", owner, "", 400, `"status":400`},
		{"/app/demo/form?size=0", owner, "", 400, "The 'From' or 'After' parameter must be defined."},
		{"/app/demo/form?from=2026-01-02T03:04:05&size=0", owner, "", 400, "The 'From' parameter must specify timezone."},
		{"/app/demo/form?after=x&to=2026-01-02T03:04:05&size=0", owner, "", 400, "The 'To' parameter must specify timezone."},
		{"/app/demo/form?after=x&size=0&party=1", owner, "1", 400, "The 'Size' parameter must be a number larger that 0."},
		{"/app/demo/form?after=x&party=1&unit=1", owner, "1", 400, "Only one of 'Party' or 'Person' can be defined."},
		{"/app/demo/form?after=x", owner, "1785829643x", 400, "Value of 'Person' needs to be exactly 11 digits."},
		{"/app/demo/form?after=x&party=1&unit=1", owner, "", 400, "Only one of 'Party' or 'Unit' can be defined."},
		{"/app/demo/form?after=x&unit=31000001", owner, "", 400, "Value of 'Unit' needs to be exactly 9 digits."},
		{"/app/demo/form?after=x&unit=310000024", owner, "", 404, `"status":404`},
		{"/app/party?after=x", "person:1:", "", 400, "Subject must be specified using either query params party or unit or header value person."},
		{"/app/party?after=x", "person:1:", personNumber, 200, "[]"},
	} {
		r := httptest.NewRequest(http.MethodGet, "https://platform.test/events/api/v1"+c.path, http.NoBody)
		r.Header.Set("Authorization", "Bearer "+c.token)
		if c.person != "" {
			r.Header.Set("person", c.person)
		}
		answer := httptest.NewRecorder()
		w.ServeHTTP(answer, r)
		if answer.Code != c.status || !strings.Contains(answer.Body.String(), c.answer) {
			t.Errorf("%s: %d %s, want %d %s", c.path, answer.Code, answer.Body, c.status, c.answer)
		}
	}
}
