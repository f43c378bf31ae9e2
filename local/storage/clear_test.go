package storage_test

import (
	"strings"
	"sync"
	"testing"
)

// After a Clear there is nothing, however often it is called, and on whichever of
// the database's connections it runs: several are in use here in between.
func TestClear(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.fts()
	for range 5 {
		if err := w.storage.Clear(t.Context()); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				answer := w.call("POST", base+"/instances?appId="+lenient, owner, template(turlag))
				_ = w.call("GET", base+"/instances?appId="+lenient, owner, nil)
				if answer.StatusCode != 201 {
					t.Errorf("create: %d %s", answer.StatusCode, answer.body)
				}
			})
		}
		all.Wait()
		made := w.create(lenient, owner, template(turlag))
		w.upload(made.ID, owner, "vedlegg", "content", "")
		if err := w.storage.Clear(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.want(404, w.call("GET", base+"/instances/"+made.ID, owner, nil))
		if got := w.want(200, w.call("GET", base+"/instances?appId="+lenient, owner, nil)); !strings.Contains(got.body, `"instances":[]`) {
			t.Errorf("listed %s", got.body)
		}
	}
}
