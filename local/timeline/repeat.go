package timeline

import (
	"hash/maphash"
	"net/http"
	"strings"
	"time"
)

// repeatedWithin is how long after the last one a request is a repetition.
const repeatedWithin = 2 * time.Minute

// repetition is what makes two requests one that is repeated: the same caller
// asks for the same and gets the same. Answers that differ in digits only are the
// same: that is the time of a list, and where the next page begins.
type repetition struct {
	caller       Caller
	method, path string
	host         string
	status       int
	rest         uint64 // of query and answer
	size         int64  // of an answer that is not text
}

// repetitionOf returns the zero value for what stands for itself: what changes
// something, what a stand-in asked, what got no answer, and what a stand-in did
// and had something to say of, such as that a secret was read.
func repetitionOf(e *entry) repetition {
	looks := e.Method == http.MethodGet || e.Method == http.MethodHead
	if e.Parent != 0 || e.Status == 0 || !looks || !e.Refused() && len(e.Facts) > 0 {
		return repetition{}
	}
	path, query, _ := strings.Cut(e.Target, "?")
	same := repetition{caller: e.Caller, method: e.Method, path: path, host: e.Host, status: e.Status}
	if e.answerBody == nil {
		same.size = e.AnswerBytes
	}
	var h maphash.Hash
	h.SetSeed(seed)
	_, _ = h.Write(withoutDigits([]byte(query))) // never fails, as the next
	_, _ = h.Write(withoutDigits(e.answerBody))
	same.rest = h.Sum64()
	return same
}

// seed is the process's; hashes are compared within it only.
var seed = maphash.MakeSeed()

func withoutDigits(text []byte) []byte {
	rest := make([]byte, 0, len(text))
	for _, c := range text {
		if c < '0' || c > '9' {
			rest = append(rest, c)
		}
	}
	return rest
}

// repeat counts an exchange as one more of another, unless its caller has done
// something else in between that is worth a place of its own. The caller holds
// the lock.
func (r *Recorder) repeat(e *entry) bool {
	same := e.repetition
	if same == (repetition{}) {
		if e.Parent == 0 {
			for other := range r.repeats {
				if other.caller == e.Caller {
					delete(r.repeats, other)
				}
			}
		}
		return false
	}
	first := r.repeats[same]
	if first == nil || e.Started.Sub(first.Last) > repeatedWithin {
		r.repeats[same] = e
		return false
	}
	first.Times++
	first.Last = e.Started
	r.changes++
	first.Change = r.changes
	r.order.MoveToBack(first.place)
	if first.lookPlace != nil {
		r.looks.MoveToBack(first.lookPlace)
	}
	return true
}
