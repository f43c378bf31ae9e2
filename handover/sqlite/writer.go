package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/internal/row"
)

// writer lets those who write at the same time share one transaction, and so one
// wait for the disk, which is what a write costs. Nobody waits for company: whoever
// comes while nothing is being committed commits at once, with all who have come
// meanwhile; the rest are the next transaction.
type writer struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt // of conn, by their text

	turn    chan struct{} // holds one value while somebody commits
	mu      sync.Mutex
	waiting []*write
}

// write is what one caller wants to store. It runs in a savepoint of its own, so
// that of those who share a transaction none is harmed by another's failure.
type write struct {
	ctx  context.Context
	do   func(tx) error
	err  error
	done chan struct{} // closed when err is what became of it
}

func newWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &writer{conn: conn, statements: map[string]*sql.Stmt{}, turn: make(chan struct{}, 1)}, nil
}

// write runs do in a transaction. When it returns nil, what do has stored is on
// the disk; when it returns an error of do, nothing is. An end of ctx is obeyed
// until do begins.
func (w *writer) write(ctx context.Context, do func(tx) error) error {
	mine := &write{ctx: ctx, do: do, done: make(chan struct{})}
	w.mu.Lock()
	w.waiting = append(w.waiting, mine)
	w.mu.Unlock()
	select {
	case w.turn <- struct{}{}:
		w.commitAll()
	case <-mine.done:
	case <-ctx.Done():
		w.withdraw(mine)
	}
	<-mine.done
	return mine.err
}

// withdraw takes a write back if nobody has taken it yet; else its outcome is near.
func (w *writer) withdraw(mine *write) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := slices.Index(w.waiting, mine); i >= 0 {
		w.waiting = slices.Delete(w.waiting, i, i+1)
		mine.finish(context.Cause(mine.ctx))
	}
}

// commitAll commits what waits and gives the turn back, also when it panics.
func (w *writer) commitAll() {
	defer func() { <-w.turn }()
	w.commit(w.take())
}

func (w *writer) take() []*write {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.waiting
	w.waiting = nil
	return taken
}

func (o *write) finish(err error) {
	o.err = err
	close(o.done)
}

// try does what the caller wants. A panic is an error of that caller: others are
// in the same transaction, and it may be a goroutine of theirs that runs this.
func (o *write) try(t tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %s", errFault, handover.PanicReason(p))
		}
	}()
	return o.do(t)
}

var errFault = errors.New("a fault in the program")

// commit stores what several want in one transaction and tells each its outcome.
// The caller holds the turn. Should it panic, all have been told that nothing is
// stored.
func (w *writer) commit(all []*write) {
	begun := make([]*write, 0, len(all))
	for _, o := range all {
		if o.ctx.Err() != nil {
			o.finish(context.Cause(o.ctx))
			continue
		}
		begun = append(begun, o)
	}
	if len(begun) == 0 {
		return
	}
	outcomes, err := make([]error, len(begun)), errFault
	defer func() {
		for i, o := range begun {
			o.finish(cmp.Or(err, outcomes[i]))
		}
	}()
	// One who gives up must not take the others along.
	outcomes, err = tx{ctx: context.Background(), w: w}.run(begun)
}

// tx is a transaction under way.
type tx struct {
	ctx context.Context
	w   *writer
}

// run runs writes in one transaction. It returns what each has said; err tells
// that nothing is stored of any.
func (t tx) run(all []*write) (outcomes []error, err error) {
	outcomes = make([]error, len(all))
	if _, err := t.exec("BEGIN IMMEDIATE"); err != nil {
		return outcomes, err
	}
	committed := false
	defer func() {
		if !committed {
			_, rollbackErr := t.exec("ROLLBACK")
			err = errors.Join(err, rollbackErr)
		}
	}()
	for i, o := range all {
		if _, err := t.exec("SAVEPOINT one"); err != nil {
			return outcomes, err
		}
		if outcomes[i] = o.try(t); outcomes[i] != nil {
			if _, err := t.exec("ROLLBACK TO one"); err != nil {
				return outcomes, errors.Join(outcomes[i], err) // SQLite has given the whole transaction up
			}
		}
		if _, err := t.exec("RELEASE one"); err != nil {
			return outcomes, err
		}
	}
	_, err = t.exec("COMMIT")
	committed = err == nil
	return outcomes, err
}

// exec runs a statement and returns how many rows it has changed.
func (t tx) exec(query string, args ...any) (int, error) {
	if err := t.prepare(query); err != nil {
		return 0, err
	}
	result, err := t.w.statements[query].ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// query runs a statement that answers rows.
func (t tx) query(query string, args ...any) (*sql.Rows, error) {
	if err := t.prepare(query); err != nil {
		return nil, err
	}
	return t.w.statements[query].QueryContext(t.ctx, args...)
}

// record runs a statement that answers one record, and then what more holds
// pointers to. The error is ErrNoRecord if it answers none.
func (t tx) record(query string, args []any, more ...any) (handover.Record, error) {
	if err := t.prepare(query); err != nil {
		return handover.Record{}, err
	}
	return found(row.Decode(t.w.statements[query].QueryRowContext(t.ctx, args...), more...))
}

// prepare prepares a statement once for all transactions.
func (t tx) prepare(query string) error {
	if t.w.statements[query] != nil {
		return nil
	}
	s, err := t.w.conn.PrepareContext(t.ctx, query) //nolint:sqlclosecheck // the writer's close does
	if err == nil {
		t.w.statements[query] = s
	}
	return err
}

// close ends the writer when what is being committed has been.
func (w *writer) close() error {
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	var errs []error
	for _, s := range w.statements {
		errs = append(errs, s.Close())
	}
	clear(w.statements)
	return errors.Join(append(errs, w.conn.Close())...)
}
