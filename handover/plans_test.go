package handover

import (
	"strconv"
	"testing"
	"time"

	"github.com/stafett/stafett/project"
)

func TestPlansAreKeptForEachRecipientOnce(t *testing.T) {
	t.Parallel()
	p := plans{kept: map[planKey]*keptPlan{}}
	key := planKey{"a", "1/x"}
	p.keep(key, plan{recipients: make([]project.Recipient, 2), form: []byte("f")}, noon)
	p.keep(key, plan{recipients: make([]project.Recipient, 9)}, noon)
	for n, want := range []bool{true, true, false} {
		if got, ok := p.take(key, noon.Add(plansTime)); ok != want || ok && string(got.form) != "f" {
			t.Errorf("take %d: got %q, %t", n+1, got.form, ok)
		}
	}
	p.keep(key, plan{recipients: make([]project.Recipient, 1)}, noon)
	if _, ok := p.take(key, noon.Add(plansTime+1)); ok {
		t.Error("a plan that is too old was given")
	}
	if p.bytes != 0 || len(p.kept) != 0 {
		t.Errorf("%d bytes and %d plans are left", p.bytes, len(p.kept))
	}
}

func TestPlansTakeNoMoreThanTheirRoom(t *testing.T) {
	t.Parallel()
	p := plans{kept: map[planKey]*keptPlan{}}
	large := plan{recipients: make([]project.Recipient, 1), form: make([]byte, 3<<20)}
	keep := func(n int, now time.Time) { p.keep(planKey{"a", strconv.Itoa(n)}, large, now) }
	for n := range 3 {
		keep(n, noon)
	}
	if len(p.kept) != 2 || p.bytes > plansRoom {
		t.Errorf("%d plans take %d bytes", len(p.kept), p.bytes)
	}
	keep(3, noon.Add(time.Hour))
	if _, ok := p.take(planKey{"a", "3"}, noon.Add(time.Hour)); !ok || len(p.kept) != 0 {
		t.Errorf("old plans are in the way: %d", len(p.kept))
	}
}
