package timeline

import (
	"cmp"
	"container/list"
	"net/http"
	"sync"
	"time"
)

const (
	defaultKeep      = 2000
	defaultKeepBytes = 32 << 20
)

// Config is what [New] needs.
type Config struct {
	// Keep is how many exchanges are kept, the latest; zero means 2000. No more than
	// a quarter of them are looks, which found what is there and changed nothing, with
	// what is below them: programs look all the time, and the story is not to be
	// forgotten for it.
	Keep int
	// KeepBytes is how much of their bodies is kept, the latest; zero means 32 MiB.
	// Of their headers, none is kept that is longer than 8 KiB.
	KeepBytes int64
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
	// Know adds to a caller what its credentials do not tell, such as the names that
	// people know it by. Nil adds nothing. It may be called from several goroutines
	// at once.
	Know func(Caller) Caller
}

// Recorder keeps the latest exchanges. It is safe for concurrent use, starts no
// goroutine and needs no closing.
type Recorder struct {
	cfg   Config
	spans spans

	mu      sync.Mutex
	begun   int64                 // exchanges
	changes int64                 // the number of the latest
	lost    int64                 // the latest change of what is no longer kept
	partial bool                  // more than looks is no longer kept
	trees   map[int64]*tree       // of each exchange that has not appeared
	waiting []*tree               // whose root has ended
	kept    map[int64]*entry      // by id
	order   *list.List            // of *entry, by Change
	looks   *list.List            // those of order that are looks
	bodies  *list.List            // of *entry with bodies, the oldest first
	size    int64                 // of the bodies
	repeats map[repetition]*entry // what the next one may be a repetition of
	changed chan struct{}         // closed at the next change
}

// entry is a kept exchange and its messages as they came. It is changed under
// the recorder's lock, and only in what concerns its repetition or its place.
type entry struct {
	Exchange
	plain                   bool // not under TLS
	request, answer         http.Header
	requestBody, answerBody []byte // never changed; nil once there is no more room

	place, lookPlace, bodyPlace *list.Element
	repetition                  repetition
}

// New makes an empty recorder.
func New(cfg Config) *Recorder {
	cfg.Keep = cmp.Or(cfg.Keep, defaultKeep)
	cfg.KeepBytes = cmp.Or(cfg.KeepBytes, defaultKeepBytes)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Recorder{
		cfg: cfg, spans: newSpans(),
		trees: map[int64]*tree{}, kept: map[int64]*entry{},
		order: list.New(), looks: list.New(), bodies: list.New(), repeats: map[repetition]*entry{},
		changed: make(chan struct{}),
	}
}

// keep adds an exchange, and lets the oldest go that there is no room for. The
// caller holds the lock, as for the rest of this file.
func (r *Recorder) keep(e *entry) {
	if r.kept[e.Parent] == nil && r.trees[e.Parent] == nil {
		e.Parent = 0
	}
	r.changes++
	e.Change = r.changes
	e.place = r.order.PushBack(e)
	if parent := r.kept[e.Parent]; parent != nil && parent.lookPlace != nil || parent == nil && e.looks() {
		e.lookPlace = r.looks.PushBack(e)
	}
	r.kept[e.ID] = e
	if bytes := int64(len(e.requestBody) + len(e.answerBody)); bytes > 0 {
		e.bodyPlace = r.bodies.PushBack(e)
		r.size += bytes
	}
	for r.looks.Len() > max(r.cfg.Keep/4, 1) {
		r.forget(r.looks.Front().Value.(*entry))
	}
	for r.order.Len() > r.cfg.Keep {
		r.forget(r.order.Front().Value.(*entry))
	}
	for r.size > r.cfg.KeepBytes {
		r.strip(r.bodies.Front().Value.(*entry))
	}
}

func (r *Recorder) forget(e *entry) {
	r.lost = max(r.lost, e.Change)
	r.strip(e)
	r.order.Remove(e.place)
	if e.lookPlace != nil {
		r.looks.Remove(e.lookPlace)
	} else {
		r.partial = true
	}
	delete(r.kept, e.ID)
	if r.repeats[e.repetition] == e {
		delete(r.repeats, e.repetition)
	}
}

// looks reports whether somebody looked and found what is there, or that nothing
// is, and a stand-in had nothing to say of it.
func (e *entry) looks() bool {
	if e.Method != http.MethodGet && e.Method != http.MethodHead {
		return false
	}
	return e.Status == http.StatusNotFound || !e.Refused() && len(e.Facts) == 0
}

// Whole reports whether nothing but looks has been let go.
func (r *Recorder) Whole() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.partial
}

// strip lets go of the bodies.
func (r *Recorder) strip(e *entry) {
	if e.bodyPlace == nil {
		return
	}
	r.size -= int64(len(e.requestBody) + len(e.answerBody))
	r.bodies.Remove(e.bodyPlace)
	e.requestBody, e.answerBody, e.bodyPlace = nil, nil, nil
}

// tell wakes those who follow.
func (r *Recorder) tell() {
	close(r.changed)
	r.changed = make(chan struct{})
}
