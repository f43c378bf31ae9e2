package postgres

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stafett/stafett/handover"
)

// TestWakePassesOverWhatAnotherPicks stops one process in the middle of picking.
// Another neither waits for it nor picks the same, and what the first one picked is
// there again if it dies.
func TestWakePassesOverWhatAnotherPicks(t *testing.T) {
	t.Parallel()
	j, ctx := openJournal(t), t.Context()
	for i := range 6 {
		r := handover.Record{Key: fmt.Sprint("k", i), DefinitionID: fmt.Sprint(i % 2), State: handover.Planned, NotBefore: time.Unix(int64(i+1), 0)}
		if _, _, err := j.Begin(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	q := handover.WakeQuery{Limit: 2, Again: time.Hour}
	first, err := j.pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Rollback(ctx) //nolint:errcheck // it has been, below, if the test came so far
	rows, err := first.Query(ctx, wake, wakeArgs(q, nil))
	if picked, err := collect(rows, err, pgx.RowToStructByPos[struct {
		Key string
		Due int64
	}]); err != nil || len(picked) != 2 {
		t.Fatalf("the first picked %v, %v", picked, err)
	}
	// The first locks two of each definition, of which it picks k0 and k1.
	second, err := j.Wake(ctx, q)
	if err != nil || fmt.Sprint(second) != "[k4 k5]" {
		t.Errorf("the second picked %v, %v, want k4 and k5", second, err)
	}
	if err := first.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	q.Limit = 9
	if third, err := j.Wake(ctx, q); err != nil || fmt.Sprint(third) != "[k0 k1 k2 k3]" {
		t.Errorf("after the first has died, %v were picked, %v, want k0 to k3", third, err)
	}
}
