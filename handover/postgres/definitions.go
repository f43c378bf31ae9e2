package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/internal/row"
)

// Pause implements [handover.Journal].
func (j *Journal) Pause(ctx context.Context, definitionID string, paused bool) error {
	query := "DELETE FROM stafett.paused WHERE definition_id = @id"
	if paused {
		query = "INSERT INTO stafett.paused (definition_id) VALUES (@id) ON CONFLICT DO NOTHING"
	}
	_, err := j.exec(ctx, "pause or resume a definition", query, pgx.NamedArgs{"id": definitionID})
	return err
}

// Paused implements [handover.Journal].
func (j *Journal) Paused(ctx context.Context) ([]string, error) {
	rows, err := j.pool.Query(ctx, "SELECT definition_id FROM stafett.paused ORDER BY 1")
	ids, err := collect(rows, err, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list paused definitions: %w", err)
	}
	return ids, nil
}

// Lineages implements [handover.Journal].
func (j *Journal) Lineages(ctx context.Context) ([]handover.Lineage, error) {
	rows, err := j.pool.Query(ctx, "SELECT definition_id, from_app, to_app, since, first_served, confirmed FROM stafett.lineages ORDER BY 1")
	all, err := collect(rows, err, func(r pgx.CollectableRow) (l handover.Lineage, err error) {
		var since, first sql.NullInt64
		err = r.Scan(&l.DefinitionID, &l.From, &l.To, &since, &first, &l.Confirmed)
		l.Since, l.FirstServed = row.Time(since), row.Time(first)
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("list definitions: %w", err)
	}
	return all, nil
}

// SaveLineage implements [handover.Journal].
func (j *Journal) SaveLineage(ctx context.Context, l handover.Lineage) error {
	_, err := j.exec(ctx, "store a definition", `INSERT INTO stafett.lineages (definition_id, from_app, to_app, since, first_served, confirmed)
		VALUES (@id, @from, @to, @since, @first, @confirmed) ON CONFLICT (definition_id) DO UPDATE SET from_app = excluded.from_app, to_app = excluded.to_app,
		since = excluded.since, first_served = excluded.first_served, confirmed = excluded.confirmed`,
		pgx.NamedArgs{"id": l.DefinitionID, "from": l.From, "to": l.To, "since": row.Nanoseconds(l.Since), "first": row.Nanoseconds(l.FirstServed), "confirmed": l.Confirmed})
	return err
}

// Watermark implements [handover.Journal].
func (j *Journal) Watermark(ctx context.Context, name string) (time.Time, error) {
	var at sql.NullInt64
	err := j.pool.QueryRow(ctx, "SELECT at FROM stafett.watermarks WHERE name = $1", name).Scan(&at)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, fmt.Errorf("read a watermark: %w", err)
	}
	return row.Time(at), nil
}

// SetWatermark implements [handover.Journal].
func (j *Journal) SetWatermark(ctx context.Context, name string, at time.Time) error {
	_, err := j.exec(ctx, "store a watermark", "INSERT INTO stafett.watermarks (name, at) VALUES (@name, @at) ON CONFLICT (name) DO UPDATE SET at = excluded.at",
		pgx.NamedArgs{"name": name, "at": at.UnixNano()})
	return err
}
