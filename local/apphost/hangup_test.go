package apphost_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestCallerHangsUp: an application finishes what it has begun. A client that
// got no answer cannot conclude that nothing was made.
func TestCallerHangsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, hangUp := context.WithCancel(context.Background())
	gone, stored := make(chan struct{}), make(chan struct{})
	w.onPlatform(func(_ http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.Method == http.MethodPost && r.URL.Path == storageInstances:
			hangUp()
			<-gone
		case strings.HasSuffix(r.URL.Path, "/process/instanceandevents"):
			close(stored)
		}
		return false
	})
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+appsHost+"/"+receiving+"/instances/create", strings.NewReader(ownerNumber(agencyNumber)))
	must(t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+w.agency())
	if resp, err := w.client.Do(r); err == nil {
		resp.Body.Close()
		t.Fatal("an answer came")
	}
	close(gone)
	select {
	case <-stored:
	case <-time.After(time.Minute):
		t.Fatal("the work was given up when the caller hung up")
	}
	w.onPlatform(nil)
	if left := w.stored(receiving); len(left) != 1 {
		t.Errorf("%d instances, want 1", len(left))
	}
}
