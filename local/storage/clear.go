package storage

import (
	"context"
	"fmt"
)

// Clear removes all instances with their data, events and locks, as if none had
// ever been made. Whoever reads data at that moment reads it to its end.
func (s *Server) Clear(ctx context.Context) error {
	var blobs []string
	err := s.db.write(ctx, func(tx *transaction) (err error) {
		if blobs, err = texts(ctx, tx, `SELECT blob FROM data_elements`); err != nil {
			return err
		}
		// The last first: a table refers only to those that were made before it.
		tables, err := texts(ctx, tx, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid DESC`)
		if err != nil {
			return err
		}
		for _, table := range tables {
			if _, err := tx.exec(ctx, `DELETE FROM `+table); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("clear storage: %w", err)
	}
	s.blobs.remove(blobs...)
	return nil
}

// texts returns the values of a query with one column.
func texts(ctx context.Context, tx *transaction, query string) (values []string, err error) {
	rows, err := tx.query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, rows.Err()
}
