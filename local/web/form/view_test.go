package form_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stafett/stafett/local/web/form"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile("testdata/"+name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := file(t, name); got != want {
		t.Errorf("%s is not what is shown; got\n%s", name, got)
	}
}

const filledKinds = `{"Name": "Máret", "Price": 1250.50, "Account": "12345678901", "Story": "One\nTwo", "Day": "2026-05-17",
	"Moment": "2026-05-16T22:00:00Z", "Kind": "a", "KindText": "The first", "Tags": "a,c", "Agreed": true, "List": ["b"], "Size": 2.5,
	"Rows": [{"What": "Sledge", "Weight": 12, "Parts": [{"Name": "Runner"}, {}]}, {"What": "gone"}, {"What": null}],
	"Home": {"Street": "Ánneguohppi 12", "Zip": "9730", "Place": "Kárášjohka"}}`

func TestEveryKindOfComponent(t *testing.T) {
	t.Parallel()
	files := []form.File{{ID: "1", DataType: "files", Name: "a.pdf", Size: 10}, {ID: "2", DataType: "tagged", Name: "b.pdf"}, {ID: "3", DataType: "other"}}
	tests := map[string]struct {
		data string
		show form.Show
		with func(*form.State)
	}{
		"empty":    {`{}`, form.ShowAll, func(*form.State) {}},
		"filled":   {filledKinds, form.ShowAll, func(s *form.State) { s.Files, s.Instance.OwnerName = files, "Máret" }},
		"readonly": {filledKinds, form.ShowNone, func(s *form.State) { s.Write, s.Language = false, "en" }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := state(t, tt.data)
			tt.with(&s)
			v, ok := allKinds(t).View(s, "page", form.Entry{Show: tt.show})
			if !ok {
				t.Fatal("the page is not shown")
			}
			golden(t, "kinds."+name+".txt", outline(v))
		})
	}
}
