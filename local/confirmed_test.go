package local_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stafett/stafett/local"
)

// listed returns the ids of the instances that a query to Storage finds.
func listed(t *testing.T, platform *local.Platform, query string) []string {
	t.Helper()
	status, body := send(t, platform, http.MethodGet, "https://"+local.PlatformHost+"/storage/api/v1/instances?"+query, organisationToken(t, platform), "")
	var list struct {
		Instances []struct{ ID string }
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || status != http.StatusOK {
		t.Fatalf("list: %d %s", status, body)
	}
	ids := []string{}
	for _, in := range list.Instances {
		ids = append(ids, in.ID)
	}
	return ids
}

// A form that its owner has confirmed is left out of the lists of what is to be
// handled; only an organisation with the right to complete can confirm.
func TestConfirmedFormsAreLeftOut(t *testing.T) {
	t.Parallel()
	platform := start(t, local.Config{Apps: folders(t, nil)})
	seed := platform.Seed()
	id := sendIn(t, platform)
	query := "appId=" + seed.Apps[0].ID + "&process.isComplete=true&excludeConfirmedBy=" + seed.Org
	if got := listed(t, platform, query); len(got) != 1 || got[0] != id {
		t.Fatalf("before it is confirmed: %v", got)
	}
	confirm := seed.Apps[0].URL + "/instances/" + id + "/complete"
	if status, _ := send(t, platform, http.MethodPost, confirm, logIn(t, platform, seed.Persons[0]), ""); status != http.StatusForbidden {
		t.Errorf("a person confirms: %d", status)
	}
	for range 2 { // the second time changes nothing
		status, body := send(t, platform, http.MethodPost, confirm, organisationToken(t, platform), "")
		if status != http.StatusOK || strings.Count(body, `"stakeholderId":"fts"`) != 1 {
			t.Errorf("the owner confirms: %d %s", status, body)
		}
	}
	if got := listed(t, platform, query); len(got) != 0 {
		t.Errorf("after it is confirmed: %v", got)
	}
	if got := listed(t, platform, "appId="+seed.Apps[0].ID); len(got) != 1 {
		t.Errorf("among all: %v", got)
	}
}

// The dates and the substatus of a create's template are the instance's, and it
// can be found by the dates.
func TestDatesOfATemplate(t *testing.T) {
	t.Parallel()
	platform := start(t, local.Config{Apps: folders(t, nil)})
	seed := platform.Seed()
	body := fmt.Sprintf(`{"instanceOwner":{"organisationNumber":%q},"visibleAfter":"2031-01-02T04:04:05+01:00","dueBefore":"2031-02-01T00:00:00Z",
		"status":{"substatus":{"label":"Ny","description":"Fra søknad"}}}`, seed.OrgNumber)
	status, answer := send(t, platform, http.MethodPost, seed.Apps[1].URL+"/instances", organisationToken(t, platform), body)
	var made struct {
		ID                      string
		VisibleAfter, DueBefore string
		Status                  struct{ Substatus struct{ Label string } }
	}
	if err := json.Unmarshal([]byte(answer), &made); err != nil || status != http.StatusCreated {
		t.Fatalf("create: %d %s", status, answer)
	}
	if made.VisibleAfter != "2031-01-02T03:04:05Z" || made.DueBefore != "2031-02-01T00:00:00Z" || made.Status.Substatus.Label != "Ny" {
		t.Errorf("made %+v", made)
	}
	for filter, want := range map[string]int{
		"visibleAfter=gt:2031-01-01": 1, "visibleAfter=lt:2031-01-01": 0, "dueBefore=lte:2031-02-01T00:00:00Z": 1, "dueBefore=gt:2031-03-01": 0,
	} {
		name, value, _ := strings.Cut(filter, "=")
		if got := listed(t, platform, "appId="+seed.Apps[1].ID+"&"+name+"="+url.QueryEscape(value)); len(got) != want {
			t.Errorf("%s: %v", filter, got)
		}
	}
}
