package storage

import (
	"context"
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

func insertInstance(ctx context.Context, tx *transaction, i *Instance) (int64, error) {
	values, err := columns(i)
	if err != nil {
		return 0, err
	}
	res, err := tx.exec(ctx, `INSERT INTO instances
		(guid, party, org, app, created, last_changed, visible_after, due_before, ended, task,
		 archived, soft_deleted, hard_deleted, a3_ref, search, json)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`, values...)
	if err != nil {
		return 0, fmt.Errorf("write instance: %w", err)
	}
	return res.LastInsertId()
}

func updateInstance(ctx context.Context, tx *transaction, seq int64, i *Instance) error {
	values, err := columns(i)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE instances SET
		guid=?, party=?, org=?, app=?, created=?, last_changed=?, visible_after=?, due_before=?, ended=?, task=?,
		archived=?, soft_deleted=?, hard_deleted=?, a3_ref=?, search=?, json=? WHERE seq=?`, append(values, seq)...)
	if err != nil {
		return fmt.Errorf("write instance: %w", err)
	}
	return nil
}

// readInstance reads an instance with its data elements; errNotFound.
func readInstance(ctx context.Context, q querier, guid string) (row, error) {
	var found page
	err := found.read(ctx, q.query, `SELECT i.seq, i.last_changed, i.json, d.json FROM instances i
		LEFT JOIN data_elements d ON d.instance = i.seq WHERE i.guid = ? ORDER BY d.seq`, guid)
	switch {
	case err != nil:
		return row{}, fmt.Errorf("read instance: %w", err)
	case len(found.instances) == 0:
		return row{}, errNotFound
	}
	return row{found.last.seq, found.instances[0]}, nil
}
