package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stafett/stafett/handover"
)

// acquire gives each lease a number one higher than the last on its record, which
// fences the earlier holders off.
var acquire = `UPDATE handovers SET lease_token = lease_token + 1, lease_owner = ?, lease_heartbeat = ?, lease_until = ?
	WHERE key = ? AND (lease_until IS NULL OR lease_until <= ?) RETURNING ` + recordColumns + ", lease_token"

// Acquire implements [handover.Journal].
func (j *Journal) Acquire(ctx context.Context, key, owner string, ttl time.Duration) (handover.Lease, handover.Record, error) {
	l := handover.Lease{Key: key}
	var r handover.Record
	err := j.writer.write(ctx, func(t tx) error {
		now := j.now()
		var err error
		r, err = t.record(acquire, []any{owner, now.UnixNano(), now.Add(ttl).UnixNano(), key, now.UnixNano()}, &l.Token)
		if !errors.Is(err, handover.ErrNoRecord) {
			return err
		}
		if _, err = t.record(selectRecord, []any{key}); err == nil {
			err = handover.ErrHeld
		}
		return err
	})
	if err != nil {
		return handover.Lease{}, handover.Record{}, fmt.Errorf("lease a handover: %w", err)
	}
	return l, r, nil
}

// Extend implements [handover.Journal].
func (j *Journal) Extend(ctx context.Context, l handover.Lease, ttl time.Duration) error {
	now := j.now()
	err := j.change(ctx, `UPDATE handovers SET lease_heartbeat = ?, lease_until = ?
		WHERE key = ? AND lease_token = ? AND lease_until IS NOT NULL`, now.UnixNano(), now.Add(ttl).UnixNano(), l.Key, l.Token)
	if err != nil {
		return fmt.Errorf("prolong a lease: %w", err)
	}
	return nil
}

// Release implements [handover.Journal].
func (j *Journal) Release(ctx context.Context, l handover.Lease) error {
	_, err := j.exec(ctx, "release a lease", "UPDATE handovers SET lease_until = NULL, lease_owner = '' WHERE key = ? AND lease_token = ?", l.Key, l.Token)
	return err
}
