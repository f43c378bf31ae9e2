package handover

import (
	"encoding/json"
	"encoding/xml"
	"math"
	"strings"
	"testing"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/app/model"
	"github.com/stafett/stafett/project"
)

const caseSchema = `{"@xsdRootElement":"Sak","info":{"rootNode":"#/definitions/Sak"},"definitions":{
	"Sak":{"type":"object","properties":{
		"versjon":{"type":"string","@xsdType":"XmlAttribute"},"Tittel":{"type":"string"},"Part":{"$ref":"#/definitions/Part"},
		"Antall":{"type":"integer"},"Belop":{"type":"number"},"Godtatt":{"type":"boolean"},"Slag":{"type":"string","enum":["ny","gammel"]}}},
	"Part":{"type":"object","properties":{"Navn":{"type":"string"},"Adresse":{"$ref":"#/definitions/Adresse"}}},
	"Adresse":{"type":"object","properties":{"Poststed":{"type":"string"}}}}}`

func schema(t testing.TB) *model.Schema {
	t.Helper()
	s, err := model.ParseSchema([]byte(caseSchema))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFormEncode(t *testing.T) {
	t.Parallel()
	f := form{schema: schema(t), filled: group{
		"Belop": json.Number("12.50"), "Godtatt": false, "versjon": `1 "a" <b>`, "Tittel": "Kárášjohka & Øvre <Anárjohka>\nlinje to\x00",
		"Part": group{"Adresse": group{"Poststed": "KARASJOK"}}, "Antall": json.Number("3"),
	}}
	got, err := f.encode(xmlType)
	want := `<?xml version="1.0" encoding="UTF-8"?>
<Sak versjon="1 &#34;a&#34; &lt;b&gt;">
  <Tittel>Kárášjohka &amp; Øvre &lt;Anárjohka&gt;&#xA;linje to` + "\uFFFD" + `</Tittel>
  <Part>
    <Adresse>
      <Poststed>KARASJOK</Poststed>
    </Adresse>
  </Part>
  <Antall>3</Antall>
  <Belop>12.50</Belop>
  <Godtatt>false</Godtatt>
</Sak>`
	if err != nil || string(got) != want {
		t.Errorf("XML: %v\n%s\nwant\n%s", err, got, want)
	}
	got, err = f.encode(jsonType)
	want = `{"Antall":3,"Belop":12.50,"Godtatt":false,"Part":{"Adresse":{"Poststed":"KARASJOK"}},"Tittel":"Kárášjohka \u0026 Øvre \u003cAnárjohka\u003e\nlinje to\u0000","versjon":"1 \"a\" \u003cb\u003e"}`
	if err != nil || string(got) != want {
		t.Errorf("JSON: %v\n%s\nwant\n%s", err, got, want)
	}
	empty := form{schema: schema(t), filled: group{}}
	if got, err := empty.encode(xmlType); err != nil || string(got) != xml.Header+"<Sak></Sak>" {
		t.Errorf("empty: %s, %v", got, err)
	}
}

func TestConvert(t *testing.T) {
	t.Parallel()
	s := schema(t)
	cases := []struct {
		value any
		field string
		want  any
		fails bool
	}{
		{nil, "Tittel", nil, false},
		{"", "Tittel", "", false},
		{json.Number("12.50"), "Tittel", "12.50", false},
		{true, "Tittel", "true", false},
		{1e21, "Tittel", "1000000000000000000000", false},
		{0.1, "Tittel", "0.1", false},
		{[]any{"a"}, "Tittel", nil, true},
		{map[string]any{}, "Tittel", nil, true},
		{math.NaN(), "Tittel", nil, true},
		{"ny", "Slag", "ny", false},
		{"NY", "Slag", nil, true},
		{json.Number("3"), "Antall", json.Number("3"), false},
		{json.Number("3.0"), "Antall", json.Number("3"), false},
		{json.Number("9007199254740993"), "Antall", json.Number("9007199254740993"), false},
		{3.0, "Antall", json.Number("3"), false},
		{"41", "Antall", json.Number("41"), false},
		{"", "Antall", nil, false},
		{"041", "Antall", nil, true},
		{" 41", "Antall", nil, true},
		{"3.5", "Antall", nil, true},
		{"1e9", "Antall", nil, true},
		{"1e999999999", "Belop", nil, true},
		{"1,5", "Belop", nil, true},
		{"-1.5", "Belop", json.Number("-1.5"), false},
		{json.Number("0.10"), "Belop", json.Number("0.10"), false},
		{strings.Repeat("1", 41), "Belop", nil, true},
		{true, "Belop", nil, true},
		{"True", "Godtatt", true, false},
		{false, "Godtatt", false, false},
		{"ja", "Godtatt", nil, true},
		{json.Number("1"), "Godtatt", nil, true},
	}
	for _, c := range cases {
		field, ok := s.Field(c.field)
		if !ok {
			t.Fatalf("the schema has no %s", c.field)
		}
		got, err := convert(c.value, field)
		if got != c.want || (err != nil) != c.fails {
			t.Errorf("%#v to %s: got %#v, %v, want %#v", c.value, c.field, got, err, c.want)
		}
		if text, ok := c.value.(string); ok && err != nil && text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("the error holds the answer: %v", err)
		}
	}
}

func TestLookUp(t *testing.T) {
	t.Parallel()
	var value any
	if err := json.Unmarshal([]byte(`{"Soker":{"navn":"a","Navn":"b","NAVN":"c","Fodt-dato":"d","Ærlig-Talt":"g","":"h"},"Turer":[{"Sted":"e"},{"Sted":"f"}],"Tom":null}`), &value); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]any{
		"Soker.Navn": "b", "soker.navn": "a", "SOKER.nAVN": "c", "Soker.FodtDato": "d", "Soker.ærligtalt": "g", "Soker.ÆRLIG-TALT": "g", "Soker.fodt": nil, "Soker.FodtDatoer": nil, "Soker.": "h", "Turer[1].sted": "f", "turer[0].Sted": "e",
		"Turer[2].Sted": nil, "Turer.Sted": nil, "Soker[0]": nil, "Soker.Navn.Mer": nil, "Ukjend": nil, "Tom": nil, "Tom.Mer": nil, "Turer[x]": nil, "": nil,
	} {
		if got := lookUp(value, path); got != want {
			t.Errorf("%q: got %v, want %v", path, got, want)
		}
	}
}

// TestKey pins the key: if it changed, every form that was handed over would
// look new.
func TestKey(t *testing.T) {
	t.Parallel()
	const source = "51000017/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11"
	organisation := project.Recipient{OrganisationNumber: "313547264"}
	want := "7f4d5b71987a06ba007514a3b3b3937247caf2108e2a0c4929e21439b566daa6"
	if got := Key("til-mottak", source, organisation); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if Key("til-mottak", strings.ToUpper(source), organisation) != want {
		t.Error("the key depends on the case of the id")
	}
	seen := map[string]bool{}
	for _, key := range []string{
		want, Key("til-mottak2", source, organisation), Key("til-mottak", "2"+source, organisation),
		Key("til-mottak", source, project.Recipient{PartyID: "313547264"}), Key("til-mottak5", source[1:], organisation),
	} {
		if seen[key] {
			t.Errorf("two handovers have the key %s", key)
		}
		seen[key] = true
	}
}

func TestReadAnswersKeepsTheForm(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{`{"Navn":"Hemmeleg Person"`, `{"a":1}{"Navn":"Hemmeleg Person"}`, `Hemmeleg Person`} {
		if _, err := readAnswers(altinn.Instance{}, []byte(bad)); err == nil || strings.Contains(err.Error(), "H") {
			t.Errorf("%s: got %v", bad, err)
		}
	}
}

// FuzzForm puts any text through the whole of a form: what is written must be
// well-formed, and the text must come back.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{"", "Kárášjohka", "<&>\"'", "]]>", "\r\n\t", "\x00\uFFFE", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := schema(t)
		for _, path := range []string{"Tittel", "versjon", "Part.Navn", "Antall", "Belop", "Godtatt"} {
			field, _ := s.Field(path)
			value, err := convert(text, field)
			if err != nil || value == nil {
				continue
			}
			filled := form{schema: s, filled: group{}}
			filled.filled.set(strings.Split(path, "."), value)
			data, err := filled.encode(xmlType)
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Versjon string `xml:"versjon,attr"`
				Tittel  string
				Navn    string `xml:"Part>Navn"`
			}
			if err := xml.Unmarshal(data, &got); err != nil {
				t.Fatalf("%q: %v\n%s", text, err, data)
			}
			back, ok := map[string]string{"versjon": got.Versjon, "Tittel": got.Tittel, "Part.Navn": got.Navn}[path]
			if ok && valid(text) && back != text {
				t.Errorf("%s: %q came back as %q", path, text, back)
			}
			data, err = filled.encode(jsonType)
			if err != nil || !json.Valid(data) {
				t.Errorf("%q: %s, %v", text, data, err)
			}
		}
	})
}

// valid reports whether XML can hold a text.
func valid(text string) bool {
	var b strings.Builder
	return xml.EscapeText(&b, []byte(text)) == nil && !strings.Contains(b.String(), "\uFFFD")
}
