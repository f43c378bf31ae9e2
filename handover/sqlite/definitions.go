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

// Pause implements [handover.Journal].
func (j *Journal) Pause(ctx context.Context, definitionID string, paused bool) error {
	query := "DELETE FROM paused WHERE definition_id = ?"
	if paused {
		query = "INSERT INTO paused (definition_id) VALUES (?) ON CONFLICT DO NOTHING"
	}
	_, err := j.exec(ctx, "pause or resume a definition", query, definitionID)
	return err
}

// Paused implements [handover.Journal].
func (j *Journal) Paused(ctx context.Context) ([]string, error) {
	rows, err := j.reader.QueryContext(ctx, "SELECT definition_id FROM paused ORDER BY 1")
	ids, err := collect(rows, err, func(s row.Scanner) (id string, err error) {
		err = s.Scan(&id)
		return id, err
	})
	if err != nil {
		return nil, fmt.Errorf("list paused definitions: %w", err)
	}
	return ids, nil
}

// Lineages implements [handover.Journal].
func (j *Journal) Lineages(ctx context.Context) ([]handover.Lineage, error) {
	rows, err := j.reader.QueryContext(ctx, "SELECT definition_id, from_app, to_app, since, first_served, confirmed FROM lineages ORDER BY 1")
	all, err := collect(rows, err, func(s row.Scanner) (l handover.Lineage, err error) {
		var since, first sql.NullInt64
		err = s.Scan(&l.DefinitionID, &l.From, &l.To, &since, &first, &l.Confirmed)
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
	_, err := j.exec(ctx, "store a definition", `INSERT INTO lineages (definition_id, from_app, to_app, since, first_served, confirmed)
		VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (definition_id) DO UPDATE SET from_app = excluded.from_app, to_app = excluded.to_app,
		since = excluded.since, first_served = excluded.first_served, confirmed = excluded.confirmed`,
		l.DefinitionID, l.From, l.To, row.Nanoseconds(l.Since), row.Nanoseconds(l.FirstServed), l.Confirmed)
	return err
}

// Watermark implements [handover.Journal].
func (j *Journal) Watermark(ctx context.Context, name string) (time.Time, error) {
	var at sql.NullInt64
	err := j.reader.QueryRowContext(ctx, "SELECT at FROM watermarks WHERE name = ?", name).Scan(&at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, fmt.Errorf("read a watermark: %w", err)
	}
	return row.Time(at), nil
}

// SetWatermark implements [handover.Journal].
func (j *Journal) SetWatermark(ctx context.Context, name string, at time.Time) error {
	_, err := j.exec(ctx, "store a watermark", "INSERT INTO watermarks (name, at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at", name, at.UnixNano())
	return err
}
