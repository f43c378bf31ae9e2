package engine_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/engine"
	"github.com/stafett/stafett/internal/postgrestest"
)

// logBuffer is a log that may be read while it is written.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func TestPostgresMayGoAndComeBack(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t)
	journal, q, err := reopen(t.Context(), "", server.New(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = journal.Close() })
	var log logBuffer
	o := newOffice(t, func(c *clerk, cfg *engine.Config) {
		c.journal, c.lasts = journal, 300*time.Millisecond
		c.step = func(_ context.Context, r *handover.Record) error {
			time.Sleep(2 * time.Millisecond) // some work
			r.State = handover.Done
			return nil
		}
		cfg.Journal, cfg.Queue, cfg.Shared, cfg.PickedFor = journal, q, true, c.lasts
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	}).start()
	const n = 200
	o.begin(application, n)
	o.eventually("some are done", func() bool { return o.unsettled() < n })
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	o.eventually("the engine has met it", func() bool {
		o.engine.Notify()
		return strings.Contains(log.String(), "cannot look for due handovers")
	})
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	o.eventually("all is done", func() bool {
		n, err := o.countUnsettled()
		return n == 0 && err == nil // its first connections may be dead ones
	})
	o.stop()
	if times := strings.Count(log.String(), "cannot look for due handovers"); times != 1 {
		t.Errorf("it said %d times that it cannot look", times)
	}
}
