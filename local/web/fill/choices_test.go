package fill_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/examples"
)

// What an application says of its choices is shown with each of them, and is
// text: it may come from elsewhere.
func TestChoicesAreExplained(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, func(dir string) {
		list := `[{"value": "ved", "label": "Ved", "description": "til eget bruk", "helpText": "Også *tyri*, <script>x</script>"}]`
		if err := os.WriteFile(filepath.Join(dir, examples.OriginalForm, "options", "formaal.json"), []byte(list), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	p := w.visit(0).begin(original, w.seed.Persons[0].PartyID).press("go:kjoring").at("Kjøringen")
	p.sees("Ved til eget bruk Hjelp Også tyri")
	if strings.Contains(p.body, "<script>x") {
		t.Errorf("the help is markup: %s", p.body)
	}
}
