package handover

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"runtime/debug"
	"sync"
	"time"

	"github.com/stafett/stafett/altinn"
)

const (
	batchSize    = 100 // sources that are taken together
	readers      = 8   // of those, how many are read at a time
	toldFailures = 10  // of a sweep, how many its error holds
)

func (s *Service) sweepSources(ctx context.Context, d *Definition, result *SweepResult) error {
	name := d.sourcesMark()
	mark, err := s.cfg.Journal.Watermark(ctx, name)
	if err != nil {
		return err
	}
	from := d.since
	if overlapped := mark.Add(-s.cfg.Overlap); !mark.IsZero() && overlapped.After(from) {
		from = overlapped
	}
	seen := s.sources[d.id]
	seen.forget(from)
	return s.takeSources(ctx, d, from, seen, result, func(newest time.Time) error {
		if !newest.After(mark) {
			return nil
		}
		mark = newest
		return s.cfg.Journal.SetWatermark(ctx, name, newest)
	})
}

// sourcesMark is the name of the watermark up to which all forms that ended at or
// after the definition's since have records. With another since it says nothing of
// those between the two. It outlives a change of id, as keys do.
func (d *Definition) sourcesMark() string {
	return d.keyID() + "/since/" + d.since.UTC().Format(time.RFC3339Nano)
}

// completed lists the completed instances of a definition's original application
// that have changed at or after a time and ended at or after the definition's
// since, in the order of that change.
func (s *Service) completed(ctx context.Context, d *Definition, from time.Time) iter.Seq2[altinn.Instance, error] {
	complete := true
	q := altinn.Query{
		AppID: d.from, ProcessIsComplete: &complete, LastChanged: altinn.TimeRange{From: from},
		Ascending: true, OmitDataElements: true,
	}
	return func(yield func(altinn.Instance, error) bool) {
		for i, err := range s.cfg.Lister.Instances(ctx, q) {
			if err == nil && (!i.Process.IsComplete() || i.Process.Ended.Before(d.since)) {
				continue
			}
			if !yield(i, err) {
				return
			}
		}
	}
}

// takeSources makes sure that all completed sources from a time on have records.
// As long as none had to be left, it tells the newest change that it has dealt
// with.
func (s *Service) takeSources(ctx context.Context, d *Definition, from time.Time, seen *seenSources, result *SweepResult, dealtWith func(newest time.Time) error) error {
	var (
		batch  []altinn.Instance
		errs   []error
		failed int
	)
	take := func() error {
		defer func() { batch = batch[:0] }()
		var newest time.Time
		for i, err := range s.meetAll(ctx, d, batch, seen, result) {
			if err != nil {
				if failed++; failed <= toldFailures {
					errs = append(errs, err)
				}
			} else if failed == 0 {
				newest = batch[i].LastChanged
			}
		}
		if newest.IsZero() {
			return nil
		}
		return dealtWith(newest)
	}
	for source, err := range s.completed(ctx, d, from) {
		if err != nil {
			errs = append(errs, err)
			break
		}
		if result.Seen++; source.Status.IsHardDeleted {
			continue
		}
		if batch = append(batch, source); len(batch) < batchSize {
			continue
		}
		if err := take(); err != nil {
			return errors.Join(append(errs, err)...)
		}
	}
	errs = append(errs, take())
	if failed > toldFailures {
		errs = append(errs, fmt.Errorf("%d more could not be read", failed-toldFailures))
	}
	return errors.Join(errs...)
}

// meetAll meets some sources at a time. The errors are in the order of the
// sources.
func (s *Service) meetAll(ctx context.Context, d *Definition, sources []altinn.Instance, seen *seenSources, result *SweepResult) []error {
	var (
		errs   = make([]error, len(sources))
		counts = make([]SweepResult, len(sources))
		turns  = make(chan int)
		all    sync.WaitGroup
	)
	for range min(readers, len(sources)) {
		all.Go(func() {
			for i := range turns {
				counts[i], errs[i] = s.meetSafely(ctx, d, sources[i], seen)
			}
		})
	}
	for i := range sources {
		turns <- i
	}
	close(turns)
	all.Wait()
	for _, c := range counts {
		result.add(c)
	}
	return errs
}

// meetSafely is meet. A panic that one form brings about is an error like any
// other: the process and the other forms go on.
func (s *Service) meetSafely(ctx context.Context, d *Definition, source altinn.Instance, seen *seenSources) (count SweepResult, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("a form met a fault in this program", "definition", d.id, "source", source.ID,
				"panic", PanicReason(p), "stack", string(debug.Stack()))
			count, err = SweepResult{}, fmt.Errorf("source %s: %w", source.ID, errFault)
		}
	}()
	return s.meet(ctx, d, source, seen)
}

// errFault tells of a panic.
var errFault = errors.New("a fault in the program; its log has the details")

// meet makes sure that a completed source has a record.
func (s *Service) meet(ctx context.Context, d *Definition, source altinn.Instance, seen *seenSources) (SweepResult, error) {
	if seen.has(source.ID) {
		return SweepResult{Known: 1}, nil
	}
	var count SweepResult
	known, err := s.known(ctx, d, source.ID)
	switch {
	case err != nil:
		return count, err
	case len(known) > 0:
		count.Known = 1
	default:
		records, fresh, err := s.begin(ctx, d, source.ID, BySweep)
		switch {
		case err != nil:
			return count, fmt.Errorf("source %s: %w", source.ID, err)
		case fresh == 0:
			count.Known = 1
		case records[0].State == Skipped:
			count.NotWanted = 1
		case records[0].State == Failed:
			count.Dead = 1
		default:
			count.Begun = fresh
		}
	}
	seen.add(source.ID, source.LastChanged)
	return count, nil
}

// seenSources are sources of which this process knows that they have records,
// which are for ever. It saves the journal from being asked at each sweep for all
// that is in the overlap.
type seenSources struct {
	mu      sync.Mutex
	changed map[string]time.Time // by id
}

func newSeenSources() *seenSources { return &seenSources{changed: map[string]time.Time{}} }

func (s *seenSources) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.changed[id]
	return ok
}

func (s *seenSources) add(id string, changed time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed[id] = changed
}

// forget drops what a sweep from a time on does not list.
func (s *seenSources) forget(before time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.changed, func(_ string, changed time.Time) bool { return changed.Before(before) })
}
