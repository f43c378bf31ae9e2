package propose_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/model"
	"github.com/stafett/stafett/examples"
)

// TestCorpus makes proposals between the applications of a collection of real metadata, which
// is not part of this repository (see app.TestCorpus): each with the next one.
func TestCorpus(t *testing.T) {
	t.Parallel()
	root := os.Getenv("STAFETT_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(root); err != nil {
		t.Skipf("SKIPPED: there is no corpus of real configuration (%v); set STAFETT_CORPUS to its folder", err)
	}
	files, err := filepath.Glob(filepath.Join(root, "meta", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	schema, err := fs.ReadFile(examples.Files(), examples.OriginalForm+"/models/skjema.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	form, err := model.ParseSchema(schema)
	if err != nil {
		t.Fatal(err)
	}
	base := example(t, examples.ReceivingApp)
	var previous *app.Folder
	pairs := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		metadata, err := app.ParseMetadata(data)
		if err != nil {
			continue // app.TestCorpus says which
		}
		next := *base
		next.ID, next.Org, next.Metadata, next.Models = metadata.ID, metadata.Org, metadata, map[string]*model.Schema{}
		_, next.Name, _ = strings.Cut(metadata.ID, "/")
		for _, dataType := range metadata.DataTypes {
			if dataType.IsFormData() {
				next.Models[dataType.ID] = form
			}
		}
		if previous != nil && previous.ID != next.ID {
			check(t, proposal(t, previous, &next), previous, &next)
			pairs++
		}
		previous = &next
	}
	t.Logf("%d pairs", pairs)
	if pairs == 0 {
		t.Error("no pair of applications was tried")
	}
}
