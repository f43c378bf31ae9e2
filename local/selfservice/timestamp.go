package selfservice

import (
	"encoding/json"
	"time"
)

// Timestamp is a time in the API's form: RFC 3339 with milliseconds and
// Norwegian winter time.
type Timestamp struct{ time.Time }

const timestampForm = "2006-01-02T15:04:05.000-07:00"

// MarshalJSON implements [json.Marshaler].
func (t Timestamp) MarshalJSON() ([]byte, error) {
	norway := time.FixedZone("CET", 60*60)
	return json.Marshal(t.In(norway).Format(timestampForm))
}

// UnmarshalJSON implements [json.Unmarshaler]; it takes any RFC 3339 time.
func (t *Timestamp) UnmarshalJSON(data []byte) error { return t.Time.UnmarshalJSON(data) }

// Instant is a time in the form that the API gives those of scopes: RFC 3339 in
// UTC, with as much of a fraction as there is.
type Instant struct{ time.Time }

// MarshalJSON implements [json.Marshaler].
func (i Instant) MarshalJSON() ([]byte, error) {
	return json.Marshal(i.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano))
}

// UnmarshalJSON implements [json.Unmarshaler]; it takes any RFC 3339 time.
func (i *Instant) UnmarshalJSON(data []byte) error { return i.Time.UnmarshalJSON(data) }
