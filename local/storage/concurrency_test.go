package storage_test

import (
	"fmt"
	"sync"
	"testing"
)

// TestConcurrentWritersLoseNothing: many callers create instances, and many
// change the same one.
func TestConcurrentWritersLoseNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	shared := w.create(receiving, token, template(ferdsel))
	const writers, rounds = 6, 5
	var wg sync.WaitGroup
	for n := range writers {
		wg.Go(func() {
			for round := range rounds {
				if got := w.call("POST", base+"/instances?appId="+receiving, token, template(turlag)); got.StatusCode != 201 {
					t.Errorf("create: %d %s", got.StatusCode, got.body)
				}
				values := fmt.Sprintf(`{"values":{"%d.%d":"x"}}`, n, round)
				if got := w.call("PUT", base+"/instances/"+shared.ID+"/datavalues", token, values); got.StatusCode != 200 {
					t.Errorf("data values: %d %s", got.StatusCode, got.body)
				}
				if got := w.call("POST", base+"/instances/"+shared.ID+"/data?dataType=vedlegg", token, "bytes"); got.StatusCode != 201 {
					t.Errorf("upload: %d %s", got.StatusCode, got.body)
				}
				if got := w.call("GET", base+"/instances?appId="+receiving, token, nil); got.StatusCode != 200 {
					t.Errorf("list: %d %s", got.StatusCode, got.body)
				}
			}
		})
	}
	wg.Wait()
	got := w.get(shared.ID, token)
	if len(got.DataValues) != writers*rounds || len(got.Data) != writers*rounds {
		t.Errorf("%d values and %d data elements, want %d of each", len(got.DataValues), len(got.Data), writers*rounds)
	}
	if n := w.list(token, "appId="+receiving+"&instanceOwner.partyId=70002").Count; n != writers*rounds {
		t.Errorf("%d instances, want %d", n, writers*rounds)
	}
}

// TestOneOfManyGetsTheLock.
func TestOneOfManyGetsTheLock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	var mu sync.Mutex
	statuses := map[int]int{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got := w.call("POST", base+"/instances/"+i.ID+"/lock", token, `{"ttlSeconds":300}`)
			mu.Lock()
			defer mu.Unlock()
			statuses[got.StatusCode]++
		})
	}
	wg.Wait()
	if statuses[200] != 1 || statuses[409] != 7 {
		t.Errorf("statuses %v, want one 200 and seven 409", statuses)
	}
}

// TestReadersSeeWholeData: content and size belong together while somebody
// replaces them.
func TestReadersSeeWholeData(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.fts()
	i := w.create(receiving, token, template(ferdsel))
	contents := []string{"short", "a good deal longer"}
	e := w.upload(i.ID, token, "vedlegg", contents[0], "")
	at := base + "/instances/" + i.ID + "/data/" + e.ID
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := range 20 {
			if got := w.call("PUT", at, token, contents[n%2]); got.StatusCode != 200 {
				t.Errorf("replace: %d %s", got.StatusCode, got.body)
			}
		}
	})
	for range 3 {
		wg.Go(func() {
			for range 20 {
				got := w.call("GET", at, token, nil)
				if got.StatusCode != 200 || got.body != contents[0] && got.body != contents[1] || got.Header.Get("Content-Length") != fmt.Sprint(len(got.body)) {
					t.Errorf("read: %d %q, length %s", got.StatusCode, got.body, got.Header.Get("Content-Length"))
				}
			}
		})
	}
	wg.Wait()
}
