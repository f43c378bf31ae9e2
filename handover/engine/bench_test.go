package engine_test

import (
	"fmt"
	"testing"

	"github.com/stafett/stafett/handover"
)

// BenchmarkHandover measures what the engine, the queue and the journal cost a
// handover whose one step takes no time: a lease and one update. It works off a
// backlog.
func BenchmarkHandover(b *testing.B) {
	o := newOffice(b, nil)
	for begun := 0; begun < b.N; begun += 1000 {
		records := make([]handover.Record, min(1000, b.N-begun))
		for i := range records {
			records[i] = handover.Record{Key: fmt.Sprint(begun + i), DefinitionID: "til-mottak", To: application, State: handover.Planned, CreatedAt: o.now()}
		}
		if _, _, err := o.journal.Begin(b.Context(), records...); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	o.start()
	o.eventually("all is done", func() bool { return o.unsettled() == 0 })
}
