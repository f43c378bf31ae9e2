package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/internal/row"
)

// unsettled selects tallies.
const unsettled = "state NOT IN ('done', 'failed', 'skipped', 'cancelled')"

// wakening is a record that was picked, with the moment since when it has been due.
type wakening struct {
	key string
	due int64
}

// Wake implements [handover.Journal].
func (j *Journal) Wake(ctx context.Context, q handover.WakeQuery) ([]string, error) {
	var picked []wakening
	err := j.writer.write(ctx, func(t tx) (err error) {
		query, args := wakeQuery(q, j.now().UnixNano())
		rows, err := t.query(query, args...)
		picked, err = collect(rows, err, func(s row.Scanner) (w wakening, err error) {
			err = s.Scan(&w.key, &w.due)
			return w, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("pick handovers: %w", err)
	}
	slices.SortFunc(picked, func(a, b wakening) int { return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.key, b.key)) })
	var keys []string
	for _, w := range picked {
		keys = append(keys, w.key)
	}
	return keys, nil
}

// wakeQuery picks the first of each pair of definition and receiving application
// that may be picked at all, and of those the first. So it costs the same however
// many wait, and however many wait for a definition that is paused.
func wakeQuery(q handover.WakeQuery, now int64) (string, []any) {
	args := []any{now + q.Again.Nanoseconds()}
	only := ""
	if len(q.Definitions) > 0 {
		only = " AND definition_id IN (?" + strings.Repeat(", ?", len(q.Definitions)-1) + ")"
		for _, id := range q.Definitions {
			args = append(args, id)
		}
	}
	query := "UPDATE handovers SET woken_until = ? WHERE key IN (SELECT h.key FROM (SELECT DISTINCT definition_id, to_app FROM tallies" +
		" WHERE " + unsettled + " AND records > 0 AND definition_id NOT IN (SELECT definition_id FROM paused)" + only + ") AS found" +
		" CROSS JOIN handovers AS h ON h.key IN (SELECT key FROM handovers INDEXED BY handovers_due" +
		" WHERE definition_id = found.definition_id AND to_app = found.to_app AND NOT settled AND due <= ?" +
		" AND coalesce(woken_until, 0) <= ? AND coalesce(lease_until, 0) <= ? ORDER BY due, key LIMIT ?)" +
		" ORDER BY h.due, h.key LIMIT ?) RETURNING key, due"
	return query, append(args, now, now, now, q.Limit, q.Limit)
}

// ForgetWakes implements [handover.Journal].
func (j *Journal) ForgetWakes(ctx context.Context) error {
	_, err := j.exec(ctx, "forget what was picked", "UPDATE handovers INDEXED BY handovers_due SET woken_until = NULL WHERE NOT settled AND woken_until IS NOT NULL")
	return err
}
