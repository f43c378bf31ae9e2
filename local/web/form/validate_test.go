package form_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/web/form"
)

func issueText(issues []form.Issue) string {
	var b strings.Builder
	for _, i := range issues {
		fmt.Fprintf(&b, "%s#%s %s: %s", i.Page, i.Component, i.Field, i.Text)
		if i.Missing {
			b.WriteString(" (missing)")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestValidateOneField(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ data, component, want string }{
		"too short":             {`{"Name": "x"}`, "name", "Skriv minst 2 tegn i «Name of you»."},
		"too long by layout":    {`{"Name": "Čáhppečáhppe"}`, "name", "Skriv høyst 10 tegn i «Name of you»."},
		"letters, not bytes":    {`{"Name": "ČčĐđŊŋŠšŦŧ"}`, "name", ""},
		"too small":             {`{"Price": -0.5}`, "price", "«Price» kan ikke være mindre enn 0."},
		"too large":             {`{"Price": 10000.01}`, "price", "«Price» kan ikke være større enn 10\u00a0000."},
		"not whole":             {`{"Rows": [{"What": "a", "Weight": 1.5}]}`, "weight-0", "Skriv «Weight of a» som et helt tall, for eksempel 12."},
		"pattern":               {`{"Account": "123"}`, "account", "Skriv «account» med 11 sifre."},
		"not a date":            {`{"Day": "tomorrow"}`, "day", "Skriv «Day» som en dato, for eksempel 17.05.2026."},
		"too early":             {`{"Day": "2026-05-18"}`, "day", "«Day» kan ikke være før 19.05.2026."},
		"early enough":          {`{"Day": "2026-05-19"}`, "day", ""},
		"too late":              {`{"Day": "2027-05-21"}`, "day", "«Day» kan ikke være etter 20.05.2027."},
		"not offered":           {`{"Kind": "x"}`, "kind", "Velg et av alternativene under «Kind»."},
		"not offered any more":  {`{"List": ["c"]}`, "list", "Velg et av alternativene under «List»."},
		"missing choice":        {`{}`, "kind", "Velg et svar under «Kind»."},
		"missing boxes":         {`{}`, "tags", "Kryss av under «Tags»."},
		"missing in a row":      {`{"Rows": [{"What": "a"}, {"What": " "}]}`, "what-1", "Fyll ut «What»."},
		"hidden":                {`{"Kind": "b"}`, "inner", ""},
		"shown, not required":   {`{"Kind": "a"}`, "inner", ""},
		"shown and required":    {`{"Kind": "a", "Name": "Áŋne"}`, "inner", "Fyll ut «Inner»."},
		"required in the model": {`{"Home": null}`, "home.address", "Fyll ut «Gateadresse»."},
		"too few files":         {`{}`, "files", "Last opp filer under «Files». Det må være minst 1."},
		"too many rows":         {`{"Rows": [{}, {}, {}, {}]}`, "rows", "Slett rader under «Row of things». Det kan være høyst 3."},
		"rows enough":           {`{}`, "rows", ""},
	}
	f := allKinds(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var texts []string
			for _, i := range f.Validate(state(t, tt.data)) {
				if i.Component == tt.component {
					texts = append(texts, i.Text)
				}
			}
			if got := strings.Join(texts, "\n"); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// The example that is filled in has nothing wrong; the empty one lacks what it
// must have, in the order of the pages.
func TestValidateTheExample(t *testing.T) {
	t.Parallel()
	f := example(t, "original-form", "nb")
	if issues := f.Validate(state(t, exampleData(t))); len(issues) > 0 {
		t.Errorf("the filled-in example has\n%s", issueText(issues))
	}
	golden(t, "original.missing.txt", issueText(f.Validate(state(t, `{}`))))
	if issues := f.Validate(state(t, `{}`), "kjoretoy", "nowhere"); len(issues) != 2 || issues[0].Component != "kjoretoy-type-0" {
		t.Errorf("one page has\n%s", issueText(issues))
	}
}

func TestWordsOfTheApplicationComeFirst(t *testing.T) {
	t.Parallel()
	source := made(t, `[{"id": "name", "type": "Input", "dataModelBindings": {"simpleBinding": "Name"}, "required": true,
			"textResourceBindings": {"title": "Name", "shortName": "your name", "requiredValidation": "Tell us who you are"}},
		{"id": "inner", "type": "Input", "dataModelBindings": {"simpleBinding": "Inner"}, "required": true,
			"textResourceBindings": {"title": "Inner", "shortName": "the inner"}}]`, file(t, "kinds.schema.json"))
	source.Texts.Resources = append(source.Texts.Resources, text("form_filler.error_required", "You must give {0}"))
	want := "page#name Name: Tell us who you are (missing)\npage#inner Inner: You must give the inner (missing)\n"
	if got := issueText(read(t, source).Validate(state(t, `{}`))); got != want {
		t.Errorf("got %s", got)
	}
}

func TestShowTellsHowMuchOfTheShortcomings(t *testing.T) {
	t.Parallel()
	f, s := allKinds(t), state(t, `{"Price": -1}`)
	for show, want := range map[form.Show]int{form.ShowNone: 0, form.ShowEntered: 1, form.ShowAll: 9} {
		v, _ := f.View(s, "page", form.Entry{Show: show})
		n := 0
		eachComponent(v.Components, func(c form.Component) { n += len(c.Errors) })
		if n != want {
			t.Errorf("%d: %d errors, want %d\n%s", show, n, want, outline(v))
		}
	}
	given := []form.Issue{{Component: "name", Text: "No", Severity: form.SeverityError}, {Component: "name", Text: "No", Severity: form.SeverityError},
		{Component: "name", Text: "Hm", Severity: form.SeverityWarning}}
	v, _ := f.View(s, "page", form.Entry{Issues: given})
	if c := find(t, v, "name"); len(c.Errors) != 1 || len(c.Warnings) != 1 {
		t.Errorf("errors %q, warnings %q", c.Errors, c.Warnings)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	source := made(t, file(t, "kinds.json"), file(t, "kinds.schema.json"))
	source.Texts.Resources = append(source.Texts.Resources, app.Text{ID: "taken", Value: "The name {0} is *taken* by {1}", Variables: []app.Variable{
		{Key: "name", DataSource: "customTextParameters"}, {Key: "Kind", DataSource: "dataModel.default"}}})
	f, s := read(t, source), state(t, `{"Name": "x", "Kind": "b", "Rows": [{"What": "a"}, {}]}`)
	tests := map[string]struct {
		issue form.BackendIssue
		want  string
	}{
		"as we would say it":   {form.BackendIssue{Field: "Name", Code: "minLength", Description: "the text has 1 characters"}, "page#name Name: Skriv minst 2 tegn i «Name of you»."},
		"written otherwise":    {form.BackendIssue{Field: "rows[1].what", Code: "required"}, "page#what-1 Rows[1].What: Fyll ut «What». (missing)"},
		"with a text resource": {form.BackendIssue{Field: "Name", TextKey: "taken", TextParams: map[string]string{"name": "_x_"}, Description: "no"}, "page#name Name: The name _x_ is taken by b"},
		"a resource as text":   {form.BackendIssue{Field: "Account", Description: "taken"}, "page#account Account: The name is taken by b"},
		"of its own":           {form.BackendIssue{Field: "Account", Description: "There is no such account"}, "page#account Account: There is no such account"},
		"files":                {form.BackendIssue{Field: "files", Code: "TooFewDataElementsOfType", Description: "0 of at least 1"}, "page#files : Last opp filer under «Files». Det må være minst 1. (missing)"},
		"rows":                 {form.BackendIssue{Field: "Rows", Description: "too heavy together"}, "page#rows Rows: too heavy together"},
		"hidden":               {form.BackendIssue{Field: "Inner", Description: "no"}, "# Inner: no"},
		"nowhere":              {form.BackendIssue{Code: "Closed"}, "# : Closed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issues := f.Explain(s, []form.BackendIssue{tt.issue, tt.issue})
			if got := issueText(issues); got != tt.want+"\n" || issues[0].Severity != form.SeverityError {
				t.Errorf("got %s, severity %d", got, issues[0].Severity)
			}
		})
	}
	warning := f.Explain(s, []form.BackendIssue{{Field: "Name", Severity: form.SeverityWarning}})
	if len(warning) != 1 || warning[0].Severity != form.SeverityWarning {
		t.Errorf("a warning became %+v", warning)
	}
}
