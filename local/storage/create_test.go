package storage_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/storage"
)

func TestCreateKeepsWhatItShould(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := template(ferdsel)
	asked.ID, asked.Org, asked.AppID = "70001/00000000-0000-4000-8000-000000000000", "skd", "skd/annet"
	asked.Created, asked.CreatedBy = new(time.Unix(0, 0)), "99"
	asked.PresentationTexts = map[string]string{"x": "y"}
	asked.Data = []storage.DataElement{{ID: "z"}}
	asked.InstanceOwner.OrganisationNumber = "313547264"
	asked.DueBefore = new(time.Date(2027, 5, 1, 12, 0, 0, 123456789, time.FixedZone("", 7200)))
	asked.DataValues = map[string]string{"stafett.handoverKey": "k1"}
	asked.Status = &storage.InstanceStatus{Substatus: &storage.Substatus{Label: "ny"}}
	got := w.want(201, w.call("POST", base+"/instances?appId="+receiving, w.fts(), asked))
	i := decode[storage.Instance](w, got)

	if !regexp.MustCompile(`^70001/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(i.ID) || i.ID == asked.ID {
		t.Errorf("id %s", i.ID)
	}
	if got.Header.Get("Location") != platform+base+"/instances/"+i.ID {
		t.Errorf("Location %s", got.Header.Get("Location"))
	}
	if i.SelfLinks.Platform != platform+base+"/instances/"+i.ID ||
		i.SelfLinks.Apps != "https://fts.apps.tt02.altinn.no/fts/saksmottak/instances/"+i.ID {
		t.Errorf("links %+v", i.SelfLinks)
	}
	if i.AppID != receiving || i.Org != "fts" || i.InstanceOwner.OrganisationNumber != "313547264" {
		t.Errorf("application %s, owner %+v", i.AppID, i.InstanceOwner)
	}
	now := w.now()
	if !i.Created.Equal(now) || !i.LastChanged.Equal(now) || !i.VisibleAfter.Equal(now) ||
		i.CreatedBy != "313547264" || i.LastChangedBy != "313547264" {
		t.Errorf("created %v by %s, changed %v by %s, visible %v", i.Created, i.CreatedBy, i.LastChanged, i.LastChangedBy, i.VisibleAfter)
	}
	if !strings.Contains(got.body, `"dueBefore":"2027-05-01T10:00:00.1234567Z"`) {
		t.Errorf("dueBefore is not UTC with seven digits: %s", got.body)
	}
	if i.DataValues["stafett.handoverKey"] != "k1" || i.PresentationTexts != nil || len(i.Data) != 0 {
		t.Errorf("values %v, texts %v, data %v", i.DataValues, i.PresentationTexts, i.Data)
	}
	if i.Status.ReadStatus != "Unread" || i.Status.Substatus.Label != "ny" || i.Process.CurrentTask.ElementID != "Task_1" {
		t.Errorf("status %+v, process %+v", i.Status, i.Process)
	}
	if again := w.get(i.ID, w.fts()); again.DataValues["stafett.handoverKey"] != "k1" {
		t.Errorf("read back %v", again.DataValues)
	}
}

func TestJSONLeavesOutWhatHasNoValue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.want(201, w.call("POST", base+"/instances?appId="+receiving, w.fts(), template(ferdsel)))
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(got.body), &members); err != nil {
		t.Fatal(err)
	}
	for _, absent := range []string{"dueBefore", "presentationTexts", "dataValues", "completeConfirmations"} {
		if v, ok := members[absent]; ok {
			t.Errorf("%s is there: %s", absent, v)
		}
	}
	if strings.Contains(got.body, "null") || string(members["data"]) != "[]" {
		t.Errorf("body %s", got.body)
	}
}

func TestDataValuesBecomeText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := base + "/instances?appId=" + receiving
	body := `{"instanceOwner":{"partyId":"70001"},"process":{"currentTask":{"elementId":"Task_1","altinnTaskType":"data"}},"dataValues":`
	i := decode[storage.Instance](w, w.want(201, w.call("POST", at, w.fts(), body+`{"a":1.50,"b":true,"c":null,"d":"å"}}`)))
	if want := map[string]string{"a": "1.50", "b": "true", "d": "å"}; !maps.Equal(i.DataValues, want) {
		t.Errorf("data values %v, want %v", i.DataValues, want)
	}
	w.wantInvalid(w.call("POST", at, w.fts(), body+`{"a":{}}}`))
	got := decode[storage.Instance](w, w.want(200, w.call("PUT", base+"/instances/"+i.ID+"/datavalues", w.fts(), `{"values":{"a":2}}`)))
	if got.DataValues["a"] != "2" || got.DataValues["d"] != "å" {
		t.Errorf("data values %v", got.DataValues)
	}
}

func TestIdenticalCreatesMakeTwoInstances(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	asked := template(ferdsel)
	asked.DataValues = map[string]string{"stafett.handoverKey": "same"}
	if a, b := w.create(receiving, token, asked), w.create(receiving, token, asked); a.ID == b.ID {
		t.Error("one id for two creates")
	}
}

func TestCreateRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := base + "/instances?appId="
	w.wantEmpty(401, w.call("POST", at+receiving, "", template(ferdsel)))
	w.wantEmpty(401, w.call("POST", at+receiving, "not.a.token", template(ferdsel)))
	w.wantText(404, w.call("POST", at+"fts/finnes-ikke", w.fts(), template(ferdsel)))
	w.wantText(400, w.call("POST", at+receiving, w.fts(), storage.Instance{}))
	w.wantText(400, w.call("POST", at+"fts/finnes-ikke", w.fts(), storage.Instance{})) // the owner comes first
	w.wantInvalid(w.call("POST", at+receiving, w.fts(), ""))
	w.wantInvalid(w.call("POST", at+receiving, w.fts(), "<"))
	w.wantProblem(415, w.call("POST", at+receiving, w.fts(), "{}", "Content-Type", "text/plain"))
	// The person manages no such organisation, and the policy grants persons no
	// right to instantiate anyway.
	w.wantEmpty(403, w.call("POST", at+receiving, w.person(kari), template(ferdsel)))
	w.wantEmpty(403, w.call("POST", at+receiving, w.person(kari), template(karisParty)))
	w.wantEmpty(403, w.call("POST", at+receiving, w.org("skd", bothScopes), template(ferdsel)))
	w.wantEmpty(403, w.call("POST", at+original, w.person(ola), template(karisParty)))
	w.create(original, w.person(kari), template(karisParty))
	w.create(original, w.person(kari), template(turlag))
}

func TestWriteScope(t *testing.T) {
	t.Parallel()
	at := base + "/instances?appId=" + receiving
	w := newWorld(t)
	w.wantEmpty(403, w.call("POST", at, w.org("fts", readScope), template(ferdsel)))
	i := w.create(receiving, w.fts(), template(ferdsel))
	w.wantEmpty(403, w.call("DELETE", base+"/instances/"+i.ID, w.org("fts", readScope), nil))
	w.want(200, w.call("GET", base+"/instances/"+i.ID, w.org("fts", readScope), nil))
	w.want(200, w.call("PUT", base+"/instances/"+i.ID+"/readstatus?status=Read", w.org("fts", readScope), nil))

	off := newWorld(t, func(c *storage.Config) { c.RequireWriteScope = new(false) })
	off.want(201, off.call("POST", at, off.org("fts", readScope), template(ferdsel)))
}

func TestTokensExpireWithoutSkew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	w.advance(30 * time.Minute)
	w.wantEmpty(401, w.call("GET", base+"/instances?appId="+receiving, token, nil))
}

// TestDecisionsAreNotKept: a right that is gone is gone at once, and when the
// decision point is down nobody is let in.
func TestDecisionsAreNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	before := w.asked
	w.get(i.ID, token)
	w.get(i.ID, token)
	if w.asked != before+2 {
		t.Errorf("the decision point was asked %d times for two reads", w.asked-before)
	}
	w.mu.Lock()
	w.broken = true
	w.mu.Unlock()
	w.wantText(500, w.call("GET", base+"/instances/"+i.ID, token, nil))
}

func TestWhatWasStoredIsThereAfterARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	e := w.upload(i.ID, token, "vedlegg", "bytes", "")
	if err := w.storage.Close(); err != nil {
		t.Fatal(err)
	}
	// What a run that was cut short had begun to receive is cleared away.
	if err := os.WriteFile(filepath.Join(w.config.Dir, "blobs", "incoming-1"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := storage.New(w.config)
	if err != nil {
		t.Fatal(err)
	}
	w.storage = again // closed by the cleanup
	if got := w.want(200, w.call("GET", base+"/instances/"+i.ID+"/data/"+e.ID, token, nil)); got.body != "bytes" {
		t.Errorf("content %q", got.body)
	}
	if files := blobs(t, w); len(files) != 1 {
		t.Errorf("files %v", files)
	}
}

func TestNewWantsItsConfiguration(t *testing.T) {
	t.Parallel()
	if _, err := storage.New(storage.Config{}); err == nil {
		t.Error("no configuration, and no error")
	}
	w := newWorld(t)
	config := w.config
	config.Dir += "/missing"
	if _, err := storage.New(config); err == nil {
		t.Error("no folder, and no error")
	}
}
