package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/stafett/stafett/handover"
)

// wakening is a record that was picked, with the moment since when it has been due.
type wakening struct {
	key string
	due int64
}

// wake picks the first of each pair of definition and receiving application that may
// be picked at all, and of those the first. The pairs are found by one step in the
// index each. So it costs the same however many wait, and however many wait for a
// definition that is paused. What another is picking at the moment is passed over.
const wake = `WITH RECURSIVE found AS (
	(SELECT definition_id, to_app FROM stafett.handovers WHERE NOT settled ORDER BY definition_id, to_app LIMIT 1)
	UNION ALL
	SELECT next.definition_id, next.to_app FROM found CROSS JOIN LATERAL (
		SELECT h.definition_id, h.to_app FROM stafett.handovers h WHERE NOT settled AND (h.definition_id, h.to_app) > (found.definition_id, found.to_app)
		ORDER BY h.definition_id, h.to_app LIMIT 1) next
), picked AS (
	SELECT first.key FROM found CROSS JOIN LATERAL (
		SELECT h.key, h.due FROM stafett.handovers h
		WHERE h.definition_id = found.definition_id AND h.to_app = found.to_app AND NOT settled AND h.due <= ` + now + `
			AND coalesce(h.woken_until, 0) <= ` + now + ` AND coalesce(h.lease_until, 0) <= ` + now + `
		ORDER BY h.due, h.key LIMIT @limit FOR UPDATE SKIP LOCKED) first
	WHERE found.definition_id NOT IN (SELECT definition_id FROM stafett.paused) AND (cardinality(@definitions::text[]) = 0 OR found.definition_id = ANY (@definitions))
	ORDER BY first.due, first.key LIMIT @limit
)
UPDATE stafett.handovers h SET woken_until = ` + now + ` + @again::bigint FROM picked WHERE h.key = picked.key RETURNING h.key, h.due`

// Wake implements [handover.Journal].
func (j *Journal) Wake(ctx context.Context, q handover.WakeQuery) ([]string, error) {
	rows, err := j.pool.Query(ctx, wake, wakeArgs(q, j.clock()))
	picked, err := collect(rows, err, func(r pgx.CollectableRow) (w wakening, err error) {
		err = r.Scan(&w.key, &w.due)
		return w, err
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

func wakeArgs(q handover.WakeQuery, now *int64) pgx.NamedArgs {
	definitions := q.Definitions
	if definitions == nil {
		definitions = []string{} // and not NULL
	}
	return pgx.NamedArgs{"limit": q.Limit, "definitions": definitions, "again": q.Again.Nanoseconds(), "now": now}
}

// ForgetWakes implements [handover.Journal].
func (j *Journal) ForgetWakes(ctx context.Context) error {
	_, err := j.exec(ctx, "forget what was picked", "UPDATE stafett.handovers SET woken_until = NULL WHERE NOT settled AND woken_until IS NOT NULL", nil)
	return err
}
