package project

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // so that a date means the same on any machine

	"go.yaml.in/yaml/v3"
)

// norway is the time zone of dates in the file, and of the calendar by which
// periods are counted.
var norway = mustLocation("Europe/Oslo")

func mustLocation(name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the zones are part of the program
	}
	return l
}

// Date writes the day of a time as since has it in the file: by the calendar of
// Norway.
func Date(t time.Time) string { return t.In(norway).Format(time.DateOnly) }

// Period is a length of time by the calendar: so many years, months and days,
// then so much time of the clock.
type Period struct {
	Years, Months, Days int
	Clock               time.Duration
}

// periodForm is the format with designators of ISO 8601-1, 5.5.2, in whole
// numbers and without alternatives.
var periodForm = regexp.MustCompile(`^P(?:([0-9]{1,5})W|(?:([0-9]{1,5})Y)?(?:([0-9]{1,5})M)?(?:([0-9]{1,5})D)?(?:T(?:([0-9]{1,5})H)?(?:([0-9]{1,5})M)?(?:([0-9]{1,5})S)?)?)$`)

// maxPeriod is more than anybody waits; with it, every sum is a date that Altinn
// can write.
const maxPeriod = 100 // years

// parsePeriod reads a duration of ISO 8601, such as P1M, P2W or P1DT12H. It
// returns what is wrong with the text, or "".
func parsePeriod(text string) (p Period, wrong string) {
	const want = "want a duration of ISO 8601 in whole numbers, such as P14D, P2W, P1M or PT12H"
	m := periodForm.FindStringSubmatch(text)
	if m == nil || strings.HasSuffix(text, "P") || strings.HasSuffix(text, "T") {
		return Period{}, want
	}
	var n [8]int
	for i, digits := range m[1:] {
		n[i], _ = strconv.Atoi(digits) // at most five digits, or none
	}
	p = Period{
		Years: n[1], Months: n[2], Days: 7*n[0] + n[3],
		Clock: time.Duration(n[4])*time.Hour + time.Duration(n[5])*time.Minute + time.Duration(n[6])*time.Second,
	}
	if p == (Period{}) {
		return Period{}, "it is no time at all; " + want
	}
	if start := time.Date(2000, 1, 1, 0, 0, 0, 0, norway); p.After(start).After(start.AddDate(maxPeriod, 0, 0)) {
		return Period{}, "it is longer than " + strconv.Itoa(maxPeriod) + " years"
	}
	return p, ""
}

// After returns the time that is a period later than t, by the calendar of
// Norway: a day later is the same time of day, and a month later the same day of
// the month or, in a shorter month, its last.
func (p Period) After(t time.Time) time.Time {
	t = t.In(norway)
	year, month, day := t.Date()
	first := time.Date(year+p.Years, month+time.Month(p.Months), 1, 0, 0, 0, 0, norway)
	last := first.AddDate(0, 1, -1).Day()
	return time.Date(first.Year(), first.Month(), min(day, last)+p.Days, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), norway).Add(p.Clock)
}

// IsZero reports whether there is no period.
func (p Period) IsZero() bool { return p == Period{} }

// period reads a calendar period.
func (r *reader) period(what string, to *Period) func(*yaml.Node) {
	return func(n *yaml.Node) {
		var text string
		r.text(what, &text)(n)
		if text == "" {
			return
		}
		p, wrong := parsePeriod(text)
		if wrong != "" {
			r.fault(position(n), "%s: %s", what, wrong)
			return
		}
		*to = p
	}
}

// duration reads a length of time of at least least: of ISO 8601 without years
// and months, whose length varies, or as Go writes it.
func (r *reader) duration(what string, least time.Duration, to *time.Duration) func(*yaml.Node) {
	return func(n *yaml.Node) {
		var text string
		r.text(what, &text)(n)
		if text == "" {
			return
		}
		d, err := time.ParseDuration(text)
		if err != nil {
			p, wrong := parsePeriod(text)
			if wrong != "" || p.Years > 0 || p.Months > 0 {
				r.fault(position(n), "%s: want a length of time, such as 90s, 5m, PT5M or P90D", what)
				return
			}
			d = time.Duration(p.Days)*24*time.Hour + p.Clock
		}
		if d < least {
			r.fault(position(n), "%s: it must be %v at least", what, least)
			return
		}
		*to = d
	}
}

// moment reads a date, which is its midnight in Norway, or a time of RFC 3339.
func (r *reader) moment(what string, to *time.Time) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if !r.kind(n, yaml.ScalarNode, what, "a date or a time") {
			return
		}
		if at, err := time.ParseInLocation(time.DateOnly, n.Value, norway); err == nil {
			*to = at
		} else if at, err := time.Parse(time.RFC3339, n.Value); err == nil {
			*to = at
		} else {
			r.fault(position(n), "%s: want a date such as 2026-01-01, or a time such as 2026-01-01T12:00:00+01:00", what)
		}
	}
}
