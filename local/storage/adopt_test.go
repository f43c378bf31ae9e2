package storage_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/storage"
)

// What a store adopts is there as in the other one, with the bytes and the audit
// trail; the other one keeps its own. A second time nothing of it is taken.
func TestAdopt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.fts()
	made := w.create(lenient, owner, template(turlag))
	element := w.upload(made.ID, owner, "vedlegg", "content", "")
	address := base + "/instances/" + made.ID
	before := w.want(http.StatusOK, w.call("GET", address, owner, nil)).body
	trail := w.want(http.StatusOK, w.call("GET", address+"/events", owner, nil)).body
	from := w.storage

	config := w.config
	config.Dir = t.TempDir()
	other, err := storage.New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	w.storage = other
	w.want(http.StatusNotFound, w.call("GET", address, owner, nil))
	if err := other.Adopt(t.Context(), from, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if got := w.want(http.StatusOK, w.call("GET", address, owner, nil)).body; got != before {
		t.Errorf("adopted\n%s\nwant\n%s", got, before)
	}
	if got := w.want(http.StatusOK, w.call("GET", address+"/events", owner, nil)).body; got != trail {
		t.Errorf("its events are\n%s\nwant\n%s", got, trail)
	}
	w.want(http.StatusOK, w.call("DELETE", address+"/data/"+element.ID, owner, nil))
	if err := other.Adopt(t.Context(), from, time.Time{}); err == nil {
		t.Error("adopted twice")
	}
	if files := blobs(t, &world{config: config}); len(files) != 0 {
		t.Errorf("what was copied for nothing lies there still: %v", files)
	}
	if got := w.want(http.StatusOK, w.call("GET", base+"/instances?appId="+lenient, owner, nil)); !strings.Contains(got.body, `"count":1`) {
		t.Errorf("there is %s", got.body)
	}

	if err := other.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := w.now().Add(time.Hour)
	if err := other.Adopt(t.Context(), from, at); err != nil {
		t.Fatal(err)
	}
	if got := w.want(http.StatusOK, w.call("GET", address+"/data/"+element.ID, owner, nil)).body; got != "content" {
		t.Errorf("its data is %q", got)
	}
	if got := w.want(http.StatusOK, w.call("GET", address, owner, nil)).body; !strings.Contains(got, `"lastChanged":"`+at.Format(time.RFC3339Nano)) {
		t.Errorf("it does not count as changed at %s: %s", at, got)
	}
}
