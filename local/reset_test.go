package local_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/local/fault"
	"github.com/stafett/stafett/local/selfservice"
	"github.com/stafett/stafett/secret"
)

// agency is an organisation of the tests' own, with a manager of its own.
var agency = control.Seed{
	Organisations: []control.SeedOrganisation{{Number: "310000019", Name: "Prøveetaten", UnitType: "ORGL"}},
	Persons:       []control.SeedPerson{{Name: "Ada Prøve", Roles: []control.SeedRole{{Organisation: "310000019", Roles: []string{"dagl", "lede"}}}}},
	Scopes:        []control.SeedScope{{Name: "probe:read", Owner: "310000019", Access: []string{"310000019"}, DelegationSource: "https://altinn.no/"}},
	Clients:       []control.SeedClient{{ID: "probe-client", Name: "probe", Organisation: "310000019", Scopes: []string{"probe:read"}}},
	Delegations:   []control.SeedDelegation{{Scope: "probe:read", Consumer: "310000019", Supplier: "310000019"}},
	Secrets:       []control.SeedSecret{{Name: "probe--ClientId", Value: secret.New("probe-client"), Tags: map[string]string{"k": "v"}, Expires: time.Unix(1_900_000_000, 0)}},
}

// TestReset changes every part of a platform, and brings them back one by one: each
// is as it was, and the others are not touched.
func TestReset(t *testing.T) {
	t.Parallel()
	platform := start(t, local.Config{Apps: folders(t, func(dir string) { demandPayment(t, dir) }), Seeds: []control.Seed{agency}, VaultSettings: control.VaultSettings{RetentionDays: 10}})
	creates := newCreator(t, platform)
	seed := platform.Seed()
	born := seed.Persons[len(seed.Persons)-1]
	if born.Name != "Ada Prøve" || born.DailyManagerOf != "310000019" {
		t.Fatalf("the seeded person is %+v", born)
	}
	vault := func(name string) int {
		status, _ := send(t, platform, http.MethodGet, seed.Vault+"/secrets/"+name+"/?api-version=7.4", vaultToken(t, platform), "")
		return status
	}
	var paying string // the page of a payment that has been begun
	state := map[control.Part]func() string{
		control.Instances: func() string {
			all, _ := creates.stored()
			return fmt.Sprint(all, paying != "" && isThere(t, platform, paying))
		},
		control.Integrations: func() string {
			_, seeded := platform.Registry().Registration("probe-client")
			_, later := platform.Registry().Registration("later")
			return fmt.Sprint(seeded == nil, later == nil, platform.Registry().MayUse("probe:read", "310000019"))
		},
		control.Vault: func() string {
			return fmt.Sprint(vault("probe--ClientId"), vault("later"), platform.VaultPermissions(), platform.VaultSettings())
		},
		control.People: func() string {
			status := func(user int) int {
				status, _ := send(t, platform, http.MethodGet, fmt.Sprintf("https://%s/Home/GetTestUserToken/%d", local.LoginHost, user), "", "")
				return status
			}
			known := slices.ContainsFunc(platform.Registry().Organisations(), func(o selfservice.Organisation) bool { return o.Name == "Later" })
			return fmt.Sprint(status(born.UserID), status(born.UserID+1), known)
		},
		control.Faults:   func() string { return fmt.Sprint(len(platform.Faults().List())) },
		control.Settings: func() string { return fmt.Sprint(platform.Propagation(), platform.KeyRules()) },
	}
	states := func() map[control.Part]string {
		told := map[control.Part]string{}
		for part, tell := range state {
			told[part] = tell()
		}
		return told
	}
	before := states()
	spoil := func() {
		t.Helper()
		if status := creates.create(t.Context()); status != http.StatusCreated {
			t.Fatalf("create: %d", status)
		}
		_, paying = beginPayment(t, platform)
		seeded, err := platform.AddSeed(t.Context(), control.Seed{
			Organisations: []control.SeedOrganisation{{Number: "310000027", Name: "Later"}},
			Persons:       []control.SeedPerson{{Name: "Later"}}, Clients: []control.SeedClient{{ID: "later", Name: "later"}},
			Secrets: []control.SeedSecret{{Name: "later", Value: secret.New("v")}, {Name: "probe--ClientId", Value: secret.New("w"), Disabled: true}},
		})
		if err != nil || seeded.Persons[0].UserID != born.UserID+1 || seeded.Clients[0].ID != "later" {
			t.Fatalf("seeded %+v, %v", seeded, err)
		}
		_, noFault := platform.Faults().Add(fault.Rule{Path: "/nowhere", Reset: true})
		if err := errors.Join(noFault, platform.SetPropagation(time.Second), platform.Registry().RevokeAccess("probe:read", "310000019"),
			platform.SetVaultSettings(control.VaultSettings{EmptyPages: true}), platform.SetVaultPermissions([]string{"get", "set"})); err != nil {
			t.Fatal(err)
		}
		platform.SetKeyRules(control.KeyRules{KeyIDsPerClient: true})
	}
	spoil()
	spoiled := states()
	for _, part := range control.Parts() {
		if spoiled[part] == before[part] {
			t.Fatalf("the test does not change %s: %s", part, before[part])
		}
		if err := platform.Reset(t.Context(), part); err != nil {
			t.Fatal(err)
		}
		spoiled[part] = before[part]
		if got := states(); !reflect.DeepEqual(got, spoiled) {
			t.Errorf("after %s was reset, the states are\n%v\nwant\n%v", part, got, spoiled)
		}
	}
	spoil()
	if err := platform.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := states(); !reflect.DeepEqual(got, before) {
		t.Errorf("after all was reset, the states are\n%v\nwant\n%v", got, before)
	}
	if err := platform.Reset(t.Context(), "everything"); err == nil {
		t.Error("an unknown part was reset")
	}
	if status := creates.create(t.Context()); status != http.StatusCreated {
		t.Errorf("create after the reset: %d", status)
	}
	t.Run("payments go with their instance", func(t *testing.T) { paymentsGoWithTheirInstance(t, platform) })
	t.Run("a seed is added as a whole", func(t *testing.T) { seedIsAddedAsAWhole(t, platform) })
	t.Run("many people are added", func(t *testing.T) { manyPeopleAreAdded(t, platform) })
}

// A platform does not start with a seed that cannot be, whichever part of it that is.
func TestStartWithABadSeed(t *testing.T) {
	t.Parallel()
	for says, seed := range map[string]control.Seed{
		"not valid":       {Organisations: []control.SeedOrganisation{{Number: "1", Name: "x"}}},
		"prefix:subscope": {Scopes: []control.SeedScope{{Name: "x"}}},
	} {
		if _, err := local.Start(t.Context(), local.Config{Apps: folders(t, nil), Seeds: []control.Seed{seed}}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("started with %+v: %v", seed, err)
		}
	}
}

// seedIsAddedAsAWhole refuses seeds that cannot be, each for its own reason, and
// nothing of them stays.
func seedIsAddedAsAWhole(t *testing.T, platform *local.Platform) {
	owner := platform.Seed().OrgNumber
	for name, tt := range map[string]struct {
		seed control.Seed
		says string
	}{
		"an organisation that is there": {control.Seed{Organisations: []control.SeedOrganisation{{Number: owner, Name: "x"}}}, "already"},
		"a number that is none":         {control.Seed{Organisations: []control.SeedOrganisation{{Number: "310000018", Name: "x"}}}, "not valid"},
		"a person of flesh and blood":   {control.Seed{Persons: []control.SeedPerson{{SSN: "01010112377", Name: "x"}}}, "synthetic"},
		"a role nowhere":                {control.Seed{Persons: []control.SeedPerson{{Name: "x", Roles: []control.SeedRole{{Organisation: "310000035"}}}}}, `no organisation "310000035"`},
		"a scope without prefix":        {control.Seed{Scopes: []control.SeedScope{{Name: "x"}}}, "prefix:subscope"},
		"access for nobody":             {control.Seed{Scopes: []control.SeedScope{{Name: "a:b", Access: []string{"310000035"}}}}, "310000035"},
		"a role of nothing":             {control.Seed{Persons: []control.SeedPerson{{Name: "x", Roles: []control.SeedRole{{Organisation: owner}}}}}, "name the roles"},
		"a token of less than no time":  {control.Seed{Scopes: []control.SeedScope{{Name: "a:b", TokenMaxAge: -1}}}, "negative"},
		"a client of no name":           {control.Seed{Clients: []control.SeedClient{{}}}, "no name"},
		"a supplier that is none":       {control.Seed{Clients: []control.SeedClient{{Name: "x", Supplier: "310000035"}}}, "supplier"},
		"a private key":                 {control.Seed{Clients: []control.SeedClient{{Name: "x", Keys: []map[string]any{{"kty": "RSA", "d": "x"}}}}}, "private member d"},
		"a key that is none":            {control.Seed{Clients: []control.SeedClient{{Name: "x", Keys: []map[string]any{{"kty": "EC", "kid": "k"}}}}}, "clients[0]: "},
		"a delegation of nothing":       {control.Seed{Delegations: []control.SeedDelegation{{Scope: "a:b", Consumer: owner, Supplier: owner}}}, "delegation source"},
		"a secret of no name":           {control.Seed{Secrets: []control.SeedSecret{{Name: "half", Value: secret.New("v")}, {Name: "a:b"}}}, "letters, digits and hyphens"},
	} {
		tt.seed.Organisations = append([]control.SeedOrganisation{{Number: "310000027", Name: "first"}}, tt.seed.Organisations...)
		if tt.seed.Secrets == nil {
			tt.seed.Secrets = []control.SeedSecret{{Name: "s", Value: secret.New("v")}}
		}
		if _, err := platform.AddSeed(t.Context(), tt.seed); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
		for _, organisation := range platform.Registry().Organisations() {
			if organisation.Number == "310000027" {
				t.Errorf("%s: something of it stayed", name)
			}
		}
	}
	if status, _ := send(t, platform, http.MethodGet, platform.Seed().Vault+"/secrets/half/?api-version=7.4", vaultToken(t, platform), ""); status != http.StatusNotFound {
		t.Errorf("a secret of a seed that was refused: %d", status)
	}
	key := map[string]any{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k", "e": "AQAB", "n": adminModulus(t, platform)}
	seeded, err := platform.AddSeed(t.Context(), control.Seed{Clients: []control.SeedClient{{Name: "x", Supplier: owner, Keys: []map[string]any{key}}}})
	if err != nil {
		t.Fatal(err)
	}
	registered, err := platform.Registry().Registration(seeded.Clients[0].ID)
	if err != nil || registered.Client.OrgNumber != owner || *registered.Client.SupplierOrgNumber != owner || registered.Keys.Keys[0].KeyID != "k" {
		t.Errorf("registered %+v, %v", registered, err)
	}
}

// Numbers that are made up do not collide, however many people a seed has.
func manyPeopleAreAdded(t *testing.T, platform *local.Platform) {
	people := make([]control.SeedPerson, 10_000)
	for n := range people {
		people[n].Name = "one of many"
	}
	if seeded, err := platform.AddSeed(t.Context(), control.Seed{Persons: people}); err != nil || len(seeded.Persons) != len(people) {
		t.Errorf("%d persons, %v", len(seeded.Persons), err)
	}
}

// adminModulus is that of a key that is there already, which saves making one.
func adminModulus(t *testing.T, platform *local.Platform) string {
	t.Helper()
	var admin *selfservice.Registration
	admin, err := platform.Registry().Registration(platform.Seed().SelfServiceClientID)
	if err != nil {
		t.Fatal(err)
	}
	return admin.Keys.Keys[0].Modulus
}
