package form_test

import (
	"testing"

	"github.com/stafett/stafett/local/web/form"
)

// What a page shows and nobody touches changes nothing, filled in or not.
func TestNothingChangedGivesNoOperations(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"original-form", "receiving-app"} {
		for _, data := range []string{`{}`, exampleData(t), `{"Kjoretoy": [{"Vekt": 1200.50}, null], "Soker": null}`} {
			f, s := example(t, name, "nb"), state(t, data)
			for _, p := range f.Pages(s) {
				v, ok := f.View(s, p.Name, form.Entry{})
				if !ok {
					t.Fatalf("%s has no view", p.Name)
				}
				if operations, issues := f.Read(s, p.Name, posted(v)); len(operations)+len(issues) > 0 {
					t.Errorf("%s, %s: %v, %v", name, p.Name, operations, issues)
				}
			}
		}
	}
}
