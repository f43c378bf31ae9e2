package sqlite

import (
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/internal/row"
)

// TestNoStatementReadsTheWholeJournal asks SQLite how it would carry out what the
// service asks often. None may walk through the table or through all of an index,
// and none may sort more than what it answers.
func TestNoStatementReadsTheWholeJournal(t *testing.T) {
	t.Parallel()
	j := openJournal(t)
	type statement struct {
		name  string
		query string
		args  []any
	}
	listing := func(name string, f handover.Filter) statement {
		query, args := listQuery(f)
		return statement{"List: " + name, query, args}
	}
	wake, wakeArgs := wakeQuery(handover.WakeQuery{Limit: 1, Definitions: []string{"a", "b"}}, 1)
	at := time.Unix(1, 0)
	for _, s := range []statement{
		listing("all", handover.Filter{}),
		listing("a page", handover.Filter{Limit: 50, After: handover.Cursor{CreatedAt: at, Key: "k"}}),
		listing("definition and states", handover.Filter{DefinitionID: "en", States: handover.States(), Limit: 50}),
		listing("due", handover.Filter{Due: at, Limit: 50}),
		listing("source", handover.Filter{DefinitionID: "en", Source: "1/x", States: handover.States()}),
		listing("receiving", handover.Filter{Receiving: "1/x"}),
		listing("reference", handover.Filter{Reference: "2f6f0d8c7a11"}),
		listing("prefix", handover.Filter{KeyPrefix: "2f6f0d8c"}),
		{"Wake", wake, wakeArgs},
		{"Summary", countRecords, nil},
		{"Summary: oldest", findOldest, nil},
		{"Prune", pruneRecords, []any{1, 1, 1}},
		{"Get", selectRecord, []any{"k"}},
	} {
		rows, err := j.reader.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+s.query, s.args...)
		steps, err := collect(rows, err, func(s row.Scanner) (detail string, err error) {
			var id, parent, unused int
			err = s.Scan(&id, &parent, &unused, &detail)
			return detail, err
		})
		if err != nil || len(steps) == 0 {
			t.Errorf("%s: %v, %v\n%s", s.name, steps, err, s.query)
		}
		for _, step := range steps {
			// The tables tallies and paused, and what is made of them, are short.
			if strings.HasPrefix(step, "SCAN") && !strings.HasPrefix(step, "SCAN tallies") && !strings.HasPrefix(step, "SCAN found") && !strings.HasPrefix(step, "SCAN paused") {
				t.Errorf("%s reads all of something: %s\n%s", s.name, strings.Join(steps, "; "), s.query)
			}
		}
		t.Logf("%s: %s", s.name, strings.Join(steps, "; "))
	}
}
