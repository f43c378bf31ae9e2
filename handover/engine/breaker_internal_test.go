package engine

import (
	"testing"
	"time"
)

// clock is one that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func TestBreaker(t *testing.T) {
	t.Parallel()
	type step struct {
		do    string // "fail", "answer", "enter", "leave" or a duration to pass
		after time.Duration
		state BreakerState
		want  int // how many handovers it wants queued
	}
	fail := func(n int) (all []step) {
		for range n {
			all = append(all, step{do: "fail", state: Closed, want: -1})
		}
		return all
	}
	opened := append(fail(4), step{do: "fail", state: Open})
	tests := map[string][]step{
		"opens after five failures in a row": opened,
		"an answer begins the count anew":    append(append(fail(4), step{do: "answer", state: Closed, want: -1}), opened...),
		"closes when it answers again": append(opened,
			step{do: "29s", state: Open},
			step{do: "answer", state: Open}, // of a request from before
			step{do: "1s", state: HalfOpen, want: 1},
			step{do: "enter", state: HalfOpen, want: 0},
			step{do: "refused", state: HalfOpen, want: 0},
			step{do: "answer", state: Closed, want: -1},
			step{do: "leave", state: Closed, want: -1},
			step{do: "fail", state: Closed, want: -1}),
		"a handover that asked nothing makes room for another": append(opened,
			step{do: "30s", state: HalfOpen, want: 1},
			step{do: "enter", state: HalfOpen, want: 0},
			step{do: "leave", state: HalfOpen, want: 1}),
		"stays open longer each time": append(opened,
			step{do: "30s", state: HalfOpen, want: 1}, step{do: "fail", state: Open},
			step{do: "59s", state: Open}, step{do: "1s", state: HalfOpen, want: 1}, step{do: "fail", state: Open},
			step{do: "119s", state: Open}, step{do: "1s", state: HalfOpen, want: 1}, step{do: "fail", state: Open},
			step{do: "239s", state: Open}, step{do: "1s", state: HalfOpen, want: 1}, step{do: "fail", state: Open},
			step{do: "299s", state: Open}, step{do: "1s", state: HalfOpen, want: 1}, step{do: "fail", state: Open},
			step{do: "299s", state: Open}, step{do: "1s", state: HalfOpen, want: 1},
			step{do: "answer", state: Closed, want: -1},
			step{do: "fail", state: Closed, want: -1}, step{do: "fail", state: Closed, want: -1}, step{do: "fail", state: Closed, want: -1},
			step{do: "fail", state: Closed, want: -1}, step{do: "fail", state: Open},
			step{do: "30s", state: HalfOpen, want: 1}),
		"waits as long as it is asked to": {
			step{do: "fail", after: 90 * time.Second, state: Open},
			step{do: "fail", after: 10 * time.Second, state: Open}, // sooner than that
			step{do: "89s", state: Open},
			step{do: "fail", after: 10 * time.Second, state: Open}, // later than that
			step{do: "9s", state: Open},
			step{do: "1s", state: HalfOpen, want: 1},
			step{do: "fail", after: time.Hour, state: Open},
			step{do: "59m", state: Open},
			step{do: "1m", state: HalfOpen, want: 1},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &clock{time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
			b := NewBreakers(BreakerConfig{Now: c.now}).watch("fts/mottak")
			leave := func() {}
			for i, s := range steps {
				switch s.do {
				case "fail":
					b.failed("503", s.after)
				case "answer":
					b.answered()
				case "enter", "refused":
					again, ok := b.enter()
					if ok != (s.do == "enter") {
						t.Fatalf("step %d: enter is %v", i, ok)
					}
					if ok {
						leave = again
					}
				case "leave":
					leave()
				default:
					d, err := time.ParseDuration(s.do)
					if err != nil {
						t.Fatal(err)
					}
					c.at = c.at.Add(d)
				}
				got := b.status()
				if got.State != s.state || b.wanted() != s.want {
					t.Fatalf("step %d, %s: %s and wants %d, should be %s and %d", i, s.do, got.State, b.wanted(), s.state, s.want)
				}
				if (got.Cause != "") != (got.State != Closed) {
					t.Errorf("step %d, %s: %s because of %q", i, s.do, got.State, got.Cause)
				}
			}
		})
	}
}
