package handover_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/stafett/stafett/handover"
)

// Models with lists in lists, alike but for some fields of the receiving one.
var (
	tripModel = []string{
		`"Tur":{"type":"object","properties":{"Omrade":{"type":"string"}}}`,
		`"Tur":{"type":"object","properties":{"Omrade":{"type":"string"},"Dager":{"type":"array","items":{"$ref":"#/definitions/Dag"}},"Merke":{"type":"array","items":{"type":"string"}}}},
		 "Dag":{"type":"object","properties":{"Dato":{"type":"string"},"Km":{"type":"integer"}}}`,
	}
	caseModel = []string{
		`"Merknad":{"type":"array","items":{"$ref":"#/definitions/Part"}}}},`,
		`"Merknad":{"type":"array","items":{"$ref":"#/definitions/Part"}},"Turer":{"type":"array","items":{"$ref":"#/definitions/Tur"}},"Soker":{"$ref":"#/definitions/Soker"}}},
		 "Soker":{"type":"object","properties":{"Navn":{"type":"string"},"Alder":{"type":"string"}}},
		 "Tur":{"type":"object","properties":{"nr":{"type":"string","@xsdType":"XmlAttribute"},"Omrade":{"type":"string"},"Merke":{"type":"array","items":{"type":"string"}},"Dager":{"type":"array","items":{"$ref":"#/definitions/Dag"}}}},
		 "Dag":{"type":"object","properties":{"Dato":{"type":"string"},"Km":{"type":"integer"},"Kven":{"type":"string"}}},`,
	}
)

const tripForm = `{"Soker":{"Navn":"Ola","Alder":"41"},"Antall":2,"Godtatt":true,"Turer":[
	{"altinnRowId":"x","Omrade":"Øvre","Merke":["a","b"],"Dager":[{"Dato":"2026-01-01","Km":10},{"Dato":"2026-01-02"}]},
	{"Omrade":null},
	{"Omrade":"Nedre","Merke":[],"Dager":[{"Km":7}]}]}`

func TestRows(t *testing.T) {
	t.Parallel()
	const trips = `<Turer><Omrade>Øvre</Omrade><Merke>a</Merke><Merke>b</Merke><Dager><Dato>2026-01-01</Dato><Km>10</Km></Dager><Dager><Dato>2026-01-02</Dato></Dager></Turer>` +
		`<Turer><Omrade>Nedre</Omrade><Dager><Km>7</Km></Dager></Turer>`
	cases := []struct {
		name, members string // of the definition
		want          string // inside <Sak>, without white space between elements
	}{
		{"row by row", "prefill: {Merknad: {each: turer, fields: {Navn: Omrade, Alder: {value: 1}}}}",
			`<Merknad><Navn>Øvre</Navn><Alder>1</Alder></Merknad><Merknad><Alder>1</Alder></Merknad><Merknad><Navn>Nedre</Navn><Alder>1</Alder></Merknad>`},
		{"empty rows are left out", "prefill: {Merknad: {each: Turer, fields: {Navn: Omrade}}}", `<Merknad><Navn>Øvre</Navn></Merknad><Merknad><Navn>Nedre</Navn></Merknad>`},
		{"rows in rows", `prefill: {Turer: {each: Turer, fields: {nr: {value: "1"}, Merke: Merke, Dager: {each: Dager, fields: {Km: km, Kven: {from: Soker.Navn}}}}}}`,
			`<Turer nr="1"><Merke>a</Merke><Merke>b</Merke><Dager><Km>10</Km><Kven>Ola</Kven></Dager><Dager><Kven>Ola</Kven></Dager></Turer><Turer nr="1"></Turer>` +
				`<Turer nr="1"><Dager><Km>7</Km><Kven>Ola</Kven></Dager></Turer>`},
		{"expressions see the row", `prefill: {Turer: {each: turer, fields: {Dager: {each: dager, fields: {Kven: [concat, [dataModel, Soker.Navn], " ", [dataModel, Turer.Omrade], " ", [dataModel, Turer.Dager.Km], " ", [dataModel, "Turer[0].Omrade"]]}}}}}`,
			`<Turer><Dager><Kven>Ola Øvre 10 Øvre</Kven></Dager><Dager><Kven>Ola Øvre  Øvre</Kven></Dager></Turer><Turer><Dager><Kven>Ola Nedre 7 Øvre</Kven></Dager></Turer>`},
		{"rows of one item", `prefill: {Merknad: {each: "Turer[0].Dager", fields: {Alder: Km, Navn: [dataModel, Turer.Dager.Dato]}}}`,
			`<Merknad><Navn>2026-01-01</Navn><Alder>10</Alder></Merknad><Merknad><Navn>2026-01-02</Navn></Merknad>`},
		{"a list as it is", "prefill: {Turer: Turer}", trips},
		{"a group as it is", "prefill: {Soker: Soker, Soker.Alder: {value: ung}}", `<Soker><Navn>Ola</Navn><Alder>ung</Alder></Soker>`},
		{"the whole model", "model: copy", `<Antall>2</Antall><Godtatt>true</Godtatt>` + trips + `<Soker><Navn>Ola</Navn><Alder>41</Alder></Soker>`},
		{"the whole model but", `model: copy
    prefill: {Turer: {each: Turer, fields: {Omrade: Omrade}}, Soker.Navn: {value: Kari}, Antall: "Turer[2].Dager[0].Km", Tittel: Soker.Navn}`,
			`<Tittel>Ola</Tittel><Antall>7</Antall><Godtatt>true</Godtatt><Turer><Omrade>Øvre</Omrade></Turer><Turer><Omrade>Nedre</Omrade></Turer><Soker><Navn>Kari</Navn><Alder>41</Alder></Soker>`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := mustCompile(t, fixed+"    "+c.members+"\n", tripModel, caseModel)
			p, err := handover.PlanOf(d, source(), tripForm)
			var bare strings.Builder
			for line := range strings.Lines(p.Form) {
				bare.WriteString(strings.TrimSpace(line))
			}
			want := `<?xml version="1.0" encoding="UTF-8"?><Sak>` + c.want + `</Sak>`
			if err != nil || bare.String() != want {
				t.Errorf("%v\n%s\nwant\n%s", err, bare.String(), want)
			}
		})
	}
	t.Run("as JSON", func(t *testing.T) {
		t.Parallel()
		d := mustCompile(t, fixed+"    model: copy\n", tripModel, append([]string{`"sak","allowedContentTypes":["application/xml"]`, `"sak","allowedContentTypes":["application/json"]`}, caseModel...))
		p, err := handover.PlanOf(d, source(), tripForm)
		var got, want any
		if err != nil || json.Unmarshal([]byte(p.Form), &got) != nil {
			t.Fatal(p.Form, err)
		}
		if err := json.Unmarshal([]byte(`{"Antall":2,"Godtatt":true,"Soker":{"Navn":"Ola","Alder":"41"},"Turer":[
			{"Omrade":"Øvre","Merke":["a","b"],"Dager":[{"Dato":"2026-01-01","Km":10},{"Dato":"2026-01-02"}]},{"Omrade":"Nedre","Dager":[{"Km":7}]}]}`), &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestRowErrors(t *testing.T) {
	t.Parallel()
	d := mustCompile(t, fixed+"    prefill: {Turer: {each: Turer, fields: {Merke: Merke, Dager: Dager}}}\n", tripModel, caseModel)
	for form, want := range map[string]string{
		`{"Turer":{"a":"hemmeleg"}}`:                       "fill Turer: the value is not a list",
		`{"Turer":[{"Dager":[{},{"Km":"hemmeleg"}]}]}`:     "fill Turer.Dager.Km: the value does not fit Turer.Dager.Km, which is of type integer",
		`{"Turer":[{"Merke":["a",{"b":"hemmeleg"}]}]}`:     "fill Turer.Merke: the value is a group",
		`{"Turer":[null,"hemmeleg",{"Merke":"hemmeleg"}]}`: "fill Turer.Merke: the value is not a list",
	} {
		_, err := handover.PlanOf(d, source(), form)
		var mapping *handover.MappingError
		if !errors.As(err, &mapping) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hemmeleg") {
			t.Errorf("%s: got %v, want %q", form, err, want)
		}
	}
}

func TestRowFaults(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, members       string
		original, receiving []string // before the models with lists
		want                []string
	}{
		{"each of no list", "prefill: {Merknad: {each: Soker, fields: {Navn: Navn}}}", nil, nil, []string{"each needs a list of groups, and Soker is none"}},
		{"each of values", "prefill: {Merknad: {each: 'Turer[0].Merke', fields: {Navn: Navn}}}", nil, nil, []string{"each needs a list of groups, and Turer.Merke is none"}},
		{"each of an unknown list", "prefill: {Merknad: {each: Turar, fields: {Navn: Navn}}}", nil, nil, []string{"has no field Turar"}},
		{"each into no list", "prefill: {Part: {each: Turer, fields: {Navn: Omrade}}}", nil, nil, []string{"Part is no list of groups, so it takes no rows"}},
		{"each through a list", "prefill: {Merknad: {each: Turer.Dager, fields: {Alder: Km}}}", nil, nil, []string{"Turer is a list in fts/soknad; name one item, such as Turer[0]"}},
		{"fields of the row", "prefill: {Merknad: {each: Turer, fields: {Namn: Omrade, Navn: Omrode, Alder: {value: x}}}}", nil, nil, []string{
			"has no field Merknad.Namn; did you mean Merknad.Navn?", "has no field Turer.Omrode; did you mean Turer.Omrade?", "Merknad.Alder: the constant x does not fit"}},
		{"from outside the row", "prefill: {Merknad: {each: Turer, fields: {Navn: Soker.Navn}}}", nil, nil, []string{"has no field Turer.Soker.Navn"}},
		{"from the root through a list", "prefill: {Merknad: {each: Turer, fields: {Navn: {from: Turer.Omrade}}}}", nil, nil, []string{"Turer is a list in fts/soknad; name one item"}},
		{"list into a value", "prefill: {Turer: {each: Turer, fields: {Omrade: Merke}}}", nil, nil, []string{"Turer.Merke is a list in fts/soknad; name one item, such as Merke[0]"}},
		{"value into a list", "prefill: {Turer: {each: Turer, fields: {Merke: Omrade}}}", nil, nil, []string{"Turer.Merke is a list, and Omrade is not"}},
		{"constant into a list", "prefill: {Turer: {each: Turer, fields: {Merke: {value: a}}}}", nil, nil, []string{"Turer.Merke is a list; it takes the values of another list"}},
		{"item of no list", "prefill: {Tittel: 'Soker[0].Navn'}", nil, nil, []string{"Soker is no list in fts/soknad, so it has no items"}},
		{"group without counterpart", "prefill: {Part: 'Turer[0]'}", nil, nil, []string{
			"Turer.Omrade of fts/soknad has no counterpart in Part of fts/mottak; fill Part field by field", "Turer.Dager of", "Turer.Merke of"}},
		{"groups that differ", "prefill: {Part: Soker}", nil, nil, []string{"Soker.Alder of fts/soknad is of type string, and Part.Alder of fts/mottak is of type integer; say under prefill what fills it"}},
		{"groups that differ, mended", "prefill: {Part: Soker, Part.Alder: Soker.Alder}", nil, nil, nil},
		{"copy of what differs", "model: copy", []string{`"Antall":{"type":"integer"}`, `"Antall":{"type":"array","items":{"type":"string"}}`}, nil, []string{
			"Antall of fts/soknad is a list, of type string, and Antall of fts/mottak is of type integer"}},
		{"copy of what differs, mended", "model: copy\n    prefill: {Antall: {value: 1}}", []string{`"Antall":{"type":"integer"}`, `"Antall":{"type":"array","items":{"type":"string"}}`}, nil, nil},
		{"values that are not allowed", "model: copy", []string{`"Godtatt":{"type":"boolean"}`, `"Slag":{"type":"string","enum":["ny","eldre"]}`}, nil, []string{"Slag of fts/soknad may be eldre, which Slag of fts/mottak may not"}},
		{"required and not there", "model: copy", nil, []string{`"Sak":{"type":"object",`, `"Sak":{"type":"object","required":["Tittel","Part","Merknad","Antall"],`, `"Part":{"type":"object",`, `"Part":{"type":"object","required":["Navn"],`}, []string{
			"Tittel of fts/mottak is required, and fts/soknad has none to copy; say under prefill what fills it", "Part.Navn of fts/mottak is required", "Merknad of fts/mottak is required"}},
		{"required and filled", "model: copy\n    prefill: {Tittel: {value: a}, Part.Navn: Soker.Navn, Merknad: {each: Turer, fields: {Navn: Omrade}}}", nil,
			[]string{`"Sak":{"type":"object",`, `"Sak":{"type":"object","required":["Tittel","Part","Merknad","Antall"],`, `"Part":{"type":"object",`, `"Part":{"type":"object","required":["Navn"],`}, nil},
		{"nothing in common", "model: copy", []string{`"Antall"`, `"Tal"`, `"Godtatt"`, `"Ja"`, `"Turer"`, `"Reiser"`, `"Soker":{"$`, `"Kven":{"$`}, nil, []string{"have no field in common"}},
		{"no form to copy", "model: copy", []string{`"appLogic":{"autoCreate":true,"classRef":"Fts.Skjema"}`, `"maxSize":1`}, nil, []string{"fts/soknad has no form data to copy"}},
		{"a group inside itself", "prefill: {Turer: Turer}", []string{`"Km":{"type":"integer"}`, `"Meir":{"$ref":"#/definitions/Dag"}`}, []string{`"Kven":{"type":"string"}`, `"Meir":{"$ref":"#/definitions/Dag"}`}, []string{"Turer.Dager.Meir holds groups like itself"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := compile(t, fixed+"    "+c.members+"\n", twice(tripModel, c.original), twice(caseModel, c.receiving))
			var faults []error
			if joined, ok := err.(interface{ Unwrap() []error }); ok {
				faults = joined.Unwrap()
			}
			if len(faults) != len(c.want) {
				t.Fatalf("got %d faults, want %d: %v", len(faults), len(c.want), err)
			}
			for i, f := range faults {
				if !strings.Contains(f.Error(), c.want[i]) {
					t.Errorf("fault %d is\n  %v\nand does not contain\n  %s", i, f, c.want[i])
				}
			}
		})
	}
}

// twice replaces a model in the files, and then in both.
func twice(model, replace []string) []string {
	return append([]string{model[0], strings.NewReplacer(replace...).Replace(model[1])}, replace...)
}
