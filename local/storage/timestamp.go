package storage

import (
	"fmt"
	"time"
)

const (
	// tick is the resolution of the platform's clock.
	tick = 100 * time.Nanosecond
	// unixEpochTicks is 1970-01-01 on a clock that counts ticks from year 1.
	unixEpochTicks = 621_355_968_000_000_000
)

// instant rounds down to what the platform can tell apart, in UTC. In JSON that
// is at most seven fraction digits.
func instant(t time.Time) time.Time { return t.UTC().Truncate(tick) }

// instantOf is instant for a member that may be missing.
func instantOf(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := instant(*t)
	return &at
}

// ticks counts from year 1; it is what continuation tokens hold.
func ticks(t time.Time) int64 {
	return t.Unix()*int64(time.Second/tick) + int64(t.Nanosecond()/100) + unixEpochTicks
}

// timestampText is how a timestamp stands in JSON, and so how the filters that
// compare text see it.
func timestampText(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

// parseTimestamp reads a timestamp of a query. Without a zone it is UTC.
func parseTimestamp(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("read timestamp: %q is not ISO 8601", s)
}
