package handover

import (
	"context"
	"errors"
	"time"
)

// Journal keeps the records, durably: what a method has stored when it returns
// nil is there after a power cut. It is safe for concurrent use by several
// processes. Package journaltest holds its contract as tests.
type Journal interface {
	// Begin stores a new record. If the key has one already, that one is
	// returned unchanged, and false.
	Begin(ctx context.Context, r Record) (Record, bool, error)
	// Get reads a record. The error is ErrNoRecord if there is none.
	Get(ctx context.Context, key string) (Record, error)
	// List reads the records that a filter selects, oldest first, then by key.
	List(ctx context.Context, f Filter) ([]Record, error)

	// Acquire takes the right to act on a record for a time. The error is
	// ErrHeld while somebody else has it, whatever name they go by, and
	// ErrNoRecord if there is no such record. It returns the record as it is
	// now.
	Acquire(ctx context.Context, key, owner string, ttl time.Duration) (Lease, Record, error)
	// Extend prolongs a lease to ttl from now. The error is ErrLost if another
	// has taken it over since, or it was released.
	Extend(ctx context.Context, l Lease, ttl time.Duration) error
	// Release gives a lease up early. To release a lost lease does nothing.
	Release(ctx context.Context, l Lease) error
	// Update replaces the record that the lease is for and returns it with its
	// new Version. The error is ErrLost, and nothing is changed, if another has
	// taken the lease over since or r is not the record's latest version.
	Update(ctx context.Context, l Lease, r Record) (Record, error)

	// Watermark reads a named time; zero if it was never set.
	Watermark(ctx context.Context, name string) (time.Time, error)
	// SetWatermark stores a named time.
	SetWatermark(ctx context.Context, name string, at time.Time) error
	// Close releases the journal's resources.
	Close() error
}

// Lease is the right to act on one record. Token tells it from every earlier
// and later lease on the same record.
type Lease struct {
	Key   string
	Token int64
}

// Filter selects records. Empty members do not restrict.
type Filter struct {
	DefinitionID string
	Source       string
	States       []State
	Due          time.Time // not settled, and NotBefore not later than this
	Limit        int
}

// The errors of a [Journal].
var (
	ErrNoRecord = errors.New("there is no such handover in the journal")
	ErrHeld     = errors.New("another process is working on this handover")
	ErrLost     = errors.New("another process has taken this handover over")
)
