package maskinporten

import (
	"strconv"
	"testing"
	"time"
)

func TestUsedGrantsAreForgotten(t *testing.T) {
	t.Parallel()
	start := time.Unix(1_790_000_000, 0)
	used := newUsedGrants()
	for i := range 10 * firstSweep {
		now := start.Add(time.Duration(i) * time.Second)
		if !used.add(strconv.Itoa(i), now.Add(time.Minute), now) {
			t.Fatalf("grant %d is not new", i)
		}
	}
	if len(used.until) > 2*firstSweep {
		t.Errorf("%d grants are remembered though 60 can be used", len(used.until))
	}
	last := start.Add(10 * firstSweep * time.Second)
	if used.add(strconv.Itoa(10*firstSweep-1), last, last) {
		t.Error("the last grant is forgotten")
	}
}
