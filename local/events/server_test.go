package events_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/events"
)

func TestWhoMaySubscribe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.Close()
	wish := `{"endPoint":"` + hook + `","sourceFilter":"` + source + `"}`
	generic := `{"endPoint":"` + hook + `","sourceFilter":"https://elsewhere.test/things"}`
	for name, c := range map[string]struct {
		token, body, decision string
		want                  int
	}{
		"the owner":                   {owner, wish, "Permit", 201},
		"nobody":                      {"", wish, "Permit", 401},
		"a person":                    {"person:1:", wish, "Permit", 403},
		"who may not read":            {owner, wish, "NotApplicable", 403},
		"by the resource":             {owner, `{"endPoint":"` + hook + `","resourceFilter":"urn:altinn:resource:app_demo_form"}`, "Permit", 201},
		"a resource that is not here": {owner, `{"endPoint":"` + hook + `","resourceFilter":"urn:altinn:resource:app_demo_gone"}`, "Permit", 403},
		"other things, no scope":      {owner, generic, "Permit", 403},
		"other things, with scope":    {owner + "altinn:events.subscribe", generic, "Permit", 201},
		"no end point":                {owner, `{"sourceFilter":"` + source + `"}`, "Permit", 400},
		"an end point in the clear":   {owner, `{"endPoint":"http://hook.example.com","sourceFilter":"` + source + `"}`, "Permit", 400},
		"a source that is a path":     {owner, `{"endPoint":"` + hook + `","sourceFilter":"/demo/form"}`, "Permit", 400},
		"a resource that is no URN":   {owner, `{"endPoint":"` + hook + `","resourceFilter":"app_demo_form"}`, "Permit", 400},
		"no filter":                   {owner, `{"endPoint":"` + hook + `"}`, "Permit", 400},
		"no JSON":                     {owner, `endPoint`, "Permit", 400},
	} {
		w.set(c.decision, 200)
		if status, body := w.send("POST", "/subscriptions", c.token, c.body); status != c.want {
			t.Errorf("%s: %d %s, want %d", name, status, body, c.want)
		}
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
	for path, want := range map[string]int{"/subscriptions/1": 401, "/subscriptions/2": 404, "/subscriptions/x": 404} {
		for _, method := range []string{"GET", "DELETE"} {
			if status, _ := w.send(method, path, "org:other:", ""); status != want {
				t.Errorf("%s %s by another: %d, want %d", method, path, status, want)
			}
		}
	}
}

func TestWhatIsNotPublished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.Close()
	const good = `{"specversion":"1.0","type":"app.x","subject":"/party/1","time":"2026-01-02T03:04:05Z","source":"` + source + `"}`
	for name, c := range map[string]struct {
		token, body string
		want        int
	}{
		"all is well":            {owner, good, 201},
		"no token":               {"", good, 401},
		"somebody else's source": {owner, strings.Replace(good, "demo.apps.test", "demo.example.com", 1), 401},
		"an unknown application": {owner, strings.Replace(good, "demo/form", "demo/gone", 1), 401},
		"no type":                {owner, strings.Replace(good, "app.x", "", 1), 400},
		"no time":                {owner, strings.Replace(good, `"time":"2026-01-02T03:04:05Z",`, "", 1), 400},
		"no event":               {owner, "[]", 400},
	} {
		if status, body := w.send("POST", "/app", c.token, c.body); status != c.want {
			t.Errorf("%s: %d %s, want %d", name, status, body, c.want)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/events/api/v1/app", strings.NewReader(good))
	r.Header.Set("Authorization", "Bearer "+owner)
	answer := httptest.NewRecorder()
	w.ServeHTTP(answer, r)
	if answer.Code != http.StatusUnauthorized {
		t.Errorf("no access token of an application: %d", answer.Code)
	}
}

func TestPull(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.Close()
	var ids []string
	for range 5 {
		ids = append(ids, w.publish(events.TypeCompleted, instance))
		w.publish(events.TypeCreated, "https://demo.apps.test/demo/other/instances/1/77aa")
	}
	read := func(query string) (got []string, next string) {
		t.Helper()
		status, body, header := w.sendFor("GET", "/app/demo/form"+query, owner, "")
		var page []events.Event
		if err := json.Unmarshal([]byte(body), &page); err != nil || status != 200 {
			t.Fatalf("%s: %d %s", query, status, body)
		}
		for _, e := range page {
			got = append(got, e.ID)
		}
		return got, strings.TrimPrefix(header.Get("next"), "https://platform.test/events/api/v1/app/demo/form")
	}
	var all []string
	for query := "?from=2020-01-01T00:00:00Z&size=2&type=" + events.TypeCompleted; query != ""; {
		page, next := read(query)
		all, query = append(all, page...), next
	}
	if strings.Join(all, " ") != strings.Join(ids, " ") {
		t.Errorf("read %v, want %v", all, ids)
	}
	for query, want := range map[string]int{
		"?after=" + ids[2]:                                   2,
		"?after=" + ids[4]:                                   0,
		"?from=2020-01-01T00:00:00Z&party=1":                 5,
		"?from=2020-01-01T00:00:00Z&party=2":                 0,
		"?from=2020-01-01T00:00:00Z&unit=310000016":          0,
		"?from=2020-01-01T00:00:00Z&type=app.x":              0,
		"?from=2099-01-01T00:00:00Z":                         0,
		"?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z": 0,
	} {
		if got, _ := read(query); len(got) != want {
			t.Errorf("%s: %d events, want %d", query, len(got), want)
		}
	}
	for query, want := range map[string]int{"": 400, "?from=yesterday": 400, "?after=x&size=0": 400, "?after=x&size=many": 400} {
		if status, _ := w.send("GET", "/app/demo/form"+query, owner, ""); status != want {
			t.Errorf("%q: %d, want %d", query, status, want)
		}
	}
	for token, want := range map[string]int{"org:other:": 403, "person:1:": 403, "": 401} {
		if status, _ := w.send("GET", "/app/demo/form?after=x", token, ""); status != want {
			t.Errorf("%q: %d, want %d", token, status, want)
		}
	}
	w.set("NotApplicable", 200)
	if got, next := read("?after=x"); len(got) != 0 || next != "" {
		t.Errorf("without a right: %v, next %s", got, next)
	}
}
