package authorization_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/register"
)

// TestDelegationPermitsWhatThePolicyIsSilentAbout: Ola gets one right in one
// instance, then a role, from the organisation that Kari manages.
func TestDelegationPermitsWhatThePolicyIsSilentAbout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	const olasParty = 50012
	may := func(action, instance string) authorization.Outcome {
		t.Helper()
		q := authorization.Question{Action: action, Resource: authorization.Resource{Org: "fts", App: "saksmottak", PartyID: ferdsel, InstanceID: instance, Task: "Task_1"}}
		got, err := w.client.Decide(t.Context(), person(ola, olasParty, 3), q)
		if err != nil {
			t.Fatal(err)
		}
		return got[0]
	}
	if may("read", instanceID).Permitted {
		t.Fatal("permitted before anything was delegated")
	}
	err := w.parties.Delegate(register.Delegation{From: ferdsel, To: olasParty, AppID: receiving, Actions: []string{"read"}, InstanceID: instanceID})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		action, instance string
		want             bool
	}{
		"the instance": {"read", instanceID, true}, "another action": {"write", instanceID, false},
		"another instance": {"read", endedID, false}, "no instance": {"read", "", false},
	} {
		if got := may(tc.action, tc.instance); got.Permitted != tc.want {
			t.Errorf("%s: %v, want %v", name, got.Permitted, tc.want)
		}
	}
	// The policy's obligations hold for what was delegated as well.
	low, err := w.client.Decide(t.Context(), person(ola, olasParty, 1), authorization.Question{Action: "read",
		Resource: authorization.Resource{Org: "fts", App: "saksmottak", PartyID: ferdsel, InstanceID: instanceID, Task: "Task_1"}})
	if err != nil || low[0].Permitted || low[0].RequiredLevel != "2" {
		t.Errorf("at level 1: %+v, %v", low, err)
	}

	if err := w.parties.Delegate(register.Delegation{From: ferdsel, To: olasParty, Role: "DAGL"}); err != nil {
		t.Fatal(err)
	}
	if !may("read", endedID).Permitted {
		t.Error("a delegated role permits nothing")
	}
	rec := w.get(ola, "/roles?coveredByUserId=20012&offeredByPartyId=70001")
	if !strings.Contains(rec.Body.String(), `"dagl"`) {
		t.Errorf("roles: %s", rec.Body)
	}
	rec = w.get(ola, "/parties?userid=20012")
	if !strings.Contains(rec.Body.String(), `"partyId":70001`) {
		t.Errorf("parties: %s", rec.Body)
	}
}

// TestDelegationToAnOrganisationIsItsLeaders: Kari leads Ferdselstilsynet, to
// which Ola delegates.
func TestDelegationToAnOrganisationIsItsLeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	const olasParty = 50012
	if err := w.parties.Delegate(register.Delegation{From: olasParty, To: ferdsel, AppID: original, Actions: []string{"read"}}); err != nil {
		t.Fatal(err)
	}
	q := question("read", "barmarkskjoring", olasParty)
	got, err := w.client.Decide(t.Context(), person(kari, karisParty, 3), q)
	if err != nil || !got[0].Permitted {
		t.Errorf("the leader: %+v, %v", got, err)
	}
	got, err = w.client.Decide(t.Context(), organisation("fts", "313547264", 3), question("delete", "barmarkskjoring", olasParty))
	if err != nil || got[0].Permitted {
		t.Errorf("the organisation's token: %+v, %v", got, err)
	}
	for name, d := range map[string]register.Delegation{
		"nothing": {From: ferdsel, To: olasParty}, "no action": {From: ferdsel, To: olasParty, AppID: original},
		"both": {From: ferdsel, To: olasParty, Role: "dagl", AppID: original, Actions: []string{"read"}}, "nobody": {From: 1, To: olasParty, Role: "dagl"},
	} {
		if err := w.parties.Delegate(d); err == nil {
			t.Errorf("%s was delegated", name)
		}
	}
}

// TestSystemUserHasWhatIsDelegatedToIt: no role of anybody, and no right of the
// system's supplier.
func TestSystemUserHasWhatIsDelegatedToIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, os.DirFS("testdata"))
	const id = "f58fe166-bc22-4899-beb7-c3e8e3332f43"
	may := func(caller, action string) bool {
		t.Helper()
		got, err := w.client.Decide(t.Context(), systemUser(caller), question(action, "saksmottak", ferdsel))
		if err != nil {
			t.Fatal(err)
		}
		return got[0].Permitted
	}
	if may(id, "read") {
		t.Error("permitted before anything was delegated")
	}
	if err := w.parties.Delegate(register.Delegation{From: ferdsel, ToSystemUser: id, AppID: receiving, Actions: []string{"read"}}); err != nil {
		t.Fatal(err)
	}
	if !may(id, "read") || may(id, "write") || may("another", "read") {
		t.Error("the system user's rights are not those that were delegated")
	}
	for name, d := range map[string]register.Delegation{
		"a role":         {From: ferdsel, ToSystemUser: id, Role: "dagl"},
		"of nobody":      {ToSystemUser: id, AppID: receiving, Actions: []string{"read"}},
		"to two at once": {From: ferdsel, To: 50012, ToSystemUser: id, AppID: receiving, Actions: []string{"read"}},
	} {
		if err := w.parties.Delegate(d); err == nil {
			t.Errorf("%s was delegated", name)
		}
	}
}
