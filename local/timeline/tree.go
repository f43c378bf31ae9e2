package timeline

import (
	"cmp"
	"slices"
	"time"
)

// grace is how long an exchange that has ended waits for what is below it. A
// handler has often ended a little after its answer has come.
const grace = 100 * time.Millisecond

// tree is an exchange and what is below it, on its way into the timeline. It
// appears as a whole, so that a repetition can be told before anybody has seen it,
// and a parent before its children.
type tree struct {
	root     *entry // nil while it is under way
	due      time.Time
	ended    []*entry // without the root
	running  int
	appeared bool
	repeated bool // it was one more of another
}

// begin gives a new exchange its number.
func (r *Recorder) begin(trace string, parent int64) *live {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun++
	l := &live{id: r.begun, trace: trace, tree: r.trees[parent]}
	if l.tree == nil || l.tree.appeared {
		l.tree, l.root = &tree{}, true
	}
	l.tree.running++
	r.trees[l.id] = l.tree
	return l
}

// end takes an exchange that has ended.
func (r *Recorder) end(l *live, e *entry) {
	e.repetition = repetitionOf(e)
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	t := l.tree
	t.running--
	switch {
	case t.appeared:
		delete(r.trees, e.ID)
		if !t.repeated {
			r.keep(e)
			r.tell()
		}
		return
	case l.root:
		t.root, t.due = e, now.Add(grace)
		r.waiting = append(r.waiting, t)
		r.tell() // those who follow have something to wait for
	case len(t.ended) >= r.cfg.Keep:
		delete(r.trees, e.ID) // there is no more room to wait in
		r.keep(e)
		r.tell()
	default:
		t.ended = append(t.ended, e)
	}
	r.settle(now)
}

// settle lets those trees appear that are whole or have waited for long enough,
// in the order in which their roots have ended. The caller holds the lock.
func (r *Recorder) settle(now time.Time) {
	r.waiting = slices.DeleteFunc(r.waiting, func(t *tree) bool {
		if t.running > 0 && now.Before(t.due) {
			return false
		}
		r.appear(t)
		return true
	})
}

func (r *Recorder) appear(t *tree) {
	t.appeared, t.repeated = true, r.repeat(t.root)
	slices.SortFunc(t.ended, func(a, b *entry) int { return cmp.Compare(a.ID, b.ID) })
	all := append([]*entry{t.root}, t.ended...)
	if !t.repeated {
		for _, e := range all {
			r.keep(e)
		}
	}
	for _, e := range all {
		delete(r.trees, e.ID)
	}
	t.root, t.ended = nil, nil
	r.tell()
}

// nextDue is how long it is until a tree appears that is not whole, 0 when none
// waits. The caller holds the lock and has settled what is due.
func (r *Recorder) nextDue(now time.Time) time.Duration {
	var wait time.Duration
	for _, t := range r.waiting {
		if left := t.due.Sub(now); wait == 0 || left < wait {
			wait = left
		}
	}
	return wait
}
