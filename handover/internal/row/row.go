// Package row turns a record of the journal into the columns of a table and back,
// alike in every SQL database. Times are nanoseconds since 1970 in UTC, with NULL
// for no time; lists are JSON.
package row

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/stafett/stafett/handover"
)

// Columns are those of a record besides key and version, in the order of Encode.
func Columns() []string {
	return []string{
		"definition_id", "source", "from_app", "to_app", "recipient", "state", "reach", "not_before", "attempts", "refusals",
		"fills", "refusal", "reason", "receiving", "soft_deleted", "form_sha256", "files", "duplicates", "created_at", "updated_at",
		"setback_cause", "setback_status", "setback_unknown_party", "trigger", "unclears", "delays", "confirmed",
	}
}

// Encode returns the values of Columns.
func Encode(r handover.Record) ([]any, error) {
	files, err := json.Marshal(r.Files)
	if err != nil {
		return nil, err
	}
	duplicates, err := json.Marshal(r.Duplicates)
	if err != nil {
		return nil, err
	}
	return []any{
		r.DefinitionID, r.Source, r.From, r.To, r.Recipient, string(r.State), Nanoseconds(r.Reach), Nanoseconds(r.NotBefore), r.Attempts, r.Refusals,
		r.Fills, r.Refusal, r.Reason, r.Receiving, r.SoftDeleted, r.FormSHA256, string(files), string(duplicates), Nanoseconds(r.CreatedAt), Nanoseconds(r.UpdatedAt),
		r.Setback.Cause, r.Setback.Status, r.Setback.UnknownParty, string(r.Trigger), r.Unclears, r.Delays, r.Confirmed,
	}, nil
}

// Scanner is a row that a database has answered.
type Scanner interface{ Scan(dest ...any) error }

// Decode reads a row of key, version, Columns, and then what more holds pointers
// to. It leaves errors of Scan as they are.
func Decode(s Scanner, more ...any) (handover.Record, error) {
	var (
		r                                      handover.Record
		files, duplicates                      []byte
		reach, notBefore, createdAt, updatedAt sql.NullInt64
	)
	err := s.Scan(append([]any{
		&r.Key, &r.Version,
		&r.DefinitionID, &r.Source, &r.From, &r.To, &r.Recipient, &r.State, &reach, &notBefore, &r.Attempts, &r.Refusals,
		&r.Fills, &r.Refusal, &r.Reason, &r.Receiving, &r.SoftDeleted, &r.FormSHA256, &files, &duplicates, &createdAt, &updatedAt,
		&r.Setback.Cause, &r.Setback.Status, &r.Setback.UnknownParty, &r.Trigger, &r.Unclears, &r.Delays, &r.Confirmed,
	}, more...)...)
	if err != nil {
		return handover.Record{}, err
	}
	if err := errors.Join(json.Unmarshal(files, &r.Files), json.Unmarshal(duplicates, &r.Duplicates)); err != nil {
		return handover.Record{}, fmt.Errorf("read the lists of handover %s: %w", r.Key, err)
	}
	r.Reach, r.NotBefore, r.CreatedAt, r.UpdatedAt = Time(reach), Time(notBefore), Time(createdAt), Time(updatedAt)
	return r, nil
}

// Nanoseconds is a time as a column holds it.
func Nanoseconds(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixNano(), Valid: !t.IsZero()}
}

// Time is the time that a column holds.
func Time(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.Unix(0, n.Int64).UTC()
}
