//go:build !race

package soak_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/serve"
)

// BenchmarkTriggerToDone measures how long it takes at low load from the moment
// that a trigger names a form until its handover is done, less what the create
// alone takes. The two take turns, on the same platform.
func BenchmarkTriggerToDone(b *testing.B) {
	const samples = 200
	for b.Loop() {
		w := newWorld(b)
		bare := newBare(b, w)
		if err := w.sent.send(samples + 1); err != nil {
			b.Fatal(err)
		}
		j := w.inFile(b)
		// No sweep but the first, which is to find nothing that is left to do.
		s := w.serve(b, "", nil, append(j.args, "--sweep-every", "1h")...)
		if err := j.rests(b.Context(), samples+1); err != nil {
			b.Fatal(errorAnd(err, s))
		}
		operations, err := serve.Dial(b.Context(), serve.SocketPath(j.path))
		if err != nil {
			b.Fatal(err)
		}
		opened, err := j.open(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		var whole, alone []time.Duration
		for n := range samples {
			if err := w.sent.sendLike(samples + 1 + n); err != nil {
				b.Fatal(err)
			}
			forms := w.sent.all()
			start := time.Now()
			records, err := operations.Begin(b.Context(), definitionID, forms[len(forms)-1].source, handover.ByAPI)
			if err != nil {
				b.Fatal(err)
			}
			for {
				r, err := opened.Get(b.Context(), records[0].Key)
				if err != nil {
					b.Fatal(err)
				}
				if r.State == handover.Done {
					break
				}
				time.Sleep(time.Millisecond)
			}
			whole = append(whole, time.Since(start))
			start = time.Now()
			if err := bare.create(b.Context(), n); err != nil {
				b.Fatal(err)
			}
			alone = append(alone, time.Since(start))
		}
		if err := opened.Close(); err != nil {
			b.Error(err)
		}
		if err := s.stop(); err != nil {
			b.Error(err)
		}
		b.ReportMetric(0, "ns/op")
		for name, q := range map[string]float64{"p50": 0.5, "p99": 0.99} {
			b.ReportMetric(milliseconds(quantile(alone, q)), name+"-bare-ms")
			b.ReportMetric(milliseconds(quantile(whole, q)), name+"-ms")
			b.ReportMetric(milliseconds(quantile(whole, q)-quantile(alone, q)), name+"-more-ms")
		}
	}
}

func quantile(all []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[int(q*float64(len(sorted)-1))]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
