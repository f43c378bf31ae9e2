package doctor_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stafett/stafett/prepare/doctor"
)

// Every check has its entry in docs/doctor.md, in the order in which it is made,
// with words below it.
func TestEveryCheckIsExplained(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile(filepath.Join("..", "..", "docs", "doctor.md"))
	if err != nil {
		t.Fatal(err)
	}
	var explained []string
	for _, heading := range regexp.MustCompile("(?m)^### `([a-z.-]+)`\n\n[^#\n]").FindAllSubmatch(document, -1) {
		explained = append(explained, string(heading[1]))
	}
	for _, id := range doctor.IDs() {
		if !slices.Contains(explained, id) {
			t.Errorf("docs/doctor.md has no entry for %s", id)
		}
	}
	if t.Failed() {
		return
	}
	if !slices.Equal(explained, doctor.IDs()) {
		t.Errorf("docs/doctor.md has its entries in another order, or too many:\n%q\nthe checks are\n%q", explained, doctor.IDs())
	}
}
