package clients_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what .NET answers into testdata/forms.json")

// formCase is form data with what .NET makes of it. Package apphost, which stands in for .NET, is held to the same file by a test of its own, and
// so is what package handover writes.
type formCase struct {
	Name  string `json:"name"`
	Model string `json:"model"`
	XML   string `json:"xml,omitempty"`
	JSON  string `json:"json,omitempty"`
	// Differs says how the stand-in differs, where it does.
	Differs string `json:"differs,omitempty"`
	formAnswer
}

type formAnswer struct {
	Refused bool            `json:"refused,omitempty"`
	Stored  string          `json:"stored,omitempty"`
	Form    json.RawMessage `json:"form,omitempty"`
}

// TestFormsAreWhatDotnetMakesOfThem holds testdata/forms.json to XmlSerializer and System.Text.Json, with which Altinn's applications read
// and write form data.
func TestFormsAreWhatDotnetMakesOfThem(t *testing.T) {
	t.Parallel()
	needDotnet(t)
	file := filepath.Join("testdata", "forms.json")
	content, err := os.ReadFile(file)
	check(t, err)
	var cases []formCase
	check(t, json.Unmarshal(content, &cases))
	handovers := handoverCases(t)
	var questions []formCase
	for _, c := range cases {
		questions = append(questions, formCase{Model: c.Model, XML: c.XML, JSON: c.JSON})
	}
	for _, c := range handovers {
		questions = append(questions, formCase{Model: c.Model, XML: c.XML}, formCase{Model: c.Model, JSON: c.JSON})
	}
	var answers []formAnswer
	ask(t, "models", questions, &answers)
	for i, c := range handovers {
		c.compare(t, "XML", answers[len(cases)+2*i])
		c.compare(t, "JSON", answers[len(cases)+2*i+1])
	}
	for i := range cases {
		c, answer := &cases[i], answers[i]
		if *update {
			c.formAnswer = answer
			continue
		}
		if answer.Refused != c.Refused || answer.Stored != c.Stored || !bytes.Equal(answer.Form, c.Form) {
			t.Errorf("%s: .NET answers %t\n%s\n%s, not %t\n%s\n%s", c.Name, answer.Refused, answer.Stored, answer.Form, c.Refused, c.Stored, c.Form)
		}
	}
	if !*update {
		return
	}
	var lines []string
	for _, c := range cases {
		var line bytes.Buffer
		encoder := json.NewEncoder(&line)
		encoder.SetEscapeHTML(false)
		check(t, encoder.Encode(c))
		lines = append(lines, strings.TrimSpace(line.String()))
	}
	check(t, os.WriteFile(file, []byte("[\n"+strings.Join(lines, ",\n")+"\n]\n"), 0o600))
}

// handoverCase is a form as package handover fills it in and sends it; a test there holds it to that.
type handoverCase struct {
	Name, Model, XML, JSON string
	Values, Read           json.RawMessage
}

func handoverCases(t *testing.T) (cases []handoverCase) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "handovers.json"))
	check(t, err)
	check(t, json.Unmarshal(content, &cases))
	return cases
}

// compare tells whether an application has the values that were filled in, or those that the case names.
func (c handoverCase) compare(t *testing.T, sent string, answer formAnswer) {
	t.Helper()
	want := c.Values
	if c.Read != nil {
		want = c.Read
	}
	if answer.Refused {
		t.Errorf("%s: .NET refuses the %s", c.Name, sent)
	} else if got, want := values(t, answer.Form), values(t, want); !reflect.DeepEqual(got, want) {
		t.Errorf("%s: .NET reads from the %s\n%v, want\n%v", c.Name, sent, got, want)
	}
}

// values are those of a form, by their names in small letters, without what has none.
func values(t *testing.T, form json.RawMessage) any {
	t.Helper()
	var read any
	d := json.NewDecoder(bytes.NewReader(form))
	d.UseNumber()
	check(t, d.Decode(&read))
	var tidy func(value any) any
	tidy = func(value any) any {
		switch v := value.(type) {
		case map[string]any:
			tidied := map[string]any{}
			for name, member := range v {
				if list, isList := member.([]any); member != nil && !(isList && len(list) == 0) {
					tidied[strings.ToLower(name)] = tidy(member)
				}
			}
			return tidied
		case []any:
			for i, item := range v {
				v[i] = tidy(item)
			}
		}
		return value
	}
	return tidy(read)
}
