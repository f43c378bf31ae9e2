package propose_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/project/propose"
)

func TestExample(t *testing.T) {
	t.Parallel()
	original, receiving := example(t, examples.OriginalForm), example(t, examples.ReceivingApp)
	p := proposal(t, original, receiving)
	golden(t, "example.yaml", p.YAML())
	read := check(t, p, original, receiving)
	if read.Section != "MaskinportenSettings" || read.Vault != "https://kv-fts-tt02.vault.azure.net" || len(read.Integration.Scopes) != 2 || read.Owner.OrganisationNumber != "313547264" {
		t.Errorf("read %+v", read)
	}
	fields, comments, files, unfilled := p.Counts()
	if fields != 10 || comments != 1 || files != 2 || unfilled != 7 {
		t.Errorf("counts are %d, %d, %d, %d", fields, comments, files, unfilled)
	}
}

// TestLists shows lists in lists, and what their rows lack.
func TestLists(t *testing.T) {
	t.Parallel()
	list := func(fields object) object {
		return object{"type": "array", "items": object{"type": "object", "properties": fields}}
	}
	text := object{"type": "string"}
	original := application(t, "fts/a", object{
		"Tur":    list(object{"Dato": object{"type": "string", "format": "date"}, "Stopp": list(object{"Sted": text, "Antall": text}), "Merke": text}),
		"Bil":    list(object{"Skilt": text}),
		"Stikk":  object{"type": "array", "items": text},
		"Enslig": text,
	})
	receiving := application(t, "fts/b", object{
		"Sak": object{"type": "object", "properties": object{
			"Tur": list(object{"Dato": object{"type": "string", "format": "date"}, "Stopp": list(object{"Sted": text, "Antall": object{"type": "integer"}}), "Vedtak": text}),
			"Bil": list(object{"Farge": text}),
		}},
		"Stikk":   object{"type": "array", "items": text},
		"Enslig":  object{"type": "array", "items": text},
		"Vedlagt": list(object{"Navn": text}),
	})
	p := proposal(t, original, receiving)
	golden(t, "lists.yaml", p.YAML())
	check(t, p, original, receiving)
}

func TestChoices(t *testing.T) {
	t.Parallel()
	original, receiving := example(t, examples.OriginalForm), example(t, examples.ReceivingApp)
	in := input(original, receiving)
	in.Section = propose.Choice{Value: "Felles:Maskinporten", Why: "because"}
	in.Vault = propose.Choice{Value: "https://kv-own.vault.azure.net"}
	in.Schema = "./stafett.schema.json"
	in.Original.Path = "C:/Mine dokument/#1: skjema"
	p, err := propose.New(in)
	if err != nil {
		t.Fatal(err)
	}
	text := string(p.YAML())
	for _, want := range []string{
		"# yaml-language-server: $schema=./stafett.schema.json\n", "  section: Felles:Maskinporten           # because\n",
		"# Felles--Maskinporten--ClientId and Felles--Maskinporten--EncodedJwk.\n", "  vault: https://kv-own.vault.azure.net  # the organisation's Azure Key Vault\n",
		"  original: 'C:/Mine dokument/#1: skjema'  # ", "since: 2026-11-23  #",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the file lacks %q:\n%s", want, text)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	original, receiving := example(t, examples.OriginalForm), example(t, examples.ReceivingApp)
	var same *propose.SameError
	if _, err := propose.New(input(original, original)); !errors.As(err, &same) || same.AppID != "fts/barmarkskjoring" {
		t.Errorf("the same application twice: %v", err)
	}
	if _, err := propose.New(input(application(t, "1-/a", nil), receiving)); err == nil || !strings.Contains(err.Error(), `read application id "1-/a"`) {
		t.Errorf("an id that no file can hold: %v", err)
	}
	in := input(original, receiving)
	in.OrganisationNumber.Value = "313547265"
	if _, err := propose.New(in); err == nil || !strings.Contains(err.Error(), "check digit") {
		t.Errorf("a wrong number: %v", err)
	}
}

// TestNotices shows what concerns the whole handover.
func TestNotices(t *testing.T) {
	t.Parallel()
	original := example(t, examples.OriginalForm)
	other := application(t, "skd/inbox", object{"Begrunnelse": object{"type": "string"}})
	p := proposal(t, original, other)
	check(t, p, original, other)
	if len(p.Notices) != 1 || !strings.Contains(p.Notices[0], "skd/inbox belongs to skd: its owner has to let fts create instances") {
		t.Errorf("across owners: %q", p.Notices)
	}
	persons := *other
	persons.ID, persons.Org, persons.Metadata.PartyTypesAllowed = "fts/inbox", "fts", app.PartyTypes{Person: true}
	p = proposal(t, original, &persons)
	if len(p.Notices) != 1 || !strings.Contains(p.Notices[0], `allows no organisation to own its instances yet (partyTypesAllowed); "stafett prepare" mends that`) {
		t.Errorf("for persons only: %q", p.Notices)
	}
	if !strings.Contains(string(p.YAML()), "    # Look at this: fts/inbox allows no organisation") {
		t.Errorf("the file does not tell:\n%s", p.YAML())
	}
}

// TestNames makes ids and vaults of names that are long or odd.
func TestNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 60)
	for _, c := range []struct{ from, to, id, vault string }{
		{"fts/form", "fts/inbox", "form-til-inbox", "kv-fts-tt02"},
		{"fts/" + long, "fts/" + strings.Repeat("b", 60), long[:37] + "-til-" + strings.Repeat("b", 38), "kv-fts-tt02"},
		{"fts/" + long, "fts/b", long + "-til-b", "kv-fts-tt02"},
		{"fts/a--", "fts/b-", "a-til-b", "kv-fts-tt02"},
		{"sivilforsvaret-i-nord/a", "fts/b", "a-til-b", "kv-sivilforsvaret-i-tt02"},
		{"abcdefghijklmno-x/a", "fts/b", "a-til-b", "kv-abcdefghijklmno-tt02"},
	} {
		p := proposal(t, application(t, c.from, nil), application(t, c.to, nil))
		if p.HandoverID != c.id || p.Vault.Value != "https://"+c.vault+".vault.azure.net" {
			t.Errorf("%s to %s: %s, %s", c.from, c.to, p.HandoverID, p.Vault.Value)
		}
	}
}

func TestOrganisationNumber(t *testing.T) {
	t.Parallel()
	types := func(who ...string) []object {
		return []object{{"id": "a", "allowedContributors": who}, {"id": "b", "allowedContributers": []string{"orgno:313547264"}}}
	}
	for _, c := range []struct {
		name   string
		folder *app.Folder
		want   string
	}{
		{"the test department", application(t, "ttd/a", nil), "405003309"},
		{"an example", example(t, examples.OriginalForm), ""},
		{"a contributor", application(t, "fts/a", nil, types("org:fts")...), "313547264"},
		{"a contributor whose number is wrong", application(t, "fts/a", nil, types("orgno:313547265")...), "313547264"},
		{"two contributors", application(t, "fts/a", nil, types("orgno:310000094")...), ""},
	} {
		got, ok := propose.OrganisationNumber(c.folder)
		if got.Value != c.want || ok != (c.want != "") || ok && got.Why == "" {
			t.Errorf("%s: %+v, %t", c.name, got, ok)
		}
	}
	policy := *example(t, examples.OriginalForm)
	policy.PolicyXML = []byte(`<xacml:AttributeValue DataType="x">310000094</xacml:AttributeValue>
  <xacml:AttributeDesignator Category="c" AttributeId="urn:altinn:organization:identifier-no"/>`)
	if got, ok := propose.OrganisationNumber(&policy); !ok || got.Value != "310000094" {
		t.Errorf("in a policy: %+v, %t", got, ok)
	}
}

// TestDate shows that a day is one of Norway's.
func TestDate(t *testing.T) {
	t.Parallel()
	if got := project.Date(today); got != "2026-11-23" {
		t.Errorf("got %s", got)
	}
}
