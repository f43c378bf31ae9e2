package form_test

import (
	"encoding/json"
	"io/fs"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local/web/form"
)

// now is when all tests look.
var now = time.Date(2026, 5, 20, 10, 0, 0, 0, time.UTC)

// folder reads one of the two example applications.
func folder(t testing.TB, name string) *app.Folder {
	t.Helper()
	sub, err := fs.Sub(examples.Files(), name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := app.LoadFS(sub)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// example is the form of one of the example applications.
func example(t testing.TB, name, language string) *form.Form {
	t.Helper()
	a := folder(t, name)
	set := a.LayoutSets[0]
	f, err := form.New(form.Source{
		AppID: a.ID, Set: set, Texts: a.Texts[language], Options: a.Options,
		Schema: a.Models[set.DataType], DataTypes: a.Metadata.DataTypes,
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// state is a form that a person fills in.
func state(t testing.TB, data string) form.State {
	t.Helper()
	s := form.State{Write: true, Language: "nb", Now: now, Actions: map[string]bool{"read": true, "write": true}}
	d := json.NewDecoder(strings.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&s.Data); err != nil {
		t.Fatal(err)
	}
	return s
}

// posted is what a browser posts from a page on which nothing is changed.
func posted(v form.View) url.Values {
	values := url.Values{}
	eachComponent(v.Components, func(c form.Component) {
		if c.ShownName == "" {
			return
		}
		values.Set(c.ShownName, c.Shown)
		switch c.Kind {
		case form.KindCheckbox, form.KindRadio, form.KindMultiple, form.KindDropdown:
			for _, choice := range c.Choices {
				if choice.Checked {
					values.Add(c.Name, choice.Value)
				}
			}
			if c.Kind == form.KindDropdown && len(values[c.Name]) == 0 {
				values.Set(c.Name, "")
			}
		default:
			values.Set(c.Name, strings.ReplaceAll(c.Value, "\n", "\r\n"))
		}
	})
	return values
}

func eachComponent(components []form.Component, visit func(form.Component)) {
	for _, c := range components {
		visit(c)
		eachComponent(c.Components, visit)
		for _, r := range c.Rows {
			eachComponent(r.Components, visit)
		}
	}
}

// find returns a component of a view.
func find(t *testing.T, v form.View, id string) form.Component {
	t.Helper()
	var found *form.Component
	eachComponent(v.Components, func(c form.Component) {
		if c.ID == id {
			found = &c
		}
	})
	if found == nil {
		t.Fatalf("the page %s has no component %s", v.Name, id)
	}
	return *found
}

// exampleData is the filled-in form of the examples.
func exampleData(t testing.TB) string {
	t.Helper()
	data, err := fs.ReadFile(examples.Files(), examples.FormData)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
