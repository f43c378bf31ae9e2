package handover

import (
	"context"
	"errors"
	"time"
)

// Journal keeps the records, durably: what a method has stored when it returns
// nil is there after a power cut. After an error that is none of those below it may
// be stored or not, as when the connection to a database ends before the answer.
// It is safe for concurrent use by several processes. Package journaltest holds its
// contract as tests.
type Journal interface {
	// Begin stores new records, all or none: those of one source and definition,
	// one for each recipient. A key that has a record already keeps it. Returned
	// are the records as they are stored, in the order given, and how many of them
	// are new.
	Begin(ctx context.Context, records ...Record) ([]Record, int, error)
	// Get reads a record. The error is ErrNoRecord if there is none.
	Get(ctx context.Context, key string) (Record, error)
	// List reads the records that a filter selects, oldest first, then by key.
	List(ctx context.Context, f Filter) ([]Record, error)
	// Summary counts the records. It reads no record, and may be asked often.
	Summary(ctx context.Context) (Summary, error)
	// Wake picks records to be worked on: due now by the journal's clock, held by
	// nobody, of a definition that is not paused, and not picked before within the
	// last again, unless updated since. The longest due come first: since NotBefore
	// or, without one, since CreatedAt. Of several who ask, no two get the same one.
	// It costs the same however many records wait, and may be asked often. It returns
	// their keys.
	Wake(ctx context.Context, q WakeQuery) ([]string, error)
	// ForgetWakes makes what has been picked available to Wake again at once. It is
	// for a process that starts and knows that no other shares the journal.
	ForgetWakes(ctx context.Context) error
	// Pause stops a definition's records from being picked by Wake, or lets them.
	// It lasts until it is changed.
	Pause(ctx context.Context, definitionID string, paused bool) error
	// Paused lists the definitions that are paused, sorted.
	Paused(ctx context.Context) ([]string, error)
	// Lineages lists what is known of all definitions that ever were served, by id.
	Lineages(ctx context.Context) ([]Lineage, error)
	// SaveLineage stores what is known of a definition, in place of what was.
	SaveLineage(ctx context.Context, l Lineage) error
	// Prune clears the detail of up to limit settled records that were last updated
	// before a time: files, setback, refusal and form hash. What says that a form was
	// handed over, and as which instance, is kept for ever. It returns how many it
	// cleared.
	Prune(ctx context.Context, before time.Time, limit int) (int, error)

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
	Source       string // "{party id}/{guid}", in lower case
	Receiving    string // likewise
	Reference    string // the last twelve characters of the source's GUID, in lower case
	KeyPrefix    string // the first characters of the key
	States       []State
	Due          time.Time // not settled, and NotBefore not later than this
	After        Cursor    // only what comes after it in the list's order
	Limit        int
}

// Cursor is a place in a list of records: that of the record with these members.
type Cursor struct {
	CreatedAt time.Time
	Key       string
}

// Summary is what a journal holds, in numbers.
type Summary struct {
	Counts []Count  // by definition and state, those that are not 0
	Oldest []Oldest // one for each definition with an unsettled record
}

// Count is how many records of a definition are in a state.
type Count struct {
	DefinitionID string
	State        State
	Records      int
}

// Oldest is a definition's unsettled record whose source ended first.
type Oldest struct {
	DefinitionID string
	Reach        time.Time // as in [Record]
}

// Ended is when the process of the source ended, by Storage's clock.
func (o Oldest) Ended() time.Time { return o.Reach.Add(reachMargin) }

// WakeQuery says what [Journal.Wake] may pick.
type WakeQuery struct {
	Limit       int
	Again       time.Duration
	Definitions []string // whose records, by the ids that these have; empty for all
}

// Lineage is what a journal remembers of a definition, so that a changed one is
// noticed before it makes a second instance of a form.
type Lineage struct {
	DefinitionID string
	From, To     string    // application ids
	Since        time.Time // the earliest that it has been served with
	FirstServed  time.Time
	// Confirmed tells that somebody has agreed to what the first start takes.
	Confirmed bool
}

// The errors of a [Journal].
var (
	ErrNoRecord = errors.New("there is no such handover in the journal")
	ErrHeld     = errors.New("another process is working on this handover")
	ErrLost     = errors.New("another process has taken this handover over")
)
