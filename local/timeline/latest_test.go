package timeline_test

import (
	"testing"

	"github.com/stafett/stafett/local/timeline"
)

func TestLatestKeepsTheNewest(t *testing.T) {
	t.Parallel()
	var latest timeline.Latest[int]
	find := func(divisor int) (int, bool) { return latest.Find(func(n int) bool { return n%divisor == 0 }) }
	if _, ok := find(1); ok || len(latest.All()) != 0 {
		t.Error("something is there from the start")
	}
	for n := 1; n <= timeline.Kept+500; n++ {
		latest.Add(n)
		if newest, ok := find(1); !ok || newest != n {
			t.Fatalf("the newest after %d is %d, %t", n, newest, ok)
		}
	}
	all := latest.All()
	if len(all) != timeline.Kept || all[0] != 501 || all[len(all)-1] != timeline.Kept+500 {
		t.Errorf("%d values from %d to %d", len(all), all[0], all[len(all)-1])
	}
	if found, ok := find(700); !ok || found != 1400 {
		t.Errorf("the newest multiple of 700 is %d, %t", found, ok)
	}
	if found, ok := find(2000); ok {
		t.Errorf("found %d", found)
	}
}
