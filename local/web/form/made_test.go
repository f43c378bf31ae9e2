package form_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/model"
	"github.com/stafett/stafett/local/web/form"
)

// made is a source of one page whose components are given as JSON.
func made(t testing.TB, components, schema string) form.Source {
	t.Helper()
	page := app.Page{Name: "page"}
	if err := json.Unmarshal([]byte(components), &page.Components); err != nil {
		t.Fatal(err)
	}
	parsed, err := model.ParseSchema([]byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	return form.Source{
		AppID: "fts/made", Set: app.LayoutSet{ID: "form", DataType: "model", Pages: []app.Page{page}}, Schema: parsed,
		DataTypes: []app.DataType{{ID: "files"}, {ID: "tagged"}},
		Options: map[string][]app.Option{"kinds": {
			{Value: "a", Label: "kind.a"}, {Value: "b", Label: "B", Description: "The *second*"}, {Value: "c", Label: "C"},
		}},
		Texts: app.Texts{Language: "nb", Resources: []app.Text{
			{ID: "kind.a", Value: "The first"},
			{ID: "name.title", Value: "Name of {0}", Variables: []app.Variable{{Key: "instanceOwnerName", DataSource: "instanceContext", DefaultValue: "you"}}},
			{ID: "part.title", Value: "Part {0} of {1}", Variables: []app.Variable{
				{Key: "Rows[{0}].Parts[{1}].Name", DataSource: "dataModel.default"}, {Key: "Rows.What", DataSource: "dataModel.model", DefaultValue: "it"}}},
		}},
	}
}

// allKinds is a page with components of every kind.
func allKinds(t testing.TB) *form.Form {
	t.Helper()
	return read(t, made(t, file(t, "kinds.json"), file(t, "kinds.schema.json")))
}

func read(t testing.TB, s form.Source) *form.Form {
	t.Helper()
	f, err := form.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func file(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// outline writes what matters of a view, one line a component.
func outline(v form.View) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d/%d back=%q next=%q send=%q validate=%t\n", v.Title, v.Number, v.Of, v.PreviousText, v.NextText, v.SubmitText, v.ValidateOnNext)
	outlineComponents(&b, v.Components, "  ")
	return b.String()
}

func outlineComponents(b *strings.Builder, components []form.Component, indent string) {
	for _, c := range components {
		fmt.Fprintf(b, "%s%s %s", indent, c.Kind, c.ID)
		add := func(name, value string) {
			if value != "" {
				fmt.Fprintf(b, " %s=%s", name, value)
			}
		}
		flag := func(name string, set bool) {
			if set {
				b.WriteString(" " + name)
			}
		}
		add("label", string(c.Label))
		if string(c.Label) != c.LabelText {
			add("text", c.LabelText)
		}
		if c.Value != "" {
			add("value", fmt.Sprintf("%q", c.Value))
		}
		add("type", c.Type)
		add("mode", c.InputMode)
		add("autocomplete", c.Autocomplete)
		add("prefix", c.Prefix)
		add("suffix", c.Suffix)
		if c.MaxLength > 0 {
			add("maxLength", fmt.Sprint(c.MaxLength))
		}
		flag("required", c.Required)
		flag("optional", c.Optional)
		flag("readOnly", c.ReadOnly)
		flag("half", c.Half)
		flag("open", c.Open)
		flag("mayAdd", c.CanAdd)
		flag("mayRemove", c.CanRemove)
		flag("mayUpload", c.CanUpload)
		add("variant", c.Variant)
		if c.Level > 0 {
			add("level", fmt.Sprint(c.Level))
		}
		add("description", string(c.Description))
		add("help", string(c.Help))
		add("accept", c.Upload.Accept)
		for _, choice := range c.Choices {
			fmt.Fprintf(b, " [%s %s", choice.Value, choice.LabelText)
			flag("chosen", choice.Checked)
			b.WriteString("]")
		}
		for _, e := range slices.Concat(c.Errors, c.Warnings) {
			fmt.Fprintf(b, " !%s", e)
		}
		for _, f := range c.Faults {
			fmt.Fprintf(b, " %s#%s: %s", f.File, f.Component, f.Text)
		}
		b.WriteString("\n")
		for _, i := range c.Items {
			outlineItem(b, i, indent+"  ")
		}
		outlineComponents(b, c.Components, indent+"  ")
		for _, r := range c.Rows {
			fmt.Fprintf(b, "%s  row %d: %s\n", indent, r.Index, r.Legend)
			outlineComponents(b, r.Components, indent+"    ")
		}
	}
}

func outlineItem(b *strings.Builder, i form.Item, indent string) {
	fmt.Fprintf(b, "%s%s: %q (%s#%s)", indent, i.Label, i.Value, i.Page, i.Component)
	for _, f := range i.Files {
		b.WriteString(" file " + f.Name)
	}
	b.WriteString("\n")
	for _, inner := range i.Items {
		outlineItem(b, inner, indent+"  ")
	}
	for _, r := range i.Rows {
		fmt.Fprintf(b, "%s  %s\n", indent, r.Title)
		for _, inner := range r.Items {
			outlineItem(b, inner, indent+"    ")
		}
	}
}

func text(id, value string) app.Text { return app.Text{ID: id, Value: value} }
