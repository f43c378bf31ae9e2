package expression

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// moment is a date or time as it was written: with or without a zone.
type moment struct {
	time.Time
	zoned bool
}

var dateForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ Tt][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?$`)

// toMoment converts an argument to a date; false means null. An empty text is
// null too.
func toMoment(v any) (moment, bool, error) {
	s, ok := v.(string)
	if v == nil || ok && strings.TrimSpace(s) == "" {
		return moment{}, false, nil
	}
	if !ok {
		return moment{}, false, fmt.Errorf("expected a date, got %s", describe(v))
	}
	parts := dateForm.FindStringSubmatch(s)
	if parts == nil {
		return moment{}, false, errors.New("expected a date such as 2031-05-01 or 2031-05-01T12:00:00Z")
	}
	for _, layout := range []string{"2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", time.RFC3339} {
		if t, err := time.Parse(layout, strings.ToUpper(strings.Replace(s, " ", "T", 1))); err == nil {
			return moment{t, parts[1] != ""}, true, nil
		}
	}
	return moment{}, false, errors.New("the date is written right, but there is no such day or time")
}

// dates makes a comparison of dates; with null it is false.
func dates(test func(a, b moment) (bool, error)) callFunc {
	return func(_ *Context, args []any) (any, error) {
		a, aOK, err := toMoment(args[0])
		if err != nil {
			return nil, err
		}
		b, bOK, err := toMoment(args[1])
		if err != nil || !aOK || !bOK {
			return false, err
		}
		if a.zoned != b.zoned {
			return nil, errors.New("a time with a zone cannot be compared with one without")
		}
		return test(a, b)
	}
}

func sameDay(a, b moment) (bool, error) {
	_, aOffset := a.Zone()
	_, bOffset := b.Zone()
	if aOffset != bOffset {
		return false, errors.New("times in different zones cannot be on the same day")
	}
	return a.Format(time.DateOnly) == b.Format(time.DateOnly), nil
}

// formatDate writes a date in the user's language. The format's letters are
// those of Unicode TR 35; without a format it is the short date of the language.
func formatDate(ctx *Context, args []any) (any, error) {
	m, ok, err := toMoment(args[0])
	if err != nil || !ok {
		return nil, err
	}
	if m.zoned && ctx.Location != nil {
		m.Time = m.In(ctx.Location)
	}
	names := calendars[ctx.language()]
	if names == nil {
		names = calendars["en"]
	}
	format := names.short
	if len(args) == 2 {
		given, ok, err := toText(args[1])
		if err != nil {
			return nil, err
		}
		if ok && given != "" {
			format = given
		}
	}
	var b strings.Builder
	for i := 0; i < len(format); {
		n := 1
		for i+n < len(format) && format[i+n] == format[i] {
			n++
		}
		token := format[i : i+n]
		i += n
		s, ok := names.field(m.Time, token)
		if !ok {
			return nil, fmt.Errorf("the format has %q, which is not supported", token)
		}
		if b.WriteString(s); b.Len() > MaxText {
			return nil, errTooLong
		}
	}
	return b.String(), nil
}
