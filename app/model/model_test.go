package model_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/model"
)

func example(t testing.TB) *model.Schema {
	t.Helper()
	data, err := os.ReadFile("testdata/skjema.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(data))
}

func parse(t testing.TB, text string) *model.Schema {
	t.Helper()
	s, err := model.ParseSchema([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func paths(fields []model.Field) []string {
	var out []string
	for _, f := range fields {
		out = append(out, f.Path)
	}
	return out
}

func TestFields(t *testing.T) {
	t.Parallel()
	s := example(t)
	if s.Root() != "skjema" {
		t.Errorf("root = %q", s.Root())
	}
	want := []string{
		"versjon", "Soker", "Soker.Navn", "Soker.Telefon", "Soker.Verge", "Ankomst-dato", "Belop", "Antall", "Formaal",
		"Kjoretoy", "Kjoretoy.Type", "Kjoretoy.Type.verdi", "Kjoretoy.Type.orid", "Kjoretoy.Kode", "Merker", "Bekreftet",
	}
	if got := paths(s.Fields()); !slices.Equal(got, want) {
		t.Errorf("fields = %q\nwant %q", got, want)
	}
	if got := paths(s.Children("soker")); !slices.Equal(got, []string{"Soker.Navn", "Soker.Telefon", "Soker.Verge"}) {
		t.Errorf("children of Soker = %q", got)
	}
	if got := paths(s.Children("")); len(got) != 9 || got[0] != "versjon" || got[8] != "Bekreftet" {
		t.Errorf("children of the root = %q", got)
	}
	if got := s.Children("Belop"); got != nil {
		t.Errorf("children of Belop = %q", paths(got))
	}
}

func TestField(t *testing.T) {
	t.Parallel()
	s := example(t)
	tests := map[string]string{ // path → what is said of it
		"versjon":               "string attribute",
		"Soker":                 "object required",
		"SOKER.navn":            "string required max20",
		"soker.telefon":         "string",
		"AnkomstDato":           "string(date)",
		"ankomst-dato":          "string(date)",
		"Belop":                 "number nullable",
		"Antall":                "integer nullable",
		"Formaal":               "string required [transport annet] Formål",
		"Kjoretoy":              "object repeating required",
		"Kjoretoy[1].Kode":      "string",
		"kjoretoy[].type.verdi": "string text",
		"Kjoretoy.Type.orid":    "integer attribute",
		"Merker":                "string repeating max3",
		"Bekreftet":             "boolean",
	}
	for path, want := range tests {
		f, ok := s.Field(path)
		if got := describe(f); !ok || got != want {
			t.Errorf("%s = %q, %t; want %q", path, got, ok, want)
		}
	}
	for _, path := range []string{"", "Finnes", "Soker.Navn.Mer", "Navn", "Soker."} {
		if f, ok := s.Field(path); ok {
			t.Errorf("%q = %+v", path, f)
		}
	}
	if f, _ := s.Field("ankomstdato"); f.Name != "Ankomst-dato" || f.XMLName != "Ankomst-dato" {
		t.Errorf("names = %q, %q", f.Name, f.XMLName)
	}
}

func describe(f model.Field) string {
	words := []string{string(f.Type)}
	if f.Format != "" {
		words[0] += "(" + f.Format + ")"
	}
	add := func(is bool, word string) {
		if is {
			words = append(words, word)
		}
	}
	add(f.Repeating, "repeating")
	add(f.Nullable, "nullable")
	add(f.Required, "required")
	add(f.Attribute, "attribute")
	add(f.TextValue, "text")
	add(f.MaxLength > 0, fmt.Sprint("max", f.MaxLength))
	add(f.Enum != nil, fmt.Sprint(f.Enum))
	add(f.Title != "", f.Title)
	return strings.Join(words, " ")
}

// The forms of schemas differ in where they keep the root.
func TestRoots(t *testing.T) {
	t.Parallel()
	const fields = `"type": "object", "properties": {"A": {"type": "string"}}`
	tests := map[string]struct{ text, root string }{
		"properties at the top":         {`{"@xsdRootElement": "modell", "info": {"rootNode": ""}, ` + fields + `}`, "modell"},
		"named by the file":             {`{"$id": "http://host/fts/x/App/models/sak.schema.json", ` + fields + `}`, "sak"},
		"not named":                     {`{"$id": "schema.json", ` + fields + `}`, ""},
		"rootNode":                      {`{"info": {"rootNode": "#/$defs/Sak"}, "$defs": {"Sak": {` + fields + `}}}`, "Sak"},
		"rootNode is the document":      {`{"info": {"rootNode": "#"}, "@xsdRootElement": "m", ` + fields + `}`, "m"},
		"oneOf":                         {`{"oneOf": [{"$ref": "#/$defs/Sak~1A"}], "$defs": {"Sak/A": {` + fields + `}}}`, "Sak/A"},
		"reference":                     {`{"$ref": "#/$defs/S%C3%A5", "$defs": {"Så": {` + fields + `}}}`, "Så"},
		"the older form":                {`{"properties": {"melding": {"$ref": "#/definitions/Melding"}, "B": {"$ref": "#/definitions/B"}}, "definitions": {"Melding": {` + fields + `}, "B": {}}}`, "Melding"},
		"the older form, named message": {`{"info": {"meldingsnavn": "M"}, "properties": {"B": {"$ref": "#/definitions/B"}, "M": {"$ref": "#/definitions/M"}}, "definitions": {"M": {` + fields + `}, "B": {}}}`, "M"},
		"definitions and real fields":   {`{"properties": {"A": {"type": "string"}}, "definitions": {"B": {}}, "@xsdRootElement": "m"}`, "m"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := parse(t, "\ufeff"+test.text)
			if got := paths(s.Fields()); s.Root() != test.root || !slices.Equal(got, []string{"A"}) {
				t.Errorf("root %q with %q; want %q with A", s.Root(), got, test.root)
			}
			if issues := s.Validate(map[string]any{"A": 5}); len(issues) != 1 || issues[0].Path != "A" || issues[0].Keyword != "type" {
				t.Errorf("issues = %+v", issues)
			}
			if issues := s.Validate(map[string]any{"A": "x"}); issues != nil {
				t.Errorf("issues = %+v", issues)
			}
		})
	}
}

func TestXMLKindsOfTheOlderForm(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"properties": {"S": {"$ref": "#/definitions/S"}}, "definitions": {"S": {"properties": {
		"orid": {"type": "integer", "@xsdType": "XmlAttribute"}, "value": {"$ref": "#/definitions/T", "@xsdType": "XmlSimpleContentExtension"}}},
		"T": {"type": "string", "maxLength": 5}}}`)
	if f, _ := s.Field("orid"); !f.Attribute || f.TextValue || f.Type != model.Integer {
		t.Errorf("orid = %+v", f)
	}
	if f, _ := s.Field("value"); f.Attribute || !f.TextValue || f.MaxLength != 5 {
		t.Errorf("value = %+v", f)
	}
}

func TestLimitsOfAField(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"properties": {"T": {"type": "string", "minLength": 2, "maxLength": 5},
		"N": {"type": "number", "minimum": 0, "maximum": 99.50}}}`)
	if f, _ := s.Field("t"); f.MinLength != 2 || f.MaxLength != 5 || f.Minimum != "" {
		t.Errorf("T = %+v", f)
	}
	if f, _ := s.Field("n"); f.Minimum != "0" || f.Maximum != "99.50" || f.MinLength != 0 {
		t.Errorf("N = %+v", f)
	}
}

// doubling is a schema in which each of some parts refers to the next one twice.
func doubling(parts int) string {
	var b strings.Builder
	b.WriteString(`{"properties": {"A": {"$ref": "#/$defs/0"}}, "$defs": {`)
	for n := range parts {
		fmt.Fprintf(&b, `"%d": {"allOf": [{"$ref": "#/$defs/%d"}, {"$ref": "#/$defs/%d"}]}, `, n, n+1, n+1)
	}
	fmt.Fprintf(&b, `"%d": {"type": "string"}}}`, parts)
	return b.String()
}

// groups is a group of some fields that are each such a group.
func groups(fields int) string {
	var b strings.Builder
	b.WriteString(`{"$ref": "#/$defs/A", "$defs": {"A": {"properties": {"a": {"type": "string"}`)
	for n := range fields {
		fmt.Fprintf(&b, `, "a%d": {"$ref": "#/$defs/A"}`, n)
	}
	return b.String() + "}}}}"
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"nothing":           {``, "it ends too early"},
		"cut off":           {`{"properties": {"A":`, "it ends too early"},
		"no JSON":           {`<xsd/>`, "invalid character"},
		"a list":            {`[]`, "it is no JSON object"},
		"more text":         {`{} {}`, "there is more text after the schema"},
		"no fields":         {`{}`, "the root has no properties"},
		"root elsewhere":    {`{"info": {"rootNode": "#/$defs/A"}}`, `the root "#/$defs/A" is not in the file`},
		"reference":         {`{"properties": {"A": {"$ref": "#/$defs/B"}}}`, `A: the reference "#/$defs/B" is not in the file`},
		"outside reference": {`{"properties": {"A": {"$ref": "https://example.test/a.json"}}}`, `the reference "https://example.test/a.json" is not in the file`},
		"a ring":            {`{"properties": {"A": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"$ref": "#/$defs/A"}}}`, "its references form a ring"},
		"too many ways":     {doubling(30), "its references lead to more than 200000 schemas"},
		"groups of groups":  {groups(1500), "lead to schemas with more than 2000000 members"},
		"a path too long":   {`{"properties": {"` + strings.Repeat("a", 4000) + `": {"properties": {"` + strings.Repeat("b", 96) + `": {}}}}}`, "is longer than 4096 bytes"},
		"too many objects":  {`{"allOf": [{}` + strings.Repeat(",{}", 100_000) + "]}", "it holds more than 100000 objects"},
		"names too like":    {`{"properties": {"A-b": {}, "ab": {}}}`, `"A-b" and "ab" differ only in case or hyphens`},
		"a wrong schema":    {`{"properties": {"A": {"type": "text"}}}`, "read schema: at '/properties/A/type'"},
		"wrong in many ways": {
			`{"properties": {"A": {"maxLength": "x"}, "B": {"maxLength": "x"}, "C": {"maxLength": "x"}, "D": {"maxLength": "x"}, "E": {"maxLength": "x"}, "F": {"maxLength": "x"}, "G": {"maxLength": "x"}}}`,
			"read schema: at '/properties/A/maxLength': got string, want integer; at '/properties/B/maxLength': got string, want integer; at '/properties/C/maxLength': got string, want integer; at '/properties/D/maxLength': got string, want integer; at '/properties/E/maxLength': got string, want integer; and 2 more",
		},
		"too deep": {strings.Repeat(`{"a":`, 70), "nested deeper than 64 levels"},
		"too long": {strings.Repeat(" ", 8<<20+1), "at most 8388608 are read"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := model.ParseSchema([]byte(test.text))
			if err == nil {
				t.Fatalf("read with %q", paths(s.Fields()))
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q does not say %q", err, test.want)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	s := example(t)
	tests := map[string]struct {
		form string
		want []string
	}{
		"complete":              {`{"Soker": {"Navn": "Kari"}, "Formaal": "annet", "Kjoretoy": [{}], "Belop": 1.5, "Antall": 3, "Ankomst-dato": "2031-05-01"}`, nil},
		"nulls count as absent": {`{"Soker": {"Navn": "Kari", "Telefon": null}, "Formaal": "annet", "Kjoretoy": [{"Kode": null}], "Bekreftet": null}`, nil},
		"nothing": {`{}`, []string{
			"Formaal required: the field is required", "Kjoretoy required: the field is required", "Soker required: the field is required"}},
		"deep": {`{"Soker": {"Navn": "K", "Telefon": "hemmelig", "Verge": {"Telefon": "1"}}, "Formaal": "hemmelig", "Kjoretoy": [{"Type": {"orid": "hemmelig"}}], "Merker": ["abc", "hemmelig"]}`, []string{
			"Formaal enum: the value is none of [transport annet]",
			"Kjoretoy[0].Type.orid type: expected integer, got string",
			"Merker[1] maxLength: the text has 8 characters; at most 3 are allowed",
			"Soker.Navn minLength: the text has 1 characters; at least 2 are needed",
			"Soker.Telefon pattern: the value does not have the form ^[0-9]{8}$",
			"Soker.Verge.Navn required: the field is required",
			"Soker.Verge.Telefon pattern: the value does not have the form ^[0-9]{8}$"}},
		"bounds": {`{"Soker": {"Navn": "Kari"}, "Formaal": "annet", "Kjoretoy": [{}, {}, {}], "Belop": -4321, "Ankomst-dato": "hemmelig"}`, []string{
			"Ankomst-dato format: the value is not a valid date",
			"Belop minimum: the number is less than 0",
			"Kjoretoy maxItems: the list has 3 elements; at most 2 are allowed"}},
		"numbers that no float holds":               {`{"Soker": {"Navn": "Kari"}, "Formaal": "annet", "Kjoretoy": [{}], "Belop": -1e99999999, "Antall": 3e-99999999}`, []string{"Belop minimum: the number is less than 0"}},
		"a pattern that looks ahead is not checked": {`{"Soker": {"Navn": "Kari"}, "Formaal": "annet", "Kjoretoy": [{"Kode": "B"}]}`, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dec := json.NewDecoder(strings.NewReader(test.form))
			dec.UseNumber()
			var form any
			if err := dec.Decode(&form); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, issue := range s.Validate(form) {
				got = append(got, issue.Path+" "+issue.Keyword+": "+issue.Message)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("issues:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
			if all := strings.Join(got, ""); strings.Contains(all, "hemmelig") || strings.Contains(all, "4321") {
				t.Errorf("an answer is in a message: %s", all)
			}
		})
	}
}

// Each bound is told in words, without the answer that breaks it.
func TestEveryBoundIsTold(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ schema, value, want string }{
		{`"type": "string"`, `7`, "type: expected string, got number"},
		{`"pattern": "^a$"`, `"hemmelig"`, "pattern: the value does not have the form ^a$"},
		{`"type": "string", "format": "email"`, `"hemmelig"`, "format: the value is not a valid email"},
		{`"enum": ["a", 1]`, `"hemmelig"`, "enum: the value is none of [a 1]"},
		{`"const": "a"`, `"hemmelig"`, "const: the value is not a"},
		{`"type": "string", "minLength": 9`, `"hemmelig"`, "minLength: the text has 8 characters; at least 9 are needed"},
		{`"type": "string", "maxLength": 7`, `"hemmelig"`, "maxLength: the text has 8 characters; at most 7 are allowed"},
		{`"type": "array", "items": {"type": "string"}, "minItems": 2`, `["hemmelig"]`, "minItems: the list has 1 elements; at least 2 are needed"},
		{`"type": "array", "items": {"type": "string"}, "maxItems": 0`, `["hemmelig"]`, "maxItems: the list has 1 elements; at most 0 are allowed"},
		{`"type": "number", "minimum": 0.5`, `-4321`, "minimum: the number is less than 1/2"},
		{`"type": "number", "maximum": 3`, `4321`, "maximum: the number is greater than 3"},
		{`"type": "number", "exclusiveMinimum": 3`, `3`, "exclusiveMinimum: the number is not greater than 3"},
		{`"type": "number", "exclusiveMaximum": 3`, `4321`, "exclusiveMaximum: the number is not less than 3"},
		{`"type": "number", "multipleOf": 5`, `4321`, "multipleOf: the value does not meet multipleOf"},
		{`"type": "object", "additionalProperties": false, "properties": {"b": {}}`, `{"c": "hemmelig"}`, ".c additionalProperties: the field is not in the data model"},
	} {
		s := parse(t, `{"properties": {"A": {`+test.schema+`}}}`)
		var form any
		if err := json.Unmarshal([]byte(`{"A":`+test.value+`}`), &form); err != nil {
			t.Fatal(err)
		}
		issues := s.Validate(form)
		if len(issues) != 1 {
			t.Errorf("%s: issues %+v", test.schema, issues)
			continue
		}
		got := issues[0].Path + " " + issues[0].Keyword + ": " + issues[0].Message
		if strings.TrimPrefix(strings.TrimPrefix(got, "A"), " ") != test.want || strings.Contains(got, "hemmelig") || strings.Contains(got, "4321") {
			t.Errorf("%s: got %q, want %q", test.schema, got, test.want)
		}
	}
}

// Whatever can be read has fields that are found again under their own path.
func FuzzParseSchema(f *testing.F) {
	text, err := os.ReadFile("testdata/skjema.schema.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"properties": {"A": {"$ref": "#/definitions/A"}}, "definitions": {"A": {"properties": {"A": {"$ref": "#/definitions/A"}}}}}`))
	f.Add([]byte(`{"properties": {"A-b": {"anyOf": [{"type": "null"}, {"type": "array", "items": {"type": "integer"}}]}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := model.ParseSchema(data)
		if err != nil {
			return
		}
		for _, field := range s.Fields() {
			if strings.ContainsAny(field.Name, ".[") {
				continue // no tool of Altinn's makes such a name, and no path can hold it
			}
			if strings.ContainsAny(field.Path, "[") {
				continue
			}
			if again, ok := s.Field(field.Path); !ok || again.Path != field.Path {
				t.Errorf("%q is found as %q, %t", field.Path, again.Path, ok)
			}
		}
		s.Validate(map[string]any{"A": []any{nil, 1.5, map[string]any{}}})
	})
}

// Altinn's generator of classes gives whole numbers a width by the type that they had in XML Schema, and elements an order
// unless they stand in xs:all.
func TestWidthsAndOrder(t *testing.T) {
	t.Parallel()
	schema, err := model.ParseSchema([]byte(`{"info": {"rootNode": "#/$defs/Root"}, "$defs": {
		"Root": {"type": "object", "properties": {
			"Any": {"type": "integer"}, "Positive": {"type": "integer", "@xsdType": "PositiveInteger"}, "Short": {"type": "integer", "@xsdType": "Short"},
			"Int": {"$ref": "#/$defs/Int"}, "Longs": {"type": "array", "items": {"type": "integer", "@xsdType": "long"}},
			"Number": {"type": "number", "@xsdType": "Int"}, "Ordered": {"$ref": "#/$defs/Ordered"}, "Free": {"$ref": "#/$defs/Free"}}},
		"Int": {"type": "integer", "@xsdType": "Int"},
		"Ordered": {"@xsdStructure": "sequence", "type": "object", "properties": {"A": {"type": "string"}}},
		"Free": {"@xsdStructure": "all", "type": "object", "properties": {"A": {"type": "string"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"Any": 0, "Positive": 0, "Short": 16, "Int": 32, "Longs": 64, "Number": 0} {
		if field, ok := schema.Field(path); !ok || field.Bits != want {
			t.Errorf("%s has %d bits, want %d", path, field.Bits, want)
		}
	}
	for path, want := range map[string]bool{"": false, "Ordered": false, "Free": true, "free": true, "Free.A": false} {
		if got := schema.AnyOrder(path); got != want {
			t.Errorf("any order at %q: %v", path, got)
		}
	}
}
