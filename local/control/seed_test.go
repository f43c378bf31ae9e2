package control_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/secret"
)

const seedJSON = `{
	"organisations": [{"number": "310000001", "name": "Agency", "unitType": "ORGL"}],
	"persons": [{"handle": "ada", "ssn": "01899012345", "name": "Somebody", "roles": [{"organisation": "310000001", "roles": ["dagl"]}]},
		{"name": "me", "selfIdentified": true}],
	"prefixes": [{"prefix": "a", "organisation": "310000001"}],
	"scopes": [{"name": "a:b", "description": "d", "owner": "310000001", "access": ["310000002"], "accessibleForAll": true,
		"delegationSource": "https://altinn.no/", "tokenMaxAge": 60, "visibility": "PRIVATE", "integrationTypes": []},
		{"name": "a:c", "access": []}],
	"access": [{"scope": "a:b", "organisation": "310000001", "denied": true}],
	"clients": [{"id": "c", "name": "n", "organisation": "310000001", "supplier": "310000002", "scopes": ["a:b"], "keys": [{"kty": "RSA", "kid": "k"}],
		"description": "d", "integrationType": "krr", "tokenLifetime": 60}],
	"delegations": [{"scope": "a:b", "consumer": "310000001", "supplier": "310000002"}],
	"systemUsers": [{"handle": "s", "id": "u", "system": "310000002_s", "organisation": "310000001", "externalRef": "e", "clients": ["c"]}],
	"consents": [{"id": "u", "from": "ada", "to": "310000001", "consented": "2026-01-01T00:00:00Z", "validTo": "2027-01-01T00:00:00Z",
		"rights": [{"actions": ["consent"], "resource": "r", "metadata": {"k": "v"}}]}],
	"delegatedRights": [{"from": "310000001", "to": "ada", "role": "lede"},
		{"from": "ada", "systemUser": "s", "application": "a/b", "actions": ["read"], "instance": "i"}],
	"secrets": [{"name": "s", "value": "v", "contentType": "t", "tags": {"k": "v"}, "disabled": true,
		"notBefore": "2026-01-01T00:00:00Z", "expires": "2027-01-01T00:00:00Z"}],
	"instances": [{"handle": "i", "application": "a/b", "owner": "ada", "by": "a", "created": "2026-01-01T00:00:00Z", "visibleAfter": "2026-01-01T00:00:00Z",
		"dueBefore": "2027-01-01T00:00:00Z", "task": "Task_1", "ended": "2026-01-01", "readStatus": "Read", "substatus": {"label": "l", "description": "d"},
		"confirmed": "2026-01-01T00:00:00Z", "softDeleted": "2026-01-01T00:00:00Z", "hardDeleted": "2026-01-01T00:00:00Z", "data": [
			{"type": "form", "json": {"a":{"n":1.50,"d":"2026-01-01","z":"0101","t":true,"0":null}}}, {"type": "form", "xml": "<a/>"},
			{"type": "file", "filename": "a.txt", "contentType": "text/plain", "text": "hi"}, {"type": "file", "base64": "aGk="}]}]
}`

// Numbers need no quotes in YAML, even where they begin with a zero.
const seedYAML = `
organisations:
  - {number: 310000001, name: Agency, unitType: ORGL}
persons:
  - handle: ada
    ssn: 01899012345
    name: Somebody
    roles: [{organisation: 310000001, roles: [dagl]}]
  - {name: me, selfIdentified: true}
prefixes:
  - {prefix: a, organisation: 310000001}
scopes:
  - name: a:b
    description: d
    owner: 310000001
    access: [310000002]
    accessibleForAll: true
    delegationSource: https://altinn.no/
    tokenMaxAge: 60
    visibility: PRIVATE
    integrationTypes: []
  - {name: "a:c", access: []}
access:
  - {scope: "a:b", organisation: 310000001, denied: true}
clients:
  - {id: c, name: n, organisation: 310000001, supplier: 310000002, scopes: ["a:b"], keys: [{kty: RSA, kid: k}],
     description: d, integrationType: krr, tokenLifetime: 60}
delegations:
  - {scope: "a:b", consumer: 310000001, supplier: 310000002}
systemUsers:
  - {handle: s, id: u, system: 310000002_s, organisation: 310000001, externalRef: e, clients: [c]}
consents:
  - {id: u, from: ada, to: 310000001, consented: 2026-01-01T00:00:00Z, validTo: 2027-01-01,
     rights: [{actions: [consent], resource: r, metadata: {k: v}}]}
delegatedRights:
  - {from: 310000001, to: ada, role: lede}
  - {from: ada, systemUser: s, application: a/b, actions: [read], instance: i}
secrets:
  - name: s
    value: v
    contentType: t
    tags: {k: v}
    disabled: true
    notBefore: 2026-01-01T00:00:00Z
    expires: 2027-01-01T00:00:00Z
instances:
  - handle: i
    application: a/b
    owner: ada
    by: a
    created: '2026-01-01'
    visibleAfter: 2026-01-01 00:00:00
    dueBefore: 2027-01-01
    task: Task_1
    ended: 2026-01-01
    readStatus: Read
    substatus: {label: l, description: d}
    confirmed: 2026-01-01
    softDeleted: 2026-01-01
    hardDeleted: 2026-01-01
    data:
      - {type: form, json: {a: {n: 1.50, d: 2026-01-01, z: 0101, t: True, 0: ~}}}
      - {type: form, xml: <a/>}
      - {type: file, filename: a.txt, contentType: text/plain, text: hi}
      - {type: file, base64: "aG k="}
`

// day is one of the seed above.
func day(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }

func TestReadSeed(t *testing.T) {
	t.Parallel()
	want := control.Seed{
		Organisations: []control.SeedOrganisation{{Number: "310000001", Name: "Agency", UnitType: "ORGL"}},
		Persons: []control.SeedPerson{
			{Handle: "ada", SSN: "01899012345", Name: "Somebody", Roles: []control.SeedRole{{Organisation: "310000001", Roles: []string{"dagl"}}}},
			{Name: "me", SelfIdentified: true},
		},
		Prefixes: []control.SeedPrefix{{Prefix: "a", Organisation: "310000001"}},
		Scopes: []control.SeedScope{{
			Name: "a:b", Description: "d", Owner: "310000001", Access: []string{"310000002"}, AccessibleForAll: true, DelegationSource: "https://altinn.no/", TokenMaxAge: 60,
			Visibility: "PRIVATE", IntegrationTypes: []string{},
		}, {Name: "a:c", Access: []string{}}},
		Access: []control.SeedAccess{{Scope: "a:b", Organisation: "310000001", Denied: true}},
		Clients: []control.SeedClient{{
			ID: "c", Name: "n", Description: "d", Organisation: "310000001", Supplier: "310000002", Scopes: []string{"a:b"}, IntegrationType: "krr", TokenLifetime: 60,
			Keys: []map[string]any{{"kty": "RSA", "kid": "k"}},
		}},
		Delegations: []control.SeedDelegation{{Scope: "a:b", Consumer: "310000001", Supplier: "310000002"}},
		SystemUsers: []control.SeedSystemUser{{Handle: "s", ID: "u", System: "310000002_s", Organisation: "310000001", ExternalRef: "e", Clients: []string{"c"}}},
		Consents: []control.SeedConsent{{
			ID: "u", From: "ada", To: "310000001", Consented: day(2026), ValidTo: day(2027),
			Rights: []control.SeedConsentRight{{Actions: []string{"consent"}, Resource: "r", Metadata: map[string]string{"k": "v"}}},
		}},
		DelegatedRights: []control.SeedRight{
			{From: "310000001", To: "ada", Role: "lede"}, {From: "ada", SystemUser: "s", Application: "a/b", Actions: []string{"read"}, Instance: "i"},
		},
		Secrets: []control.SeedSecret{{
			Name: "s", ContentType: "t", Tags: map[string]string{"k": "v"}, Disabled: true, NotBefore: day(2026), Expires: day(2027),
		}},
		Instances: []control.SeedInstance{{
			Handle: "i", Application: "a/b", Owner: "ada", By: "a", Created: day(2026), VisibleAfter: day(2026), DueBefore: day(2027), Task: "Task_1", Ended: day(2026),
			ReadStatus: "Read", Substatus: &control.SeedSubstatus{Label: "l", Description: "d"}, Confirmed: day(2026), SoftDeleted: day(2026), HardDeleted: day(2026),
			Data: []control.SeedData{
				{Type: "form", ContentType: "application/json", Content: []byte(`{"a":{"n":1.50,"d":"2026-01-01","z":"0101","t":true,"0":null}}`)},
				{Type: "form", ContentType: "application/xml", Content: []byte("<a/>")},
				{Type: "file", Filename: "a.txt", ContentType: "text/plain", Content: []byte("hi")}, {Type: "file", Content: []byte("hi")},
			},
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
	merged, err := control.ReadSeed([]byte("instances:\n- &form {application: a/b, owner: ada}\n- {<<: *form, owner: bo}\n- *form"))
	if err != nil || len(merged.Instances) != 3 || merged.Instances[1].Application != "a/b" || merged.Instances[1].Owner != "bo" || merged.Instances[2].Owner != "ada" {
		t.Errorf("what is said once for many: %+v, %v", merged.Instances, err)
	}
	inInstance := func(data string) string {
		return `{"instances": [{"application": "a/b", "owner": "ada", "data": [{"type": "a", ` + data + `}]}]}`
	}
	inJSON := func(json string) string {
		return "instances:\n- {application: a/b, owner: ada, task: &t a, data: [\n  {type: a, json: " + json + "}]}"
	}
	for name, tt := range map[string]struct{ text, says string }{
		"nothing":               {"\n# nothing\n", "read the seed: there is nothing in it"},
		"null":                  {"null", "read the seed: there is nothing in it"},
		"a list":                {"[]", "line 1: a seed is a mapping of lists"},
		"unknown member":        {`{"people": []}`, `line 1: the seed has no member "people"; it can have organisations, persons, `},
		"unknown below":         {"{\n\"persons\": [\n{\"nme\": \"x\"}]}", `line 3: persons[0] has no member "nme"; did you mean "name"?`},
		"unknown below, YAML":   {"persons:\n  - nme: x\n", `read the seed: line 2: persons[0] has no member "nme"; did you mean "name"?`},
		"unknown, of a handle":  {"instances:\n- handle: sent\n  application: a/b\n  ower: ada", `read the seed: line 4: instances[0] (sent) has no member "ower"; did you mean "owner"?`},
		"two documents":         {"{}\n{}", "line 2: invalid character '{' after"},
		"two documents, YAML":   {"persons: []\n---\npersons: []\n", "more than one"},
		"a comma too many":      {"{\n\"persons\": [],\n}", "line 3: invalid character '}'"},
		"no end":                {"{\n\"persons\": [", "line 2: unexpected end of JSON input"},
		"no list":               {`{"persons": "x"}`, "line 1: persons is to be a list"},
		"no text":               {"persons:\n- name: [x]", "line 2: persons[0].name is to be a text"},
		"no whole number":       {"scopes:\n- {name: x, tokenMaxAge: 1.5}", "line 2: scopes[0].tokenMaxAge is to be a whole number"},
		"no truth":              {"scopes:\n- {name: x, accessibleForAll: maybe}", "line 2: scopes[0].accessibleForAll is to be true or false"},
		"a secret without text": {`{"secrets": [{"name": "s"}]}`, `line 1: secrets[0] (s) has no value`},
		"no clients":            {"systemUsers:\n- {handle: robot, organisation: 1, system: s}", "read the seed: line 2: systemUsers[0] (robot) has no clients"},
		"a client of no name":   {"clients:\n- id: c", "read the seed: line 2: clients[0] (c) has no name"},
		"an owner of null":      {"instances:\n- {application: a/b, owner: ~}", "read the seed: line 2: instances[0] has no owner"},
		"lacking in many":       {"clients: [{}, {}, {}, {}, {}, {}, {}]", "line 1: clients[4] has no name; and 2 more"},
		"tags without end":      {"secrets: [{name: s, value: x, tags: {" + strings.Repeat("a: b, ", 10_001) + "}}]", "line 1: secrets[0].tags has more than 10000 members"},
		"no content":            {inInstance(`"filename": "a"`), "instances[0].data[0]: give its content once"},
		"content twice":         {inInstance(`"text": "", "xml": ""`), "instances[0].data[0]: give its content once"},
		"a null of content":     {inInstance(`"json": null`), "give its content once"},
		"no base64":             {inInstance(`"base64": "hunter2!"`), "what stands under base64 is not that"},
		"a file, in a request":  {inInstance(`"file": "a.txt"`), `instances[0].data[0]: the file "a.txt" cannot be read from here`},
		"a member twice":        {inJSON("{a: 1, a: 2}"), `line 3: the member "a" is there twice`},
		"an alias":              {inJSON("{a: *t}"), "line 3: write out"},
		"no member's name":      {inJSON("{[a]: 1}"), "line 3: the name of a member"},
		"a number of a person":  {`{"01899012345": 1}`, `"[redacted]"`},
		"no date":               {`{"secrets": [{"name": "s", "value": "", "expires": "soon"}]}`, "line 1: secrets[0].expires is to be a time; write it as 2026-11-17T12:00:00Z, or "},
		"no date, YAML":         {"instances:\n- application: a/b\n  owner: ada\n  ended: 17.11.2026", "line 4: instances[0].ended is to be a time; write it as 2026-11-17T12:00:00Z, or "},
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
		"secrets: [hunter2]":                         "line 1: secrets[0] is to be a mapping",
		"secrets: [hunter2, 'hunter2` into x']":      "line 1: secrets[0] is to be a mapping; line 1: secrets[1] is to be a mapping",
		"secrets: [{name: a, value: [hunter2]}]":     "line 1: secrets[0].value is to be a text",
		"secrets: [{name: a, value: *hunter2}]":      "yaml: a text that begins with * needs quotes",
		"secrets: [{name: a, value: !!int hunter2}]": "yaml: another kind of value belongs here",
		"persons: 01899012345":                       "line 1: persons is to be a list",
		`{"secrets": ["hunter2"]}`:                   "line 1: secrets[0] is to be a mapping",
		`{"secrets": [{"name": "a", "expires": "hunter2"}]}`: "line 1: secrets[0] (a) has no value; " +
			"line 1: secrets[0].expires is to be a time; write it as 2026-11-17T12:00:00Z, or a day as 2026-11-17",
		`{"scopes": [{"name": "a", "tokenMaxAge": 5555555555.5}]}`:            "line 1: scopes[0].tokenMaxAge is to be a whole number",
		`{"scopes": [{"name": "a", "tokenMaxAge": 55555555555555555555555}]}`: "line 1: scopes[0].tokenMaxAge is to be a whole number",
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
		seed, err := control.ReadSeed([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		seed.Persons = seed.Persons[:1] // see stands
		seeded, err := w.client.AddSeed(t.Context(), seed)
		want := control.Seeded{
			Organisations: []control.SeededOrganisation{}, Clients: []control.SeededClient{}, SystemUsers: []control.SeededSystemUser{}, Instances: []control.SeededInstance{},
			Persons: []control.SeededPerson{{SSN: "n", PartyID: 1, UserID: 2, Name: "Somebody"}},
		}
		if err != nil || !reflect.DeepEqual(seeded, want) || !reflect.DeepEqual(told.seed, seed) {
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

// Files lie beside the seed or below, and are named as they are called.
func TestReadSeedFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"beyond.txt": "beyond", "a/seed.yaml": "instances: [{application: a/b, owner: ada, data: [{type: t, file: b/map.png}, {type: t, file: b/map.png, filename: c.png}]}]", "a/b/map.png": "png",
		"a/out.yaml": "instances: [{application: a/b, owner: ada, data: [{type: t, file: ../beyond.txt}]}]", "a/none.yaml": "instances: [{application: a/b, owner: ada, data: [{type: t, file: none.txt}]}]", "a/link.yaml": "instances: [{application: a/b, owner: ada, data: [{type: t, file: link.txt}]}]",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	seed, err := control.ReadSeedFile(filepath.Join(dir, "a", "seed.yaml"))
	want := []control.SeedData{{Type: "t", Filename: "map.png", Content: []byte("png")}, {Type: "t", Filename: "c.png", Content: []byte("png")}}
	if err != nil || !reflect.DeepEqual(seed.Instances[0].Data, want) {
		t.Errorf("read %+v, %v", seed.Instances, err)
	}
	says := map[string]string{"out": `the file "../beyond.txt" is not beside the seed or below`, "none": "there is no file " + filepath.Join(dir, "a", "none.txt")}
	if err := os.Symlink(filepath.Join(dir, "beyond.txt"), filepath.Join(dir, "a", "link.txt")); err == nil {
		says["link"] = "link.txt"
	}
	for name, said := range says {
		if _, err := control.ReadSeedFile(filepath.Join(dir, "a", name+".yaml")); err == nil || !strings.Contains(err.Error(), "instances[0].data[0]: ") || !strings.Contains(err.Error(), said) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := control.ReadSeedFile(filepath.Join(dir, "gone.yaml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a seed that is not there: %v", err)
	}
}
