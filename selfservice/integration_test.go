package selfservice_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/selfservice"
)

func TestListIntegrations(t *testing.T) {
	t.Parallel()
	old := `{"client_id":"oidc_fts_old","client_name":"gammel","description":null,"scopes":null,"created":"2019-01-10 10:00"}`
	client, a := newClient(t, answer(http.StatusOK, "["+integrationJSON+","+old+"]"))
	got, err := client.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "list.golden", a.wire())
	if len(got) != 2 {
		t.Fatalf("%d integrations", len(got))
	}
	first := got[0]
	if first.ClientID != id || first.Name != "stafett-fts-tt02-barmarkskjoring" || first.Description != "Overleverer søknader" ||
		first.OrgNumber != "313547264" || first.IntegrationType != "maskinporten" || !first.Active ||
		!slices.Equal(first.Scopes, []string{"altinn:serviceowner/instances.read"}) {
		t.Errorf("%+v", first)
	}
	if want := time.Date(2026, 2, 3, 8, 15, 27, 118e6, time.UTC); !first.Created.Equal(want) || !first.LastUpdated.Equal(want) {
		t.Errorf("created %v, last updated %v", first.Created, first.LastUpdated)
	}
	if second := got[1]; second.ClientID != "oidc_fts_old" || !second.Active || !second.Created.IsZero() {
		t.Errorf("%+v", second)
	}
}

func TestGetIntegration(t *testing.T) {
	t.Parallel()
	client, a := newClient(t, answer(http.StatusOK, integrationJSON))
	got, err := client.Get(t.Context(), id)
	if err != nil || got.ClientID != id {
		t.Fatalf("%+v, %v", got, err)
	}
	golden(t, "get.golden", a.wire())
}

func TestCreateIntegration(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusCreated} {
		client, a := newClient(t, answer(status, integrationJSON))
		got, err := client.Create(t.Context(), selfservice.NewIntegration{
			Name: "stafett-fts-tt02-barmarkskjoring", Description: "Overleverer søknader",
			Scopes: []string{"altinn:serviceowner/instances.read", "altinn:serviceowner/instances.write"},
		})
		if err != nil || got.ClientID != id {
			t.Fatalf("%+v, %v", got, err)
		}
		golden(t, "create.golden", a.wire())
	}
}

func TestCreateRefusesBeforeSending(t *testing.T) {
	t.Parallel()
	client, a := newClient(t)
	for _, integration := range []selfservice.NewIntegration{
		{Scopes: []string{"altinn:serviceowner"}},
		{Name: "stafett-fts-tt02-barmarkskjoring"},
	} {
		if _, err := client.Create(t.Context(), integration); err == nil {
			t.Errorf("%+v was created", integration)
		}
	}
	if wire := a.wire(); wire != "" {
		t.Errorf("sent %s", wire)
	}
}

// An update replaces all of it, so whatever was read goes back, but for what
// the API sets itself.
func TestUpdateSendsBackWhatWasRead(t *testing.T) {
	t.Parallel()
	client, a := newClient(t, answer(http.StatusOK, integrationJSON), answer(http.StatusOK, integrationJSON))
	integration, err := client.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	integration.Scopes = append(integration.Scopes, "altinn:serviceowner/instances.write")
	integration.Description = "Overleverer søknader til saksmottak"
	if _, err := client.Update(t.Context(), integration); err != nil {
		t.Fatal(err)
	}
	wire := a.wire()
	golden(t, "update.golden", wire)
	for _, gone := range []string{"not to be kept", "jwks", "created", "last_updated"} {
		if strings.Contains(wire, gone) {
			t.Errorf("%s is sent back", gone)
		}
	}
}

func TestUpdateRefusesWhatWasNotRead(t *testing.T) {
	t.Parallel()
	client, a := newClient(t)
	if _, err := client.Update(t.Context(), selfservice.Integration{ClientID: id, Name: "x"}); err == nil {
		t.Error("an integration that was never read replaces the one that is there")
	}
	if wire := a.wire(); wire != "" {
		t.Errorf("sent %s", wire)
	}
}

func TestAnswersThatAreNoIntegration(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null", "[]", "<html>", `{"client_name":"x"}`, `{"client_id":5}`} {
		client, _ := newClient(t, answer(http.StatusOK, body), answer(http.StatusOK, "["+body+"]"))
		if got, err := client.Get(t.Context(), id); err == nil {
			t.Errorf("%q is read as %+v", body, got)
		}
		if got, err := client.List(t.Context()); body != "" && err == nil {
			t.Errorf("[%s] is read as %+v", body, got)
		}
	}
}

// An id that led to another path could change something else.
func TestIdsThatAreNoIds(t *testing.T) {
	t.Parallel()
	client, a := newClient(t)
	for _, bad := range []string{"", ".", "..", "../scopes", "a/b", "a b", "a?b", "%2e%2e"} {
		if _, err := client.Get(t.Context(), bad); err == nil {
			t.Errorf("Get(%q) was sent", bad)
		}
		if _, err := client.Keys(t.Context(), bad); err == nil {
			t.Errorf("Keys(%q) was sent", bad)
		}
	}
	if wire := a.wire(); wire != "" {
		t.Errorf("sent %s", wire)
	}
}
