package records

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stafett/stafett/local/redact"
	"github.com/stafett/stafett/local/web/frame"
)

// Handovers tells of handovers. It is asked for each page, and is safe for
// concurrent use.
type Handovers interface {
	// List gives the newest handovers whose state is one of states, or all where
	// none is named, at most limit. The error is a [*NoJournalError] where there is
	// none to ask yet.
	List(ctx context.Context, states []string, limit int) (HandoverList, error)
	// Show gives the handover with a key. The error is [ErrNoHandover] or a
	// [*NoJournalError] where there is none.
	Show(ctx context.Context, key string) (Handover, error)
}

// ErrNoHandover says that no handover has the key.
var ErrNoHandover = errors.New("there is no such handover")

// NoJournalError says that no handover service has kept a journal yet.
type NoJournalError struct {
	// Command is the one after which a service does, such as
	// "stafett prepare --local".
	Command string
}

// Error implements error.
func (e *NoJournalError) Error() string {
	return "read the journal: there is none before: " + e.Command
}

// HandoverList is a part of what a journal holds.
type HandoverList struct {
	Handovers []Handover // newest first
	// Counts are how many handovers there are in each state that any is in.
	Counts map[string]int
	// Paused are the definitions whose handovers are not worked on.
	Paused []string
}

// Handover is one form's way to one recipient, as far as its journal knows it. It
// holds ids and hashes only.
type Handover struct {
	Key        string
	Definition string
	State      string // such as "planned", "unclear", "done" or "failed"
	Settled    bool   // nothing more happens by itself
	Trigger    string // what began it, such as "sweep", "event", "api" or "command"
	// From and To are application ids, and Source and Receiving instances of them:
	// "{party id}/{guid}". Receiving is empty as long as there is none.
	From, To          string
	Source, Receiving string
	Recipient         string // such as "organisation:313547264"
	// Reference is what the person's receipt shows of the source.
	Reference string

	Attempts, Refusals, Unclears, Fills, Delays int
	// NextTry is when the next step may be taken; zero for at once, or for never
	// where it is settled.
	NextTry time.Time
	// Fault is why it waits or has failed, in one line; empty for nothing.
	Fault string

	SoftDeleted bool // somebody has deleted the receiving instance
	Confirmed   bool // the source is confirmed by the organisation
	FormSHA256  string
	Files       []HandoverFile
	Duplicates  []HandoverDuplicate
	Begun       time.Time
	Updated     time.Time
	Version     int64 // how many times the journal has been written to for it
}

// HandoverFile is an attachment of the source.
type HandoverFile struct {
	DataType string
	Size     int64  // bytes
	SHA256   string // hexadecimal; empty as long as it has not been read
	Verified bool   // it has been read back from the receiving instance
}

// HandoverDuplicate is another instance with the same stamp.
type HandoverDuplicate struct{ Instance, Fate string }

// maxHandovers is how many handovers a page shows.
const maxHandovers = 200

// handoverStates are those that a page offers to choose from, in the order of a
// handover's life.
var handoverStates = []string{"planned", "creating", "unclear", "created", "filling", "verified", "done", "failed", "skipped", "cancelled"}

// handoversPage lists handovers.
type handoversPage struct {
	HandoverList
	Search, State string
	States        []string
	Total         int
	More          bool // there are more than are shown
	// None tells that nobody tells of handovers here, and Command is the one after
	// which there is a journal; empty where there is one.
	None    bool
	Command string
	Read    time.Time
}

func (a *area) showHandovers(c *frame.Call) (frame.Answer, error) {
	page := handoversPage{Search: search(c), State: c.URL.Query().Get("state"), States: handoverStates, Read: a.cfg.Now()}
	answer := func() (frame.Answer, error) { return frame.Show("handovers", c.T("handovers"), page), nil }
	if a.cfg.Handovers == nil {
		page.None = true
		return answer()
	}
	var states []string
	if slices.Contains(handoverStates, page.State) {
		states = []string{page.State}
	}
	listed, err := a.cfg.Handovers.List(c.Context(), states, maxHandovers)
	if missing, ok := errors.AsType[*NoJournalError](err); ok {
		page.Command = missing.Command
		return answer()
	}
	if err != nil {
		return frame.Answer{}, err
	}
	page.HandoverList = listed
	page.More = len(listed.Handovers) == maxHandovers
	page.Handovers = slices.DeleteFunc(listed.Handovers, func(h Handover) bool { return !h.mentions(page.Search) })
	for n := range page.Handovers {
		page.Handovers[n].Fault = redact.Text(page.Handovers[n].Fault)
	}
	for _, count := range listed.Counts {
		page.Total += count
	}
	return answer()
}

func (a *area) showHandover(c *frame.Call) (frame.Answer, error) {
	if a.cfg.Handovers == nil {
		return frame.Answer{}, frame.Refuse(http.StatusNotFound, "no-handover")
	}
	found, err := a.cfg.Handovers.Show(c.Context(), c.PathValue("key"))
	if errors.Is(err, ErrNoHandover) || errors.As(err, new(*NoJournalError)) {
		return frame.Answer{}, frame.Refuse(http.StatusNotFound, "no-handover")
	}
	if err != nil {
		return frame.Answer{}, err
	}
	found.Fault = redact.Text(found.Fault)
	page := struct {
		Handover
		// Inbox are the instances that are in an inbox of the person.
		Inbox map[string]bool
		// Owner is the recipient in words.
		Owner string
		Read  time.Time
	}{found, map[string]bool{found.Source: isInInbox(c.Person, found.Source), found.Receiving: isInInbox(c.Person, found.Receiving)}, recipient(c, found.Recipient), a.cfg.Now()}
	return frame.Show("handover", c.T("handover-of", found.Reference), page), nil
}

// recipient tells in words who owns a receiving instance. What is not known here
// stands as the journal has it.
func recipient(c *frame.Call, journalled string) string {
	if number, ok := strings.CutPrefix(journalled, "organisation:"); ok {
		for _, person := range c.People() {
			for _, party := range person.Parties {
				if party.OrgNumber == number {
					return c.T("recipient.organisation", party.Name, number)
				}
			}
		}
		return c.T("recipient.number", number)
	}
	if text, ok := strings.CutPrefix(journalled, "party:"); ok {
		if id, err := strconv.Atoi(text); err == nil {
			return c.PartyName(id)
		}
	}
	return journalled
}

// isInInbox reports whether a person may act for the owner of an instance; nobody may
// for nobody.
func isInInbox(person *frame.Person, instance string) bool {
	owner, _, _ := strings.Cut(instance, "/")
	party, err := strconv.Atoi(owner)
	if person == nil || err != nil {
		return false
	}
	_, mayAct := person.Party(party)
	return mayAct
}

// mentions reports whether a search finds the handover.
func (h Handover) mentions(wanted string) bool {
	return mentions(wanted, h.Key, h.Definition, h.From, h.To, h.Source, h.Receiving, h.Recipient, h.Reference, h.Fault)
}

// Color is that of Designsystemet which goes with the state.
func (h Handover) Color() string {
	switch {
	case h.State == "done":
		return "success"
	case h.State == "failed":
		return "danger"
	case h.Settled:
		return "neutral"
	case h.Fault != "" || h.State == "unclear":
		return "warning"
	}
	return "info"
}
