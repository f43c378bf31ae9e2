package sqlite

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stafett/stafett/handover"
)

// columns are those of a record besides its key and version, in the order of
// encode and decode.
var columns = []string{
	"definition_id", "source", "from_app", "to_app", "recipient", "state", "reach", "not_before", "attempts", "refusals",
	"fills", "refusal", "reason", "receiving", "soft_deleted", "form_sha256", "files", "duplicates", "created_at", "updated_at",
	"setback_cause", "setback_status", "setback_unknown_party", "trigger", "unclears", "delays", "confirmed",
}

// The statements on records. Their arguments are the key, if it comes first,
// then the columns, then what stands in WHERE.
var (
	selectRecords = "SELECT key, version, " + strings.Join(columns, ", ") + " FROM handovers"
	insertRecord  = "INSERT INTO handovers (key, version, " + strings.Join(columns, ", ") + //nolint:gosec // G202: the columns are ours, and every value is an argument
		") VALUES (?, 1" + strings.Repeat(", ?", len(columns)) + ") ON CONFLICT (key) DO NOTHING"
	updateRecord = "UPDATE handovers SET version = version + 1, woken_until = NULL, " + strings.Join(columns, " = ?, ") + //nolint:gosec // G202: as above
		" = ? WHERE key = ? AND lease_token = ? AND lease_until IS NOT NULL AND version = ?"
)

func encode(r handover.Record) ([]any, error) {
	files, err := json.Marshal(r.Files)
	if err != nil {
		return nil, err
	}
	duplicates, err := json.Marshal(r.Duplicates)
	if err != nil {
		return nil, err
	}
	return []any{
		r.DefinitionID, r.Source, r.From, r.To, r.Recipient, string(r.State), when(r.Reach), when(r.NotBefore), r.Attempts, r.Refusals,
		r.Fills, r.Refusal, r.Reason, r.Receiving, r.SoftDeleted, r.FormSHA256, string(files), string(duplicates), when(r.CreatedAt), when(r.UpdatedAt),
		r.Setback.Cause, r.Setback.Status, r.Setback.UnknownParty, string(r.Trigger), r.Unclears, r.Delays, r.Confirmed,
	}, nil
}

func decode(row interface{ Scan(...any) error }) (handover.Record, error) {
	var (
		r                                      handover.Record
		files, duplicates                      []byte
		reach, notBefore, createdAt, updatedAt sql.NullInt64
	)
	err := row.Scan(&r.Key, &r.Version,
		&r.DefinitionID, &r.Source, &r.From, &r.To, &r.Recipient, &r.State, &reach, &notBefore, &r.Attempts, &r.Refusals,
		&r.Fills, &r.Refusal, &r.Reason, &r.Receiving, &r.SoftDeleted, &r.FormSHA256, &files, &duplicates, &createdAt, &updatedAt,
		&r.Setback.Cause, &r.Setback.Status, &r.Setback.UnknownParty, &r.Trigger, &r.Unclears, &r.Delays, &r.Confirmed)
	if err == nil {
		err = errors.Join(json.Unmarshal(files, &r.Files), json.Unmarshal(duplicates, &r.Duplicates))
	}
	if err != nil {
		return handover.Record{}, fmt.Errorf("read a handover: %w", err)
	}
	r.Reach, r.NotBefore, r.CreatedAt, r.UpdatedAt = from(reach), from(notBefore), from(createdAt), from(updatedAt)
	return r, nil
}

func when(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixNano(), Valid: !t.IsZero()}
}

func from(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.Unix(0, n.Int64).UTC()
}
