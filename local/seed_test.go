package local_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/local/events"
	"github.com/stafett/stafett/local/storage"
)

// seeded is a platform that began with the example of a seed.
type seeded struct {
	*testing.T
	platform *local.Platform
	owner    string // the token of the applications' owner
	born     map[string]string
}

func readExample(t *testing.T) control.Seed {
	t.Helper()
	seed, err := control.ReadSeedFile("../examples/data/seed.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return seed
}

// TestTheSeedInTheDocumentation holds the page to the file, which TestSeededInstances
// runs.
func TestTheSeedInTheDocumentation(t *testing.T) {
	t.Parallel()
	page, err1 := os.ReadFile("../docs/control.md")
	file, err2 := os.ReadFile("../examples/data/seed.yaml")
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "```yaml\n"+string(file)+"```") {
		t.Error("docs/control.md does not have the seed as it stands in examples/data/seed.yaml")
	}
}

// TestSeededInstances shares one platform among all that is to be seen of them.
func TestSeededInstances(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "[kept") // no pattern
	mine, left := filepath.Join(dir, "seed-mine.yaml"), filepath.Join(dir, "stafett-stage-1")
	if err := errors.Join(os.MkdirAll(left, 0o700), os.WriteFile(mine, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	w := &seeded{T: t, platform: start(t, local.Config{Apps: folders(t, nil), Dir: dir, Seeds: []control.Seed{readExample(t)}}), born: map[string]string{}}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a platform has left that was cut short: %v", err)
	}
	for _, one := range w.platform.Seed().Instances {
		w.born[one.Handle] = one.ID
	}
	_, w.owner = send(t, w.platform, http.MethodGet, "https://"+local.LoginHost+"/Home/GetTestOrgToken/fts?scopes=altinn:serviceowner/instances.read+altinn:serviceowner/instances.write", "", "")
	for _, subtest := range []struct {
		name string
		see  func(*seeded)
	}{
		{"a form that was sent in", (*seeded).sentForm}, {"a form that is begun, and who may see it", (*seeded).begunForm},
		{"a case", (*seeded).oneCase}, {"a system user acts", (*seeded).systemUser},
		{"what cannot be changes nothing", (*seeded).refusals},
		{"what is added later, and a reset", (*seeded).laterAndReset},
	} {
		t.Run(subtest.name, func(t *testing.T) {
			part := *w
			part.T = t
			subtest.see(&part)
		})
	}
}

// stored reads an instance as Storage has it.
func (w *seeded) stored(id string) (in storage.Instance) {
	w.Helper()
	status, body := send(w.T, w.platform, http.MethodGet, "https://"+local.PlatformHost+"/storage/api/v1/instances/"+id, w.owner, "")
	if err := json.Unmarshal([]byte(body), &in); err != nil || status != http.StatusOK {
		w.Fatalf("read instance: %d %s", status, body)
	}
	return in
}

// events are those of the original application, as it is told of them.
func (w *seeded) events(id string) (told []events.Event) {
	w.Helper()
	status, body := send(w.T, w.platform, http.MethodGet, "https://"+local.PlatformHost+"/events/api/v1/app/fts/barmarkskjoring?after=0", w.owner, "")
	if err := json.Unmarshal([]byte(body), &told); err != nil || status != http.StatusOK {
		w.Fatalf("read events: %d %s", status, body)
	}
	return slices.DeleteFunc(told, func(e events.Event) bool { return e.ResourceInstance != id })
}

func (w *seeded) person(handle string) local.Person {
	w.Helper()
	for _, person := range w.platform.Seed().Persons {
		if strings.EqualFold(strings.Fields(person.Name)[0], handle) {
			return person
		}
	}
	w.Fatalf("nobody is called %s", handle)
	return local.Person{}
}

func elements(in storage.Instance) string {
	var told []string
	for _, e := range in.Data {
		told = append(told, strings.TrimSpace(e.DataType+" "+e.ContentType+" "+e.Filename))
	}
	slices.Sort(told)
	return strings.Join(told, ", ")
}

func (w *seeded) sentForm() {
	made, sent := time.Date(2026, 2, 2, 8, 15, 0, 0, time.UTC), time.Date(2026, 2, 3, 19, 40, 0, 0, time.UTC)
	in, ada := w.stored(w.born["sent"]), w.person("ada")
	if !in.Created.Equal(made) || !in.Process.Started.Equal(made) || !in.Process.Ended.Equal(sent) || !in.LastChanged.Equal(sent) || !in.Status.IsArchived || !in.Status.Archived.Equal(sent) {
		w.Errorf("its times are wrong: %+v, %+v, %+v", in, in.Process, in.Status)
	}
	if in.InstanceOwner.PersonNumber != ada.SSN || in.CreatedBy != fmt.Sprint(ada.UserID) || in.PresentationTexts["omrade"] == "" || in.DataValues["kommune"] == "" {
		w.Errorf("it is not as the application makes it")
	}
	if got := elements(in); !regexp.MustCompile(`^kart image/png kart\.png, ref-data-as-pdf application/pdf \S.*\.pdf, skjema application/xml$`).MatchString(got) {
		w.Errorf("it holds %s", got)
	}
	var told []string
	for _, e := range w.events(in.ID) {
		told = append(told, e.Type+" "+e.Time.Format(time.DateOnly))
	}
	want := []string{"app.instance.created 2026-02-02", "app.instance.process.movedTo.Task_2 2026-02-03", "app.instance.process.completed 2026-02-03"}
	if !slices.Equal(told, want) {
		w.Errorf("the events are %q, want %q", told, want)
	}
}

func (w *seeded) begunForm() {
	in := w.stored(w.born["begun"])
	if in.InstanceOwner.OrganisationNumber != "310000019" || in.CreatedBy != fmt.Sprint(w.person("ada").UserID) || in.Process.CurrentTask.ElementID != "Task_1" || in.Status.ReadStatus != "Read" {
		w.Errorf("it is %+v, %+v", in, in.Process)
	}
	address := w.platform.Seed().Apps[0].URL + "/instances/"
	if _, body := send(w.T, w.platform, http.MethodGet, address+in.ID+"/data/"+in.Data[0].ID, w.owner, ""); !strings.Contains(body, "0101") || !strings.Contains(body, "2027-07-05") {
		w.Errorf("its form is %s", body)
	}
	bo := logIn(w.T, w.platform, w.person("bo"))
	for handle, want := range map[string]int{"sent": http.StatusForbidden, "begun": http.StatusOK} {
		if status, body := send(w.T, w.platform, http.MethodGet, address+w.born[handle], bo, ""); status != want {
			w.Errorf("Bo reads %s: %d %s", handle, status, body)
		}
	}
}

func (w *seeded) oneCase() {
	in := w.stored(w.born[""])
	if in.AppID != "fts/saksmottak" || in.Status.ReadStatus != "Unread" || in.Status.Substatus.Label != "Under behandling" || in.CreatedBy != local.Example.Number {
		w.Errorf("it is %+v, %+v", in, in.Status)
	}
}

func (w *seeded) systemUser() {
	user, ok := w.platform.Registry().FindSystemUser("prøveprogram", "310000019", "")
	_, token := send(w.T, w.platform, http.MethodGet, "https://local.altinn.cloud/Home/auth/systemuser?systemUserId="+user.ID+"&systemId="+user.SystemID, "", "")
	status, body := send(w.T, w.platform, http.MethodPost, w.platform.Seed().Apps[0].URL+"/instances/create", token, `{"instanceOwner":{"organisationNumber":"310000019"}}`)
	if !ok || status != http.StatusCreated {
		w.Errorf("it makes an instance: %d %s", status, body)
	}
}

func (w *seeded) count() int {
	return len(listed(w.T, w.platform, "appId=fts/barmarkskjoring")) + len(listed(w.T, w.platform, "appId=fts/saksmottak"))
}

// laterAndReset adds the same once more, by other numbers, changes what was there, and
// goes back.
func (w *seeded) laterAndReset() {
	before, events := w.stored(w.born["sent"]), w.events(w.born["sent"])
	parties := len(w.platform.Parties().All())
	added := control.Seed{
		Persons: []control.SeedPerson{{Handle: "siv", Name: "siv@example.com", SelfIdentified: true}},
		Instances: []control.SeedInstance{
			{Application: "fts/barmarkskjoring", Owner: fmt.Sprint(w.person("bo").PartyID), Created: hour(1), Ended: hour(2), Data: readExample(w.T).Instances[0].Data[:1]},
			{Application: "fts/saksmottak", Owner: local.Example.Number, Confirmed: hour(2), SoftDeleted: hour(3), HardDeleted: hour(4)},
		},
	}
	began := time.Now()
	told, err := w.platform.AddSeed(w.Context(), added)
	if err != nil {
		w.Fatal(err)
	}
	in := w.stored(told.Instances[0].ID)
	if in.LastChanged.Before(began.Truncate(time.Microsecond)) || !in.Process.Ended.Equal(hour(2)) || len(w.events(in.ID)) != 3 {
		w.Errorf("whoever follows the changes does not meet it: %+v", in)
	}
	if gone := w.stored(told.Instances[1].ID); !gone.Created.Equal(hour(2)) || !gone.Status.IsSoftDeleted || !gone.Status.IsHardDeleted || len(gone.CompleteConfirmations) != 1 {
		w.Errorf("made %s, it is %+v", gone.Created, gone.Status)
	}
	if told.Persons[0].SSN != "" || told.Persons[0].Handle != "siv" {
		w.Errorf("seeded %+v", told.Persons)
	}
	if status, body := send(w.T, w.platform, http.MethodPut, w.platform.Seed().Apps[0].URL+"/instances/"+before.ID+"/substatus", w.owner, `{"label":"changed"}`); status != http.StatusOK {
		w.Fatalf("change: %d %s", status, body)
	}
	if err := w.platform.Reset(w.Context(), control.Instances, control.People); err != nil {
		w.Fatal(err)
	}
	if w.count() != len(w.born) || len(w.platform.Parties().All()) != parties {
		w.Errorf("there are %d instances", w.count())
	}
	if after := w.stored(before.ID); fmt.Sprint(asText(w.T, after)) != asText(w.T, before) || len(w.events(before.ID)) != len(events) {
		w.Errorf("it is\n%s\nwant\n%s", asText(w.T, after), asText(w.T, before))
	}
}

// hour is one of a day that is gone.
func hour(n int) time.Time { return time.Date(2026, 5, 1, n, 0, 0, 0, time.UTC) }

func asText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
