package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/internal/row"
)

// The statements on records. Their first arguments are the key and the columns.
var (
	recordColumns = "key, version, " + strings.Join(row.Columns(), ", ")
	selectRecord  = "SELECT " + recordColumns + " FROM stafett.handovers WHERE key = $1"
	insertRecord  = "INSERT INTO stafett.handovers (key, version, " + strings.Join(row.Columns(), ", ") + ") VALUES ($1, 1, " + arguments() + ") ON CONFLICT (key) DO NOTHING"
	updateRecord  = "UPDATE stafett.handovers SET version = version + 1, woken_until = NULL, (" + strings.Join(row.Columns(), ", ") + ") = ROW(" + arguments() + ")" +
		" WHERE key = $1 AND lease_until IS NOT NULL AND lease_token = $" + strconv.Itoa(len(row.Columns())+2) + " AND version = $" + strconv.Itoa(len(row.Columns())+3)
)

// arguments are those of the columns, after the key.
func arguments() string {
	marks := make([]string, len(row.Columns()))
	for i := range marks {
		marks[i] = "$" + strconv.Itoa(i+2)
	}
	return strings.Join(marks, ", ")
}

// Begin implements [handover.Journal].
func (j *Journal) Begin(ctx context.Context, records ...handover.Record) ([]handover.Record, int, error) {
	// In the order of their keys, so that two who begin the same records do not
	// each wait for the other.
	order := slices.Clone(records)
	slices.SortFunc(order, func(a, b handover.Record) int { return cmp.Compare(a.Key, b.Key) })
	var batch pgx.Batch
	fresh := 0
	for _, r := range order {
		values, err := row.Encode(r)
		if err != nil {
			return nil, 0, err
		}
		batch.Queue(insertRecord, append([]any{r.Key}, values...)...).Exec(func(tag pgconn.CommandTag) error {
			fresh += int(tag.RowsAffected())
			return nil
		})
	}
	stored := make([]handover.Record, len(records))
	for i, r := range records {
		batch.Queue(selectRecord, r.Key).QueryRow(func(s pgx.Row) (err error) {
			stored[i], err = row.Decode(s)
			return err
		})
	}
	// What another has stored meanwhile is visible to each statement that begins later.
	err := pgx.BeginTxFunc(ctx, j.pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		return tx.SendBatch(ctx, &batch).Close()
	})
	if err != nil {
		return nil, 0, fmt.Errorf("store a handover: %w", err)
	}
	return stored, fresh, nil
}

// Get implements [handover.Journal].
func (j *Journal) Get(ctx context.Context, key string) (handover.Record, error) {
	r, err := found(row.Decode(j.pool.QueryRow(ctx, selectRecord, key)))
	if err != nil {
		return r, fmt.Errorf("read a handover: %w", err)
	}
	return r, nil
}

func found(r handover.Record, err error) (handover.Record, error) {
	if errors.Is(err, pgx.ErrNoRows) {
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
	tag, err := j.pool.Exec(ctx, updateRecord, append(append([]any{l.Key}, values...), l.Token, r.Version)...)
	if err == nil && tag.RowsAffected() == 0 {
		err = handover.ErrLost
	}
	if err != nil {
		return r, fmt.Errorf("update a handover: %w", err)
	}
	r.Version++
	return r, nil
}

// acquire gives each lease a number one higher than the last on its record, which
// fences the earlier holders off.
var acquire = "UPDATE stafett.handovers SET lease_token = lease_token + 1, lease_owner = @owner, lease_heartbeat = " + now + ", lease_until = " + now + " + @ttl::bigint" +
	" WHERE key = @key AND coalesce(lease_until, 0) <= " + now + " RETURNING " + recordColumns + ", lease_token"

// Acquire implements [handover.Journal].
func (j *Journal) Acquire(ctx context.Context, key, owner string, ttl time.Duration) (handover.Lease, handover.Record, error) {
	l := handover.Lease{Key: key}
	args := pgx.NamedArgs{"key": key, "owner": owner, "ttl": ttl.Nanoseconds(), "now": j.clock()}
	r, err := found(row.Decode(j.pool.QueryRow(ctx, acquire, args), &l.Token))
	if errors.Is(err, handover.ErrNoRecord) {
		if _, err = j.Get(ctx, key); err == nil {
			err = handover.ErrHeld
		}
	}
	if err != nil {
		return handover.Lease{}, handover.Record{}, fmt.Errorf("lease a handover: %w", err)
	}
	return l, r, nil
}

// Extend implements [handover.Journal].
func (j *Journal) Extend(ctx context.Context, l handover.Lease, ttl time.Duration) error {
	const query = "UPDATE stafett.handovers SET lease_heartbeat = " + now + ", lease_until = " + now + " + @ttl::bigint" +
		" WHERE key = @key AND lease_token = @token AND lease_until IS NOT NULL"
	n, err := j.exec(ctx, "prolong a lease", query, pgx.NamedArgs{"key": l.Key, "token": l.Token, "ttl": ttl.Nanoseconds(), "now": j.clock()})
	if err == nil && n == 0 {
		err = fmt.Errorf("prolong a lease: %w", handover.ErrLost)
	}
	return err
}

// Release implements [handover.Journal].
func (j *Journal) Release(ctx context.Context, l handover.Lease) error {
	_, err := j.exec(ctx, "release a lease", "UPDATE stafett.handovers SET lease_until = NULL, lease_owner = '' WHERE key = @key AND lease_token = @token",
		pgx.NamedArgs{"key": l.Key, "token": l.Token})
	return err
}
