package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
)

func openJournal(t testing.TB) *Journal {
	t.Helper()
	j, err := Open(t.Context(), filepath.Join(t.TempDir(), "journal.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

// together has writes commit as one transaction: the turn is held until all wait.
func together(t *testing.T, w *writer, writes ...func(context.Context) error) []error {
	t.Helper()
	w.turn <- struct{}{}
	outcomes := make([]error, len(writes))
	var all sync.WaitGroup
	for i, do := range writes {
		all.Go(func() { outcomes[i] = do(t.Context()) })
	}
	for n := 0; n < len(writes); time.Sleep(time.Millisecond) {
		w.mu.Lock()
		n = len(w.waiting)
		w.mu.Unlock()
	}
	<-w.turn
	all.Wait()
	return outcomes
}

var errRefused = errors.New("refused by the test")

func TestOneFailureHarmsNoneOfTheOthers(t *testing.T) {
	t.Parallel()
	j := openJournal(t)
	begin := func(key string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, _, err := j.Begin(ctx, handover.Record{Key: key, State: handover.Planned})
			return err
		}
	}
	failing := func(after string) func(context.Context) error {
		return func(ctx context.Context) error {
			return j.writer.write(ctx, func(t tx) error {
				if _, err := t.exec(after); err != nil {
					return err
				}
				return errRefused
			})
		}
	}
	outcomes := together(t, j.writer, begin("a"), failing("DELETE FROM handovers"), begin("b"), failing("INSERT INTO handovers (key) VALUES ('c')"), begin("d"))
	for i, want := range []bool{true, false, true, false, true} {
		if (outcomes[i] == nil) != want {
			t.Errorf("write %d: %v", i, outcomes[i])
		}
	}
	if !errors.Is(outcomes[1], errRefused) {
		t.Errorf("the refused write was told %v", outcomes[1])
	}
	records, err := j.List(t.Context(), handover.Filter{})
	if err != nil || fmt.Sprint(keys(records)) != "[a b d]" {
		t.Errorf("stored are %v, %v", keys(records), err)
	}
}

func keys(records []handover.Record) (keys []string) {
	for _, r := range records {
		keys = append(keys, r.Key)
	}
	return keys
}

// When SQLite itself gives a transaction up, as it does on a full disk, all who
// shared it are told, and the next transaction goes.
func TestLostTransactionIsToldToAll(t *testing.T) {
	t.Parallel()
	j := openJournal(t)
	mark := func(ctx context.Context) error { return j.SetWatermark(ctx, "en", time.Unix(1, 0)) }
	giveUp := func(ctx context.Context) error {
		return j.writer.write(ctx, func(t tx) error {
			_, err := t.exec("ROLLBACK")
			return errors.Join(err, errRefused)
		})
	}
	for i, err := range together(t, j.writer, mark, giveUp, mark) {
		if err == nil {
			t.Errorf("write %d of a lost transaction was told that it is stored", i)
		}
	}
	if at, err := j.Watermark(t.Context(), "en"); err != nil || !at.IsZero() {
		t.Errorf("the lost transaction has stored %v, %v", at, err)
	}
	if err := mark(t.Context()); err != nil {
		t.Errorf("the next transaction: %v", err)
	}
}

// Whose fault it is, is told; the others' writes are stored, and later ones, too.
func TestPanicOfOneWriteIsItsError(t *testing.T) {
	t.Parallel()
	j := openJournal(t)
	pause := func(id string) func(context.Context) error {
		return func(ctx context.Context) error { return j.Pause(ctx, id, true) }
	}
	faulty := func(ctx context.Context) error {
		return j.writer.write(ctx, func(t tx) error {
			if _, err := t.exec("DELETE FROM handovers"); err != nil {
				return err
			}
			panic("of the test")
		})
	}
	if _, _, err := j.Begin(t.Context(), handover.Record{Key: "k", State: handover.Planned}); err != nil {
		t.Fatal(err)
	}
	outcomes := together(t, j.writer, pause("en"), faulty, pause("to"))
	if outcomes[0] != nil || outcomes[2] != nil || outcomes[1] == nil || strings.Contains(outcomes[1].Error(), "of the test") {
		t.Errorf("got %v", outcomes)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := pause("tre")(ctx); err != nil {
		t.Errorf("a later write: %v", err)
	}
	paused, err := j.Paused(t.Context())
	if err != nil || len(paused) != 3 {
		t.Errorf("stored are %v, %v", paused, err)
	}
	if _, err := j.Get(t.Context(), "k"); err != nil {
		t.Errorf("what the faulty write did before is stored: %v", err)
	}
}

// A fault outside of what the callers bring, such as one of the driver.
func TestPanicOfATransactionIsToldToAll(t *testing.T) {
	t.Parallel()
	j := openJournal(t)
	mark := func(ctx context.Context) error { return j.SetWatermark(ctx, "en", time.Unix(1, 0)) }
	conn := j.writer.conn
	breaks := func(ctx context.Context) error {
		return j.writer.write(ctx, func(t tx) error {
			delete(t.w.statements, "RELEASE one")
			delete(t.w.statements, "ROLLBACK")
			t.w.conn = nil
			return nil
		})
	}
	met := func(write func(context.Context) error) func(context.Context) error {
		return func(ctx context.Context) (err error) {
			defer func() {
				if p := recover(); p != nil {
					err = errFault // as whoever commits is told
				}
			}()
			return write(ctx)
		}
	}
	for i, err := range together(t, j.writer, met(mark), met(breaks), met(mark)) {
		if !errors.Is(err, errFault) {
			t.Errorf("write %d was told %v", i, err)
		}
	}
	j.writer.conn = conn
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := mark(t.Context()); err != nil {
		t.Errorf("the next transaction: %v", err)
	}
}

func TestWriterWhoGivesUp(t *testing.T) {
	t.Parallel()
	j := openJournal(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	outcomes := together(t, j.writer,
		func(context.Context) error {
			defer cancel(errRefused)
			return j.Pause(t.Context(), "en", true)
		},
		func(context.Context) error { return j.Pause(ctx, "to", true) })
	if outcomes[0] != nil {
		t.Error(outcomes[0])
	}
	// Whether the second was stored before its caller gave up is open; but it was told.
	paused, err := j.Paused(t.Context())
	if err != nil || (len(paused) == 2) != (outcomes[1] == nil) {
		t.Errorf("told %v, stored are %v, %v", outcomes[1], paused, err)
	}
	// While somebody else commits, one who waits may leave at once.
	j.writer.turn <- struct{}{}
	if err := j.Pause(ctx, "tre", true); !errors.Is(err, errRefused) {
		t.Errorf("got %v, want what the context was cancelled for", err)
	}
	<-j.writer.turn
	if err := j.Pause(ctx, "tre", true); !errors.Is(err, errRefused) {
		t.Errorf("got %v, want what the context was cancelled for", err)
	}
	if n := len(j.writer.waiting); n != 0 {
		t.Errorf("%d still wait", n)
	}
}

func TestReadersDoNotWaitForWriters(t *testing.T) {
	t.Parallel()
	j := openJournal(t)
	if _, _, err := j.Begin(t.Context(), handover.Record{Key: "k", State: handover.Planned}); err != nil {
		t.Fatal(err)
	}
	err := j.writer.write(t.Context(), func(tx tx) error {
		if _, err := tx.exec("UPDATE handovers SET attempts = 7"); err != nil {
			return err
		}
		// A read in the middle of somebody's transaction answers, with what was before.
		r, getErr := j.Get(t.Context(), "k")
		s, err := j.Summary(t.Context())
		if getErr != nil || err != nil || r.Attempts != 0 || len(s.Counts) != 1 {
			t.Errorf("read %+v, %v; %+v, %v", r, getErr, s, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestClosedJournalRefuses(t *testing.T) {
	t.Parallel()
	j, err := Open(t.Context(), filepath.Join(t.TempDir(), "journal.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.Pause(t.Context(), "en", true); err == nil {
		t.Error("a closed journal has stored something")
	}
}

// BenchmarkUpdate measures what a durable write costs one caller, and each of
// twenty at once.
func BenchmarkUpdate(b *testing.B) {
	for _, callers := range []int{1, 20} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			j := openJournal(b)
			work := make(chan struct{})
			var all sync.WaitGroup
			for i := range callers {
				r := handover.Record{Key: fmt.Sprint(i), DefinitionID: "en", State: handover.Planned}
				if _, _, err := j.Begin(b.Context(), r); err != nil {
					b.Fatal(err)
				}
				l, r, err := j.Acquire(b.Context(), r.Key, "a worker", time.Hour)
				if err != nil {
					b.Fatal(err)
				}
				all.Go(func() {
					for range work {
						var err error
						if r, err = j.Update(b.Context(), l, r); err != nil {
							b.Error(err)
						}
					}
				})
			}
			for b.Loop() {
				work <- struct{}{}
			}
			close(work)
			all.Wait()
		})
	}
}
