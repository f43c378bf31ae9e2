package apphost

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stafett/stafett/app/model"
)

// testSchema has each kind of field once.
const testSchema = `{
	"$schema": "https://json-schema.org/draft/2020-12/schema",
	"info": {"rootNode": "#/$defs/Root"},
	"oneOf": [{"$ref": "#/$defs/Root"}],
	"$defs": {
		"Root": {"type": "object", "properties": {
			"Text": {"type": "string"},
			"Day": {"type": "string", "format": "date"},
			"Count": {"type": "integer"},
			"Size": {"type": "number"},
			"Agreed": {"type": "boolean"},
			"Names": {"type": "array", "items": {"type": "string"}},
			"Group": {"type": "object", "properties": {"Inner-Text": {"type": "string"}, "Deep": {"type": "object", "properties": {"Leaf": {"type": "integer"}}}}},
			"Rows": {"type": "array", "items": {"type": "object", "properties": {"Cell": {"type": "string"}, "Number": {"type": "number"}}}}
		}}
	}
}`

func schemaForTest(t testing.TB) *model.Schema {
	t.Helper()
	schema, err := model.ParseSchema([]byte(testSchema))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestParseXML(t *testing.T) {
	t.Parallel()
	schema := schemaForTest(t)
	for name, c := range map[string]struct {
		xml  string
		want form // nil means an error
	}{
		"all kinds": {
			`<?xml version="1.0" encoding="utf-8"?><Root xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
				<Text> a &amp; b </Text><Day>2027-07-05</Day><Count> 7 </Count><Size>-01.50</Size><Agreed>1</Agreed>
				<Names>č</Names><Names/><Group><Deep><Leaf>3</Leaf></Deep></Group>
				<Rows><Cell>1</Cell></Rows><Rows><Number>.5</Number></Rows></Root>`,
			form{
				"Text": " a & b ", "Day": "2027-07-05", "Count": json.Number("7"), "Size": json.Number("-1.50"), "Agreed": true,
				"Names": []any{"č", ""}, "Group": form{"Deep": form{"Leaf": json.Number("3")}},
				"Rows": []any{form{"Cell": "1"}, form{"Number": json.Number("0.5")}},
			},
		},
		"too late":               {`<Root><Count>1</Count><Text>a</Text><Size>1</Size></Root>`, form{"Count": json.Number("1")}},
		"unknown ends its group": {`<Root x="1"><Text>a</Text><Rows><Other/><Cell>b</Cell></Rows><Rows><Cell>c</Cell></Rows><Other/><Rows/></Root>`, form{"Text": "a", "Rows": []any{form{}, form{"Cell": "c"}}}},
		"first of two counts":    {`<Root><Text>a</Text><Text>b</Text></Root>`, form{"Text": "a"}},
		"any text for a date":    {`<Root><Day>5.7.2027</Day></Root>`, form{"Day": "5.7.2027"}},
		"fraction":               {`<Root><Count>1.5</Count></Root>`, form{"Count": json.Number("1.5")}},
		"element in a text":      {`<Root><Text>a<b/></Text></Root>`, nil},
		"more after":             {`<Root/>a`, nil},
		"text before":            {`a<Root/>`, nil},
		"declaration is late":    {"\n<?xml version=\"1.0\"?><Root/>", nil},
		"root is nil":            {`<Root xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>`, nil},
		"nil text is empty":      {`<Root xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Text i:nil="true"/></Root>`, form{"Text": ""}},
		"nil":                    {`<Root xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Count i:nil="true"/></Root>`, form{}},
		"digits before a count": {`<Root><Count>+007</Count><Group><Deep><Leaf>-00</Leaf></Deep></Group></Root>`,
			form{"Count": json.Number("7"), "Group": form{"Deep": form{"Leaf": json.Number("0")}}}},
		"byte order mark":     {"\xef\xbb\xbf<Root/>", form{}},
		"other root":          {`<Other/>`, nil},
		"root in a namespace": {`<Root xmlns="urn:x"/>`, nil},
		"two roots":           {`<Root/><Root/>`, nil},
		"document type":       {`<!DOCTYPE Root [<!ENTITY a "b">]><Root/>`, nil},
		"unfinished":          {`<Root><Text>`, nil},
		"wrong integer":       {`<Root><Count>1,5</Count></Root>`, nil},
		"empty integer":       {`<Root><Count/></Root>`, nil},
		"wrong number":        {`<Root><Size>1e3</Size></Root>`, nil},
		"wrong boolean":       {`<Root><Agreed>ja</Agreed></Root>`, nil},
		"nothing":             {``, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseXML(schema, []byte(c.xml))
			if (err == nil) != (c.want != nil) || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, %v; want %v", got, err, c.want)
			}
			if _, err := writeFormJSON(schema, got); err != nil {
				t.Errorf("it cannot be written as JSON: %v", err)
			}
		})
	}
}

func TestParseJSON(t *testing.T) {
	t.Parallel()
	schema := schemaForTest(t)
	for name, c := range map[string]struct {
		json string
		want form
	}{
		"names in any case": {`{"text":"a","GROUP":{"inner-text":"b"}}`, form{"Text": "a", "Group": form{"Inner-Text": "b"}}},
		"null is nothing":   {`{"Text":null,"Rows":null}`, form{}},
		"number as text":    {`{"Count":"7","Size":1e2}`, form{"Count": json.Number("7"), "Size": json.Number("100")}},
		"zeros before it":   {`{"Count":"007"}`, form{"Count": json.Number("7")}},
		"lists":             {`{"Names":["a"],"Rows":[{},{"Cell":"x"}]}`, form{"Names": []any{"a"}, "Rows": []any{form{}, form{"Cell": "x"}}}},
		"unknown":           {`{"Other":1}`, form{}},
		"text from number":  {`{"Text":1}`, nil},
		"text as boolean":   {`{"Agreed":"true"}`, nil},
		"list for a group":  {`{"Group":[]}`, nil},
		"group for a list":  {`{"Rows":{}}`, nil},
		"fraction":          {`{"Count":1.5}`, form{"Count": json.Number("1.5")}},
		"null in a list":    {`{"Names":["a",null],"Rows":[null]}`, form{"Names": []any{"a"}}},
		"number with space": {`{"Count":" 7"}`, nil},
		"not an object":     {`[]`, nil},
		"more":              {`{}{}`, nil},
		"broken":            {`{`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseJSON(schema, []byte(c.json))
			if (err == nil) != (c.want != nil) || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, %v; want %v", got, err, c.want)
			}
		})
	}
}

func TestWriteForm(t *testing.T) {
	t.Parallel()
	schema := schemaForTest(t)
	f := form{"Agreed": false, "Text": "<a>", "Rows": []any{form{"Number": json.Number("2.5")}}, "Group": form{}}
	const wantXML = `<?xml version="1.0" encoding="utf-8"?>` + "\n" +
		`<Root xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">` +
		`<Text>&lt;a&gt;</Text><Agreed>false</Agreed><Group></Group><Rows><Number>2.5</Number></Rows></Root>`
	if got := string(writeXML(schema, f)); got != wantXML {
		t.Errorf("XML\n%s\nwant\n%s", got, wantXML)
	}
	const wantJSON = `{"Text":"\u003ca\u003e","Day":null,"Count":null,"Size":null,"Agreed":false,"Names":[],` +
		`"Group":{"Inner-Text":null,"Deep":null},"Rows":[{"Cell":null,"Number":2.5}]}`
	got, err := writeFormJSON(schema, f)
	if err != nil || string(got) != wantJSON {
		t.Errorf("JSON\n%s, %v\nwant\n%s", got, err, wantJSON)
	}
}

// drawForm draws form data that the schema can hold.
func drawForm(t *rapid.T) form {
	// XML cannot hold most control characters, and readers turn CR into LF.
	text := rapid.StringOfN(rapid.RuneFrom([]rune("abcæøåČđŋŠŧž <>&\"'\n\t😀")), 0, 20, -1)
	number := rapid.Custom(func(t *rapid.T) json.Number {
		plain, _ := decimal(rapid.StringMatching(`-?[0-9]{1,6}(\.[0-9]{1,4})?`).Draw(t, "number"), false)
		return json.Number(plain)
	})
	row := rapid.Custom(func(t *rapid.T) any {
		return form{"Cell": text.Draw(t, "cell"), "Number": number.Draw(t, "size")}
	})
	f := form{}
	if rapid.Bool().Draw(t, "has text") {
		f["Text"] = text.Draw(t, "text")
	}
	if rapid.Bool().Draw(t, "has size") {
		f["Size"] = number.Draw(t, "size")
	}
	if rapid.Bool().Draw(t, "has agreed") {
		f["Agreed"] = rapid.Bool().Draw(t, "agreed")
	}
	if rapid.Bool().Draw(t, "has group") {
		f["Group"] = form{"Inner-Text": text.Draw(t, "inner")}
	}
	if rows := rapid.SliceOfN(row, 0, 3).Draw(t, "rows"); len(rows) > 0 {
		f["Rows"] = rows
	}
	return f
}

// TestFormRoundTrip: what is written can be read, in both forms, unchanged.
func TestFormRoundTrip(t *testing.T) {
	t.Parallel()
	schema := schemaForTest(t)
	rapid.Check(t, func(t *rapid.T) {
		f := drawForm(t)
		fromXML, err := parseXML(schema, writeXML(schema, f))
		if err != nil || !reflect.DeepEqual(fromXML, f) {
			t.Fatalf("through XML: %v, %v; want %v", fromXML, err, f)
		}
		text, err := writeFormJSON(schema, f)
		if err != nil {
			t.Fatal(err)
		}
		fromJSON, err := parseJSON(schema, text)
		if err != nil || !reflect.DeepEqual(fromJSON, f) {
			t.Fatalf("through JSON: %v, %v; want %v", fromJSON, err, f)
		}
	})
}

// What the model allows is read however deep it is, in both forms; what it does not
// know is not followed.
func TestDeepForm(t *testing.T) {
	t.Parallel()
	const deep = 100
	var groups strings.Builder
	for i := range deep {
		fmt.Fprintf(&groups, `"G%d": {"type": "object", "properties": {"Next": {"$ref": "#/$defs/G%d"}}},`, i, i+1)
	}
	schema, err := model.ParseSchema([]byte(`{"$schema": "https://json-schema.org/draft/2020-12/schema", "info": {"rootNode": "#/$defs/G0"},
		"oneOf": [{"$ref": "#/$defs/G0"}], "$defs": {` + groups.String() + fmt.Sprintf(`"G%d": {"type": "string"}}}`, deep)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := parseJSON(schema, []byte(strings.Repeat(`{"Next":`, deep)+`"x"`+strings.Repeat("}", deep)))
	if err != nil {
		t.Fatal(err)
	}
	if back, err := parseXML(schema, writeXML(schema, f)); err != nil || !reflect.DeepEqual(back, f) {
		t.Errorf("%v, %v", back, err)
	}
	unknown := "<G0>" + strings.Repeat("<X>", 1e5) + strings.Repeat("</X>", 1e5) + "</G0>"
	if back, err := parseXML(schema, []byte(unknown)); err != nil || len(back) != 0 {
		t.Errorf("%d fields, %v", len(back), err)
	}
}

func TestPrefill(t *testing.T) {
	t.Parallel()
	schema := schemaForTest(t)
	text := func(s string) *string { return &s }
	for name, c := range map[string]struct {
		before form
		values map[string]*string
		want   form // nil means an error
	}{
		"case and hyphens":    {form{}, map[string]*string{"gro-up.innertext": text("a")}, form{"Group": form{"Inner-Text": "a"}}},
		"intermediate group":  {form{}, map[string]*string{"Group.Deep.Leaf": text("3")}, form{"Group": form{"Deep": form{"Leaf": json.Number("3")}}}},
		"unknown":             {form{}, map[string]*string{"Nope": text("x"), "Text.Below": text("x")}, form{}},
		"set already":         {form{"Text": "mine"}, map[string]*string{"Text": text("yours")}, form{"Text": "mine"}},
		"null":                {form{}, map[string]*string{"Text": nil}, form{}},
		"empty number":        {form{}, map[string]*string{"Count": text(""), "Text": text("")}, form{"Text": ""}},
		"through a list":      {form{}, map[string]*string{"Rows.Cell": text("x"), "Rows[0].Cell": text("x")}, form{}},
		"list":                {form{}, map[string]*string{"Names": text("x")}, nil},
		"group":               {form{}, map[string]*string{"Group": text("x")}, nil},
		"boolean of any case": {form{}, map[string]*string{"Agreed": text("True")}, form{"Agreed": true}},
		"inconvertible":       {form{}, map[string]*string{"Count": text("three")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := c.before
			err := applyPrefill(schema, f, c.values)
			if c.want == nil {
				if !errors.Is(err, errFormat) {
					t.Errorf("error %v, want errFormat", err)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(f, c.want) {
				t.Errorf("got %v, %v; want %v", f, err, c.want)
			}
		})
	}
}

func TestPrefillFile(t *testing.T) {
	t.Parallel()
	schema := schemaForTest(t)
	owner := &party{Organization: json.RawMessage(`{"orgNumber":"313547264","name":"Ferdselstilsynet"}`)}
	const file = `{"allowOverwrite":%,"ER":{"Name":"Text","OrgNumber":"Group.Inner-Text","Unknown":"Count"},"DSF":{"Name":"Day"}}`
	for overwrite, want := range map[string]string{"true": "Ferdselstilsynet", "false": "mine"} {
		f := form{"Text": "mine"}
		if err := applyPrefillFile(schema, f, []byte(strings.Replace(file, "%", overwrite, 1)), owner); err != nil {
			t.Fatal(err)
		}
		if wanted := (form{"Text": want, "Group": form{"Inner-Text": "313547264"}}); !reflect.DeepEqual(f, wanted) {
			t.Errorf("overwrite %s: %v, want %v", overwrite, f, wanted)
		}
	}
}

// FuzzParseXML: whatever is read can be written and read again as the same.
func FuzzParseXML(f *testing.F) {
	schema := schemaForTest(f)
	f.Add([]byte(`<Root><Text>a</Text><Rows><Cell>b</Cell></Rows></Root>`))
	f.Add([]byte(`<Root><Count>+7</Count><Size>00.10</Size><Agreed>true</Agreed><Day>2027-07-05T10:00:00Z</Day></Root>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := parseXML(schema, data)
		if err != nil {
			return
		}
		second, err := parseXML(schema, writeXML(schema, first))
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Fatalf("read %v, then %v, %v", first, second, err)
		}
	})
}

// TestExampleForm: the filled-in form of the examples survives both forms.
func TestExampleForm(t *testing.T) {
	t.Parallel()
	read := func(path ...string) []byte {
		content, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "examples"}, path...)...))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	schema, err := model.ParseSchema(read("original-form", "models", "skjema.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := parseJSON(schema, read("data", "soknad.json"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := parseXML(schema, writeXML(schema, f))
	if err != nil || !reflect.DeepEqual(again, f) {
		t.Errorf("through XML: %v, %v; want %v", again, err, f)
	}
	if issues := schema.Validate(f); len(issues) != 0 {
		t.Errorf("issues %v", issues)
	}
}

// TestXMLAttributes: older models keep values in attributes and in the text of
// an element that has them.
func TestXMLAttributes(t *testing.T) {
	t.Parallel()
	schema, err := model.ParseSchema([]byte(`{"info": {"rootNode": "#/$defs/Root"}, "oneOf": [{"$ref": "#/$defs/Root"}], "$defs": {"Root": {"type": "object", "properties": {
		"form": {"type": "integer", "@xsdType": "XmlAttribute"},
		"Sum": {"type": "object", "properties": {
			"orid": {"type": "string", "@xsdType": "XmlAttribute"},
			"value": {"type": "number", "@xsdType": "XmlText", "@xsdText": true}}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	f := form{"form": json.Number("12"), "Sum": form{"orid": `a"b`, "value": json.Number("3.5")}}
	written := writeXML(schema, f)
	if !strings.Contains(string(written), ` form="12"><Sum orid="a&#34;b">3.5</Sum></Root>`) {
		t.Errorf("written %s", written)
	}
	if read, err := parseXML(schema, written); err != nil || !reflect.DeepEqual(read, f) {
		t.Errorf("read %v, %v", read, err)
	}
	for _, wrong := range []string{`<Root form="x"/>`, `<Root><Sum>x</Sum></Root>`} {
		if read, err := parseXML(schema, []byte(wrong)); err == nil {
			t.Errorf("%s was read as %v", wrong, read)
		}
	}
}
