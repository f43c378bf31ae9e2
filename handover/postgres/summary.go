package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/internal/row"
)

const (
	countRecords = "SELECT definition_id, state, sum(records)::bigint, count(*) FROM stafett.tallies GROUP BY 1, 2 ORDER BY 1, 2"
	// findOldest takes one step in the index for each definition that has any.
	findOldest = `WITH RECURSIVE found AS (
	(SELECT definition_id FROM stafett.handovers WHERE NOT settled ORDER BY definition_id LIMIT 1)
	UNION ALL
	SELECT next.definition_id FROM found CROSS JOIN LATERAL (
		SELECT h.definition_id FROM stafett.handovers h WHERE NOT settled AND h.definition_id > found.definition_id ORDER BY h.definition_id LIMIT 1) next
) SELECT definition_id, (SELECT min(h.reach) FROM stafett.handovers h WHERE NOT settled AND h.definition_id = found.definition_id) FROM found ORDER BY 1`
	// putTogether leaves one row of tallies for each definition and state. Of two
	// who do so at once, each puts together what the other does not.
	putTogether = `WITH gone AS (DELETE FROM stafett.tallies RETURNING definition_id, state, records)
		INSERT INTO stafett.tallies SELECT definition_id, state, sum(records) FROM gone GROUP BY 1, 2 HAVING sum(records) <> 0`
	// scattered is how many rows of tallies are too many.
	scattered = 1000
)

// Summary implements [handover.Journal].
func (j *Journal) Summary(ctx context.Context) (handover.Summary, error) {
	var s handover.Summary
	scatter := 0
	// Both parts are of one moment.
	err := pgx.BeginTxFunc(ctx, j.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, countRecords)
		counts, err := collect(rows, err, func(r pgx.CollectableRow) (c handover.Count, err error) {
			var n int
			err = r.Scan(&c.DefinitionID, &c.State, &c.Records, &n)
			scatter += n
			return c, err
		})
		if err != nil {
			return err
		}
		for _, c := range counts {
			if c.Records > 0 {
				s.Counts = append(s.Counts, c)
			}
		}
		rows, err = tx.Query(ctx, findOldest)
		s.Oldest, err = collect(rows, err, func(r pgx.CollectableRow) (o handover.Oldest, err error) {
			var reach sql.NullInt64
			err = r.Scan(&o.DefinitionID, &reach)
			o.Reach = row.Time(reach)
			return o, err
		})
		return err
	})
	if err != nil {
		return handover.Summary{}, fmt.Errorf("count handovers: %w", err)
	}
	if scatter > scattered {
		if _, err := j.exec(ctx, "put counts together", putTogether, nil); err != nil {
			return handover.Summary{}, err
		}
	}
	return s, nil
}

// pruneRecords clears what the index handovers_detailed tells of.
const pruneRecords = `UPDATE stafett.handovers SET files = 'null', form_sha256 = '', refusal = '', setback_cause = '', setback_status = 0,
	setback_unknown_party = false, version = version + 1 WHERE key IN (SELECT key FROM stafett.handovers
	WHERE settled AND (files <> 'null' OR form_sha256 <> '' OR refusal <> '' OR setback_cause <> '')
	AND updated_at < @before AND coalesce(lease_until, 0) <= ` + now + ` ORDER BY updated_at LIMIT @limit FOR UPDATE SKIP LOCKED)`

// Prune implements [handover.Journal].
func (j *Journal) Prune(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := j.exec(ctx, "prune the journal", pruneRecords, pgx.NamedArgs{"before": before.UnixNano(), "limit": limit, "now": j.clock()})
	if err != nil {
		return 0, err
	}
	// Where nobody asks for the summary, nobody else does this.
	_, err = j.exec(ctx, "put counts together", putTogether, nil)
	return n, err
}
