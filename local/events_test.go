package local_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/events"
	"github.com/stafett/stafett/local/fault"
)

// subscriber is a program on this machine that receives events.
type subscriber struct {
	*httptest.Server
	got chan events.Event
}

func newSubscriber(t *testing.T) *subscriber {
	s := &subscriber{got: make(chan events.Event, 100)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var event events.Event
		if err := json.NewDecoder(r.Body).Decode(&event); err != nil || r.Host != "hook.example.com" || r.URL.Path != "/events/s3cret" {
			t.Errorf("%s%s: %v", r.Host, r.URL.Path, err)
		}
		s.got <- event
	}))
	t.Cleanup(s.Close)
	return s
}

// next waits for an event.
func (s *subscriber) next(t *testing.T) events.Event {
	t.Helper()
	select {
	case event := <-s.got:
		return event
	case <-time.After(time.Minute):
		t.Fatal("no event came")
	}
	return events.Event{}
}

// sendIn lets a person fill in the original form and send it in, and returns the
// instance's id.
func sendIn(t *testing.T, platform *local.Platform) string {
	t.Helper()
	seed := platform.Seed()
	person, form := logIn(t, platform, seed.Persons[0]), seed.Apps[0].URL+"/instances/"
	status, body := send(t, platform, http.MethodPost, form+"create", person, fmt.Sprintf(`{"instanceOwner":{"partyId":"%d"}}`, seed.Persons[0].PartyID))
	var instance struct {
		ID   string
		Data []struct{ ID, DataType string }
	}
	if err := json.Unmarshal([]byte(body), &instance); err != nil || status != http.StatusCreated {
		t.Fatalf("create: %d %s", status, body)
	}
	content, err := os.ReadFile(filepath.Join("..", "examples", "data", "soknad.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ path, body string }{
		{"/data/" + instance.Data[0].ID, string(content)}, {"/process/next", ""}, {"/process/next", `{"action":"confirm"}`},
	} {
		if status, body := send(t, platform, http.MethodPut, form+instance.ID+step.path, person, step.body); status/100 != 2 {
			t.Fatalf("%s: %d %s", step.path, status, body)
		}
	}
	return instance.ID
}

func subscribe(t *testing.T, platform *local.Platform, token, typeFilter string) int {
	t.Helper()
	status, body := send(t, platform, http.MethodPost, "https://"+local.PlatformHost+"/events/api/v1/subscriptions", token,
		fmt.Sprintf(`{"endPoint":"https://hook.example.com/events/s3cret","sourceFilter":%q,"typeFilter":%q}`, platform.Seed().Apps[0].URL, typeFilter))
	if status != http.StatusCreated && status != http.StatusBadRequest {
		t.Fatalf("subscribe: %d %s", status, body)
	}
	return status
}

// What a person does with the form is told to a subscriber on this machine.
func TestEventsOfAForm(t *testing.T) {
	t.Parallel()
	hook := newSubscriber(t)
	platform := start(t, local.Config{Apps: folders(t, nil), Forwards: map[string]string{"hook.example.com": hook.URL}})
	if target := platform.Forwards().List()["hook.example.com"]; target != hook.URL {
		t.Fatalf("the hook's name leads to %q, not to %s", target, hook.URL)
	}
	seed := platform.Seed()
	// Events to an application itself need the code that is in its vault.
	receive := func(want int) {
		t.Helper()
		address := seed.Apps[0].URL + "/api/v1/eventsreceiver?code=hemmelig"
		if status, body := send(t, platform, http.MethodPost, address, "", `{"type":"platform.events.validatesubscription"}`); status != want {
			t.Errorf("the application answers %d %s, want %d", status, body, want)
		}
	}
	receive(http.StatusInternalServerError)
	if status, body := send(t, platform, http.MethodPut, seed.Vault+"/secrets/EventSubscription--SecretCode?api-version=7.4", vaultToken(t, platform), `{"value":"hemmelig"}`); status != http.StatusOK {
		t.Fatalf("set secret: %d %s", status, body)
	}
	receive(http.StatusOK)
	if status := subscribe(t, platform, logIn(t, platform, seed.Persons[0]), ""); status != http.StatusBadRequest {
		t.Errorf("a person subscribes without a subject: %d", status)
	}
	subscribe(t, platform, organisationToken(t, platform), "")
	if event := hook.next(t); event.Type != events.TypeValidation {
		t.Fatalf("the first event is %+v", event)
	}
	// A subscription is active a moment after its end point has answered, which may
	// be the application itself.
	subscriptions := "https://" + local.PlatformHost + "/events/api/v1/subscriptions"
	own := fmt.Sprintf(`{"endPoint":"%s/api/v1/eventsreceiver?code=hemmelig","sourceFilter":%[1]q,"typeFilter":"none"}`, seed.Apps[0].URL)
	if status, body := send(t, platform, http.MethodPost, subscriptions, organisationToken(t, platform), own); status != http.StatusCreated {
		t.Fatalf("subscribe the application: %d %s", status, body)
	}
	for _, id := range []string{"/1", "/2"} {
		for deadline := time.Now().Add(time.Minute); ; {
			_, body := send(t, platform, http.MethodGet, subscriptions+id, organisationToken(t, platform), "")
			if strings.Contains(body, `"validated":true`) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("the subscription %s is not validated", id)
			}
		}
	}
	id := sendIn(t, platform)
	got := map[string]events.Event{} // they come in no order
	for range 3 {
		event := hook.next(t)
		got[event.Type] = event
	}
	for _, want := range []string{events.TypeCreated, events.TypeMovedTo + "Task_2", events.TypeCompleted} {
		event, ok := got[want]
		if !ok || event.Source != seed.Apps[0].URL+"/instances/"+id || event.ResourceInstance != id ||
			event.Subject != fmt.Sprintf("/party/%d", seed.Persons[0].PartyID) || event.AlternativeSubject != "/person/"+seed.Persons[0].SSN ||
			event.Resource != "urn:altinn:resource:app_fts_barmarkskjoring" || event.ID == "" || event.Time.IsZero() {
			t.Errorf("%s: %+v", want, event)
		}
	}
	if len(got) != 3 {
		t.Errorf("got %v", got)
	}
	// The receiving application's settings do not switch events on.
	if status := newCreator(t, platform).create(t.Context()); status != http.StatusCreated || pulled(t, platform, 1) != "[]\n" {
		t.Errorf("create: %d, published: %s", status, pulled(t, platform, 1))
	}
}

// pulled reads the completed events of an application.
func pulled(t *testing.T, platform *local.Platform, app int) string {
	t.Helper()
	status, body := send(t, platform, http.MethodGet, "https://"+local.PlatformHost+"/events/api/v1/app/"+platform.Seed().Apps[app].ID+"?from=2020-01-01T00:00:00Z", organisationToken(t, platform), "")
	if status != http.StatusOK {
		t.Fatalf("pull: %d %s", status, body)
	}
	return body
}

// An event may be lost; whoever sends the form in never sees it.
func TestAnEventIsLost(t *testing.T) {
	t.Parallel()
	platform := start(t, local.Config{Apps: folders(t, nil)})
	if _, err := platform.Faults().Add(fault.Rule{Host: local.PlatformHost, Method: "POST", Path: "/events/api/v1/app", Status: 500, Times: 3}); err != nil {
		t.Fatal(err)
	}
	sendIn(t, platform)
	if rule := platform.Faults().List()[0]; !rule.Spent || pulled(t, platform, 0) != "[]\n" {
		t.Errorf("the events were not lost: %+v", rule)
	}
	sendIn(t, platform)
	if body := pulled(t, platform, 0); strings.Count(body, events.TypeCompleted) != 1 {
		t.Errorf("after that: %s", body)
	}
}
