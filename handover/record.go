package handover

import (
	"slices"
	"time"
)

// State says how far a handover has come.
type State string

// The states, in the order in which a handover usually passes through them.
const (
	// Planned: the handover is to be made; no request that creates anything
	// is under way.
	Planned State = "planned"
	// Creating: the request that creates the instance is about to be sent or
	// has been. Found after a stop, this is as unclear as a lost answer.
	Creating State = "creating"
	// Unclear: there may be an instance or not. From NotBefore on, a search
	// tells.
	Unclear State = "unclear"
	// Created: the receiving instance is recorded and may lack data.
	Created State = "created"
	// Filling: data is about to be added to the receiving instance or has been.
	// Found after a stop, the outcome is unclear.
	Filling State = "filling"
	// Verified: the receiving instance has been read back and is complete.
	Verified State = "verified"
	// Done: nothing is left to do.
	Done State = "done"
	// Failed: nothing will be done until somebody mends the cause, which Reason
	// tells, and asks again.
	Failed State = "failed"
	// Skipped: the definition's condition is not met, so nothing is handed over.
	Skipped State = "skipped"
	// Cancelled: somebody has decided that it is not to be handed over.
	Cancelled State = "cancelled"
)

// States returns all states in the order above.
func States() []State {
	return []State{Planned, Creating, Unclear, Created, Filling, Verified, Done, Failed, Skipped, Cancelled}
}

// Settled reports whether nothing more happens by itself.
func (s State) Settled() bool {
	return s == Done || s == Failed || s == Skipped || s == Cancelled
}

// Record is a handover's row in the journal. It holds ids and hashes only.
type Record struct {
	Key          string
	DefinitionID string
	Source       string // source instance, "{party id}/{guid}"
	From, To     string // application ids
	Recipient    string // such as "organisation:313547264"; empty when Skipped
	Trigger      Trigger

	State State
	// Reach is how far back a search goes: the end of the source's process by
	// Storage's clock, less a margin. It is set once.
	Reach time.Time
	// NotBefore is when the next step may be taken; zero means now.
	NotBefore time.Time
	Attempts  int // requests to create
	Refusals  int // of those, how many got a refusal that may pass
	Fills     int // times that something was added to the receiving instance or removed from it
	Unclears  int // requests to create or to add data whose outcome was not clear
	Delays    int // steps in a row that could not be taken, for a reason that may pass
	// Refusal is what the receiving application said when it refused to create;
	// a search that finds nothing makes it final.
	Refusal string
	Reason  string // why State is Failed
	// Setback is what a step was answered that did not do what it was to do. It
	// tells why a record waits for NotBefore, or has failed, and is empty as soon
	// as the handover goes on.
	Setback Setback

	Receiving   string // the receiving instance, "{party id}/{guid}"
	SoftDeleted bool   // somebody has discarded the receiving instance
	Files       []File // the attachments, as far as they have been read
	FormSHA256  string // of the form data that was sent, hexadecimal
	Duplicates  []Duplicate
	Confirmed   bool // the source was confirmed by the organisation ("complete")

	CreatedAt time.Time // this process's clock, for people to read
	UpdatedAt time.Time
	Version   int64 // counts the updates; set by the journal
}

// Trigger tells what began a handover, for people to read.
type Trigger string

// The triggers.
const (
	BySweep   Trigger = "sweep"
	ByEvent   Trigger = "event"
	ByAPI     Trigger = "api"
	ByCommand Trigger = "command"
)

// Setback is an outcome that a handover cannot go on from at once.
type Setback struct {
	// Cause says it in one line: method, path, status and title of an answer.
	// The detail of an answer, which may quote the form or name a party, is not
	// kept.
	Cause string
	// Status is the answer's HTTP status; 0 when there was none.
	Status int
	// UnknownParty tells that Altinn knows no such recipient. It says the same
	// when its Register is out of order, so that only time or a person can tell.
	UnknownParty bool
}

// File is an attachment of the source.
type File struct {
	Element  string // id of the source's data element
	DataType string // in the receiving application
	Size     int64
	SHA256   string // hexadecimal; empty as long as the file has not been read
	// Receiving is the data element that holds the file in the receiving instance,
	// once it has been read back and agrees.
	Receiving string
}

// Duplicate is another instance with the same stamp.
type Duplicate struct {
	Instance string
	Fate     Fate
}

// Fate tells what became of a duplicate.
type Fate string

// The fates of duplicates.
const (
	Found   Fate = "found"   // not dealt with yet
	Deleted Fate = "deleted" // by this program, or by someone before it could
	Marked  Fate = "marked"  // by substatus, for want of permission to delete or because somebody has worked on it
	Kept    Fate = "kept"    // neither is permitted
)

// clone returns a copy that shares nothing with r.
func (r Record) clone() Record {
	r.Files = slices.Clone(r.Files)
	r.Duplicates = slices.Clone(r.Duplicates)
	return r
}

// pending lists the duplicates that have not been dealt with.
func (r Record) pending() []string {
	var ids []string
	for _, d := range r.Duplicates {
		if d.Fate == Found {
			ids = append(ids, d.Instance)
		}
	}
	return ids
}

// file finds what is known of an attachment.
func (r Record) file(element string) (File, bool) {
	i := slices.IndexFunc(r.Files, func(f File) bool { return f.Element == element })
	if i < 0 {
		return File{}, false
	}
	return r.Files[i], true
}
