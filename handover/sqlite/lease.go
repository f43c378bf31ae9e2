package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/stafett/stafett/handover"
)

// Acquire implements [handover.Journal]. Each lease has a number one higher
// than the last on its record, which fences the earlier holders off.
func (j *Journal) Acquire(ctx context.Context, key, owner string, ttl time.Duration) (handover.Lease, handover.Record, error) {
	now := j.now()
	l := handover.Lease{Key: key}
	err := j.db.QueryRowContext(ctx, `UPDATE handovers
		SET lease_token = lease_token + 1, lease_owner = ?, lease_heartbeat = ?, lease_until = ?
		WHERE key = ? AND (lease_until IS NULL OR lease_until <= ?) RETURNING lease_token`,
		owner, now.UnixNano(), now.Add(ttl).UnixNano(), key, now.UnixNano()).Scan(&l.Token)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return l, handover.Record{}, fmt.Errorf("lease a handover: %w", err)
	}
	r, getErr := j.Get(ctx, key)
	if getErr == nil && err != nil {
		getErr = handover.ErrHeld
	}
	return l, r, getErr
}

// Extend implements [handover.Journal].
func (j *Journal) Extend(ctx context.Context, l handover.Lease, ttl time.Duration) error {
	now := j.now()
	result, err := j.db.ExecContext(ctx, `UPDATE handovers SET lease_heartbeat = ?, lease_until = ?
		WHERE key = ? AND lease_token = ? AND lease_until IS NOT NULL`, now.UnixNano(), now.Add(ttl).UnixNano(), l.Key, l.Token)
	if err := one(result, err); err != nil {
		return fmt.Errorf("prolong a lease: %w", err)
	}
	return nil
}

// Release implements [handover.Journal].
func (j *Journal) Release(ctx context.Context, l handover.Lease) error {
	_, err := j.db.ExecContext(ctx, "UPDATE handovers SET lease_until = NULL, lease_owner = '' WHERE key = ? AND lease_token = ?", l.Key, l.Token)
	if err != nil {
		return fmt.Errorf("release a lease: %w", err)
	}
	return nil
}
