package altinn

import (
	"net/url"
	"strconv"
	"time"
)

// Query selects instances in Storage. Conditions left empty do not restrict;
// all others must hold. A service owner must give Org or AppID.
type Query struct {
	Org   string
	AppID string // "org/app"

	// The owner, by party id or by identifier ("Person:{11 digits}",
	// "Organisation:{9 digits}"), not both.
	OwnerPartyID    string
	OwnerIdentifier string

	Created      TimeRange
	LastChanged  TimeRange
	VisibleAfter TimeRange // Storage compares this and the next two as text
	DueBefore    TimeRange
	ProcessEnded TimeRange

	CurrentTask       string // id of the task
	ProcessIsComplete *bool

	// A service owner sees deleted instances as well, hard-deleted ones
	// included, unless these say otherwise.
	IsArchived    *bool
	IsSoftDeleted *bool
	IsHardDeleted *bool

	ExcludeConfirmedBy []string // organisation codes
	SearchString       string   // undocumented: part of a presentation text
	ArchiveReference   string   // undocumented (A3Ref): the last 12 characters of the GUID

	Ascending bool // by lastChanged; default is descending
	Size      int  // of a page; 0 = Storage's default, 100
	// OmitDataElements leaves out the data elements of each instance.
	OmitDataElements bool
}

// TimeRange restricts a time. Zero times do not restrict.
type TimeRange struct {
	After  time.Time // exclusive
	From   time.Time // inclusive
	Before time.Time // exclusive
	To     time.Time // inclusive
}

func (r TimeRange) add(values url.Values, name string) {
	for _, c := range []struct {
		operator string
		at       time.Time
	}{{"gt", r.After}, {"gte", r.From}, {"lt", r.Before}, {"lte", r.To}} {
		if !c.at.IsZero() {
			values.Add(name, c.operator+":"+c.at.UTC().Format(timeForm))
		}
	}
}

// timeForm is the precision of Storage's clock: ticks of 100 ns.
const timeForm = "2006-01-02T15:04:05.0000000Z07:00"

func (q Query) values() url.Values {
	v := url.Values{}
	text := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	flag := func(name string, value *bool) {
		if value != nil {
			v.Set(name, strconv.FormatBool(*value))
		}
	}
	text("org", q.Org)
	text("appId", q.AppID)
	text("instanceOwner.partyId", q.OwnerPartyID)
	q.Created.add(v, "created")
	q.LastChanged.add(v, "lastChanged")
	q.VisibleAfter.add(v, "visibleAfter")
	q.DueBefore.add(v, "dueBefore")
	q.ProcessEnded.add(v, "process.ended")
	text("process.currentTask", q.CurrentTask)
	flag("process.isComplete", q.ProcessIsComplete)
	flag("status.isArchived", q.IsArchived)
	flag("status.isSoftDeleted", q.IsSoftDeleted)
	flag("status.isHardDeleted", q.IsHardDeleted)
	for _, org := range q.ExcludeConfirmedBy {
		v.Add("excludeConfirmedBy", org)
	}
	text("searchString", q.SearchString)
	text("A3Ref", q.ArchiveReference)
	if q.Ascending {
		v.Set("order", "asc:lastChanged")
	}
	if q.Size > 0 {
		v.Set("size", strconv.Itoa(q.Size))
	}
	if q.OmitDataElements {
		v.Set("includeDataElements", "false")
	}
	return v
}
