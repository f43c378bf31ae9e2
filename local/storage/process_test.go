package storage_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/storage"
)

func TestEndedProcessArchives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.person(kari)
	i := w.create(original, token, template(karisParty))
	w.advance(time.Minute)
	at := w.now().Add(-time.Second)
	body := map[string]any{
		"state": ended(at),
		"events": []storage.InstanceEvent{
			{InstanceID: i.ID, EventType: "process_EndTask", Created: &at, User: &storage.EventUser{UserID: new(kari)}, ProcessInfo: atTask("Task_1", "data")},
			{InstanceID: i.ID, EventType: "process_EndEvent", Created: &at, User: &storage.EventUser{UserID: new(kari)}, ProcessInfo: ended(at)},
		},
	}
	got := decode[storage.Instance](w, w.want(200, w.call("PUT", base+"/instances/"+i.ID+"/process/instanceandevents", token, body)))
	if !got.Status.IsArchived || !got.Status.Archived.Equal(at) || !got.Process.Ended.Equal(at) || got.Process.CurrentTask != nil ||
		got.Process.EndEvent != "EndEvent_1" || !got.LastChanged.Equal(w.now()) {
		t.Errorf("status %+v, process %+v", got.Status, got.Process)
	}
	types := eventTypes(w, i.ID, token, "")
	if want := []string{"Created", "process_EndTask", "process_EndEvent"}; !slices.Equal(types, want) {
		t.Errorf("events %v, want %v", types, want)
	}
	w.wantText(400, w.call("PUT", base+"/instances/"+i.ID+"/process/instanceandevents", token, `{"events":[]}`))
	for _, missing := range []string{"/process", "/process/instanceandevents"} {
		w.wantProblem(404, w.call("PUT", base+"/instances/50011/00000000-0000-4000-8000-000000000000"+missing, token, `{"state":{}}`))
	}

	// Who ends a process that has ended does not archive anew.
	w.want(200, w.call("PUT", base+"/instances/"+i.ID+"/process", w.person(kari), ended(at.Add(time.Hour))))
	if got := w.get(i.ID, token); !got.Status.Archived.Equal(at) || !got.Process.Ended.Equal(at.Add(time.Hour)) {
		t.Errorf("ended a second time: %+v, %+v", got.Status, got.Process)
	}
}

func eventTypes(w *world, id, token, query string) []string {
	w.t.Helper()
	list := decode[struct{ InstanceEvents []storage.InstanceEvent }](w, w.want(200, w.call("GET", base+"/instances/"+id+"/events"+query, token, nil)))
	types := []string{}
	for _, e := range list.InstanceEvents {
		types = append(types, e.EventType)
	}
	return types
}

// TestMovingNeedsTheRightOfTheTaskThatIsLeft, and the right to reject when it is
// abandoned.
func TestMovingNeedsTheRightOfTheTaskThatIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	abandoned := atTask("Task_1", "data")
	abandoned.CurrentTask.FlowType = "AbandonCurrentMoveToNext"
	returned := atTask("Task_1", "data")
	returned.CurrentTask.FlowType = "AbandonCurrentReturnToNext"
	for _, tc := range []struct {
		name     string
		from, to *storage.ProcessState
		token    string
		want     int
	}{
		{"write ends data", atTask("Task_1", "data"), atTask("Task_2", "confirmation"), w.fts(), 200},
		{"confirm ends confirmation", atTask("Task_2", "confirmation"), ended(w.now()), w.person(kari), 200},
		{"write does not end confirmation", atTask("Task_2", "confirmation"), ended(w.now()), w.fts(), 403},
		{"reject abandons", atTask("Task_2", "confirmation"), abandoned, w.person(kari), 200},
		{"abandoning without reject", atTask("Task_2", "confirmation"), abandoned, w.fts(), 403},
		{"going back needs the right of the task that is gone back to", atTask("Task_2", "confirmation"), returned, w.fts(), 200},
		{"starting needs write", nil, atTask("Task_1", "data"), w.fts(), 200},
		{"a stranger", atTask("Task_1", "data"), atTask("Task_2", "confirmation"), w.person(ola), 403},
	} {
		asked := template(karisParty)
		asked.Process = tc.from
		i := w.create(original, w.person(kari), asked)
		got := w.call("PUT", base+"/instances/"+i.ID+"/process", tc.token, tc.to)
		if got.StatusCode != tc.want || (tc.want == 403 && got.body != "") {
			t.Errorf("%s: %d %q, want %d", tc.name, got.StatusCode, got.body, tc.want)
		}
	}
}

// TestEnteringATaskDeletesWhatItGenerated: a PDF of an earlier round is stale.
func TestEnteringATaskDeletesWhatItGenerated(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]int{"": 1, "?deleteGeneratedElements=true": 1, "?deleteGeneratedElements=false": 2} {
		w := newWorld(t)
		token := w.person(kari)
		i := w.create(original, token, template(karisParty))
		w.upload(i.ID, token, "ref-data-as-pdf", "%PDF", "&generatedFromTask=Task_1")
		w.upload(i.ID, token, "kart", "png", "")
		at := base + "/instances/" + i.ID
		w.want(200, w.call("PUT", at+"/process", token, atTask("Task_2", "confirmation")))
		if got := w.get(i.ID, token); len(got.Data) != 2 || got.Data[0].References[0] != (storage.Reference{Value: "Task_1", Relation: "GeneratedFrom", ValueType: "Task"}) {
			t.Fatalf("leaving the task deletes: %+v", got.Data)
		}
		back := atTask("Task_1", "data")
		back.CurrentTask.FlowType = "AbandonCurrentMoveToNext"
		w.want(200, w.call("PUT", at+"/process/instanceandevents"+query, token, map[string]any{"state": back}))
		got := w.get(i.ID, token)
		if len(got.Data) != want || got.Data[len(got.Data)-1].DataType != "kart" {
			t.Errorf("%s: %d elements are left, want %d", query, len(got.Data), want)
		}
		if files := blobs(t, w); len(files) != want {
			t.Errorf("%s: %d files are left, want %d", query, len(files), want)
		}
	}
}

func TestMalformedEventsStoreNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(lenient, token, template(ferdsel))
	at := base + "/instances/" + i.ID + "/process/instanceandevents"
	w.wantInvalid(w.call("PUT", at, token, `{"state":{"startEvent":"S"},"events":[{"created":"x"}]}`))
	w.wantText(400, w.call("PUT", at, token, `{"state":{"startEvent":"S"},"events":[{}]}`))
	w.wantText(400, w.call("PUT", at, token, `{"state":{"startEvent":"S"},"events":[{"instanceId":"70001/other"}]}`))
	w.wantInvalid(w.call("PUT", at+"?deleteGeneratedElements=perhaps", token, `{"state":{"startEvent":"S"}}`))
	if got := w.get(i.ID, token); got.Process.StartEvent != "StartEvent_1" {
		t.Errorf("the state was stored without its events: %+v", got.Process)
	}
}

// TestHistory: a task has one item, however many events it has.
func TestHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.person(kari)
	i := w.create(original, token, template(karisParty))
	at := w.now()
	later := at.Add(time.Minute)
	user := &storage.EventUser{UserID: new(kari)}
	body := map[string]any{"state": ended(later), "events": []storage.InstanceEvent{
		{EventType: "process_StartEvent", Created: &at, User: user, ProcessInfo: &storage.ProcessState{StartEvent: "StartEvent_1"}},
		{EventType: "process_StartTask", Created: &at, User: user, ProcessInfo: &storage.ProcessState{CurrentTask: &storage.ProcessTask{ElementID: "Task_1"}}},
		{EventType: "process_EndTask", Created: &later, User: &storage.EventUser{OrgID: "fts"}, ProcessInfo: atTask("Task_1", "data")},
		{EventType: "process_AbandonTask", Created: &later, User: user, ProcessInfo: atTask("Task_1", "data")},
		{EventType: "process_EndTask", Created: &later, User: &storage.EventUser{OrgID: "fts"}, ProcessInfo: atTask("Task_2", "data")},
		{EventType: "process_EndEvent", Created: &later, User: user, ProcessInfo: ended(later)},
		{EventType: "Submited", Created: &later},
	}}
	for n := range body["events"].([]storage.InstanceEvent) {
		body["events"].([]storage.InstanceEvent)[n].InstanceID = i.ID
	}
	w.want(200, w.call("PUT", base+"/instances/"+i.ID+"/process/instanceandevents", token, body))
	got := w.want(200, w.call("GET", base+"/instances/"+i.ID+"/process/history", token, nil))
	const first, second = "2026-11-02T08:15:30.1234567Z", "2026-11-02T08:16:30.1234567Z"
	want := `{"processHistory":[` +
		`{"eventType":"process_StartEvent","elementId":"StartEvent_1","occured":"` + first + `","performedBy":""},` +
		`{"eventType":"process_StartTask","elementId":"Task_1","occured":"` + first + `","started":"` + first + `","ended":"` + second + `","performedBy":""},` +
		`{"eventType":"process_EndTask","elementId":"Task_2","occured":"` + second + `","ended":"` + second + `","performedBy":"fts"},` +
		`{"eventType":"process_EndEvent","elementId":"EndEvent_1","occured":"` + second + `","performedBy":""}]}`
	if got.body != want {
		t.Errorf("history\n%s\nwant\n%s", got.body, want)
	}
	w.wantEmpty(403, w.call("GET", base+"/instances/"+i.ID+"/process/history", w.person(ola), nil))
}

func TestAuthInfoIsForThePlatform(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	i := w.create(receiving, w.fts(), template(ferdsel))
	at := base + "/instances/" + i.ID + "/process/authinfo"
	w.wantEmpty(403, w.call("GET", at, w.fts(), nil))
	w.wantEmpty(401, w.call("GET", at, "", nil))
	got := decode[struct {
		AppID   string `json:"appId"`
		Process storage.ProcessState
	}](w, w.want(200, w.call("GET", at, "", nil, "PlatformAccessToken", "authorization")))
	if got.AppID != receiving || got.Process.CurrentTask.ElementID != "Task_1" {
		t.Errorf("info %+v", got)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	w.advance(time.Minute)
	e := w.upload(i.ID, token, "vedlegg", "bytes", "")
	w.advance(time.Minute)
	at := base + "/instances/" + i.ID + "/events"
	answer := w.want(201, w.call("POST", at, token, `{"eventType":"Submited","instanceId":"`+i.ID+`"}`))
	posted := decode[storage.InstanceEvent](w, answer)
	if posted.ID == "" || posted.InstanceID != i.ID || posted.InstanceOwnerPartyID != "70001" || !posted.Created.Equal(w.now()) ||
		answer.Header.Get("Location") != posted.ID {
		t.Errorf("posted %+v, Location %s", posted, answer.Header.Get("Location"))
	}
	w.wantText(400, w.call("POST", at, token, `{"eventType":"Submited"}`))
	const from, to = "from=2026-11-02T08:16:00Z", "to=2026-11-02T08:17:00Z"
	for query, want := range map[string][]string{
		"":                     {"Created", "Created", "Submited"},
		"?eventTypes=Submited": {"Submited"},
		"?eventTypes=Created&eventTypes=Submited":      {"Created", "Created", "Submited"},
		"?eventTypes=submited":                         {}, // as they are written, and one at a time
		"?eventTypes=Created,Submited":                 {},
		"?eventTypes=Deleted":                          {},
		"?" + from + "&" + to:                          {"Created"},
		"?" + from + "&" + to + "&eventTypes=Submited": {},
		"?" + from: {"Created", "Created", "Submited"}, // one bound alone is none
		"?" + to:   {"Created", "Created", "Submited"},
	} {
		if got := eventTypes(w, i.ID, token, query); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	w.wantText(400, w.call("GET", at+"?from=yesterday&"+to, token, nil))
	if got := decode[storage.InstanceEvent](w, w.want(200, w.call("GET", at+"/"+posted.ID, token, nil))); got.EventType != "Submited" {
		t.Errorf("event %+v", got)
	}
	w.wantEmpty(404, w.call("GET", at+"/unknown", token, nil))
	w.wantProblem(404, w.call("GET", at+"/00000000-0000-4000-8000-000000000000", token, nil))
	w.wantEmpty(403, w.call("GET", at, w.person(ola), nil))

	list := decode[struct{ InstanceEvents []storage.InstanceEvent }](w, w.want(200, w.call("GET", at, token, nil)))
	if got := list.InstanceEvents[1]; got.DataID != e.ID || got.User.OrgID != "fts" || got.User.AuthenticationLevel != 3 {
		t.Errorf("event of the upload %+v", got)
	}
}

func TestStorageWritesItsOwnEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	at := base + "/instances/" + i.ID
	w.advance(time.Second)
	w.want(200, w.call("PUT", at+"/substatus", token, `{"label":"x"}`))
	w.advance(time.Second)
	w.want(200, w.call("POST", at+"/complete", token, nil))
	w.advance(time.Second)
	w.want(200, w.call("DELETE", at, token, nil))
	if got, want := eventTypes(w, i.ID, token, ""), []string{"Created", "SubstatusUpdated", "ConfirmedComplete", "Deleted"}; !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
}

// TestSentToSign: Storage notes when a task of signing is entered.
func TestSentToSign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	for _, path := range []string{"/process", "/process/instanceandevents"} {
		i := w.create(lenient, token, template(ferdsel))
		var body any = atTask("Task_2", "signing")
		if path != "/process" {
			body = map[string]any{"state": body}
		}
		w.want(200, w.call("PUT", base+"/instances/"+i.ID+path, token, body))
		if got := eventTypes(w, i.ID, token, ""); !slices.Equal(got, []string{"Created", "SentToSign"}) {
			t.Errorf("%s: events %v", path, got)
		}
	}
}

func TestApplicationsAreOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.want(200, w.call("GET", base+"/applications/fts/saksmottak", "", nil))
	if !json.Valid([]byte(got.body)) || got.body != string(w.apps[receiving].MetadataJSON) {
		t.Errorf("metadata %s", got.body)
	}
	w.wantText(404, w.call("GET", base+"/applications/fts/ukjent", "", nil))
	w.wantEmpty(405, w.call("POST", base+"/applications/fts/saksmottak", w.fts(), "{}")) // deploying is Studio's business
}

func TestTextsNeedAToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := base + "/applications/fts/saksmottak/texts/"
	if texts := w.want(200, w.call("GET", at+"nb", w.person(kari), nil)); !strings.Contains(texts.body, `"language":"nb"`) {
		t.Errorf("texts %s", texts.body)
	}
	w.wantEmpty(401, w.call("GET", at+"nb", "", nil))
	w.wantText(400, w.call("GET", at+"norsk", w.fts(), nil))
	w.wantProblem(404, w.call("GET", at+"se", w.fts(), nil))
	w.wantProblem(404, w.call("GET", base+"/applications/fts/ukjent/texts/nb", w.fts(), nil))
}
