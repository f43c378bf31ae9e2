package project

import (
	"testing"
	"time"
)

func TestPeriods(t *testing.T) {
	t.Parallel()
	cases := []struct{ text, from, want string }{
		{"P14D", "2026-11-22T12:00:00+01:00", "2026-12-06T12:00:00+01:00"},
		{"P2W", "2026-11-22T12:00:00+01:00", "2026-12-06T12:00:00+01:00"},
		{"P1M", "2026-01-31T12:00:00+01:00", "2026-02-28T12:00:00+01:00"},
		{"P1M", "2028-01-31T12:00:00+01:00", "2028-02-29T12:00:00+01:00"},
		{"P1Y", "2028-02-29T12:00:00+01:00", "2029-02-28T12:00:00+01:00"},
		{"P13M", "2026-12-31T12:00:00+01:00", "2028-01-31T12:00:00+01:00"},
		{"P1M1D", "2026-01-31T12:00:00+01:00", "2026-03-01T12:00:00+01:00"},
		// A day is a day by the calendar when the clocks change, an hour an hour.
		{"P1D", "2026-03-28T12:00:00+01:00", "2026-03-29T12:00:00+02:00"},
		{"PT24H", "2026-03-28T12:00:00+01:00", "2026-03-29T13:00:00+02:00"},
		{"P1D", "2026-10-24T12:00:00+02:00", "2026-10-25T12:00:00+01:00"},
		{"P1DT36H5M6S", "2026-11-22T12:00:00Z", "2026-11-25T00:05:06Z"},
		// The end is given in another zone, or with fractions of a second.
		{"P1M", "2026-01-30T23:30:00.5Z", "2026-02-28T00:30:00.5+01:00"},
	}
	for _, c := range cases {
		p, wrong := parsePeriod(c.text)
		from, err := time.Parse(time.RFC3339, c.from)
		if wrong != "" || err != nil {
			t.Errorf("%s: %s %v", c.text, wrong, err)
			continue
		}
		if got := p.After(from).Format(time.RFC3339Nano); !sameTime(t, got, c.want) {
			t.Errorf("%s after %s is %s, want %s", c.text, c.from, got, c.want)
		}
	}
}

func sameTime(t *testing.T, a, b string) bool {
	t.Helper()
	x, errA := time.Parse(time.RFC3339, a)
	y, errB := time.Parse(time.RFC3339, b)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	return x.Equal(y)
}

func TestNoPeriods(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "P", "PT", "P1DT", "14D", "-P1D", "P-1D", "P1.5D", "P1D2W", "P2W1D", "PT1D", "P1H", "p1d", "P1D ", "P999999D", "P0D", "PT0S", "P101Y", "P99999D", "14 days",
	} {
		if p, wrong := parsePeriod(text); wrong == "" {
			t.Errorf("%q was read as %+v", text, p)
		}
	}
}

func FuzzPeriod(f *testing.F) {
	f.Add("P1Y2M3DT4H5M6S", int64(1763810000))
	f.Add("P2W", int64(1774745999))
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		p, wrong := parsePeriod(text)
		if wrong != "" {
			return
		}
		from := time.Unix(unix%(1<<32), 0)
		got := p.After(from)
		if !got.After(from) {
			t.Errorf("%s after %v is %v", text, from, got)
		}
		if zone := p.After(from.UTC()); !zone.Equal(got) {
			t.Errorf("%s after %v is %v or %v, by the zone", text, from, got, zone)
		}
	})
}
