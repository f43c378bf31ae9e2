package app_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
)

func TestParseLayoutSets(t *testing.T) {
	t.Parallel()
	got, err := app.ParseLayoutSets([]byte("\ufeff" + `{"$schema":"x","sets":[{"id":"form","dataType":"model","tasks":["Task_1","Task_2"]},{"id":"subform"}],}`))
	want := []app.LayoutSet{{ID: "form", DataType: "model", Tasks: []string{"Task_1", "Task_2"}}, {ID: "subform"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("sets %+v, %v", got, err)
	}
}

func TestParseLayoutSettings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]app.LayoutSettings{
		`{}`:                            {},
		`{"pages":{"order":["b","a"]}}`: {Order: []string{"b", "a"}},
		`{"defaultDataType":"m","pages":{"order":["x"],"groups":[{"name":"g","order":["a","b"]},{"order":["c"]}]}}`: {DefaultDataType: "m", Order: []string{"x", "a", "b", "c"}},
	} {
		got, err := app.ParseLayoutSettings([]byte(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

func TestParseLayouts(t *testing.T) {
	t.Parallel()
	const layouts = `{
		"b": {"data":{"layout":[{"id":"x","type":"Input","dataModelBindings":{"simpleBinding":{"dataType":"m","field":"A.B"}}}]}},
		"a": {"data":{"hidden":["equals",1,1],"layout":[]}},
		"c": {"data":{"layout":"none"}}
	}`
	names := func(pages []app.Page) string {
		var out []string
		for _, p := range pages {
			out = append(out, p.Name)
		}
		return strings.Join(out, " ")
	}
	pages, err := app.ParseLayouts([]byte(layouts), []string{"b", "a"})
	if err != nil || names(pages) != "b a" {
		t.Fatalf("pages %s, %v", names(pages), err)
	}
	if c := pages[0].Components[0]; c.ID != "x" || c.DataModelBinding["simpleBinding"] != "A.B" || string(pages[1].Hidden) != `["equals",1,1]` {
		t.Errorf("pages %+v", pages)
	}
	if pages, err = app.ParseLayouts([]byte(`{"b":{},"a":{}}`), nil); err != nil || names(pages) != "a b" {
		t.Errorf("without an order: %s, %v", names(pages), err)
	}
	for _, c := range []struct {
		text, want string
		order      []string
	}{
		{layouts, `page "c"`, []string{"a", "c"}},
		{layouts, `the page "d" has no layout`, []string{"d"}},
		{`[]`, "array", nil},
		{``, "empty", nil},
	} {
		if _, err := app.ParseLayouts([]byte(c.text), c.order); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %s", c.order, err, c.want)
		}
	}
}

func TestParseTextsAndOptions(t *testing.T) {
	t.Parallel()
	texts, err := app.ParseTexts([]byte(`{"language":"nn","resources":[{"id":"a","value":"A {0}","variables":[{"key":"X","dataSource":"dataModel.default"}]}]}`))
	if text, ok := texts.Get("a"); err != nil || !ok || texts.Language != "nn" || len(text.Variables) != 1 {
		t.Errorf("texts %+v, %v", texts, err)
	}
	options, err := app.ParseOptions([]byte(`[{"value":"a","label":"A","description":"d","helpText":"h"},{"value":1,"label":"one"},{"value":true,"label":"yes"},{"value":null,"label":"none"}]`))
	want := []app.Option{{Value: "a", Label: "A", Description: "d", HelpText: "h"}, {Value: 1.0, Label: "one"}, {Value: true, Label: "yes"}, {Label: "none"}}
	if err != nil || !reflect.DeepEqual(options, want) {
		t.Errorf("options %+v, %v", options, err)
	}
}

// Whatever an application answers, reading it ends, and what has been read can
// be written and read again.
func FuzzParseLayouts(f *testing.F) {
	for _, seed := range []string{
		`{"a":{"data":{"layout":[{"id":"x","type":"Input","children":["y"],"options":[{"value":1,"label":"l"}]}]}}}`,
		`{"a":{"data":{"hidden":true,"layout":[{"id":"g","type":"RepeatingGroup","dataModelBindings":{"group":"G"},"children":["0:x"]}]}}}`,
		`{"a":null,}`, "\ufeff{}", `{"a":{"data":{"layout":[{"id":1}]}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		pages, err := app.ParseLayouts(data, nil)
		if err != nil {
			return
		}
		written := map[string]any{}
		for _, page := range pages {
			var components []json.RawMessage
			for _, c := range page.Components {
				components = append(components, c.Raw)
			}
			written[page.Name] = map[string]any{"data": map[string]any{"hidden": page.Hidden, "layout": components}}
		}
		text, err := json.Marshal(written)
		if err != nil {
			t.Fatal(err)
		}
		again, err := app.ParseLayouts(text, nil)
		if err != nil || len(again) != len(pages) {
			t.Fatalf("%d pages became %d: %v", len(pages), len(again), err)
		}
		for i := range pages {
			if fmt.Sprint(identities(again[i])) != fmt.Sprint(identities(pages[i])) {
				t.Errorf("page %q differs", pages[i].Name)
			}
		}
	})
}

func identities(p app.Page) []string {
	var out []string
	for _, c := range p.Components {
		out = append(out, fmt.Sprintf("%q %q %q %q", c.ID, c.Type, c.Children, c.DataModelBinding))
	}
	return out
}
