package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/stafett/stafett/local/authentication"
)

// newEvent makes an event that Storage writes on its own.
func newEvent(i *Instance, caller authentication.Principal, eventType, dataID string, now time.Time) InstanceEvent {
	user := &EventUser{AuthenticationLevel: caller.AuthLevel, OrgID: caller.Org, SystemUserID: caller.SystemUserID, SystemUserOwnerOrgNo: caller.SystemUserOrg}
	if caller.UserID != 0 {
		user.UserID = &caller.UserID
	}
	return InstanceEvent{
		ID: uuid.NewString(), InstanceID: i.ID, InstanceOwnerPartyID: i.InstanceOwner.PartyID,
		DataID: dataID, Created: &now, EventType: eventType, User: user, ProcessInfo: i.Process,
	}
}

func insertEvent(ctx context.Context, tx *transaction, seq int64, e InstanceEvent) error {
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	_, err = tx.exec(ctx, `INSERT INTO events (id, instance, created, type, json) VALUES (?,?,?,?,?)`,
		e.ID, seq, ticks(*e.Created), e.EventType, string(text))
	if err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	return nil
}

// readEvents reads the audit trail of an instance in the order of its events.
func readEvents(ctx context.Context, q querier, seq int64) ([]InstanceEvent, error) {
	rows, err := q.query(ctx, `SELECT json FROM events WHERE instance=? ORDER BY created, seq`, seq)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	defer rows.Close()
	events := []InstanceEvent{}
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		var e InstanceEvent
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return events, nil
}

// readEvent reads one event of an instance; errNotFound.
func readEvent(ctx context.Context, q querier, seq int64, id string) (InstanceEvent, error) {
	var text string
	err := queryOne(ctx, q, `SELECT json FROM events WHERE instance=? AND id=?`, []any{seq, id}, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return InstanceEvent{}, errNotFound
	}
	if err != nil {
		return InstanceEvent{}, fmt.Errorf("read event: %w", err)
	}
	var e InstanceEvent
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return InstanceEvent{}, fmt.Errorf("read event: %w", err)
	}
	return e, nil
}
