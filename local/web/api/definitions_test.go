package api_test

import (
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/policy"
)

// What an application tells is what its folder holds.
func TestDefinitionsAreTheFolders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, c := t.Context(), w.person(0)
	for id, folder := range w.folders {
		metadata, err := c.Metadata(ctx, id)
		must(t, err)
		if !reflect.DeepEqual(metadata, folder.Metadata) {
			t.Errorf("metadata of %s: %+v", id, metadata)
		}
		rules, err := c.Policy(ctx, id)
		must(t, err)
		same := func(a, b policy.Rule) bool {
			return a.ID == b.ID && a.Effect == b.Effect && a.Description == b.Description
		}
		if rules.ID != folder.Policy.ID || !slices.EqualFunc(rules.Rules, folder.Policy.Rules, same) {
			t.Errorf("the policy of %s differs", id)
		}
		for _, set := range folder.LayoutSets {
			got, ok, err := c.Form(ctx, id, set.Tasks[0])
			must(t, err)
			if !ok || got.ID != set.ID || got.DataType != set.DataType || len(got.Layouts) != len(set.Layouts) || len(got.Pages) != len(set.Pages) {
				t.Fatalf("form of %s: %v %s", id, ok, got.ID)
			}
			for i, page := range set.Pages {
				if !sameComponents(got.Pages[i], page) {
					t.Errorf("page %s of %s differs", page.Name, id)
				}
			}
			schema, err := c.Schema(ctx, id, set.DataType)
			must(t, err)
			if !reflect.DeepEqual(schema.Fields(), folder.Models[set.DataType].Fields()) {
				t.Errorf("the data model of %s differs", id)
			}
		}
		for list, want := range folder.Options {
			got, err := c.Options(ctx, id, "", list)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("options %s of %s: %v, %v", list, id, got, err)
			}
		}
	}
	if _, ok, err := c.Form(ctx, original, "Task_none"); ok || err != nil {
		t.Errorf("a task without layouts: %v, %v", ok, err)
	}
	if _, err := c.Schema(ctx, original, "none"); err == nil {
		t.Error("a data type without a model has one")
	}
	_, err := c.Options(ctx, original, "", "none")
	refused(t, err, http.StatusNotFound)
}

// sameComponents compares pages, but for the spaces of what is kept as written.
func sameComponents(a, b app.Page) bool {
	if a.Name != b.Name || len(a.Components) != len(b.Components) {
		return false
	}
	for i := range a.Components {
		x, y := a.Components[i], b.Components[i]
		if x.ID != y.ID || x.Type != y.Type || !reflect.DeepEqual(x.DataModelBinding, y.DataModelBinding) || !reflect.DeepEqual(x.Children, y.Children) || x.OptionsID != y.OptionsID {
			return false
		}
	}
	return true
}

// A text that a language lacks is taken from bokmål, and then from English.
func TestTextsFallBackOneByOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	texts := w.folders[original].Texts
	keep := func(language string, ids ...string) {
		kept := app.Texts{Language: language}
		for _, id := range ids {
			kept.Resources = append(kept.Resources, app.Text{ID: id, Value: language})
		}
		texts[language] = kept
	}
	keep("nn", "a")
	keep("nb", "a", "b")
	keep("en", "a", "b", "c")
	for language, want := range map[string]string{"nn": "nn nb en", "nb": "nb nb en", "en": "en en en", "se": "nb nb en"} {
		c := w.person(0)
		c.Language = language
		got, err := c.Texts(t.Context(), original)
		must(t, err)
		values := ""
		for _, id := range []string{"a", "b", "c"} {
			text, _ := got.Get(id)
			values += text.Value + " "
		}
		if values != want+" " || len(got.Resources) != 3 || got.Language != language {
			t.Errorf("%s: %s, want %s", language, values, want)
		}
	}
}

// The other two forms of application folders have layouts without a list.
func TestFormWithoutAList(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{"below ui": "", "by task": "Task_1"} {
		w := newWorld(t)
		folder := w.folders[original]
		folder.LayoutSetsJSON = nil
		folder.LayoutSets[0].ID = id
		set, ok, err := w.person(0).Form(t.Context(), original, "Task_1")
		if err != nil || !ok || set.ID != id || len(set.Pages) != 5 || set.Pages[0].Name != "soker" {
			t.Errorf("%s: %v %v %q with %d pages", name, ok, err, set.ID, len(set.Pages))
		}
	}
}

// What a page of a form costs when nothing of the application is remembered.
func BenchmarkDefinitions(b *testing.B) {
	w := newWorld(b)
	ctx, c := b.Context(), w.person(0)
	for b.Loop() {
		_, err := c.Metadata(ctx, original)
		must(b, err)
		set, _, err := c.Form(ctx, original, "Task_1")
		must(b, err)
		_, err = c.Texts(ctx, original)
		must(b, err)
		_, err = c.Schema(ctx, original, set.DataType)
		must(b, err)
		for list := range w.folders[original].Options {
			_, err = c.Options(ctx, original, "", list)
			must(b, err)
		}
	}
}
