package form_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/web/form"
)

// What is wrong with one component is told in its place, in the reader's
// language, and nothing can be typed there; the rest of the page is as ever.
func TestFaultyComponents(t *testing.T) {
	t.Parallel()
	const bound = `"dataModelBindings": {"simpleBinding": "Name"}`
	tests := map[string]struct {
		component, want string // want is empty for one that is right
	}{
		"an expression":           {`"type": "Input", "hidden": ["finnesIkke", 1, 2], ` + bound, `Uttrykket i «hidden» kan ikke leses.`},
		"an expression of a text": {`"type": "Input", "textResourceBindings": {"title": "ok", "help": ["concat", ["nope"]]}, ` + bound, `Uttrykket i «textResourceBindings.help» kan ikke leses.`},
		"one of a text only":      {`"type": "Paragraph", "hidden": [5]`, `Uttrykket i «hidden» kan ikke leses.`},
		"one of an unknown type":  {`"type": "NoSuchThing", "hidden": [5]`, `Uttrykket i «hidden» kan ikke leses.`},
		"what is not read there":  {`"type": "NoSuchThing", "minDate": ["nope"], "maxLength": "many"`, ``},
		"no binding":              {`"type": "Input"`, `«dataModelBindings.simpleBinding» mangler, så det er ikke noe sted å lagre svaret.`},
		"no field":                {`"type": "Input", "dataModelBindings": {"simpleBinding": "Finnes.Ikke"}`, `«dataModelBindings.simpleBinding» viser til «Finnes.Ikke», som ikke er i datamodellen.`},
		"another case":            {`"type": "Input", "dataModelBindings": {"simpleBinding": "name"}`, ``},
		"no field of an address":  {`"type": "Address", "dataModelBindings": {"address": "Home.Street", "zipCode": "Home.Nope"}`, `«dataModelBindings.zipCode» viser til «Home.Nope», som ikke er i datamodellen.`},
		"a group":                 {`"type": "Input", "dataModelBindings": {"simpleBinding": "Home"}`, `«dataModelBindings.simpleBinding» viser til «Home», som er en gruppe i datamodellen og ikke kan holde et svar.`},
		"a type in another case":  {`"type": "repeatinggroup", "dataModelBindings": {"group": "Home"}`, `«dataModelBindings.group» viser til «Home», som ikke er en liste i datamodellen.`},
		"no rows":                 {`"type": "RepeatingGroup"`, `«dataModelBindings.group» mangler, så det er ikke noe sted å lagre svaret.`},
		"rows of no list":         {`"type": "RepeatingGroup", "dataModelBindings": {"group": "Home"}`, `«dataModelBindings.group» viser til «Home», som ikke er en liste i datamodellen.`},
		"a group of no list":      {`"type": "Group", "dataModelBindings": {"group": "Home"}`, ``},
		"inside a list":           {`"type": "Input", "dataModelBindings": {"simpleBinding": "Rows.Parts.Name"}`, `«dataModelBindings.simpleBinding» viser inn i listen «Rows», men komponenten står ikke i en repeterende gruppe for den.`},
		"one row of a list":       {`"type": "Input", "dataModelBindings": {"simpleBinding": "Rows[0].What"}`, ``},
		"another data type":       {`"type": "Input", "dataModelBindings": {"simpleBinding": {"field": "Name", "dataType": "other"}}`, `«dataModelBindings.simpleBinding» hører til datatypen «other». Her kan bare skjemaets egen datatype fylles ut.`},
		"its own data type":       {`"type": "Input", "dataModelBindings": {"simpleBinding": {"field": "Name", "dataType": "model"}}`, ``},
		"no option list":          {`"type": "Dropdown", "optionsId": "nope", ` + bound, `Applikasjonen har ingen valgliste «nope». Lister som lages av C#, finnes ikke her.`},
		"no options":              {`"type": "RadioButtons", "options": [], ` + bound, `Komponenten har ingen valg: både «options» og «optionsId» mangler.`},
		"options made of rows":    {`"type": "Dropdown", "source": {"group": "Rows"}, ` + bound, ``},
		"no data type":            {`"type": "FileUpload"`, `config/applicationmetadata.json har ingen datatype «it», så det er ikke noe sted å lagre filene.`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := read(t, made(t, `[
				{"id": "before", "type": "Input", "dataModelBindings": {"simpleBinding": "Inner"}},
				{"id": "it", `+tt.component+`},
				{"id": "after", "type": "Input", "dataModelBindings": {"simpleBinding": "Story"}}]`, file(t, "kinds.schema.json")))
			s := state(t, `{"Inner": "x"}`)
			v, ok := f.View(s, "page", form.Entry{Show: form.ShowAll})
			if !ok || find(t, v, "before").Value != "x" || find(t, v, "after").Name == "" {
				t.Fatalf("the rest of the page is not shown: %s", outline(v))
			}
			faults := f.Faults("nb")
			if tt.want == "" {
				if len(faults) > 0 {
					t.Errorf("nothing is wrong, but it says %+v", faults)
				}
				return
			}
			it := find(t, v, "it")
			if it.Kind != form.KindFaulty || it.Name != "" || it.ShownName != "" || it.CanAdd || it.CanUpload {
				t.Errorf("it can be filled in: %+v", it)
			}
			if len(it.Faults) != 1 || len(faults) != 1 || it.Faults[0] != faults[0] {
				t.Fatalf("faults: %+v and %+v", it.Faults, faults)
			}
			if got := faults[0]; got.Text != tt.want || got.File != "ui/form/layouts/page.json" || got.Page != "page" || got.Component != "it" {
				t.Errorf("%+v", got)
			}
			if english := f.Faults("en")[0].Text; english == tt.want || english == "" {
				t.Errorf("in English it is %q", english)
			}
			operations, issues := f.Read(s, "page", url.Values{"field.it": {"y"}, "field.it.zipCode": {"9730"}, "field.after": {"z"}})
			if len(issues) > 0 || len(operations) != 1 || operations[0].Path != "/Story" {
				t.Errorf("read: %+v, %+v", operations, issues)
			}
			for _, issue := range f.Validate(s) {
				if strings.HasPrefix(issue.Component, "it") {
					t.Errorf("validation asks for what cannot be given: %s", issue.Text)
				}
			}
		})
	}
}

// What stands in a faulty group is still shown, and so is a page whose own
// condition is wrong; a hidden component says nothing.
func TestFaultyAround(t *testing.T) {
	t.Parallel()
	const input = `{"id": "in", "type": "Input", "dataModelBindings": {"simpleBinding": "Name"}}`
	source := pages(t, made(t, `[{"id": "group", "type": "Group", "readOnly": ["nope"], "children": ["in"]}, `+input+`]`, file(t, "kinds.schema.json")),
		`second {"hidden": [5], "layout": [{"id": "other", "type": "Input", "dataModelBindings": {"simpleBinding": "Story"}}, {"id": "gone", "type": "Input", "hidden": true}]}`)
	f, s := read(t, source), state(t, `{}`)
	first, _ := f.View(s, "page", form.Entry{})
	if find(t, first, "group").Kind != form.KindFaulty || find(t, first, "in").Name == "" {
		t.Errorf("the group: %s", outline(first))
	}
	second, _ := f.View(s, "second", form.Entry{})
	top := second.Components[0]
	if len(second.Components) != 2 || top.Kind != form.KindFaulty || top.Faults[0].File != "ui/form/layouts/second.json" || top.Faults[0].Component != "" {
		t.Errorf("the page: %+v", second.Components)
	}
	if detail := top.Faults[0].Detail; !strings.Contains(detail, "read expression: ") {
		t.Errorf("the cause is %q", detail)
	}
	if got := len(f.Faults("nn")); got != 3 {
		t.Errorf("%d faults", got)
	}
}

// Rows whose list does not exist cannot be added, and what the data hold for a
// component that cannot be filled in is still among the answers.
func TestFaultyHolds(t *testing.T) {
	t.Parallel()
	f := read(t, made(t, `[
		{"id": "rows", "type": "RepeatingGroup", "dataModelBindings": {"group": "Nowhere"}, "children": ["in"]},
		{"id": "in", "type": "Input", "required": true, "dataModelBindings": {"simpleBinding": "Nowhere.Name"}},
		{"id": "it", "type": "FileUpload"},
		{"id": "kind", "type": "Dropdown", "optionsId": "nope", "dataModelBindings": {"simpleBinding": "Kind"}},
		{"id": "size", "type": "Dropdown", "optionsId": "nope", "dataModelBindings": {"simpleBinding": "Size"}}]`, file(t, "kinds.schema.json")))
	s := state(t, `{"Kind": "a"}`)
	if operations, err := f.AddRow(s, "rows"); err == nil {
		t.Errorf("a row is added: %+v", operations)
	}
	if v, _ := f.View(s, "page", form.Entry{}); len(v.Components) != 4 {
		t.Errorf("a field without its row is shown: %s", outline(v))
	}
	answers := f.Answers(s)
	if len(answers) != 1 || len(answers[0].Items) != 1 || answers[0].Items[0].Value != "a" || answers[0].Items[0].CanChange {
		t.Errorf("answers: %+v", answers)
	}
}

// What the data model requires is not said to be optional, though the layout does
// not require it.
func TestOptionalIsWhatNobodyDemands(t *testing.T) {
	t.Parallel()
	const schema = `{"$schema": "https://json-schema.org/draft/2020-12/schema", "@xsdRootElement": "m", "type": "object", "required": ["Must", "Home"], "properties": {
		"Must": {"type": "string"}, "May": {"type": "string"},
		"Home": {"type": "object", "required": ["Street"], "properties": {"Street": {"type": "string"}}},
		"Work": {"type": "object", "required": ["Street"], "properties": {"Street": {"type": "string"}}}}}`
	f := read(t, made(t, `[
		{"id": "must", "type": "Input", "dataModelBindings": {"simpleBinding": "Must"}},
		{"id": "may", "type": "Input", "dataModelBindings": {"simpleBinding": "May"}},
		{"id": "asked", "type": "Input", "required": true, "dataModelBindings": {"simpleBinding": "May"}},
		{"id": "home", "type": "Input", "dataModelBindings": {"simpleBinding": "Home.Street"}},
		{"id": "work", "type": "Input", "dataModelBindings": {"simpleBinding": "Work.Street"}}]`, schema))
	tests := map[string]struct{ data, required, optional string }{
		"empty":              {`{}`, "must asked home", "may"},
		"the group is begun": {`{"Work": {}}`, "must asked home work", "may"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := state(t, tt.data)
			v, _ := f.View(s, "page", form.Entry{})
			var required, optional []string
			eachComponent(v.Components, func(c form.Component) {
				if c.Required {
					required = append(required, c.ID)
				}
				if c.Optional {
					optional = append(optional, c.ID)
				}
			})
			if strings.Join(required, " ") != tt.required || strings.Join(optional, " ") != tt.optional {
				t.Errorf("required: %q, optional: %q", required, optional)
			}
			for _, issue := range f.Validate(s) {
				if !strings.Contains(tt.required, issue.Component) {
					t.Errorf("%s is demanded, though it is not said to be required", issue.Component)
				}
			}
		})
	}
}

// A layout directly below ui/ has no set in the name of its file.
func TestFaultOfAnOlderLayout(t *testing.T) {
	t.Parallel()
	source := made(t, `[{"id": "it", "type": "Input"}]`, file(t, "kinds.schema.json"))
	source.Set = app.LayoutSet{Pages: source.Set.Pages}
	if got := read(t, source).Faults("en")[0].File; got != "ui/layouts/page.json" {
		t.Error(got)
	}
}
