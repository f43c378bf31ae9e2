package storage_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/storage"
)

func TestGetInstance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.person(kari)
	asked := template(karisParty)
	asked.InstanceOwner.PersonNumber = karisNumber
	i := w.create(original, token, asked)
	_, guid, _ := strings.Cut(i.ID, "/")
	for _, path := range []string{i.ID, guid, strings.ToUpper(i.ID)} {
		if got := w.get(path, token); got.ID != i.ID || got.InstanceOwner.PersonNumber != karisNumber {
			t.Errorf("%s: %s of %+v", path, got.ID, got.InstanceOwner)
		}
	}
	if got := w.get("50012/"+guid, token); got.ID != i.ID { // the party is not compared
		t.Errorf("with another party: %s", got.ID)
	}
	w.wantText(404, w.call("GET", base+"/instances/50011/00000000-0000-4000-8000-000000000000", token, nil))
	w.wantText(404, w.call("GET", base+"/instances/00000000-0000-4000-8000-000000000000", token, nil))
	w.wantEmpty(403, w.call("GET", base+"/instances/"+i.ID, w.person(ola), nil))
	w.wantEmpty(401, w.call("GET", base+"/instances/"+i.ID, "", nil))
	w.get(i.ID, w.fts())
}

func TestDeleteMarks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	w.advance(time.Second)
	soft := decode[storage.Instance](w, w.want(200, w.call("DELETE", base+"/instances/"+i.ID, token, nil)))
	softAt := w.now()
	if s := soft.Status; !s.IsSoftDeleted || !s.SoftDeleted.Equal(softAt) || s.IsHardDeleted || !soft.LastChanged.Equal(softAt) {
		t.Errorf("soft: %+v", s)
	}
	w.advance(time.Second)
	soft = decode[storage.Instance](w, w.want(200, w.call("DELETE", base+"/instances/"+i.ID, token, nil)))
	if softAt = w.now(); !soft.Status.SoftDeleted.Equal(softAt) {
		t.Errorf("a second time: %+v", soft.Status)
	}
	w.advance(time.Second)
	hard := decode[storage.Instance](w, w.want(200, w.call("DELETE", base+"/instances/"+i.ID+"?hard=true", token, nil)))
	if s := hard.Status; !s.IsSoftDeleted || !s.SoftDeleted.Equal(softAt) || !s.IsHardDeleted || !s.HardDeleted.Equal(w.now()) {
		t.Errorf("hard: %+v", s)
	}
	if got := w.get(i.ID, token); !got.Status.IsHardDeleted {
		t.Error("the instance is gone, not marked")
	}
	other := w.create(original, w.person(kari), template(karisParty))
	w.wantEmpty(403, w.call("DELETE", base+"/instances/"+other.ID, token, nil)) // the original form gives the owner no delete
}

func TestDeletePreventedForSomeDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apps[receiving].Metadata.PreventInstanceDeletionFor = 2
	i := w.create(receiving, w.fts(), template(ferdsel))
	open := w.create(receiving, w.fts(), template(ferdsel))
	w.want(200, w.call("PUT", base+"/instances/"+i.ID+"/process", w.fts(), ended(w.now())))
	w.advance(47 * time.Hour)
	w.wantText(403, w.call("DELETE", base+"/instances/"+i.ID, w.fts(), nil))
	w.want(200, w.call("DELETE", base+"/instances/"+open.ID, w.fts(), nil)) // not archived
	w.advance(time.Hour)
	w.want(200, w.call("DELETE", base+"/instances/"+i.ID, w.fts(), nil))
}

func TestCompleteIsIdempotent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	first := decode[storage.Instance](w, w.want(200, w.call("POST", base+"/instances/"+i.ID+"/complete", token, nil)))
	w.advance(time.Second)
	second := decode[storage.Instance](w, w.want(200, w.call("POST", base+"/instances/"+i.ID+"/complete", token, nil)))
	if len(second.CompleteConfirmations) != 1 || second.CompleteConfirmations[0].StakeholderID != "fts" ||
		!second.LastChanged.Equal(*first.LastChanged) {
		t.Errorf("after the second time %+v", second.CompleteConfirmations)
	}
	w.wantEmpty(403, w.call("POST", base+"/instances/"+i.ID+"/complete", w.person(kari), nil))
	w.wantEmpty(403, w.call("POST", base+"/instances/"+i.ID+"/complete", w.org("skd", bothScopes), nil))
}

// TestStatusOfTheTemplate: it is copied as it is, however odd.
func TestStatusOfTheTemplate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := template(ferdsel)
	asked.Status = &storage.InstanceStatus{IsArchived: true, ReadStatus: "Read"}
	i := w.create(receiving, w.fts(), asked)
	if !i.Status.IsArchived || i.Status.Archived != nil || i.Status.ReadStatus != "Read" {
		t.Errorf("status %+v", i.Status)
	}
	w.want(200, w.call("DELETE", base+"/instances/"+i.ID, w.fts(), nil))
}

func TestReadStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.person(kari)
	i := w.create(original, token, template(karisParty))
	w.advance(time.Second)
	at := base + "/instances/" + i.ID + "/readstatus?status="
	for asked, want := range map[string]string{
		"Read": "Read", "unread": "Unread", "UPDATEDSINCELASTREVIEW": "UpdatedSinceLastReview", "1": "Read", "2": "UpdatedSinceLastReview",
	} {
		got := decode[storage.Instance](w, w.want(200, w.call("PUT", at+asked, token, nil)))
		if got.Status.ReadStatus != want || !got.LastChanged.Equal(*i.LastChanged) {
			t.Errorf("%s: %s, changed %v", asked, got.Status.ReadStatus, got.LastChanged)
		}
	}
	w.wantText(400, w.call("PUT", at+"seen", token, nil))
	w.wantText(400, w.call("PUT", at+"3", token, nil))
	w.wantText(400, w.call("PUT", at, token, nil))
	w.wantEmpty(403, w.call("PUT", at+"Read", w.person(ola), nil))
}

// What the service owner adds to an instance that has been read is news; what a
// user adds, or what comes before anybody has read it, is not.
func TestNewsAfterReading(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	manager := w.person(kari)
	i := w.create(receiving, w.fts(), template(turlag))
	at := base + "/instances/" + i.ID
	for _, step := range []struct {
		what, method, path, token, want string
	}{
		{"nobody has read it", "POST", "/data?dataType=vedlegg", w.fts(), "Unread"},
		{"read", "PUT", "/readstatus?status=Read", manager, "Read"},
		{"a user adds", "POST", "/data?dataType=vedlegg", manager, "Read"},
		{"the owner adds", "POST", "/data?dataType=vedlegg", w.fts(), "UpdatedSinceLastReview"},
		{"and again", "POST", "/data?dataType=vedlegg", w.fts(), "UpdatedSinceLastReview"},
		{"read again", "PUT", "/readstatus?status=Read", manager, "Read"},
	} {
		if got := w.call(step.method, at+step.path, step.token, "bytes"); got.StatusCode/100 != 2 {
			t.Fatalf("%s: %d %s", step.what, got.StatusCode, got.body)
		}
		if got := w.get(i.ID, w.fts()).Status.ReadStatus; got != step.want {
			t.Errorf("%s: %s, want %s", step.what, got, step.want)
		}
	}
}

func TestSubstatusIsForTheOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	i := w.create(receiving, w.fts(), template(ferdsel))
	at := base + "/instances/" + i.ID + "/substatus"
	got := decode[storage.Instance](w, w.want(200, w.call("PUT", at, w.fts(), `{"label":"duplicate","description":"of another"}`)))
	if got.Status.Substatus == nil || *got.Status.Substatus != (storage.Substatus{Label: "duplicate", Description: "of another"}) {
		t.Errorf("substatus %+v", got.Status.Substatus)
	}
	w.wantText(400, w.call("PUT", at, w.fts(), `{"description":"no label"}`))
	w.wantInvalid(w.call("PUT", at, w.fts(), `<`))
	w.wantText(400, w.call("PUT", at, w.person(kari), `{}`)) // the label comes before the right
	w.wantEmpty(403, w.call("PUT", at, w.org("skd", bothScopes), `{"label":"x"}`))
	w.wantEmpty(403, w.call("PUT", at, w.person(kari), `{"label":"x"}`))
}

func TestValuesAreMerged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	asked := template(ferdsel)
	asked.DataValues = map[string]string{"a": "1", "b": "2"}
	i := w.create(receiving, token, asked)
	at := base + "/instances/" + i.ID
	w.advance(time.Second)

	got := decode[storage.Instance](w, w.want(200, w.call("PUT", at+"/datavalues", token, `{"values":{"b":"3","c":"4","a":""}}`)))
	if want := map[string]string{"a": "1", "b": "3", "c": "4"}; !maps.Equal(got.DataValues, want) || !got.LastChanged.Equal(*i.LastChanged) {
		t.Errorf("data values %v, want %v; changed %v", got.DataValues, want, got.LastChanged)
	}
	got = decode[storage.Instance](w, w.want(200, w.call("PUT", at+"/presentationtexts", token, `{"texts":{"omrade":"Ådalen"}}`)))
	if want := map[string]string{"omrade": "Ådalen"}; !maps.Equal(got.PresentationTexts, want) {
		t.Errorf("texts %v, want %v", got.PresentationTexts, want)
	}
	w.wantText(400, w.call("PUT", at+"/datavalues", token, `{"texts":{"a":"1"}}`))
	w.wantText(400, w.call("PUT", at+"/presentationtexts", token, `{}`))
	w.wantInvalid(w.call("PUT", at+"/presentationtexts", token, `<`))
}

// TestValuesNeedTheRightToEndTheTask: which right that is depends on the task.
func TestValuesNeedTheRightToEndTheTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tc := range []struct {
		name  string
		state *storage.ProcessState
		token string
		want  int
	}{
		{"data needs write", atTask("Task_1", "data"), w.person(kari), 200},
		{"confirmation needs confirm", atTask("Task_2", "confirmation"), w.person(kari), 200},
		{"confirmation without confirm", atTask("Task_2", "confirmation"), w.fts(), 403},
		{"unknown type needs its own name", atTask("Task_3", "grilling"), w.fts(), 403},
		{"payment is content with write", atTask("Task_4", "payment"), w.fts(), 200},
		{"signing is content with write", atTask("Task_5", "signing"), w.fts(), 200},
		{"no task", &storage.ProcessState{}, w.fts(), 403},
		{"no process", nil, w.fts(), 403},
	} {
		asked := template(karisParty)
		asked.Process = tc.state
		i := w.create(original, w.person(kari), asked)
		got := w.call("PUT", base+"/instances/"+i.ID+"/datavalues", tc.token, `{"values":{"a":"1"}}`)
		// The person may reject in any task, which ends it too.
		if got.StatusCode != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got.StatusCode, tc.want)
		}
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	at := base + "/instances/" + i.ID + "/lock"
	const header = "Altinn-Storage-Lock-Token"
	acquire := func(body string) string {
		return decode[map[string]string](w, w.want(200, w.call("POST", at, token, body)))["lockToken"]
	}
	first := acquire(`{"ttlSeconds":300}`)
	w.wantProblem(409, w.call("POST", at, token, `{"ttlSeconds":300}`))
	w.wantProblem(400, w.call("POST", at, token, `{"ttlSeconds":-1}`))
	w.wantProblem(400, w.call("POST", at, token, `{"ttlSeconds":10000000000}`)) // beyond 32 bits
	w.wantProblem(400, w.call("PATCH", at, token, `{"ttlSeconds":-1}`, header, first))
	w.wantProblem(400, w.call("PATCH", at, token, `{"ttlSeconds":0}`, header, "garbled"))
	w.wantProblem(400, w.call("PATCH", at, token, `{"ttlSeconds":0}`))

	w.advance(299 * time.Second)
	w.wantEmpty(204, w.call("PATCH", at, token, `{"ttlSeconds":300}`, header, first)) // a longer life
	w.advance(299 * time.Second)
	w.wantProblem(409, w.call("POST", at, token, `{}`))
	w.wantEmpty(204, w.call("PATCH", at, token, `{"ttlSeconds":0}`, header, first)) // released
	w.wantProblem(422, w.call("PATCH", at, token, `{"ttlSeconds":0}`, header, first))

	second := acquire(`{}`) // 300 s unless said otherwise
	w.wantProblem(422, w.call("PATCH", at, token, `{"ttlSeconds":0}`, header, first))
	w.advance(300 * time.Second)
	w.wantProblem(422, w.call("PATCH", at, token, `{"ttlSeconds":9}`, header, second))
	third := acquire(`{"ttlSeconds":300}`)
	forged := third[:len(third)-4] + "AAAA"
	w.wantProblem(403, w.call("PATCH", at, token, `{"ttlSeconds":0}`, header, forged))

	other := w.create(receiving, token, template(ferdsel))
	w.wantProblem(404, w.call("PATCH", base+"/instances/"+other.ID+"/lock", token, `{"ttlSeconds":0}`, header, third))
	w.wantProblem(403, w.call("POST", base+"/instances/"+other.ID+"/lock", w.person(kari), `{}`))
	w.wantProblem(404, w.call("POST", base+"/instances/70001/00000000-0000-4000-8000-000000000000/lock", token, `{}`))
	_, guid, _ := strings.Cut(i.ID, "/")
	w.wantProblem(404, w.call("POST", base+"/instances/70002/"+guid+"/lock", token, `{}`)) // here the party is compared
}
