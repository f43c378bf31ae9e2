package register_test

import (
	"reflect"
	"testing"

	"github.com/stafett/stafett/local/register"
)

func TestCheckpoint(t *testing.T) {
	t.Parallel()
	parties, err := register.NewParties(
		register.Party{PartyID: 1, Name: "Somebody", UserID: 10}, register.Party{PartyID: 2, Name: "Agency", OrgNumber: "313547264"})
	if err != nil {
		t.Fatal(err)
	}
	if err := parties.Grant(10, 2, "lede"); err != nil {
		t.Fatal(err)
	}
	restore := parties.Checkpoint()
	before, roles := parties.All(), parties.Roles(10, 2)
	for range 2 {
		if err := parties.Add(register.Party{PartyID: 3, Name: "Another", UserID: 11}); err != nil {
			t.Fatal(err)
		}
		if err := parties.Grant(10, 2, "dagl"); err != nil {
			t.Fatal(err)
		}
		if err := parties.Delegate(register.Delegation{From: 1, To: 2, Role: "regna"}); err != nil {
			t.Fatal(err)
		}
		restore()
		if _, there := parties.ByUser(11); there || !reflect.DeepEqual(parties.All(), before) || !reflect.DeepEqual(parties.Roles(10, 2), roles) {
			t.Errorf("parties %v, roles %v", parties.All(), parties.Roles(10, 2))
		}
		if got := parties.Roles(10, 1); !reflect.DeepEqual(got, []string{register.RolePriv}) {
			t.Errorf("what was delegated is still there: %v", got)
		}
	}
}
