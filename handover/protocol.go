package handover

import (
	"slices"
	"strings"
	"time"
)

// action is what a record asks for next.
type action int

const (
	stop     action = iota // settled, or not before NotBefore
	search                 // look for instances with the stamp
	create                 // send the request that creates the instance
	complete               // read the receiving instance back
	fill                   // add what it lacks
	cleanUp                // deal with the pending duplicates
	confirm                // confirm the source
	inspect                // look for a file that came after the handover was done
)

// String names an action as an [Observer] knows it.
func (a action) String() string {
	return [...]string{"stop", "search", "create", "complete", "fill", "clean up", "confirm", "inspect"}[a]
}

// limits are the numbers that the protocol goes by.
type limits struct {
	unclearWait time.Duration // the server's worst case
	maxRefusals int           // how often a refusal that may pass is taken as one
	maxFills    int           // how often data is added, besides once for each file, before that is given up
	confirm     bool          // the definition wants the source to be confirmed
}

// observation is what came of an action.
type observation interface{ observed() }

type (
	// resumed: the record has just been read from the journal.
	resumed struct{}
	// retried: somebody asks a failed or cancelled handover to try again.
	retried struct {
		gone bool // the recorded instance has been deleted for good
	}
	// suspected: the instance of a handover that is done has changed, and what was
	// added to it once had no clear outcome.
	suspected struct{}
	// searched: a search has found these, hard-deleted ones included.
	searched struct{ found []Candidate }
	// answered: the request to create has ended.
	answered struct {
		verdict    verdict
		instance   string // with verdict made
		reason     string // with a refusal
		setback    Setback
		retryAfter time.Duration
		files      []File // what was read of the attachments
		form       string // hash of the form data
	}
	// impossible: what the definition asks for cannot be made of the source.
	impossible struct{ reason string }
	// readBack: the receiving instance is complete.
	readBack struct {
		files       []File
		softDeleted bool
	}
	// lacking: data has to be added to the receiving instance, or removed.
	lacking struct{ files []File }
	// filled: one such thing was done; the instance has to be read back again.
	filled struct{ files []File }
	// unsent: nothing was done, since nothing could be sent.
	unsent struct{}
	// fillUnclear: to add data had no clear outcome.
	fillUnclear struct {
		files      []File
		setback    Setback
		retryAfter time.Duration
	}
	// broken: the receiving instance can never be completed.
	broken struct {
		reason  string
		setback Setback // empty if no answer says so
	}
	// cleaned: these duplicates were dealt with.
	cleaned struct{ fates []Duplicate }
	// confirmed: the source needs no more confirmation, by this handover or another
	// of the same source.
	confirmed struct{ byThis bool }
	// inspected: that was looked for.
	inspected struct{}
)

func (resumed) observed()     {}
func (retried) observed()     {}
func (suspected) observed()   {}
func (searched) observed()    {}
func (answered) observed()    {}
func (impossible) observed()  {}
func (readBack) observed()    {}
func (lacking) observed()     {}
func (filled) observed()      {}
func (unsent) observed()      {}
func (fillUnclear) observed() {}
func (broken) observed()      {}
func (cleaned) observed()     {}
func (confirmed) observed()   {}
func (inspected) observed()   {}

// verdict is what an answer to a request to create proves.
type verdict int

const (
	made     verdict = iota // there is an instance, and its id is known
	notMade                 // there is none, for a reason that may pass
	refused                 // the application refuses for good; there may be an instance all the same
	declined                // the application refuses, and that may pass; there may be an instance
	unclear                 // anything may have happened, or may yet happen
)

// next is the protocol: from a record and what was observed to the record as it
// now is and the action that it asks for. It looks at nothing else, changes
// neither argument, and never asks to create while an earlier request may still
// have its effect.
func (l limits) next(r Record, o observation, now time.Time) (Record, action) {
	r = r.clone()
	looked := false // all other instances with the stamp are known as of now
	switch o := o.(type) {
	case resumed:
		l.resumed(&r, now)
	case retried:
		if r.State == Failed || r.State == Cancelled {
			r.again(o.gone)
		} else {
			l.resumed(&r, now)
		}
	case suspected:
		if r.State == Done {
			return r, inspect
		}
	case searched:
		looked = true
		if l.searched(&r, o.found, now) {
			return r, create
		}
	case answered:
		l.answered(&r, o, now)
	case impossible:
		r.fail(o.reason, Setback{})
	case readBack:
		r.learn(o.files)
		r.State, r.SoftDeleted = Verified, o.softDeleted
		r.goOn()
	case lacking:
		r.learn(o.files)
		if r.Fills++; r.Fills > l.maxFills+len(o.files) {
			r.fail("the receiving instance cannot be completed: what is added to it does not stay, or gets no answer", r.Setback)
			break
		}
		r.State, r.Setback = Filling, Setback{}
		return r, fill
	case filled:
		r.learn(o.files)
		r.State = Created
		r.goOn()
	case unsent:
		r.State = Created
		r.Fills--
	case fillUnclear:
		r.learn(o.files)
		r.State, r.NotBefore, r.Setback = Created, now.Add(max(l.unclearWait, o.retryAfter)), o.setback
		r.Unclears++
	case broken:
		r.fail(o.reason, o.setback)
	case cleaned:
		looked = true
		r.settle(o.fates)
	case confirmed:
		r.State, r.Confirmed = Done, r.Confirmed || o.byThis
		r.goOn()
	case inspected: // whatever was removed, the record holds as it did
	}
	if r.State == Verified {
		return l.verified(r, looked, now)
	}
	return r, r.due(now)
}

// due is the action that a record asks for at a time. It is never create nor
// fill: only a search that has just found nothing asks for the one, and a
// reading that has just found something lacking for the other.
func (r Record) due(now time.Time) action {
	if r.State.Settled() || now.Before(r.NotBefore) {
		return stop
	}
	switch r.State {
	case Planned, Unclear:
		return search
	case Created:
		return complete
	}
	return stop
}

// verified takes a handover whose receiving instance is complete to its end.
func (l limits) verified(r Record, looked bool, now time.Time) (Record, action) {
	switch {
	case now.Before(r.NotBefore):
		return r, stop
	case len(r.pending()) > 0:
		return r, cleanUp
	case !looked && !r.sure():
		return r, search
	case l.confirm && !r.Confirmed:
		return r, confirm
	}
	r.State = Done
	r.goOn()
	return r, stop
}

// sure reports whether the recorded instance came of the only request there was,
// whose answer was clear. Another search would be for nothing: what else might
// still come to light, sweeps look for.
func (r Record) sure() bool { return r.Attempts == 1 && r.Unclears == 0 }

// stopped is the setback of a request whose sender is gone.
var stopped = Setback{Cause: "a process stopped before its request was answered"}

// resumed takes a record that a stopped process left: its request may be under
// way still.
func (l limits) resumed(r *Record, now time.Time) {
	switch r.State {
	case Creating:
		r.State, r.NotBefore, r.Setback = Unclear, now.Add(l.unclearWait), stopped
		r.Unclears++
	case Filling:
		r.State, r.NotBefore, r.Setback = Created, now.Add(l.unclearWait), stopped
		r.Unclears++
	}
}

// searched takes what a search has found, and tells whether to create.
func (l limits) searched(r *Record, found []Candidate, now time.Time) bool {
	found = slices.DeleteFunc(slices.Clone(found), func(c Candidate) bool {
		return c.HardDeleted || slices.Contains(r.Duplicates, Duplicate{Instance: c.ID, Fate: Deleted})
	})
	// The earliest wins, then the smallest id: whoever looks decides alike.
	slices.SortFunc(found, func(a, b Candidate) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	switch {
	case r.Receiving != "":
		r.others(found)
		if r.State == Done && len(r.pending()) > 0 { // a duplicate may show up late
			r.State = Verified
		}
	case r.State == Cancelled && len(found) > 0: // it came late; somebody may want to know
		r.Receiving = found[0].ID
		r.others(found)
	case r.State != Planned && r.State != Unclear: // nobody asked
	case len(found) > 0:
		r.record(found[0].ID)
		r.others(found)
	case now.Before(r.NotBefore): // too early to prove absence
	case r.Refusal != "":
		r.fail(r.Refusal, r.Setback)
	default:
		r.State, r.NotBefore, r.Setback = Creating, time.Time{}, Setback{}
		r.Attempts++
		return true
	}
	return false
}

func (l limits) answered(r *Record, o answered, now time.Time) {
	r.learn(o.files)
	if o.form != "" {
		r.FormSHA256 = o.form
	}
	r.Setback = o.setback
	switch o.verdict {
	case made:
		r.record(o.instance)
	case notMade:
		r.State, r.NotBefore = Planned, time.Time{}
		if o.retryAfter > 0 {
			r.NotBefore = now.Add(o.retryAfter)
		}
	case refused:
		// The application has answered, so its work is over and a search sees
		// what is left of it.
		r.State, r.NotBefore, r.Refusal = Unclear, time.Time{}, o.reason
	case declined:
		// Each time twice as long: a Register that is out of order for hours must not
		// make dead letters.
		r.State, r.NotBefore = Unclear, now.Add(max(l.unclearWait<<min(r.Refusals, 6), o.retryAfter))
		if r.Refusals++; r.Refusals >= l.maxRefusals {
			r.Refusal = o.reason
		}
	case unclear:
		r.State, r.NotBefore = Unclear, now.Add(max(l.unclearWait, o.retryAfter))
		r.Unclears++
	}
}

// record makes an instance the recorded one. It stays so for ever, unless it is
// deleted for good and somebody wants another.
func (r *Record) record(instance string) {
	r.Receiving, r.State, r.Refusal = instance, Created, ""
	r.Duplicates = slices.DeleteFunc(r.Duplicates, func(d Duplicate) bool { return d.Instance == instance })
	r.goOn()
}

// goOn forgets what the record has waited for.
func (r *Record) goOn() { r.NotBefore, r.Setback, r.Delays = time.Time{}, Setback{}, 0 }

// settle notes what became of duplicates.
func (r *Record) settle(fates []Duplicate) {
	for _, fate := range fates {
		if i := slices.IndexFunc(r.Duplicates, func(d Duplicate) bool { return d.Instance == fate.Instance }); i >= 0 {
			r.Duplicates[i].Fate = fate.Fate
		}
	}
}

// others counts what was found besides the recorded instance.
func (r *Record) others(found []Candidate) {
	for _, c := range found {
		known := slices.ContainsFunc(r.Duplicates, func(d Duplicate) bool { return d.Instance == c.ID })
		if c.ID != r.Receiving && !known {
			r.Duplicates = append(r.Duplicates, Duplicate{Instance: c.ID, Fate: Found})
		}
	}
}

func (r *Record) fail(reason string, s Setback) {
	r.State, r.Reason, r.NotBefore, r.Setback = Failed, reason, time.Time{}, s
}

// learn keeps what is now known of the attachments.
func (r *Record) learn(files []File) {
	for _, f := range files {
		if i := slices.IndexFunc(r.Files, func(known File) bool { return known.Element == f.Element }); i >= 0 {
			r.Files[i] = f
		} else {
			r.Files = append(r.Files, f)
		}
	}
}

// again makes a record that was given up try anew, with a search first. A recorded
// instance that is gone is one of those that were deleted, and counts no more.
func (r *Record) again(gone bool) {
	r.Reason, r.Refusal, r.Refusals, r.Fills = "", "", 0, 0
	r.goOn()
	if gone && r.Receiving != "" {
		r.Duplicates = append(r.Duplicates, Duplicate{Instance: r.Receiving, Fate: Deleted})
		r.Receiving = ""
	}
	switch {
	case r.Receiving != "":
		r.State = Created
	case r.Attempts > 0:
		r.State = Unclear
	default:
		r.State = Planned
	}
}
