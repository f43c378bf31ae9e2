package storage

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// querier is a database or a transaction.
type querier interface {
	query(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// statements are those that have been parsed, by their text: SQLite takes as
// long to parse most of them as to run them. Lists, whose texts are many, are
// not kept here. It is safe for concurrent use.
type statements struct {
	sql *sql.DB

	mu     sync.RWMutex
	byText map[string]*sql.Stmt
}

func (s *statements) prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	s.mu.RLock()
	known := s.byText[text]
	s.mu.RUnlock()
	if known != nil {
		return known, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.byText[text]; known != nil {
		return known, nil
	}
	made, err := s.sql.PrepareContext(ctx, text) //nolint:sqlclosecheck // lives as long as the database
	if err != nil {
		return nil, fmt.Errorf("prepare statement: %w", err)
	}
	s.byText[text] = made
	return made, nil
}

// query implements querier.
func (s *statements) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	statement, err := s.prepare(ctx, text) //nolint:sqlclosecheck // it is kept, and lives as long as the database
	if err != nil {
		return nil, err
	}
	return statement.QueryContext(ctx, args...)
}

// transaction runs statements that are kept for the next one.
type transaction struct {
	tx         *sql.Tx
	statements *statements
}

func (t *transaction) exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	statement, err := t.statements.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	return t.tx.StmtContext(ctx, statement).ExecContext(ctx, args...) //nolint:sqlclosecheck // closed with the transaction
}

// query implements querier.
func (t *transaction) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	statement, err := t.statements.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	return t.tx.StmtContext(ctx, statement).QueryContext(ctx, args...) //nolint:sqlclosecheck // closed with the transaction
}

// queryOne reads the first row into the targets; [sql.ErrNoRows] where there is
// none.
func queryOne(ctx context.Context, q querier, text string, args []any, into ...any) error {
	rows, err := q.query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	if err := rows.Scan(into...); err != nil {
		return err
	}
	return rows.Close()
}
