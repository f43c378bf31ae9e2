package queue_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stafett/stafett/handover/queue"
)

// BenchmarkJob measures a job from Enqueue until it is worked: alone in an empty
// queue, and in batches as large as the engine's.
func BenchmarkJob(b *testing.B) {
	for name, open := range backends {
		for _, batch := range []int{1, 32} {
			b.Run(fmt.Sprintf("%s/%d at a time", name, batch), func(b *testing.B) {
				q := open(b)
				worked := make(chan struct{}, batch)
				run(b, q, queue.RunConfig{Lanes: map[string]int{"ttd/sak": 8}, Work: func(context.Context, string, string) { worked <- struct{}{} }})
				for range batch { // until it runs
					enqueue(b, q, "ttd/sak", "key")
					receive(b, worked, "a job")
				}
				b.ResetTimer()
				for left := b.N; left > 0; {
					n := min(batch, left)
					enqueue(b, q, "ttd/sak", keys(n)...)
					for range n {
						receive(b, worked, "a job")
					}
					left -= n
				}
			})
		}
	}
}
