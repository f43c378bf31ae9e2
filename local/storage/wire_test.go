package storage_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/storage"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares an answer with a file, with the ids that Storage chose
// replaced by their order of appearance.
func golden(t *testing.T, name, got string) {
	t.Helper()
	seen := map[string]string{}
	got = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAllStringFunc(got, func(id string) string {
		if seen[id] == "" {
			seen[id] = "id-" + string(rune('1'+len(seen)))
		}
		return seen[id]
	})
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
	}
}

// TestWireForm pins the bytes of the answers that clients read most.
func TestWireForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	asked := template(ferdsel)
	asked.InstanceOwner.OrganisationNumber = "313547264"
	asked.DataValues = map[string]string{"stafett.handoverKey": "k1"}
	created := w.want(201, w.call("POST", base+"/instances?appId="+receiving, token, asked))
	golden(t, "instance-created.json", created.body)
	i := decode[storage.Instance](w, created)

	w.advance(1500 * time.Millisecond)
	uploaded := w.want(201, w.call("POST", base+"/instances/"+i.ID+"/data?dataType=kildePdf&generatedFromTask=Task_1", token, "%PDF-1.7",
		"Content-Type", "application/pdf", "Content-Disposition", `attachment; filename="soknad.pdf"`))
	golden(t, "data-element-created.json", uploaded.body)

	w.advance(time.Second)
	w.want(200, w.call("PUT", base+"/instances/"+i.ID+"/process", token, ended(w.now())))
	w.want(200, w.call("POST", base+"/instances/"+i.ID+"/complete", token, nil))
	page := w.want(200, w.call("GET", base+"/instances?org=fts&appId="+receiving+"&size=1", token, nil))
	golden(t, "list-of-completed.json", page.body)
	if kind := page.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		t.Errorf("content type %s", kind)
	}
}
