package handover

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/project"
)

// Target is where receiving instances come into being: an application and the
// party that owns them.
type Target struct {
	AppID     string
	Recipient project.Recipient
}

// Candidate is an instance with a stamp.
type Candidate struct {
	ID          string
	Key         string    // its stamp
	Created     time.Time // Storage's clock, as is Changed
	Changed     time.Time
	HardDeleted bool
	SoftDeleted bool
	Test        bool // it carries [TestStamp]
}

// Search says what to find.
type Search struct {
	Target Target
	Key    string
	Since  time.Time // by Storage's clock: nothing older is asked for
	// Thorough tells that a request has been sent that may have made the instance
	// or may yet, so that what Storage shows long after its time counts as well.
	Thorough bool
}

// Finder finds receiving instances by their stamp. [Index] is one.
type Finder interface {
	// Find returns the instances of a target that carry the key, among all that
	// were created at or after the search's Since and before the call.
	Find(ctx context.Context, s Search) ([]Candidate, error)
	// Stamped returns the instances of a target that carry any key, were last
	// changed at or after since and before the call, and are not hard-deleted,
	// in the order of that change.
	Stamped(ctx context.Context, t Target, since time.Time) ([]Candidate, error)
}

// Index finds instances by stamp although Storage cannot: it reads each
// target's list once and after that only what has changed, in the order of
// lastChanged and with an overlap for what was committed late: a long one where
// the search is thorough, else of ten seconds. All who look at the same time share
// one reading, so looking costs the same at any volume.
//
// It is safe for concurrent use. It holds a few hundred bytes for each stamped
// instance that has changed since the oldest time that was lately asked for, or
// for 100,000 of each target if those are more.
type Index struct {
	lister  Lister
	overlap time.Duration
	room    int // how many instances of a target are kept before old ones are forgotten

	mu    sync.Mutex
	scans map[Target]*scan
}

// DefaultOverlap exceeds what Storage may hold back, and every default of
// [Config] that goes by it.
const DefaultOverlap = 10 * time.Minute

// promptly is how long Storage holds a change back that it has given a time, if
// nothing is out of order.
const promptly = 10 * time.Second

// NewIndex returns an index that, for a thorough search, reads again the last
// overlap before the newest change it has seen. The overlap must exceed the time
// for which Storage may hold back a change that it has given a time.
func NewIndex(lister Lister, overlap time.Duration) *Index {
	return &Index{lister: lister, overlap: overlap, room: 100_000, scans: map[Target]*scan{}}
}

// scan is what is known of one target.
type scan struct {
	turn chan struct{} // holds one token; who takes it may read the list

	mu       sync.Mutex
	started  int       // readings begun
	fresh    int       // the latest reading that came to its end
	thorough int       // of those, the latest with the whole overlap
	floor    time.Time // everything changed since is known; zero before the first reading
	newest   time.Time // the latest change seen
	stamped  map[string]map[string]Candidate
	kept     int       // how many those are
	room     int       // from how many on old ones are forgotten
	asked    time.Time // the furthest back that anyone has asked since that was done
}

func (x *Index) scan(t Target) *scan {
	x.mu.Lock()
	defer x.mu.Unlock()
	s, ok := x.scans[t]
	if !ok {
		s = &scan{turn: make(chan struct{}, 1), stamped: map[string]map[string]Candidate{}, room: x.room}
		s.turn <- struct{}{}
		x.scans[t] = s
	}
	return s
}

// Find implements [Finder].
func (x *Index) Find(ctx context.Context, search Search) ([]Candidate, error) {
	s := x.scan(search.Target)
	if err := x.refresh(ctx, search.Target, s, search.Since, search.Thorough); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.stamped[search.Key])), nil
}

// Stamped implements [Finder].
func (x *Index) Stamped(ctx context.Context, t Target, since time.Time) ([]Candidate, error) {
	s := x.scan(t)
	if err := x.refresh(ctx, t, s, since, true); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var stamped []Candidate
	for _, instances := range s.stamped {
		for _, c := range instances {
			if !c.HardDeleted && !c.Changed.Before(since) {
				stamped = append(stamped, c)
			}
		}
	}
	slices.SortFunc(stamped, func(a, b Candidate) int {
		return cmp.Or(a.Changed.Compare(b.Changed), strings.Compare(a.ID, b.ID))
	})
	return stamped, nil
}

// refresh returns when a reading that began after the call has ended and what
// is known reaches back to since. Unless there is an error, it then holds s.mu, so
// that nothing is forgotten before the caller has looked.
func (x *Index) refresh(ctx context.Context, t Target, s *scan, since time.Time, thorough bool) error {
	s.mu.Lock()
	before := s.started
	s.mu.Unlock()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.turn:
	}
	defer func() { s.turn <- struct{}{} }()

	s.mu.Lock()
	first, floor, newest := s.floor.IsZero(), s.floor, s.newest
	served := s.fresh
	if thorough {
		served = s.thorough
	}
	if s.asked.IsZero() || since.Before(s.asked) {
		s.asked = since
	}
	if !first && !since.Before(floor) && served > before {
		return nil // somebody else's reading serves
	}
	s.started++
	reading := s.started
	s.mu.Unlock()

	overlap := x.overlap
	switch {
	case first:
		floor, thorough = since, true
	case since.Before(floor):
		// Twice as far as is asked, so that a row of searches, each further back
		// than the one before, reads little more than it has to.
		back := since.Add(since.Sub(floor))
		if err := x.read(ctx, t, s, altinn.TimeRange{From: back, Before: floor}); err != nil {
			return err
		}
		floor, thorough = back, true // what moved up meanwhile, the next lines read
	case !thorough:
		overlap = min(overlap, promptly)
	}
	from := newest.Add(-overlap)
	if first || from.Before(floor) {
		from = floor
	}
	if err := x.read(ctx, t, s, altinn.TimeRange{From: from}); err != nil {
		return err
	}
	s.mu.Lock()
	s.floor, s.fresh = floor, reading
	if thorough {
		s.thorough = reading
	}
	if s.kept > s.room {
		s.forget(x.room)
	}
	return nil
}

// forget drops the instances that have not changed since the furthest time that
// anyone has asked for lately. A search further back reads them again. Where all
// are asked for, such as those of a long row of old forms, they are kept.
func (s *scan) forget(room int) {
	if s.asked.After(s.floor) {
		s.floor = s.asked
	}
	s.asked, s.kept = time.Time{}, 0
	for key, instances := range s.stamped {
		maps.DeleteFunc(instances, func(_ string, c Candidate) bool { return c.Changed.Before(s.floor) })
		if s.kept += len(instances); len(instances) == 0 {
			delete(s.stamped, key)
		}
	}
	s.room = max(room, 2*s.kept)
}

// read reads what has changed in a target. It narrows the list by party id only: to
// narrow it by organisation number, Storage asks Register, and takes an outage of
// that for a party that owns nothing.
func (x *Index) read(ctx context.Context, t Target, s *scan, changed altinn.TimeRange) error {
	q := altinn.Query{
		AppID: t.AppID, LastChanged: changed,
		Ascending: true, OmitDataElements: true,
		OwnerPartyID: t.Recipient.PartyID,
	}
	for i, err := range x.lister.Instances(ctx, q) {
		if err != nil {
			return fmt.Errorf("look for receiving instances: %w", err)
		}
		s.add(i)
	}
	return nil
}

func (s *scan) add(i altinn.Instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i.LastChanged.After(s.newest) {
		s.newest = i.LastChanged
	}
	key := i.DataValues[Stamp]
	if key == "" {
		return
	}
	if s.stamped[key] == nil {
		s.stamped[key] = map[string]Candidate{}
	}
	id := strings.ToLower(i.ID)
	if _, known := s.stamped[key][id]; !known {
		s.kept++
	}
	s.stamped[key][id] = Candidate{
		ID: id, Key: key, Created: i.Created, Changed: i.LastChanged, HardDeleted: i.Status.IsHardDeleted, SoftDeleted: i.Status.IsSoftDeleted, Test: i.DataValues[TestStamp] == "true",
	}
}
