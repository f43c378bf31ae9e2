package handover

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/model"
)

var update = flag.Bool("update", false, "write anew what is written for .NET to read")

// writtenForm is a form as a handover fills it in, with what is sent of it. The
// tests of internal/clients let .NET read that.
type writtenForm struct {
	Name   string          `json:"name"`
	Model  string          `json:"model"`
	Values json.RawMessage `json:"values"`
	Read   json.RawMessage `json:"read,omitempty"`
	XML    string          `json:"xml"`
	JSON   string          `json:"json"`
}

// TestFormsAreWrittenForDotNET: what is sent is what .NET was seen to read with the values that were filled in.
func TestFormsAreWrittenForDotNET(t *testing.T) {
	t.Parallel()
	read := func(path ...string) []byte {
		content, err := os.ReadFile(filepath.Join(append([]string{".."}, path...)...))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	schemas := map[string]*model.Schema{}
	for name, content := range map[string][]byte{
		"skjema": read("internal", "clients", "testdata", "form.schema.json"),
		"sak":    read("examples", "receiving-app", "models", "sak.schema.json"),
	} {
		schema, err := model.ParseSchema(content)
		if err != nil {
			t.Fatal(err)
		}
		schemas[name] = schema
	}
	var cases []writtenForm
	if err := json.Unmarshal(read("internal", "clients", "testdata", "handovers.json"), &cases); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, c := range cases {
		var values map[string]any
		d := json.NewDecoder(bytes.NewReader(c.Values))
		d.UseNumber()
		if err := d.Decode(&values); err != nil {
			t.Fatal(err)
		}
		f := form{schemas[c.Model], fillGroup(t, schemas[c.Model], "", values)}
		asXML, err := f.encode(xmlType)
		if err != nil {
			t.Fatal(err)
		}
		asJSON, err := f.encode(jsonType)
		if err != nil {
			t.Fatal(err)
		}
		if !*update && (string(asXML) != c.XML || string(asJSON) != c.JSON) {
			t.Errorf("%s is written as\n%s\n%s\nwant\n%s\n%s", c.Name, asXML, asJSON, c.XML, c.JSON)
		}
		c.XML, c.JSON = string(asXML), string(asJSON)
		var line bytes.Buffer
		encoder := json.NewEncoder(&line)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(c); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.TrimSpace(line.String()))
	}
	if *update {
		file := filepath.Join("..", "internal", "clients", "testdata", "handovers.json")
		if err := os.WriteFile(file, []byte("[\n"+strings.Join(lines, ",\n")+"\n]\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// fillGroup converts values as mappings do.
func fillGroup(t *testing.T, schema *model.Schema, path string, values map[string]any) group {
	t.Helper()
	filled := group{}
	for _, f := range schema.Children(path) {
		value, ok := values[f.Name]
		if !ok {
			continue
		}
		items, isList := value.([]any)
		if !isList {
			items = []any{value}
		}
		items = slices.Clone(items)
		for i, item := range items {
			if inner, isGroup := item.(map[string]any); isGroup {
				items[i] = fillGroup(t, schema, f.Path, inner)
				continue
			}
			converted, err := convert(item, f)
			if err != nil {
				t.Fatal(err)
			}
			items[i] = converted
		}
		switch {
		case isList:
			filled[f.Name] = items
		case items[0] != nil:
			filled[f.Name] = items[0]
		}
	}
	return filled
}

// TestConvertToTypesOfDotNET: what the receiving application would refuse a form for is told before it is sent.
func TestConvertToTypesOfDotNET(t *testing.T) {
	t.Parallel()
	const refused = "refused"
	for _, c := range []struct {
		value string
		to    model.Field
		want  any
	}{
		{"2147483647", model.Field{Type: model.Integer, Bits: 32}, json.Number("2147483647")},
		{"-2147483648", model.Field{Type: model.Integer, Bits: 32}, json.Number("-2147483648")},
		{"2147483648", model.Field{Type: model.Integer, Bits: 32}, refused},
		{"-2147483649", model.Field{Type: model.Integer, Bits: 32}, refused},
		{"-32768", model.Field{Type: model.Integer, Bits: 16}, json.Number("-32768")},
		{"9223372036854775808", model.Field{Type: model.Integer, Bits: 64}, refused},
		{"9223372036854775808", model.Field{Type: model.Integer}, json.Number("9223372036854775808")},
		{"79228162514264337593543950335", model.Field{Type: model.Integer}, json.Number("79228162514264337593543950335")},
		{"-79228162514264337593543950336", model.Field{Type: model.Integer}, refused},
		{"79228162514264337593543950334.5", model.Field{Type: model.Number}, json.Number("79228162514264337593543950334.5")},
		{"79228162514264337593543950336", model.Field{Type: model.Number}, refused},
		{"", model.Field{Type: model.String, Format: "date-time"}, nil},
		{"", model.Field{Type: model.String, Format: "date"}, ""},
	} {
		got, err := convert(c.value, c.to)
		if err != nil {
			got = refused
		}
		if got != c.want {
			t.Errorf("%s to %s of %d bits: %v, want %v", c.value, c.to.Type, c.to.Bits, got, c.want)
		}
	}
}
