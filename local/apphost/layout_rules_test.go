package apphost_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local/apphost"
	"github.com/stafett/stafett/local/authentication"
)

const validatesLayout = `{"AppSettings":{"RequiredValidation":true,"ExpressionValidation":"true"}}`

// rules are a validation.json with a rule of each kind.
const rules = `{
	"definitions": {
		"heavy": {"message": "vekt.tung", "severity": "warning", "condition": ["greaterThan", ["dataModel", ["argv", 0]], 1000]},
		"too-heavy": {"ref": "heavy", "message": "vekt.altfor.tung", "severity": "error"}
	},
	"validations": {
		"Kjoring.TilDato": [{"message": "dato.lik", "condition": ["equals", ["dataModel", ["argv", 0]], ["dataModel", "Kjoring.FraDato"]]}],
		"Kjoring.FormaalAnnet": [{"message": "formaal.lang", "condition": ["greaterThan", ["stringLength", ["dataModel", ["argv", 0]]], 3]}],
		"Kjoretoy.Vekt": ["heavy", {"ref": "too-heavy", "condition": ["and", ["greaterThan", ["dataModel", ["argv", 0]], 1000], ["equals", ["dataModel", "Kjoretoy.Type"], "atv"]]},
			"unknown", {"message": "no condition"}, {"condition": true}]
	}
}`

// onDisk keeps an example in a folder, so that it has settings, after edit has
// changed it.
func onDisk(t *testing.T, id, example string, edit func(dir string)) option {
	t.Helper()
	root := t.TempDir()
	must(t, examples.WriteTo(root))
	dir := filepath.Join(root, example)
	edit(dir)
	folder, err := app.Load(dir)
	must(t, err)
	return func(s *settings) { s.folders[id] = folder }
}

func write(t *testing.T, dir, file, content string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(dir, filepath.FromSlash(file)), []byte(content), 0o600))
}

// detail is an issue with what layouts add to it.
type detail struct {
	finding
	CustomTextKey        *string           `json:"customTextKey"`
	CustomTextParameters map[string]string `json:"customTextParameters"`
}

// patched changes the form of an instance and lists "source field code" of the
// issues in the answer, without those of the data model.
func (w *world) patched(t *testing.T, in instance, operations string) string {
	t.Helper()
	r := w.json(w.maret(), http.MethodPatch, original+"/instances/"+in.ID+"/data",
		`{"patches":[{"dataElementId":"`+in.of(t, "skjema").ID+`","patch":[`+operations+`]}]}`).want(http.StatusOK)
	var answer struct {
		Issues []struct {
			Source string   `json:"source"`
			Issues []detail `json:"issues"`
		} `json:"validationIssues"`
	}
	r.into(&answer)
	var out []string
	for _, source := range answer.Issues {
		for _, found := range source.Issues {
			if source.Source != "JsonSchema" && found.Field != nil {
				out = append(out, fmt.Sprintf("%s %s %s %d", found.Source, *found.Field, found.Code, found.Severity))
			}
		}
	}
	return strings.Join(out, "\n")
}

const complete = `{"op":"add","path":"/Soker","value":{"Navn":"M","Adresse":"G 1","Postnummer":"9730","Poststed":"K","Telefon":"99887766","Epost":"m@example.com"}},
	{"op":"add","path":"/Kjoring","value":{"Formaal":"ved","Kommune":"5610","Omrade":"I","Rute":"R","FraDato":"2027-06-01","TilDato":"2027-06-30","AntallTurer":4}},
	{"op":"add","path":"/Kjoretoy","value":[{"Type":"atv","Vekt":400}]},{"op":"add","path":"/Begrunnelse","value":"B"},{"op":"add","path":"/VilkarBekreftet","value":true}`

// An application that is told so validates what the layout requires and what
// the rules say, row by row, and lets hidden fields be.
func TestLayoutIsValidated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onDisk(t, original, examples.OriginalForm, func(dir string) {
		write(t, dir, "appsettings.json", validatesLayout)
		write(t, dir, "models/skjema.validation.json", rules)
	}))
	in := w.create(w.maret(), original, ownerOf(maretParty))
	if got := w.patched(t, in, complete); got != "" {
		t.Errorf("a complete form: %s", got)
	}
	for _, c := range []struct{ what, operations, want string }{
		{"a field is empty", `{"op":"replace","path":"/Soker/Navn","value":"  "}`, "Required Soker.Navn required 1"},
		{"it is filled in", `{"op":"replace","path":"/Soker/Navn","value":"M"}`, ""},
		{"a hidden component asks for nothing", `{"op":"add","path":"/Kjoring/FormaalAnnet","value":"much too long"}`, ""},
		{"it does when shown", `{"op":"replace","path":"/Kjoring/Formaal","value":"annet"}`, "Expression Kjoring.FormaalAnnet formaal.lang 1"},
		{"and must be filled in", `{"op":"remove","path":"/Kjoring/FormaalAnnet"}`, "Required Kjoring.FormaalAnnet required 1"},
		{"the purpose is another", `{"op":"replace","path":"/Kjoring/Formaal","value":"ved"}`, ""},
		{"a row lacks something", `{"op":"add","path":"/Kjoretoy/-","value":{"Type":"traktor"}}`, "Required Kjoretoy[1].Vekt required 1"},
		{"a row is remarkable", `{"op":"add","path":"/Kjoretoy/1/Vekt","value":4000}`, "Expression Kjoretoy[1].Vekt vekt.tung 2"},
		{"another is wrong too", `{"op":"replace","path":"/Kjoretoy/0/Vekt","value":2000}`,
			"Expression Kjoretoy[0].Vekt vekt.tung 2\nExpression Kjoretoy[0].Vekt vekt.altfor.tung 1\nExpression Kjoretoy[1].Vekt vekt.tung 2"},
		{"two dates are one", `{"op":"replace","path":"/Kjoretoy/0/Vekt","value":1},{"op":"remove","path":"/Kjoretoy/1"},{"op":"replace","path":"/Kjoring/TilDato","value":"2027-06-01"}`,
			"Expression Kjoring.TilDato dato.lik 1"},
	} {
		if got := w.patched(t, in, c.operations); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.what, got, c.want)
		}
	}

	path := original + "/instances/" + in.ID
	problem := w.json(w.maret(), http.MethodPut, path+"/process/next", "").wantProblem(http.StatusConflict, "Validation failed for task")
	if issues := problem["validationIssues"].([]any); len(issues) != 1 || issues[0].(map[string]any)["customTextKey"] != "dato.lik" {
		t.Errorf("issues %v", issues)
	}
	if found := w.findings(w.maret(), original, in.ID, "?ignoredValidators=Expression"); len(found) != 0 {
		t.Errorf("ignored: %+v", found)
	}
	w.patched(t, in, `{"op":"remove","path":"/Kjoretoy/0/Type"}`)
	var found []detail
	w.json(w.maret(), http.MethodGet, path+"/validate?ignoredValidators=Expression,JsonSchema", "").want(http.StatusOK).into(&found)
	want := map[string]string{
		"field": "Kjoretoy[0].Type", "layoutId": "form", "pageId": "kjoretoy", "componentId": "kjoretoy-type", "bindingName": "simpleBinding",
	}
	if len(found) != 1 || *found[0].CustomTextKey != "backend.validation_errors.required" || fmt.Sprint(found[0].CustomTextParameters) != fmt.Sprint(want) || *found[0].DataElementID != in.of(t, "skjema").ID {
		t.Errorf("issue %+v", found)
	}
}

// Without the settings, layouts are for the browser.
func TestLayoutIsNotValidatedUnasked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onDisk(t, original, examples.OriginalForm, func(dir string) {
		write(t, dir, "models/skjema.validation.json", rules)
	}))
	in := w.create(w.maret(), original, ownerOf(maretParty))
	if got := w.patched(t, in, complete+`,{"op":"replace","path":"/Kjoring/TilDato","value":"2027-06-01"}`); got != "" {
		t.Errorf("issues: %s", got)
	}
	if body := w.json("", http.MethodGet, original+"/api/validationconfig/skjema", "").want(http.StatusOK).body; body != rules {
		t.Errorf("rules %s", body)
	}
}

// Conditions that cannot be evaluated stop the application, as they do the
// published one, and say which.
func TestConditionsThatFail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, old, new, want string }{
		"unknown component": {"ui/form/layouts/kjoretoy.json", `"required": false`, `"required": ["component", "nobody"]`, `required of component kjoretoy-regnr`},
		"circle":            {"ui/form/layouts/kjoretoy.json", `"required": false`, `"hidden": ["equals", ["component", "kjoretoy-regnr"], "x"]`, "look at each other"},
		"groups in each other": {"ui/form/layouts/kjoretoy.json", `"layout": [`,
			`"layout": [{"id":"top","type":"Group","children":["one"]},{"id":"one","type":"Group","children":["two"]},{"id":"two","type":"Group","children":["one"]},`, "lies in itself"},
		"no boolean": {"models/skjema.validation.json", "", `{"validations":{"Begrunnelse":[{"message":"m","condition":"text"}]}}`, "rule m of Begrunnelse is not true or false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, onDisk(t, original, examples.OriginalForm, func(dir string) {
				write(t, dir, "appsettings.json", validatesLayout)
				content := ""
				if c.old != "" {
					data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(c.file)))
					must(t, err)
					content = string(data)
				}
				write(t, dir, c.file, strings.Replace(content, c.old, c.new, 1))
			}))
			in := w.create(w.maret(), original, ownerOf(maretParty))
			body := `{"patches":[{"dataElementId":"` + in.of(t, "skjema").ID + `","patch":[` + complete + `]}]}`
			problem := w.json(w.maret(), http.MethodPatch, original+"/instances/"+in.ID+"/data", body).
				wantProblem(http.StatusInternalServerError, "Something went wrong.")
			if detail, _ := problem["detail"].(string); !strings.Contains(detail, c.want) {
				t.Errorf("detail %q, want %q", detail, c.want)
			}
		})
	}
}

func TestRulesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"[]", "{", `{"validations":[]}`, `{"definitions":[]}`, `{"validations":{"Begrunnelse":[1]}}`, `{"definitions":{"a":1}}`} {
		folder := *loadExample(t, examples.OriginalForm)
		folder.ValidationJSON = map[string][]byte{"skjema": []byte(file)}
		w := newWorld(t)
		_, err := apphost.New(apphost.Config{Folder: &folder, Platform: "https://platform", Verifier: authentication.TokenVerifier(w.auth)})
		if err == nil || !strings.Contains(err.Error(), "models/skjema.validation.json") {
			t.Errorf("%s: %v", file, err)
		}
	}
}
