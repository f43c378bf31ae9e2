package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/stafett/stafett/handover"
)

// unsettled is the condition of the partial index handovers_unsettled.
const unsettled = "state NOT IN ('done', 'failed', 'skipped', 'cancelled')"

// Wake implements [handover.Journal].
func (j *Journal) Wake(ctx context.Context, q handover.WakeQuery) ([]handover.Wakening, error) {
	now := j.now()
	query := "UPDATE handovers SET woken_until = ? WHERE key IN (SELECT key FROM handovers WHERE " + unsettled + //nolint:gosec // G202: constants, and one mark for each argument
		" AND (not_before IS NULL OR not_before <= ?) AND (woken_until IS NULL OR woken_until <= ?)" +
		" AND (lease_until IS NULL OR lease_until <= ?) AND definition_id NOT IN (SELECT definition_id FROM paused)"
	args := []any{now.Add(q.Again).UnixNano(), now.UnixNano(), now.UnixNano(), now.UnixNano()}
	if len(q.Except) > 0 {
		query += " AND to_app NOT IN (?" + strings.Repeat(", ?", len(q.Except)-1) + ")"
		for _, app := range q.Except {
			args = append(args, app)
		}
	}
	query += " ORDER BY not_before, created_at LIMIT ?) RETURNING key, to_app"
	rows, err := j.db.QueryContext(ctx, query, append(args, q.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("pick handovers: %w", err)
	}
	defer rows.Close()
	var picked []handover.Wakening
	for rows.Next() {
		var w handover.Wakening
		if err := rows.Scan(&w.Key, &w.To); err != nil {
			return nil, fmt.Errorf("pick handovers: %w", err)
		}
		picked = append(picked, w)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("pick handovers: %w", err)
	}
	return picked, nil
}

// ForgetWakes implements [handover.Journal].
func (j *Journal) ForgetWakes(ctx context.Context) error {
	return j.exec(ctx, "forget what was picked", "UPDATE handovers SET woken_until = NULL WHERE woken_until IS NOT NULL AND "+unsettled)
}

// Pause implements [handover.Journal].
func (j *Journal) Pause(ctx context.Context, definitionID string, paused bool) error {
	if paused {
		return j.exec(ctx, "pause a definition", "INSERT INTO paused (definition_id) VALUES (?) ON CONFLICT DO NOTHING", definitionID)
	}
	return j.exec(ctx, "resume a definition", "DELETE FROM paused WHERE definition_id = ?", definitionID)
}

func (j *Journal) exec(ctx context.Context, what, query string, args ...any) error {
	if _, err := j.db.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Paused implements [handover.Journal].
func (j *Journal) Paused(ctx context.Context) ([]string, error) {
	return collect(ctx, j.db, "list paused definitions", "SELECT definition_id FROM paused ORDER BY 1", func(rows *sql.Rows) (id string, err error) {
		return id, rows.Scan(&id)
	})
}

// Lineages implements [handover.Journal].
func (j *Journal) Lineages(ctx context.Context) ([]handover.Lineage, error) {
	const query = "SELECT definition_id, from_app, to_app, since, first_served, confirmed FROM lineages ORDER BY 1"
	return collect(ctx, j.db, "list definitions", query, func(rows *sql.Rows) (l handover.Lineage, err error) {
		var since, first sql.NullInt64
		err = rows.Scan(&l.DefinitionID, &l.From, &l.To, &since, &first, &l.Confirmed)
		l.Since, l.FirstServed = from(since), from(first)
		return l, err
	})
}

// SaveLineage implements [handover.Journal].
func (j *Journal) SaveLineage(ctx context.Context, l handover.Lineage) error {
	return j.exec(ctx, "store a definition", `INSERT INTO lineages (definition_id, from_app, to_app, since, first_served, confirmed)
		VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (definition_id) DO UPDATE SET from_app = excluded.from_app, to_app = excluded.to_app,
		since = excluded.since, first_served = excluded.first_served, confirmed = excluded.confirmed`,
		l.DefinitionID, l.From, l.To, when(l.Since), when(l.FirstServed), l.Confirmed)
}

// Summary implements [handover.Journal].
func (j *Journal) Summary(ctx context.Context) (handover.Summary, error) {
	var s handover.Summary
	var err error
	s.Counts, err = collect(ctx, j.db, "count handovers", "SELECT definition_id, state, count(*) FROM handovers GROUP BY 1, 2 ORDER BY 1, 2",
		func(rows *sql.Rows) (c handover.Count, err error) {
			return c, rows.Scan(&c.DefinitionID, &c.State, &c.Records)
		})
	if err != nil {
		return s, err
	}
	s.Oldest, err = collect(ctx, j.db, "find the oldest handover", "SELECT definition_id, min(reach) FROM handovers WHERE "+unsettled+" GROUP BY 1 ORDER BY 1",
		func(rows *sql.Rows) (o handover.Oldest, err error) {
			var reach sql.NullInt64
			err = rows.Scan(&o.DefinitionID, &reach)
			o.Reach = from(reach)
			return o, err
		})
	return s, err
}

// Prune implements [handover.Journal].
func (j *Journal) Prune(ctx context.Context, before time.Time, limit int) (int, error) {
	result, err := j.db.ExecContext(ctx, `UPDATE handovers SET files = 'null', form_sha256 = '', refusal = '', setback_cause = '', setback_status = 0,
		setback_unknown_party = 0, version = version + 1 WHERE key IN (SELECT key FROM handovers WHERE NOT (`+unsettled+`) AND updated_at < ?
		AND (lease_until IS NULL OR lease_until <= ?) AND (files <> 'null' OR form_sha256 <> '' OR refusal <> '' OR setback_cause <> '') LIMIT ?)`,
		before.UnixNano(), j.now().UnixNano(), limit)
	if err != nil {
		return 0, fmt.Errorf("prune the journal: %w", err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// collect reads the rows of a query.
func collect[T any](ctx context.Context, db *sql.DB, what, query string, scan func(*sql.Rows) (T, error)) ([]T, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return all, nil
}
