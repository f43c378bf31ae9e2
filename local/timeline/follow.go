package timeline

import (
	"context"
	"iter"
	"slices"
	"time"
)

// Latest returns the number of the newest change, 0 before the first.
func (r *Recorder) Latest() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle(r.now())
	return r.changes
}

// Follow yields the exchanges that have appeared or been repeated since a change,
// in the order of their changes, and then each as it does, until ctx ends. A
// parent comes before what is below it; what was under way in it when it ended may
// come much later. Whoever is so slow that some are no longer kept gets an Exchange
// with ID 0 first, whose Change is the last that was lost; so does whoever goes on
// from a change that has not been, which was another recorder's.
func (r *Recorder) Follow(ctx context.Context, after int64) iter.Seq[Exchange] {
	return func(yield func(Exchange) bool) {
		for news := range r.News(ctx, after) {
			for _, e := range news {
				if ctx.Err() != nil || !yield(e) {
					return
				}
			}
		}
	}
}

// News is [Recorder.Follow] for those who look at the whole timeline whenever
// something happens: it yields all that has happened since they took the last, at
// once. There is always something in it.
func (r *Recorder) News(ctx context.Context, after int64) iter.Seq[[]Exchange] {
	return func(yield func([]Exchange) bool) {
		for ctx.Err() == nil {
			news, more := r.since(after)
			if len(news) == 0 {
				if !more.wait(ctx) {
					return
				}
				continue
			}
			if !yield(news) {
				return
			}
			after = news[len(news)-1].Change
		}
	}
}

// more is when there may be something new.
type more struct {
	changed <-chan struct{}
	due     time.Duration // 0 when nothing is
}

// wait reports whether it was worth the while; false is the end of ctx.
func (m more) wait(ctx context.Context) bool {
	var due <-chan time.Time
	if m.due > 0 {
		timer := time.NewTimer(m.due)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-ctx.Done():
		return false
	case <-m.changed:
	case <-due:
	}
	return true
}

// since returns what has changed.
func (r *Recorder) since(after int64) ([]Exchange, more) {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle(now)
	if after > r.changes {
		return []Exchange{{Change: r.changes}}, more{}
	}
	var news []Exchange
	for place := r.order.Back(); place != nil; place = place.Prev() {
		e := place.Value.(*entry)
		if e.Change <= after {
			break
		}
		news = append(news, e.Exchange)
	}
	if after > 0 && after < r.lost {
		news = append(news, Exchange{Change: r.lost})
	}
	slices.Reverse(news)
	return news, more{r.changed, r.nextDue(now)}
}
