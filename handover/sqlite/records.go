package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/internal/row"
)

// The statements on records. Their arguments are the key, if it comes first,
// then the columns, then what stands in WHERE.
var (
	recordColumns = "key, version, " + strings.Join(row.Columns(), ", ")
	selectRecord  = "SELECT " + recordColumns + " FROM handovers WHERE key = ?"
	insertRecord  = "INSERT INTO handovers (key, version, " + strings.Join(row.Columns(), ", ") +
		") VALUES (?, 1" + strings.Repeat(", ?", len(row.Columns())) + ") ON CONFLICT (key) DO NOTHING"
	updateRecord = "UPDATE handovers SET version = version + 1, woken_until = NULL, " + strings.Join(row.Columns(), " = ?, ") +
		" = ? WHERE key = ? AND lease_token = ? AND lease_until IS NOT NULL AND version = ?"
)

// Begin implements [handover.Journal].
func (j *Journal) Begin(ctx context.Context, records ...handover.Record) ([]handover.Record, int, error) {
	values := make([][]any, len(records))
	for i, r := range records {
		var err error
		if values[i], err = row.Encode(r); err != nil {
			return nil, 0, err
		}
	}
	stored, fresh := make([]handover.Record, len(records)), 0
	err := j.writer.write(ctx, func(t tx) error {
		for i, r := range records {
			n, err := t.exec(insertRecord, append([]any{r.Key}, values[i]...)...)
			if err != nil {
				return err
			}
			fresh += n
			if stored[i], err = t.record(selectRecord, []any{r.Key}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("store a handover: %w", err)
	}
	return stored, fresh, nil
}

// Get implements [handover.Journal].
func (j *Journal) Get(ctx context.Context, key string) (handover.Record, error) {
	r, err := found(row.Decode(j.reader.QueryRowContext(ctx, selectRecord, key)))
	if err != nil {
		return r, fmt.Errorf("read a handover: %w", err)
	}
	return r, nil
}

func found(r handover.Record, err error) (handover.Record, error) {
	if errors.Is(err, sql.ErrNoRows) {
		err = handover.ErrNoRecord
	}
	return r, err
}

// Update implements [handover.Journal].
func (j *Journal) Update(ctx context.Context, l handover.Lease, r handover.Record) (handover.Record, error) {
	values, err := row.Encode(r)
	if err != nil {
		return r, err
	}
	if err := j.change(ctx, updateRecord, append(values, l.Key, l.Token, r.Version)...); err != nil {
		return r, fmt.Errorf("update a handover: %w", err)
	}
	r.Version++
	return r, nil
}

// change runs a statement that changes the record of a lease. The error is ErrLost
// if it found none to change.
func (j *Journal) change(ctx context.Context, query string, args ...any) error {
	return j.writer.write(ctx, func(t tx) error {
		n, err := t.exec(query, args...)
		if err == nil && n == 0 {
			err = handover.ErrLost
		}
		return err
	})
}

// exec runs a statement that may change something or nothing.
func (j *Journal) exec(ctx context.Context, what, query string, args ...any) (int, error) {
	var n int
	err := j.writer.write(ctx, func(t tx) (err error) {
		n, err = t.exec(query, args...)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n, nil
}

// collect reads the rows of a query.
func collect[T any](rows *sql.Rows, err error, scan func(row.Scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
