package apphost

import (
	"regexp"
	"strings"
	"time"
)

// The forms in which .NET reads a date and time: in XML those of XML Schema's date, dateTime, gYearMonth and gYear, in
// JSON those of ISO 8601 with a whole date.
var (
	momentXML  = regexp.MustCompile(`^([0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2})?)?)?)(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?$`)
	momentJSON = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?)(\.[0-9]{1,16})?(Z|[+-][0-9]{2}(?::[0-9]{2})?)?$`)
)

// momentLayouts are the layouts of what stands before fraction and zone, by its length.
var momentLayouts = map[int]string{
	len("2006"): "2006", len("2006-01"): "2006-01", len(time.DateOnly): time.DateOnly,
	len("2006-01-02T15:04"): "2006-01-02T15:04", len("2006-01-02T15:04:05"): "2006-01-02T15:04:05",
}

// readMoment reads a date and time in one of the forms and writes it as .NET does where the clock shows UTC: with the zone that it
// had, if any, as one of UTC, and with the seventh digit of a second as the last.
func readMoment(text string, form *regexp.Regexp) (string, bool) {
	parts := form.FindStringSubmatch(text)
	if parts == nil {
		return "", false
	}
	at, fraction, zone := parts[1], parts[2], parts[3]
	hasTime, hasSeconds := strings.Contains(at, "T"), len(at) == len("2006-01-02T15:04:05")
	if fraction != "" && !hasSeconds || zone != "" && !hasTime && form == momentJSON {
		return "", false
	}
	t, err := time.Parse(momentLayouts[len(at)], at)
	if err != nil || t.Year() < 1 {
		return "", false
	}
	if fraction != "" {
		d, err := time.ParseDuration("0" + fraction + "s")
		if err != nil {
			return "", false
		}
		if t = t.Add(d); form == momentXML {
			t = t.Round(100 * time.Nanosecond)
		}
	}
	suffix := zone
	if zone != "" && zone != "Z" {
		offset, ok := readOffset(zone)
		if !ok || form == momentJSON && offset.Abs() > 14*time.Hour {
			return "", false
		}
		t, suffix = t.Add(-offset), "+00:00"
	}
	return t.Format("2006-01-02T15:04:05.9999999") + suffix, true
}

// readOffset reads a zone of hours and, unless they are left out, minutes.
func readOffset(zone string) (time.Duration, bool) {
	if len(zone) == len("+02") {
		zone += ":00"
	}
	t, err := time.Parse("-07:00", zone)
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second, err == nil
}
