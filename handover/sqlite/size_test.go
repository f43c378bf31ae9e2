package sqlite

import (
	"fmt"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
)

// fill stores records of three definitions, of which one in ten is done and the
// others wait.
func fill(t testing.TB, j *Journal, records int) {
	t.Helper()
	r := handover.Record{Key: "model", From: "fts/a", Recipient: "organisation:313547264"}
	if _, _, err := j.Begin(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	err := j.writer.write(t.Context(), func(tx tx) error {
		for _, statement := range []string{
			"CREATE TEMPORARY TABLE model AS SELECT " + recordColumns + " FROM handovers",
			fmt.Sprintf(`WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < %d)
				INSERT INTO handovers (%s) SELECT printf('%%08x', n * 2654435761 %% 4294967296) || n, 1, 'd' || n %% 3, '50900001/0d5d8a1e-51c3-4c0a-9a0b-' || printf('%%012x', n),
				from_app, 'fts/b' || n %% 3, recipient, CASE n %% 10 WHEN 0 THEN 'done' ELSE 'planned' END, n, n, attempts, refusals, fills, refusal, reason,
				'50700001/0d5d8a1e-51c3-4c0a-9a0b-' || printf('%%012x', n), soft_deleted, form_sha256, files, duplicates, n, n,
				setback_cause, setback_status, setback_unknown_party, trigger, unclears, delays, confirmed FROM count, model`, records, recordColumns),
			"DROP TABLE model",
		} {
			if _, err := tx.exec(statement); err != nil {
				return fmt.Errorf("%w\n%s", err, statement)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// BenchmarkSize measures what a service asks often, of a journal that is small and
// of one that is not. The times should be alike.
func BenchmarkSize(b *testing.B) {
	for _, records := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(records), func(b *testing.B) {
			j := openJournal(b)
			fill(b, j, records)
			if err := j.Pause(b.Context(), "d0", true); err != nil {
				b.Fatal(err)
			}
			for name, ask := range map[string]func() error{
				"Wake": func() error {
					picked, err := j.Wake(b.Context(), handover.WakeQuery{Limit: 20, Again: time.Microsecond, Definitions: []string{"d1", "d2"}})
					if err == nil && len(picked) != 20 {
						return fmt.Errorf("picked %d", len(picked))
					}
					return err
				},
				"Summary": func() error { _, err := j.Summary(b.Context()); return err },
				"List": func() error {
					_, err := j.List(b.Context(), handover.Filter{Limit: 50, After: handover.Cursor{CreatedAt: time.Unix(0, int64(records/2)), Key: "k"}})
					return err
				},
			} {
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						if err := ask(); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}
