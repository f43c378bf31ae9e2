package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// errNotFound says that there is no such instance, data element or event.
var errNotFound = errors.New("not found")

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// row is an instance with the number by which the tables know it.
type row struct {
	seq      int64
	instance Instance
}

// guid is the part of the instance's id that Storage chose.
func (i *Instance) guid() string {
	_, guid, _ := strings.Cut(i.ID, "/")
	return guid
}

// columns gives the values of every column but seq, in the order of the schema.
func columns(i *Instance) ([]any, error) {
	party, err := strconv.Atoi(i.InstanceOwner.PartyID)
	if err != nil {
		return nil, fmt.Errorf("write instance: party id: %w", err)
	}
	bare := *i
	bare.Data, bare.SelfLinks = nil, nil
	text, err := json.Marshal(bare)
	if err != nil {
		return nil, fmt.Errorf("write instance: %w", err)
	}
	task, ended := "", ""
	if i.Process != nil {
		ended = timestampText(i.Process.Ended)
		if i.Process.CurrentTask != nil {
			task = i.Process.CurrentTask.ElementID
		}
	}
	guid := i.guid()
	return []any{
		guid, party, i.Org, i.AppID, ticks(*i.Created), ticks(*i.LastChanged),
		timestampText(i.VisibleAfter), timestampText(i.DueBefore), ended, task,
		i.Status.IsArchived, i.Status.IsSoftDeleted, i.Status.IsHardDeleted,
		guid[len(guid)-12:], searchText(i.PresentationTexts), string(text),
	}, nil
}

// searchText is what searchString looks in.
func searchText(texts map[string]string) string {
	return strings.ToLower(strings.Join(slices.Sorted(maps.Values(texts)), "\n"))
}

func insertInstance(ctx context.Context, tx *sql.Tx, i *Instance) (int64, error) {
	values, err := columns(i)
	if err != nil {
		return 0, err
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO instances
		(guid, party, org, app, created, last_changed, visible_after, due_before, ended, task,
		 archived, soft_deleted, hard_deleted, a3_ref, search, json)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`, values...)
	if err != nil {
		return 0, fmt.Errorf("write instance: %w", err)
	}
	return res.LastInsertId()
}

func updateInstance(ctx context.Context, tx *sql.Tx, seq int64, i *Instance) error {
	values, err := columns(i)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE instances SET
		guid=?, party=?, org=?, app=?, created=?, last_changed=?, visible_after=?, due_before=?, ended=?, task=?,
		archived=?, soft_deleted=?, hard_deleted=?, a3_ref=?, search=?, json=? WHERE seq=?`, append(values, seq)...)
	if err != nil {
		return fmt.Errorf("write instance: %w", err)
	}
	return nil
}

// readInstance reads an instance with its data elements; errNotFound.
func readInstance(ctx context.Context, q querier, guid string) (row, error) {
	var r row
	var text string
	err := q.QueryRowContext(ctx, `SELECT seq, json FROM instances WHERE guid = ?`, guid).Scan(&r.seq, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, errNotFound
	}
	if err != nil {
		return row{}, fmt.Errorf("read instance: %w", err)
	}
	if err := json.Unmarshal([]byte(text), &r.instance); err != nil {
		return row{}, fmt.Errorf("read instance: %w", err)
	}
	elements, err := readElements(ctx, q, r.seq)
	r.instance.Data = elements[r.seq]
	return r, err
}

// readElements reads the data elements of instances, by instance, in the order
// in which they were made.
func readElements(ctx context.Context, q querier, instances ...int64) (map[int64][]DataElement, error) {
	ids, err := json.Marshal(instances)
	if err != nil {
		return nil, fmt.Errorf("read data elements: %w", err)
	}
	rows, err := q.QueryContext(ctx, `SELECT instance, json FROM data_elements
		WHERE instance IN (SELECT value FROM json_each(?)) ORDER BY instance, seq`, string(ids))
	if err != nil {
		return nil, fmt.Errorf("read data elements: %w", err)
	}
	defer rows.Close()
	elements := make(map[int64][]DataElement, len(instances))
	for rows.Next() {
		var instance int64
		var text string
		if err := rows.Scan(&instance, &text); err != nil {
			return nil, fmt.Errorf("read data elements: %w", err)
		}
		var e DataElement
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return nil, fmt.Errorf("read data elements: %w", err)
		}
		elements[instance] = append(elements[instance], e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read data elements: %w", err)
	}
	return elements, nil
}
