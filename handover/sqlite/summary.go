package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/internal/row"
)

const (
	countRecords = "SELECT definition_id, state, sum(records) FROM tallies WHERE records > 0 GROUP BY 1, 2 ORDER BY 1, 2"
	findOldest   = "SELECT definition_id, (SELECT min(reach) FROM handovers INDEXED BY handovers_reach WHERE NOT settled AND definition_id = tallies.definition_id)" +
		" FROM tallies WHERE records > 0 AND " + unsettled + " GROUP BY 1 ORDER BY 1"
)

// Summary implements [handover.Journal].
func (j *Journal) Summary(ctx context.Context) (s handover.Summary, err error) {
	// Both parts are of one moment.
	snapshot, err := j.reader.BeginTx(ctx, nil)
	if err != nil {
		return s, fmt.Errorf("count handovers: %w", err)
	}
	defer func() { err = errors.Join(err, snapshot.Rollback()) }()
	rows, err := snapshot.QueryContext(ctx, countRecords)
	s.Counts, err = collect(rows, err, func(s row.Scanner) (c handover.Count, err error) {
		err = s.Scan(&c.DefinitionID, &c.State, &c.Records)
		return c, err
	})
	if err != nil {
		return s, fmt.Errorf("count handovers: %w", err)
	}
	rows, err = snapshot.QueryContext(ctx, findOldest)
	s.Oldest, err = collect(rows, err, func(s row.Scanner) (o handover.Oldest, err error) {
		var reach sql.NullInt64
		err = s.Scan(&o.DefinitionID, &reach)
		o.Reach = row.Time(reach)
		return o, err
	})
	if err != nil {
		return s, fmt.Errorf("find the oldest handover: %w", err)
	}
	return s, nil
}

// pruneRecords clears what the index handovers_detailed tells of.
const pruneRecords = `UPDATE handovers SET files = 'null', form_sha256 = '', refusal = '', setback_cause = '', setback_status = 0,
	setback_unknown_party = 0, version = version + 1 WHERE key IN (SELECT key FROM handovers INDEXED BY handovers_detailed
	WHERE settled AND detailed AND updated_at < ? AND coalesce(lease_until, 0) <= ? ORDER BY updated_at LIMIT ?)`

// Prune implements [handover.Journal].
func (j *Journal) Prune(ctx context.Context, before time.Time, limit int) (int, error) {
	return j.exec(ctx, "prune the journal", pruneRecords, before.UnixNano(), j.now().UnixNano(), limit)
}
