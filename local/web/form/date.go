package form

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/stafett/stafett/app/expression"
)

const (
	shownDate  = "02.01.2006"
	stampWrite = "2006-01-02T15:04:05.000-07:00"
)

var (
	dayFirst  = regexp.MustCompile(`^([0-9]{1,2})[.\-/ ]+([0-9]{1,2})[.\-/ ]+([0-9]{4})$`)
	dayDigits = regexp.MustCompile(`^([0-9]{2})([0-9]{2})([0-9]{4})$`)
	yearFirst = regexp.MustCompile(`^([0-9]{4})-([0-9]{2})-([0-9]{2})$`)
)

// readDate reads a date as people write it: 17.5.2026, 17/05/2026, 17052026, and
// 2026-05-17. It is midnight in UTC.
func readDate(typed string) (time.Time, bool) {
	typed = strings.TrimSpace(typed)
	for _, form := range []*regexp.Regexp{dayFirst, dayDigits} {
		if m := form.FindStringSubmatch(typed); m != nil {
			return day(m[3], m[2], m[1])
		}
	}
	if m := yearFirst.FindStringSubmatch(typed); m != nil {
		return day(m[1], m[2], m[3])
	}
	return time.Time{}, false
}

// day is a day of the calendar; false for one that is not in it.
func day(year, month, date string) (time.Time, bool) {
	numbers := make([]int, 3)
	for i, text := range []string{year, month, date} {
		numbers[i], _ = strconv.Atoi(text) // digits, by the expressions above
	}
	t := time.Date(numbers[0], time.Month(numbers[1]), numbers[2], 0, 0, 0, 0, time.UTC)
	return t, t.Year() == numbers[0] && int(t.Month()) == numbers[1] && t.Day() == numbers[2] && numbers[0] > 0
}

// dateOf reads a date of the data: a day, or a time, whose day is the one in the
// given zone.
func dateOf(value string, zone *time.Location) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		t = t.In(zone)
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), true
	}
	if day, _, timed := strings.Cut(value, "T"); timed {
		value = day
	}
	t, err := time.Parse(time.DateOnly, value)
	return t, err == nil
}

// limitDate reads minDate or maxDate: a word, a date, or an expression that
// gives one. False means that there is no limit.
func (l *look) limitDate(e expression.Expression, r rows) (time.Time, bool) {
	text, ok, err := e.EvalString(l.context(r))
	if err != nil || !ok {
		return time.Time{}, false
	}
	now := l.state.Now.In(l.zone)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	switch text {
	case "today":
		return today, true
	case "yesterday":
		return today.AddDate(0, 0, -1), true
	case "tomorrow":
		return today.AddDate(0, 0, 1), true
	case "oneYearAgo":
		return today.AddDate(-1, 0, 0), true
	case "oneYearFromNow":
		return today.AddDate(1, 0, 0), true
	}
	return dateOf(text, l.zone)
}
