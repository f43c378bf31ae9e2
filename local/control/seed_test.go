package control_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/secret"
)

const seedJSON = `{
	"organisations": [{"number": "310000001", "name": "Agency", "unitType": "ORGL"}],
	"persons": [{"ssn": "01899012345", "name": "Somebody", "roles": [{"organisation": "310000001", "roles": ["dagl"]}]}],
	"scopes": [{"name": "a:b", "description": "d", "owner": "310000001", "access": ["310000002"], "accessibleForAll": true,
		"delegationSource": "https://altinn.no/", "tokenMaxAge": 60}],
	"clients": [{"id": "c", "name": "n", "organisation": "310000001", "supplier": "310000002", "scopes": ["a:b"], "keys": [{"kty": "RSA", "kid": "k"}]}],
	"delegations": [{"scope": "a:b", "consumer": "310000001", "supplier": "310000002"}],
	"secrets": [{"name": "s", "value": "v", "contentType": "t", "tags": {"k": "v"}, "disabled": true,
		"notBefore": "2026-01-01T00:00:00Z", "expires": "2027-01-01T00:00:00Z"}]
}`

// Numbers need no quotes in YAML, even where they begin with a zero.
const seedYAML = `
organisations:
  - {number: 310000001, name: Agency, unitType: ORGL}
persons:
  - ssn: 01899012345
    name: Somebody
    roles: [{organisation: 310000001, roles: [dagl]}]
scopes:
  - name: a:b
    description: d
    owner: 310000001
    access: [310000002]
    accessibleForAll: true
    delegationSource: https://altinn.no/
    tokenMaxAge: 60
clients:
  - {id: c, name: n, organisation: 310000001, supplier: 310000002, scopes: ["a:b"], keys: [{kty: RSA, kid: k}]}
delegations:
  - {scope: "a:b", consumer: 310000001, supplier: 310000002}
secrets:
  - name: s
    value: v
    contentType: t
    tags: {k: v}
    disabled: true
    notBefore: 2026-01-01T00:00:00Z
    expires: 2027-01-01T00:00:00Z
`

func TestReadSeed(t *testing.T) {
	t.Parallel()
	want := control.Seed{
		Organisations: []control.SeedOrganisation{{Number: "310000001", Name: "Agency", UnitType: "ORGL"}},
		Persons:       []control.SeedPerson{{SSN: "01899012345", Name: "Somebody", Roles: []control.SeedRole{{Organisation: "310000001", Roles: []string{"dagl"}}}}},
		Scopes: []control.SeedScope{{
			Name: "a:b", Description: "d", Owner: "310000001", Access: []string{"310000002"}, AccessibleForAll: true, DelegationSource: "https://altinn.no/", TokenMaxAge: 60,
		}},
		Clients: []control.SeedClient{{
			ID: "c", Name: "n", Organisation: "310000001", Supplier: "310000002", Scopes: []string{"a:b"}, Keys: []map[string]any{{"kty": "RSA", "kid": "k"}},
		}},
		Delegations: []control.SeedDelegation{{Scope: "a:b", Consumer: "310000001", Supplier: "310000002"}},
		Secrets: []control.SeedSecret{{
			Name: "s", ContentType: "t", Tags: map[string]string{"k": "v"}, Disabled: true,
			NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Expires: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		}},
	}
	for form, text := range map[string]string{"JSON": seedJSON, "YAML": seedYAML} {
		got, err := control.ReadSeed([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		if value := got.Secrets[0].Value.Reveal(); value != "v" {
			t.Errorf("%s: the secret is %q", form, value)
		}
		got.Secrets[0].Value = secret.String{}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", form, got, want)
		}
	}
	if got, err := control.ReadSeed([]byte("\n# nothing\n")); err != nil || !reflect.DeepEqual(got, control.Seed{}) {
		t.Errorf("an empty file: %+v, %v", got, err)
	}
	for name, tt := range map[string]struct{ text, says string }{
		"unknown member":        {`{"people": []}`, `"people"`},
		"unknown below":         {`{"persons": [{"nme": "x"}]}`, `"nme"`},
		"unknown member, YAML":  {"people: []\n", `line 1: there is no member "people"`},
		"unknown below, YAML":   {"persons:\n  - nme: x\n", "nme"},
		"two documents":         {`{} {}`, "more"},
		"two documents, YAML":   {"persons: []\n---\npersons: []\n", "more than one"},
		"no list":               {`{"persons": "x"}`, "persons"},
		"a secret without text": {`{"secrets": [{"name": "s"}]}`, `secret "s" has no value`},
		"no date":               {`{"secrets": [{"name": "s", "value": "", "expires": "soon"}]}`, "soon"},
	} {
		if _, err := control.ReadSeed([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is wrong with a seed is told without what stands in it, and without the
// names of Go types.
func TestNoValueInWhatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"secrets: [hunter2]":                             "line 1: another kind of value belongs here",
		"secrets: [hunter2, 'hunter2` into x']":          "line 1: another kind of value belongs here; line 1: another kind of value belongs here",
		"secrets: [{name: a, value: [hunter2]}]":         "line 1: another kind of value belongs here",
		"secrets: [{name: a, value: *hunter2}]":          "yaml: a text that begins with * needs quotes",
		"x: 1\ny: 2":                                     `line 1: there is no member "x"; line 2: there is no member "y"`,
		"persons: 01899012345":                           "line 1: another kind of value belongs here",
		`{"secrets": ["hunter2"]}`:                       `"secrets" cannot be JSON's string`,
		`{"secrets": [{"name": "a", "value": 12345.5}]}`: `"secrets.value" cannot be JSON's number`,
		`{"scopes": [{"tokenMaxAge": 5555555555.5}]}`:    `"scopes.tokenMaxAge" cannot be JSON's number`,
	} {
		if _, err := control.ReadSeed([]byte(text)); err == nil || err.Error() != "read the seed: "+want {
			t.Errorf("%s:\n%v, want\n%s", text, err, want)
		}
	}
}

func TestSeedAndResetByTheControlAddress(t *testing.T) {
	t.Parallel()
	told := &stands{}
	w := newWorldWith(t, told)
	for _, text := range []string{seedJSON, seedYAML} {
		seeded, err := w.client.AddSeed(t.Context(), []byte(text))
		want := control.Seeded{
			Organisations: []control.SeededOrganisation{}, Clients: []control.SeededClient{},
			Persons: []control.SeededPerson{{SSN: "n", PartyID: 1, UserID: 2, Name: "Somebody"}},
		}
		if err != nil || !reflect.DeepEqual(seeded, want) || told.seed.Clients[0].ID != "c" {
			t.Errorf("seeded %+v, %v; told %+v", seeded, err, told.seed)
		}
	}
	if err := w.client.Reset(t.Context(), control.Instances, control.Faults); err != nil || !reflect.DeepEqual(told.parts, []control.Part{"instances", "faults"}) {
		t.Errorf("reset %v, %v", told.parts, err)
	}
	if err := w.client.Reset(t.Context()); err != nil || len(told.parts) != 0 {
		t.Errorf("reset %v, %v", told.parts, err)
	}
}
