package events_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/local/events"
)

// After a Clear nobody subscribes, nothing has happened, and what was to be tried
// again is given up.
func TestClear(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.Close()
		w.subscribe()
		synctest.Wait()
		w.set("Permit", 0)
		w.publish(events.TypeCompleted, instance)
		synctest.Wait()
		if got := w.arrivals(); len(got) != 2 {
			t.Fatalf("arrived %+v", got)
		}
		w.Clear()
		time.Sleep(time.Hour)
		if got := w.arrivals(); len(got) != 0 {
			t.Errorf("tried again: %+v", got)
		}
		if _, body := w.send("GET", "/subscriptions", owner, ""); !strings.Contains(body, `"count":0`) {
			t.Errorf("subscriptions: %s", body)
		}
		w.set("Permit", 200)
		w.subscribe()
		synctest.Wait()
		if got := w.arrivals(); len(got) != 1 || !strings.HasSuffix(got[0].Source, "/subscriptions/2") {
			t.Errorf("the next subscription: %+v", got)
		}
	})
}
