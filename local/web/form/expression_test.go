package form_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/web/form"
)

// pages adds pages to a made source.
func pages(t *testing.T, s form.Source, more ...string) form.Source {
	t.Helper()
	for _, p := range more {
		name, rest, _ := strings.Cut(p, " ")
		var page struct {
			Hidden json.RawMessage
			Layout []app.Component
		}
		if err := json.Unmarshal([]byte(rest), &page); err != nil {
			t.Fatal(err)
		}
		s.Set.Pages = append(s.Set.Pages, app.Page{Name: name, Hidden: page.Hidden, Components: page.Layout})
	}
	return s
}

func names(pages []form.Page) string {
	var all []string
	for _, p := range pages {
		all = append(all, p.Name)
	}
	return strings.Join(all, " ")
}

// Each of many components looks twice at the one before it, which takes no longer
// than once.
func TestLongChainsOfConditions(t *testing.T) {
	t.Parallel()
	var layout []string
	for n := range 60 {
		hidden := "false"
		if n > 0 {
			before := fmt.Sprintf(`["equals", ["component", "c%d"], null]`, n-1)
			hidden = `["and", ` + before + `, ` + before + `]`
		}
		layout = append(layout, fmt.Sprintf(`{"id": "c%d", "type": "Input", "hidden": %s, "dataModelBindings": {"simpleBinding": "Name"}}`, n, hidden))
	}
	f := read(t, made(t, "["+strings.Join(layout, ",")+"]", file(t, "kinds.schema.json")))
	for data, want := range map[string]int{`{"Name": "x"}`: 60, `{}`: 1} {
		v, _ := f.View(state(t, data), "page", form.Entry{})
		if len(v.Components) != want {
			t.Errorf("%s: %d components are shown, want %d", data, len(v.Components), want)
		}
	}
}

func TestHiddenPages(t *testing.T) {
	t.Parallel()
	source := pages(t, made(t, `[{"id": "kind", "type": "Input", "dataModelBindings": {"simpleBinding": "Kind"}}]`, file(t, "kinds.schema.json")),
		`second {"hidden": ["equals", ["component", "kind"], "a"], "layout": [{"id": "name", "type": "Input", "required": true, "dataModelBindings": {"simpleBinding": "Name"}}]}`,
		`third {"layout": [{"id": "last", "type": "Input", "hidden": ["equals", ["component", "name"], null], "dataModelBindings": {"simpleBinding": "Story"}}]}`)
	source.Texts.Resources = append(source.Texts.Resources, text("second", "The *second* page"))
	f := read(t, source)

	s := state(t, `{"Name": "x"}`)
	if got := names(f.Pages(s)); got != "page second third" {
		t.Errorf("pages = %s", got)
	}
	v, _ := f.View(s, "second", form.Entry{})
	if v.Title != "The second page" || v.Previous != "page" || v.Next != "third" || v.Number != 2 || v.Of != 3 {
		t.Errorf("second = %+v", v)
	}
	if last, _ := f.View(s, "third", form.Entry{}); len(last.Components) != 1 || last.Next != "" {
		t.Errorf("third = %+v", last)
	}

	s = state(t, `{"Name": "x", "Kind": "a"}`)
	if got := names(f.Pages(s)); got != "page third" {
		t.Errorf("pages = %s", got)
	}
	if _, ok := f.View(s, "second", form.Entry{}); ok {
		t.Error("a hidden page is shown")
	}
	if last, _ := f.View(s, "third", form.Entry{}); len(last.Components) != 0 {
		t.Errorf("what stands on a hidden page has a value: %+v", last.Components)
	}
	if issues := f.Validate(s); len(issues) > 0 {
		t.Errorf("a hidden page lacks %s", issueText(issues))
	}
	if sections := f.Answers(s); len(sections) != 1 {
		t.Errorf("answers = %+v", sections)
	}
}

// A condition sees what the form, the instance and the person are.
func TestConditions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		hidden string
		want   bool
	}{
		"constant":          {`true`, true},
		"instance":          {`["equals", ["instanceContext", "instanceOwnerPartyId"], "500001"]`, true},
		"no name":           {`["equals", ["instanceContext", "instanceOwnerName"], null]`, true},
		"may":               {`["authContext", "write"]`, true},
		"may not":           {`["authContext", "confirm"]`, false},
		"files":             {`["equals", ["countDataElements", "files"], 2]`, true},
		"language":          {`["equals", ["language"], "nb"]`, true},
		"a text":            {`["equals", ["text", "kind.a"], "The first"]`, true},
		"another form":      {`["equals", ["dataModel", "Name", "other"], null]`, true},
		"this form":         {`["equals", ["dataModel", "Name", "model"], "x"]`, true},
		"fails: counts not": {`["greaterThan", ["dataModel", "Name"], 5]`, false},
		"no such component": {`["equals", ["component", "nothing"], null]`, true},
		"holds no value":    {`["equals", ["component", "words"], null]`, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := read(t, made(t, `[{"id": "it", "type": "Input", "dataModelBindings": {"simpleBinding": "Name"}, "hidden": `+tt.hidden+`},
				{"id": "words", "type": "Paragraph"}]`, file(t, "kinds.schema.json")))
			s := state(t, `{"Name": "x"}`)
			s.Instance = form.Instance{ID: "500001/b7e6", OwnerPartyID: "500001"}
			s.Files = []form.File{{DataType: "files"}, {DataType: "files"}, {DataType: "other"}}
			v, _ := f.View(s, "page", form.Entry{})
			if got := len(v.Components) == 1; got != tt.want {
				t.Errorf("hidden = %t", got)
			}
		})
	}
}

// Two components that hide each other are both found out about.
func TestConditionsInARing(t *testing.T) {
	t.Parallel()
	f := read(t, made(t, `[
		{"id": "a", "type": "Input", "dataModelBindings": {"simpleBinding": "Name"}, "hidden": ["notEquals", ["component", "b"], null]},
		{"id": "b", "type": "Input", "dataModelBindings": {"simpleBinding": "Inner"}, "hidden": ["notEquals", ["component", "a"], null]}]`, file(t, "kinds.schema.json")))
	v, _ := f.View(state(t, `{"Name": "x", "Inner": "y"}`), "page", form.Entry{})
	if len(v.Components) > 2 {
		t.Errorf("%+v", v.Components)
	}
}
