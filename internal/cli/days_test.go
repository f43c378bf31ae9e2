package cli

import (
	"testing"
	"time"
)

func TestDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"30d": 30 * 24 * time.Hour, "36h": 36 * time.Hour, "90s": 90 * time.Second} {
		var d daysValue
		if err := d.Set(text); err != nil || time.Duration(d) != want {
			t.Errorf("%s: %v, %v", text, time.Duration(d), err)
		}
	}
	for _, text := range []string{"", "d", "soon", "0d", "0s", "-3h", "-3d", "1.5d", "3", "99999d"} {
		var d daysValue
		if err := d.Set(text); err == nil {
			t.Errorf("%q was taken for %v", text, time.Duration(d))
		}
	}
	for want, length := range map[string]time.Duration{"": 0, "30d": 30 * 24 * time.Hour, "36h0m0s": 36 * time.Hour} {
		if d := daysValue(length); d.String() != want {
			t.Errorf("%v prints as %q", length, d.String())
		}
	}
}
