package selfservice

import (
	"reflect"
	"testing"
	"time"
)

// TestCheckpointBringsAllBack changes every table of a registry: one that a
// checkpoint forgets would not be as it was.
func TestCheckpointBringsAllBack(t *testing.T) {
	t.Parallel()
	const owner = "313547264"
	r := NewRegistry(nil)
	fill := func(name string) {
		t.Helper()
		client, err := r.AddClient(Client{OrgNumber: owner})
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{
			r.AddOrganisation(Organisation{Number: "99" + owner[2:], Name: name}),
			r.AddScope(Scope{Name: name + ":a", OwnerOrgNumber: owner, DelegationSource: "https://altinn.no/"}),
			r.GrantAccess(name+":a", owner),
			r.AddDelegation(Delegation{name + ":a", owner, owner}),
			r.AddConsent(Consent{ID: name, From: "urn:altinn:organization:identifier-no:" + owner, To: owner, ValidTo: time.Now().Add(time.Hour), Rights: []ConsentRight{{Action: []string{"read"}}}}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := r.AddSystemUser(SystemUser{SystemID: name, OrgNumber: owner, ClientIDs: []string{client.ClientID}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.AddOrganisation(Organisation{Number: owner, Name: "owner"}); err != nil {
		t.Fatal(err)
	}
	restore, restoreOrganisations := r.Checkpoint()
	sizes := func() map[string]int {
		found := map[string]int{}
		value := reflect.ValueOf(r).Elem()
		for n := range value.NumField() {
			if kind := value.Field(n).Kind(); kind == reflect.Map || kind == reflect.Slice {
				found[value.Type().Field(n).Name] = value.Field(n).Len()
			}
		}
		return found
	}
	before := sizes()
	for range 2 { // as often as it is called
		fill("one")
		for table, size := range sizes() {
			if size == before[table] {
				t.Errorf("the test changes nothing in %s", table)
			}
		}
		restore()
		if len(r.Organisations()) == before["organisations"] {
			t.Error("the organisations came back with the rest")
		}
		restoreOrganisations()
		if after := sizes(); !reflect.DeepEqual(after, before) {
			t.Errorf("the tables are %v, and were %v", after, before)
		}
	}
}
