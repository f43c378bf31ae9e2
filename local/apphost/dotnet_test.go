package apphost

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stafett/stafett/app/model"
)

// TestFormsAreReadAndWrittenAsByDotNET holds the stand-in to what .NET's XmlSerializer and System.Text.Json make of the same form data. The
// answers are recorded; internal/clients holds the record to .NET itself.
func TestFormsAreReadAndWrittenAsByDotNET(t *testing.T) {
	t.Parallel()
	read := func(path ...string) []byte { return ofRepository(t, path...) }
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
	var cases []struct {
		Name, Model, XML, JSON, Differs string
		Refused                         bool
		Stored                          string
		Form                            json.RawMessage
	}
	if err := json.Unmarshal(read("internal", "clients", "testdata", "forms.json"), &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		stored, shown, err := kept(schemas[c.Model], c.XML, c.JSON)
		same := (err != nil) == c.Refused
		if err == nil && !c.Refused {
			same = reflect.DeepEqual(tokens(t, stored), tokens(t, []byte(c.Stored))) && reflect.DeepEqual(decoded(t, shown), decoded(t, c.Form))
		}
		if same != (c.Differs == "") {
			t.Errorf("%s (differs: %q): %v\n%s\n%s\n.NET: refused %t\n%s\n%s", c.Name, c.Differs, err, stored, shown, c.Refused, c.Stored, c.Form)
		}
	}
}

// kept is what an application stores of form data, and what it answers of that as JSON.
func kept(schema *model.Schema, fromXML, fromJSON string) (stored, shown []byte, err error) {
	var f form
	if fromXML != "" {
		f, err = parseXML(schema, []byte(fromXML))
	} else {
		f, err = parseJSON(schema, []byte(fromJSON))
	}
	if err != nil {
		return nil, nil, err
	}
	stored = writeXML(schema, f)
	if f, err = parseXML(schema, stored); err != nil {
		return stored, nil, err
	}
	shown, err = writeFormJSON(schema, f)
	return stored, shown, err
}

// tokens are what XML says, but not how: what stands before the root is left out.
func tokens(t *testing.T, data []byte) []xml.Token {
	t.Helper()
	var all []xml.Token
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, isStart := token.(xml.StartElement); isStart || len(all) > 0 {
			all = append(all, xml.CopyToken(token))
		}
	}
}

func decoded(t *testing.T, data []byte) any {
	t.Helper()
	value, err := decodeJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// TestNamesAreWrittenAsByDotNET: the names of settings and of XML attributes in JSON.
func TestNamesAreWrittenAsByDotNET(t *testing.T) {
	t.Parallel()
	var cases []struct{ Name, CamelCase string }
	if err := json.Unmarshal(ofRepository(t, "internal", "clients", "testdata", "names.json"), &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if got := camelCase(c.Name); got != c.CamelCase {
			t.Errorf("%s becomes %s, in .NET %s", c.Name, got, c.CamelCase)
		}
	}
}

func ofRepository(t *testing.T, path ...string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return content
}
