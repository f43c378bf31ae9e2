package timeline

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/stafett/stafett/local/redact"
)

// Filter says which exchanges are wanted; the zero value means all.
type Filter struct {
	Before, After  int64  // ids, both excluded; 0 is no bound
	Roots          bool   // only what is not part of another exchange
	RefusedOnly    bool   // only what was refused or not answered
	WithoutPolling bool   // without what a program repeats over and over
	System         string // as in [Exchange]
	Trace          string // as in [Exchange]
	// Instance is the id of an instance, with or without its owner's party before
	// it: only what names it in its target or its facts, and what led to that.
	Instance string
	Limit    int // of the number of exchanges; 0 is no bound
}

// Exchanges returns what is kept, the newest first.
func (r *Recorder) Exchanges(f Filter) []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle(r.now())
	var about map[int64]bool
	if f.Instance != "" {
		about = r.about(f.Instance)
	}
	var found []*entry
	for _, e := range r.kept {
		if f.wants(e) && (about == nil || about[e.ID]) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b *entry) int { return cmp.Compare(b.ID, a.ID) })
	if f.Limit > 0 && len(found) > f.Limit {
		found = found[:f.Limit]
	}
	return copies(found)
}

func (f Filter) wants(e *entry) bool {
	return (f.Before == 0 || e.ID < f.Before) && e.ID > f.After &&
		(!f.Roots || e.Parent == 0) && (!f.RefusedOnly || e.Refused()) && (!f.WithoutPolling || !e.Polling()) &&
		(f.System == "" || e.System == f.System) && (f.Trace == "" || e.Trace == f.Trace)
}

// about returns the exchanges that name an instance, and those above them. The
// caller holds the lock.
func (r *Recorder) about(instance string) map[int64]bool {
	guid := strings.ToLower(instance[strings.LastIndexByte(instance, '/')+1:])
	found := map[int64]bool{}
	for _, e := range r.kept {
		if !e.names(guid) {
			continue
		}
		for ; e != nil && !found[e.ID]; e = r.kept[e.Parent] {
			found[e.ID] = true
		}
	}
	return found
}

func (e *entry) names(guid string) bool {
	if strings.Contains(strings.ToLower(e.Target), guid) {
		return true
	}
	return slices.ContainsFunc(e.Facts, func(fact any) bool {
		about, ok := fact.(interface{ InstanceID() string })
		return ok && strings.HasSuffix(strings.ToLower(about.InstanceID()), guid)
	})
}

func copies(entries []*entry) []Exchange {
	exchanges := make([]Exchange, len(entries))
	for n, e := range entries {
		exchanges[n] = e.Exchange
	}
	return exchanges
}

// Exchange returns one that is kept.
func (r *Recorder) Exchange(id int64) (Exchange, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle(r.now())
	e, ok := r.kept[id]
	if !ok {
		return Exchange{}, false
	}
	return e.Exchange, true
}

// Children returns the calls that a stand-in made in an exchange, the first
// first.
func (r *Recorder) Children(id int64) []Exchange {
	if id == 0 {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle(r.now())
	var found []*entry
	for _, e := range r.kept {
		if e.Parent == id {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b *entry) int { return cmp.Compare(a.ID, b.ID) })
	return copies(found)
}

// Message returns the request and the answer of an exchange, redacted now. A body
// that there was no more room for is told by its size.
func (r *Recorder) Message(id int64) (request, answer Message, ok bool) {
	r.mu.Lock()
	r.settle(r.now())
	kept, ok := r.kept[id]
	if !ok {
		r.mu.Unlock()
		return Message{}, Message{}, false
	}
	e := *kept
	r.mu.Unlock()

	scheme := "https"
	if e.plain {
		scheme = "http"
	}
	request = message(e.request, e.requestBody, e.RequestBytes)
	request.Line = e.Method + " " + scheme + "://" + e.Host + e.Target
	if e.Status != 0 {
		answer = message(e.answer, e.answerBody, e.AnswerBytes)
		answer.Line = strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status)))
	}
	return request, answer, true
}

func message(header http.Header, kept []byte, size int64) Message {
	var m Message
	for name, values := range header {
		for _, value := range values {
			m.Header = append(m.Header, Field{redact.Text(name), redact.Header(name, value)})
		}
	}
	slices.SortStableFunc(m.Header, func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
	m.Body, m.Note = redact.Body(header, kept, size)
	return m
}
