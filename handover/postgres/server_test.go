package postgres_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/internal/postgrestest"
)

// TestServerIsKilledAndComesBack has the server crash under an open journal: what
// was stored is there, and the journal works again without being opened anew.
func TestServerIsKilledAndComesBack(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t, "synchronous_commit=off")
	j, ctx := open(t, server.New(t), nil), t.Context()
	if _, _, err := j.Begin(ctx, handover.Record{Key: "k", State: handover.Planned}); err != nil {
		t.Fatal(err)
	}
	l, r, err := j.Acquire(ctx, "k", "a process", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for i, end := range []func() error{server.Kill, server.Stop, server.Kill} {
		r.Attempts++
		if r, err = j.Update(ctx, l, r); err != nil {
			t.Fatalf("%d: Update: %v", i, err)
		}
		// Nothing comes between what was stored and the crash.
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if _, err := j.Get(ctx, "k"); err == nil || errors.Is(err, handover.ErrNoRecord) {
			t.Errorf("%d: Get without a server: %v", i, err)
		}
		if _, _, err := j.Acquire(ctx, "k", "another", time.Hour); err == nil || errors.Is(err, handover.ErrHeld) || errors.Is(err, handover.ErrNoRecord) {
			t.Errorf("%d: Acquire without a server: %v", i, err)
		}
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		if got, err := j.Get(ctx, "k"); err != nil || got.Attempts != i+1 {
			t.Errorf("%d: Get after the crash: %d attempts, %v", i, got.Attempts, err)
		}
		if _, _, err := j.Acquire(ctx, "k", "another", time.Hour); !errors.Is(err, handover.ErrHeld) {
			t.Errorf("%d: Acquire after the crash: %v, want ErrHeld", i, err)
		}
	}
}

// TestServersClockDecides has two processes, neither of which brings a clock.
func TestServersClockDecides(t *testing.T) {
	t.Parallel()
	address := postgrestest.New(t)
	one, other, ctx := open(t, address, nil), open(t, address, nil), t.Context()
	hour := time.Now().Add(time.Hour)
	for key, notBefore := range map[string]time.Time{"due": {}, "later": hour} {
		if _, _, err := one.Begin(ctx, handover.Record{Key: key, State: handover.Planned, NotBefore: notBefore}); err != nil {
			t.Fatal(err)
		}
	}
	if picked, err := one.Wake(ctx, handover.WakeQuery{Limit: 9, Again: time.Hour}); err != nil || len(picked) != 1 || picked[0] != "due" {
		t.Errorf("Wake: %v, %v", picked, err)
	}
	if picked, err := other.Wake(ctx, handover.WakeQuery{Limit: 9, Again: time.Hour}); err != nil || len(picked) != 0 {
		t.Errorf("a second Wake: %v, %v", picked, err)
	}
	if _, _, err := one.Acquire(ctx, "due", "one", time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, _, err := other.Acquire(ctx, "due", "other", time.Hour); !errors.Is(err, handover.ErrHeld) {
		t.Errorf("Acquire: %v, want ErrHeld", err)
	}
	if _, _, err := one.Acquire(ctx, "later", "one", time.Microsecond); err != nil {
		t.Fatal(err)
	}
	if _, _, err := other.Acquire(ctx, "later", "other", time.Hour); err != nil {
		t.Errorf("Acquire after the lease: %v", err)
	}
}
