package project_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/project"
)

func TestLoadReadsEverything(t *testing.T) {
	t.Parallel()
	p, err := project.Load(filepath.Join("testdata", "whole.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "Dir", p.Dir, "testdata")
	equal(t, "Environment", p.Environment, "tt02")
	equal(t, "Owner", p.Owner, project.Owner{Org: "fts", OrganisationNumber: "313547264"})
	equal(t, "Applications", p.Applications, project.Applications{
		Original: filepath.Join("testdata", "original-form"), Receiving: filepath.Join("elsewhere", "receiving-app"),
	})
	equal(t, "Section", p.Section, "Felles:MaskinportenSettings")
	equal(t, "Vault", p.Vault, "https://kv-fts-tt02.vault.azure.net")
	equal(t, "Integration", p.Integration, project.Integration{
		Name:   "stafett-fts-tt02-barmarkskjoring",
		Scopes: []string{"altinn:serviceowner/instances.read", "altinn:serviceowner/instances.write"},
	})
	equal(t, "SelfService", p.SelfService, project.SelfService{
		ClientID: "5b9f1d58-2c0c-4d1a-8a52-6d6f6b4a7c11", KeyFile: filepath.Join("testdata", "keys", "self-service.jwk"),
	})
	equal(t, "Service", p.Service, project.Service{
		Listen: ":8443", SweepEvery: 30 * time.Second, Concurrency: 4, KeepDetail: 30 * 24 * time.Hour, RereadSecrets: 5 * time.Minute,
		Callers: project.Callers{Scope: "fts:stafett/handover", Organisations: []string{"313547264", "310000094"}},
		Events:  project.Events{Address: "https://stafett.fts.example", Secret: "stafett-events"},
	})
	equal(t, "Test", p.Test, project.Test{
		Position: project.Position{Line: 63, Column: 3}, Recipient: project.Recipient{OrganisationNumber: "310000094"},
	})
	equal(t, "number of handovers", len(p.Handovers), 2)

	d := p.Handovers[0]
	equal(t, "ID", d.ID, "barmarkskjoring-til-saksmottak")
	equal(t, "From", d.From, "fts/barmarkskjoring")
	equal(t, "To", d.To, "fts/saksmottak")
	equal(t, "Recipients", d.Recipients, []project.RecipientRule{
		{Position: project.Position{Line: 20, Column: 16}, By: project.ByOrganisationNumber, Text: "313547264"},
	})
	equal(t, "Since", d.Since.UTC(), time.Date(2025, 12, 31, 23, 0, 0, 0, time.UTC))
	equal(t, "Position", d.Position, project.Position{Line: 16, Column: 5})
	if d.Condition == nil {
		t.Error("the condition is lost")
	}
	equal(t, "Attachments", d.Attachments, []project.Attachment{
		{Position: project.Position{Line: 31, Column: 9}, From: "ref-data-as-pdf", To: "kildePdf", Required: true},
		{Position: project.Position{Line: 32, Column: 9}, From: "kart", To: "vedlegg", Rename: "kart-{n}{ext}",
			Only: project.FileFilter{ContentTypes: []string{"image/png", "application/pdf"}, Name: "*.p?f", MaxSize: 10 << 20}},
	})
	var targets []string
	for _, m := range d.Prefill {
		targets = append(targets, m.Target)
		wantExpression := m.Target == "Sak.Tittel" || m.Target == "Sak.Aar"
		if (m.Expression != nil) != wantExpression {
			t.Errorf("%s: is an expression: %v", m.Target, m.Expression != nil)
		}
	}
	equal(t, "targets in order", targets, []string{"Sak.Soker", "Sak.ForsteTur", "Sak.Kilde", "Sak.Prioritet", "Sak.Hastesak", "Sak.Tittel", "Sak.Aar"})
	second := p.Handovers[1]
	equal(t, "Adopts", second.Adopts, []string{"til-arkiv", "til-part-1"})
	equal(t, "Since", second.Since.UTC(), time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC))
	equal(t, "CopyModel and Confirm", [4]bool{d.CopyModel, d.Confirm, second.CopyModel, second.Confirm}, [4]bool{false, false, true, true})
	equal(t, "VisibleAfter", second.VisibleAfter, project.Period{Days: 14})
	equal(t, "DueBefore", second.DueBefore, project.Period{Months: 1, Days: 2, Clock: 12 * time.Hour})
	var kinds []project.RecipientKind
	for _, rule := range second.Recipients {
		kinds = append(kinds, rule.By)
	}
	equal(t, "kinds of recipients", kinds, []project.RecipientKind{project.ByPartyID, project.ByOrganisationNumber, project.ByPartyID, project.BySource})
	equal(t, "field of a recipient", second.Recipients[1].Field, "Kjoring.Turer.Arrangor")
	rows := second.Prefill[0]
	equal(t, "list", rows.Target+" "+rows.Each, "Sak.Turer Kjoring.Turer")
	equal(t, "field in a row", rows.Fields[0].Path, "Dato")
	equal(t, "field from outside", rows.Fields[1].Path, "Soker.Navn")
	equal(t, "from outside", rows.Fields[1].FromRoot, true)
	equal(t, "list in a row", rows.Fields[2].Each+" "+rows.Fields[2].Fields[0].Path, "Stopp Sted")
	equal(t, "path", d.Prefill[0].Path, "Soker.Navn")
	equal(t, "path with an index", d.Prefill[1].Path, "Kjoring.Turer[0].Dato")
	equal(t, "constant text", d.Prefill[2].Constant, any("barmarkskjøring"))
	equal(t, "constant number", d.Prefill[3].Constant, any(json.Number("2")))
	equal(t, "constant truth", d.Prefill[4].Constant, any(false))
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

const minimal = `environment: tt02
owner: {org: fts, organisationNumber: "313547264"}
applications: {original: original-form, receiving: receiving-app}
maskinporten:
  section: MaskinportenSettings
  vault: https://kv-fts-tt02.vault.azure.net
  integration: stafett-fts
handovers:
  - id: en
    from: fts/barmarkskjoring
    to: fts/saksmottak
    recipient: {organisationNumber: "313547264"}
    since: 2026-01-01
`

func TestDefaults(t *testing.T) {
	t.Parallel()
	p, err := project.Parse("stafett.yaml", []byte(strings.Replace(minimal, "  integration: stafett-fts\n", "", 1)))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "Dir", p.Dir, ".")
	equal(t, "Integration", p.Integration, project.Integration{
		Scopes: []string{"altinn:serviceowner/instances.read", "altinn:serviceowner/instances.write"},
	})
	equal(t, "SelfService", p.SelfService, project.SelfService{})
	equal(t, "Service", p.Service, project.Service{
		Listen: "127.0.0.1:8080", SweepEvery: time.Minute, Concurrency: 8, KeepDetail: 90 * 24 * time.Hour,
	})
	equal(t, "Test", p.Test, project.Test{})
}

// TestFaults changes one thing in a good file. Each fault must name its line
// and tell what to write instead.
func TestFaults(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		old, new string
		want     []string // one part of each fault, in order
	}{
		{"unknown name", "environment: tt02", "enviroment: tt02",
			[]string{`stafett.yaml:1:1: the project has no "enviroment"; did you mean "environment"?`, `1:1: the project lacks "environment"`}},
		{"name far from any", "owner: {org", "owner: {zzzzzzzzzz: 1, org", []string{`2:9: owner has no "zzzzzzzzzz"; it may have org, organisationNumber`}},
		{"name in the wrong case", "section:", "Section:", []string{`5:3: maskinporten has no "Section"; did you mean "section"?`, `5:3: maskinporten lacks "section"`}},
		{"name twice", "environment: tt02", "environment: tt02\nenvironment: prod", []string{`2:1: the project has "environment" already, in line 1`}},
		{"retired environment", "tt02\n", "ver2\n", []string{"1:14: environment: ver2 was an environment of Maskinporten, which is closed"}},
		{"Maskinporten's name", "tt02\n", "test\n", []string{"Altinn's test environment is called tt02"}},
		{"environment in capitals", "tt02\n", "TT02\n", []string{"write tt02 in lower case"}},
		{"long name of prod", "tt02\n", "production\n", []string{"is called prod"}},
		{"local", "tt02\n", "local\n", []string{"add --local to the command"}},
		{"own environment", "tt02\n", "at22\n", []string{"at22 is one of Altinn's own environments"}},
		{"no environment", "tt02\n", "foo\n", []string{`there is no environment "foo"; the environments are tt02 (test) and prod`}},
		{"check digit", `organisationNumber: "313547264"}` + "\napp", `organisationNumber: "313547265"}` + "\napp", []string{"2:39: owner.organisationNumber: 313547265 is not an organisation number: its check digit is wrong"}},
		{"number with spaces", `organisationNumber: "313547264"}` + "\napp", `organisationNumber: "313 547 264"}` + "\napp", []string{"nine digits, without spaces"}},
		{"remainder of ten", `organisationNumber: "313547264"}` + "\napp", `organisationNumber: "200000030"}` + "\napp", []string{"check digit"}},
		{"org", "org: fts", "org: FTS", []string{`"FTS" is no organisation code`, "the owner"}[:1]},
		{"folder", "original: original-form", "original: [a]", []string{"applications.original must be text, not a list"}},
		{"empty folder", "original: original-form", `original: ""`, []string{"applications.original is empty"}},
		{"nothing", "integration: stafett-fts", "integration:", []string{"maskinporten.integration must be text, not nothing"}},
		{"date", "integration: stafett-fts", "integration: 2031-01-01", []string{"not a date (put it in quotes to make it text)"}},
		{"vault over http", "https://kv", "http://kv", []string{"a vault is only reached with https"}},
		{"vault elsewhere", "kv-fts-tt02.vault.azure.net", "kv.vault.azure.net.evil.example", []string{"is not in vault.azure.net"}},
		{"vault with a path", "azure.net", "azure.net/secrets/x", []string{"ends after its name and domain"}},
		{"vault with a port", "azure.net", "azure.net:444", []string{"ends after its name and domain"}},
		{"vault's name only", "https://kv-fts-tt02.vault.azure.net", "kv-fts-tt02", []string{"want an address such as"}},
		{"vault's name too short", "kv-fts-tt02.", "kv.", []string{"3 to 24"}},
		{"vault's name of a subdomain", "kv-fts-tt02.", "a.b.", []string{"3 to 24"}},
		{"section", "MaskinportenSettings", `"Maskinporten Settings"`, []string{"is no section of appsettings.json"}},
		{"scope", "  integration: stafett-fts", "  integration: stafett-fts\n  scopes: [altinn]", []string{`8:12: maskinporten.scopes: "altinn" is no scope`}},
		{"scope twice", "  integration: stafett-fts", "  integration: stafett-fts\n  scopes: ['a:b', 'a:b']", []string{"a:b is there already"}},
		{"no scopes", "  integration: stafett-fts", "  integration: stafett-fts\n  scopes: []", []string{"leave it out"}},
		{"handover's id", "id: en", "id: En Og To", []string{`is no id; use at most 80 of a-z, 0-9 and '-'`}},
		{"id twice", "handovers:\n", "handovers:\n  - {id: en, from: fts/a, to: fts/b, since: 2026-01-01, recipient: {partyId: 1}}\n", []string{`the handover in line 9 has the id "en" already`}},
		{"to itself", "to: fts/saksmottak", "to: fts/barmarkskjoring", []string{"from and to are both fts/barmarkskjoring"}},
		{"application id", "to: fts/saksmottak", "to: saksmottak", []string{`"saksmottak" is no application id`}},
		{"another's forms", "from: fts/barmarkskjoring", "from: ttd/barmarkskjoring", []string{"from is ttd/barmarkskjoring, but the owner is fts"}},
		{"no recipient", `recipient: {organisationNumber: "313547264"}`, `recipient: {}`, []string{"recipient needs one of organisationNumber and partyId; for several recipients, write a list"}},
		{"two recipients", `recipient: {organ`, `recipient: {partyId: 1, organ`, []string{"recipient needs one of"}},
		{"identity number", `recipient: {organisationNumber: "313547264"}`, `recipient: {partyId: "01819012345"}`, []string{"identity numbers do not belong in this file"}},
		{"handovers as a mapping", "  - id: en", "    id: en", []string{"handovers must be a list, not a mapping"}},
		{"reference", "integration: stafett-fts", "integration: *x", []string{"unknown anchor"}},
		{"reference to an anchor", "section: MaskinportenSettings\n  vault: https://kv-fts-tt02.vault.azure.net\n  integration: stafett-fts",
			"section: &s MaskinportenSettings\n  vault: https://kv-fts-tt02.vault.azure.net\n  integration: *s", []string{"references such as *s are not read here"}},
		{"merge", "owner: {org: fts", "owner: {<<: {org: fts}", []string{`owner has no "<<"`, `owner lacks "org"`}},
		{"tab", "  section", "\tsection", []string{"this is not YAML"}},
		{"two documents", "environment", "--- {}\n---\nenvironment", []string{"more than one document"}},
		{"list as a name", "environment: tt02", "environment: tt02\n? [a]\n: b", []string{"2:3: a name in the project must be plain text"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(minimal, c.old, c.new, 1)
			if text == minimal {
				t.Fatalf("the file has no %q", c.old)
			}
			checkFaults(t, text, c.want)
		})
	}
	t.Run("empty file", func(t *testing.T) { t.Parallel(); checkFaults(t, "", []string{"1:1: the file is empty"}) })
	t.Run("comment only", func(t *testing.T) { t.Parallel(); checkFaults(t, "# nothing\n", []string{"1:1: the file is empty"}) })
	t.Run("list", func(t *testing.T) {
		t.Parallel()
		checkFaults(t, "- a\n", []string{"1:1: the project must be a mapping of names to values, not a list"})
	})
}

func checkFaults(t *testing.T, text string, want []string) {
	t.Helper()
	p, err := project.Parse("stafett.yaml", []byte(text))
	if err == nil {
		t.Fatalf("the file was accepted: %+v", p)
	}
	faults := unjoin(err)
	checkSchema(t, text, want)
	if len(faults) != len(want) {
		t.Fatalf("got %d faults, want %d:\n%v", len(faults), len(want), err)
	}
	for i, f := range faults {
		var fault *project.Fault
		if !errors.As(f, &fault) || fault.Position.Line < 1 || fault.Position.Column < 1 {
			t.Errorf("%v has no position", f)
		}
		if !strings.Contains(f.Error(), want[i]) {
			t.Errorf("fault %d is\n  %v\nand does not contain\n  %s", i, f, want[i])
		}
	}
}

func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// TestPrefillAndAttachmentFaults appends to the only handover of a good file.
func TestPrefillAndAttachmentFaults(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text string
		want       []string
	}{
		{"list index in a target", "prefill: {'A[0].B': C}", []string{`14:15: "A[0].B" is no field`}},
		{"text as a path", "prefill: {A: 'Hello world'}", []string{`"Hello world" is not the path of a field; write {value: …} for a constant text`}},
		{"letters of another alphabet", "prefill: {Čáŋǯa_ʒ-1.Øl: 'Søker.Ǩuvla[0]', A: Имя}", []string{`"Имя" is not the path of a field`}},
		{"number as a path", "prefill: {A: 7}", []string{"a source is the path of a field, not a number; write {value: …}"}},
		{"nothing as a path", "prefill: {A: }", []string{"not nothing"}},
		{"the same target", "prefill: {A-b.C: X, ab.c: Y}", []string{"ab.c is the same field as the one in line 14"}},
		{"value and expression", "prefill: {A: {value: 1, expression: [concat]}}", []string{"A needs one of value, expression, from, and each with fields"}},
		{"neither", "prefill: {A: {}}", []string{"A needs one of value, expression, from, and each with fields"}},
		{"unknown source", "prefill: {A: {valeu: 1}}", []string{`A has no "valeu"; did you mean "value"?`}},
		{"list as a constant", "prefill: {A: {value: [1]}}", []string{"A must be text, a number, true or false, not a list"}},
		{"null as a constant", "prefill: {A: {value: null}}", []string{"not nothing"}},
		{"number of another form", "prefill: {A: {value: 0x10}}", []string{"write the number 0x10 with decimal digits only"}},
		{"infinity", "prefill: {A: {value: .inf}}", []string{"write the number .inf with decimal digits only"}},
		{"each without fields", "prefill: {A: {each: B}}", []string{"14:18: A: a list is {each: its path in the source, fields: what fills a row}"}},
		{"fields without each", "prefill: {A: {fields: {B: C}}}", []string{"A: a list is {each"}},
		{"each without any field", "prefill: {A: {each: B, fields: {}}}", []string{"A: a list is {each"}},
		{"each with a value", "prefill: {A: {each: B, fields: {C: D}, value: 1}}", []string{"A: a list is {each"}},
		{"each of one item", "prefill: {A: {each: 'B[0]', fields: {C: D}}}", []string{"A.each: it names a list, and not one item of it"}},
		{"fault in a row", "prefill: {A: {each: B, fields: {C: 7, C: D, 'E[0]': F}}}", []string{"C: a source is the path of a field", `A.fields has "C" already`, `"E[0]" is no field`}},
		{"from a text", "prefill: {A: {from: a b}}", []string{`A.from: "a b" is not the path of a field`}},
		{"model", "model: whole", []string{"14:12: model: the only word is copy"}},
		{"mapping in an expression", "condition: [equals, {a: b}, 1]", []string{"an expression has no mappings"}},
		{"number in an expression", "condition: [equals, .nan, 1]", []string{"decimal digits"}},
		{"unknown function", "condition: [eqauls, 1, 1]", []string{"14:16: condition: "}},
		{"prefill as a list", "prefill: [a]", []string{"prefill must be a mapping of target fields to sources, not a list"}},
		{"attachment without a target", "attachments: [{from: a}]", []string{`an attachment lacks "to"`}},
		{"attachment twice", "attachments: [{from: a, to: b}, {from: a, to: b}]", []string{"a goes to b already, in line 14"}},
		{"required as text", "attachments: [{from: a, to: b, required: ja}]", []string{"required must be true or false, not text"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkFaults(t, minimal+"    "+c.text+"\n", c.want)
		})
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := project.Parse("stafett.yaml", []byte(`environment: ver2
owner: {org: FTS, organisationNumber: 1}
applications: {orignal: a, receiving: b}
maskinporten: {section: a b, vault: http://x, integration: ''}
handovers: [{id: A, from: a, to: b}]
`))
	if n := len(unjoin(err)); n < 11 {
		t.Errorf("got %d faults:\n%v", n, err)
	}
	lines := map[int]bool{}
	for _, f := range unjoin(err) {
		var fault *project.Fault
		if errors.As(f, &fault) {
			lines[fault.Position.Line] = true
		}
	}
	if len(lines) != 5 {
		t.Errorf("the faults are in %d lines, want 5", len(lines))
	}
}

func TestLoadTellsOfTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := project.Load(filepath.Join(dir, "none.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: got %v", err)
	}
	big := filepath.Join(dir, "big.yaml")
	if err := os.WriteFile(big, slices.Repeat([]byte("# \n"), 1<<19), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := project.Load(big); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("big file: got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	whole, err := os.ReadFile(filepath.Join("testdata", "whole.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(minimal))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("\xff\xfe"))
	f.Add([]byte("--- |\n x\n...\n---\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := project.Parse("stafett.yaml", data)
		if err == nil {
			if err := schemaFault(t, string(data)); err != nil {
				t.Errorf("the schema refuses what is read: %v", err)
			}
			if p.Environment != "tt02" && p.Environment != "prod" || p.Section == "" || !strings.HasPrefix(p.Vault, "https://") {
				t.Errorf("accepted %+v", p)
			}
			for _, d := range p.Handovers {
				for _, rule := range d.Recipients {
					if fixed, ok := rule.Fixed(); ok && !fixed.Valid() {
						t.Errorf("accepted recipient %+v", rule)
					}
				}
			}
			return
		}
		for _, e := range unjoin(err) {
			var fault *project.Fault
			if !errors.As(e, &fault) || fault.Position.Line < 1 {
				t.Errorf("%v has no position", e)
			}
		}
	})
}
