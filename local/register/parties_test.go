package register_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/stafett/stafett/local/register"
)

const (
	kari, karisParty = 20011, 50011
	ferdsel, turlag  = 70001, 70002
)

var kariNumber = register.SyntheticPersonNumber(rand.New(rand.NewPCG(11, 11)))

func seeded(t *testing.T) *register.Parties {
	t.Helper()
	parties, err := register.NewParties(
		register.Party{PartyID: karisParty, UserID: kari, SSN: kariNumber, Name: "Kari Fjell"},
		register.Party{PartyID: 50012, UserID: 20012, SSN: register.SyntheticPersonNumber(rand.New(rand.NewPCG(12, 12))), Name: "Ola Vidde"},
		register.Party{PartyID: ferdsel, OrgNumber: "313547264", UnitType: "ORGL", Name: "Ferdselstilsynet"},
		register.Party{PartyID: turlag, OrgNumber: "312008459", UnitType: "FLI", Name: "Vidda turlag"},
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := parties.Grant(kari, turlag, "DAGL", "dagl", "lede"); err != nil {
		t.Fatal(err)
	}
	return parties
}

func TestAddRefuses(t *testing.T) {
	t.Parallel()
	for name, party := range map[string]register.Party{
		"no id":                       {Name: "X"},
		"no name":                     {PartyID: 1},
		"blank name":                  {PartyID: 1, Name: " "},
		"both numbers":                {PartyID: 1, Name: "X", SSN: kariNumber, OrgNumber: "313547264"},
		"a month that is not raised":  {PartyID: 1, Name: "X", SSN: "01017000027"},
		"check digit of person":       {PartyID: 1, Name: "X", SSN: "01817000000"},
		"check digit of organisation": {PartyID: 1, Name: "X", OrgNumber: "313547265"},
		"taken id":                    {PartyID: ferdsel, Name: "X"},
		"taken user":                  {PartyID: 1, Name: "X", UserID: kari},
		"taken number":                {PartyID: 1, Name: "X", SSN: kariNumber},
	} {
		err := seeded(t).Add(party)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if party.SSN != "" && strings.Contains(err.Error(), party.SSN) {
			t.Errorf("%s: the error holds the person number", name)
		}
	}
}

func TestTypeNames(t *testing.T) {
	t.Parallel()
	for want, party := range map[string]register.Party{
		"Person":           {PartyID: 1, Name: "X", SSN: kariNumber},
		"Organisation":     {PartyID: 1, Name: "X", OrgNumber: "313547264", UnitType: "AS"},
		"SubUnit":          {PartyID: 1, Name: "X", OrgNumber: "313547264", UnitType: "BEDR"},
		"BankruptcyEstate": {PartyID: 1, Name: "X", OrgNumber: "313547264", UnitType: "KBO"},
		"SelfIdentified":   {PartyID: 1, Name: "X"},
	} {
		parties, err := register.NewParties(party)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := parties.ByID(1); got.TypeName != want {
			t.Errorf("type %s, want %s", got.TypeName, want)
		}
	}
}

func TestLookups(t *testing.T) {
	t.Parallel()
	parties := seeded(t)
	for name, find := range map[string]func() (register.Party, bool){
		"id":     func() (register.Party, bool) { return parties.ByID(karisParty) },
		"user":   func() (register.Party, bool) { return parties.ByUser(kari) },
		"number": func() (register.Party, bool) { return parties.BySSN(kariNumber) },
	} {
		if p, ok := find(); !ok || p.Name != "Kari Fjell" || p.PartyUUID == "" {
			t.Errorf("by %s: %v %v", name, p.Name, ok)
		}
	}
	if p, ok := parties.ByOrgNumber("313547264"); !ok || p.PartyID != ferdsel {
		t.Errorf("by organisation number: %v %v", p.PartyID, ok)
	}
	for name, find := range map[string]func() (register.Party, bool){
		"unknown id":             func() (register.Party, bool) { return parties.ByID(1) },
		"user 0":                 func() (register.Party, bool) { return parties.ByUser(0) },
		"empty person number":    func() (register.Party, bool) { return parties.BySSN("") },
		"person as organisation": func() (register.Party, bool) { return parties.ByOrgNumber(kariNumber) },
		"organisation as person": func() (register.Party, bool) { return parties.BySSN("313547264") },
	} {
		if _, ok := find(); ok {
			t.Errorf("%s: found", name)
		}
	}
	again := seeded(t)
	a, _ := parties.ByID(ferdsel)
	b, _ := again.ByID(ferdsel)
	if a.PartyUUID != b.PartyUUID {
		t.Error("a party's UUID changes from one start to the next")
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	parties := seeded(t)
	for _, tc := range []struct {
		user, party int
		want        []string
	}{
		{kari, karisParty, []string{"priv"}},
		{kari, turlag, []string{"dagl", "lede"}},
		{kari, ferdsel, nil},
		{kari, 50012, nil},
		{0, ferdsel, nil},
	} {
		if got := parties.Roles(tc.user, tc.party); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("roles of %d for %d: %v, want %v", tc.user, tc.party, got, tc.want)
		}
	}
	var ids []int
	for _, p := range parties.Represented(kari) {
		ids = append(ids, p.PartyID)
	}
	if want := []int{karisParty, turlag}; !reflect.DeepEqual(ids, want) {
		t.Errorf("represents %v, want %v", ids, want)
	}
	if parties.Represented(1) != nil {
		t.Error("an unknown user represents somebody")
	}
	if parties.Grant(1, turlag, "dagl") == nil || parties.Grant(kari, 1, "dagl") == nil {
		t.Error("a role was granted to nobody or for nobody")
	}
}

func TestPersonForLogin(t *testing.T) {
	t.Parallel()
	parties := seeded(t)
	for _, id := range []int{kari, karisParty} {
		if p, ok := parties.Person(id); !ok || p.UserID != kari || p.PartyID != karisParty || p.PartyUUID == "" {
			t.Errorf("%d: %+v %v", id, p, ok)
		}
	}
	if _, ok := parties.Person(ferdsel); ok {
		t.Error("an organisation can log in")
	}
}

func TestJSONForm(t *testing.T) {
	t.Parallel()
	parties := seeded(t)
	for id, want := range map[int]map[string]any{
		karisParty: {"partyId": 50011.0, "partyTypeName": "Person", "ssn": kariNumber, "orgNumber": "", "unitType": nil, "name": "Kari Fjell", "isDeleted": false},
		ferdsel:    {"partyId": 70001.0, "partyTypeName": "Organisation", "ssn": nil, "orgNumber": "313547264", "unitType": "ORGL", "name": "Ferdselstilsynet", "isDeleted": false},
	} {
		p, _ := parties.ByID(id)
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		for name, v := range want {
			if !reflect.DeepEqual(got[name], v) {
				t.Errorf("party %d: %s = %v, want %v", id, name, got[name], v)
			}
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	parties := seeded(t)
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			id := 80000 + n
			if err := parties.Add(register.Party{PartyID: id, UserID: id, Name: "X"}); err != nil {
				t.Error(err)
			}
			if err := parties.Grant(id, turlag, "lede"); err != nil {
				t.Error(err)
			}
			if got := parties.Represented(id); len(got) != 2 {
				t.Errorf("represents %d", len(got))
			}
			parties.All()
		})
	}
	wg.Wait()
	if got := len(parties.All()); got != 12 {
		t.Errorf("%d parties, want 12", got)
	}
}

func TestRolesCannotBeChangedFromOutside(t *testing.T) {
	t.Parallel()
	parties := seeded(t)
	parties.Roles(kari, turlag)[0] = "changed"
	if got := parties.Roles(kari, turlag)[0]; got != "dagl" {
		t.Errorf("role %s, want dagl", got)
	}
}
