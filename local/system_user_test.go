package local_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/register"
	"github.com/stafett/stafett/local/selfservice"
)

// TestSystemUserActsForWhoHasDelegated: the test token of a system user opens an
// application for the organisation that it belongs to, once that has delegated.
func TestSystemUserActsForWhoHasDelegated(t *testing.T) {
	t.Parallel()
	platform := start(t, local.Config{Apps: folders(t, nil)})
	seed := platform.Seed()
	const id, party = "f58fe166-bc22-4899-beb7-c3e8e3332f43", 50700001
	owner, ok := platform.Parties().ByID(party)
	if !ok {
		t.Fatal("no such party")
	}
	system := seed.OrgNumber + "_regnskap"
	if _, err := platform.Registry().AddSystemUser(selfservice.SystemUser{ID: id, SystemID: system, OrgNumber: owner.OrgNumber, ClientIDs: []string{"any"}}); err != nil {
		t.Fatal(err)
	}
	_, token := send(t, platform, http.MethodGet, "https://local.altinn.cloud/Home/auth/systemuser?systemUserId="+id+"&systemId="+system, "", "")
	create := func() (int, string) {
		return send(t, platform, http.MethodPost, seed.Apps[0].URL+"/instances/create", token, fmt.Sprintf(`{"instanceOwner":{"organisationNumber":%q}}`, owner.OrgNumber))
	}
	if status, body := create(); status != http.StatusForbidden {
		t.Errorf("before: %d %s", status, body)
	}
	appID := strings.Join(strings.Split(strings.TrimPrefix(seed.Apps[0].URL, "https://"), "/")[1:], "/")
	if err := platform.Parties().Delegate(register.Delegation{From: party, ToSystemUser: id, AppID: appID, Actions: []string{"instantiate", "write", "read"}}); err != nil {
		t.Fatal(err)
	}
	if status, body := create(); status != http.StatusCreated || !strings.Contains(body, id) {
		t.Errorf("after: %d %s", status, body)
	}
}
