package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/timeline"
)

// change is one atomic change of one instance.
type change struct {
	ctx      context.Context
	tx       *transaction
	seq      int64
	Instance *Instance // as it stands inside the transaction; written back at the end
	now      time.Time
	caller   authentication.Principal
	facts    []Changed
	released []string // blobs that no row refers to once the change is kept
}

// change runs f on an instance as it stands now, in a transaction, and returns
// what it has become. Blobs that f let go of are removed afterwards.
func (s *Server) change(ctx context.Context, caller authentication.Principal, guid string, f func(c *change) error) (Instance, error) {
	c := &change{ctx: ctx, now: instant(s.cfg.Now()), caller: caller}
	err := s.db.write(ctx, func(tx *transaction) error {
		r, err := readInstance(ctx, tx, guid)
		if err != nil {
			return err
		}
		c.tx, c.seq, c.Instance, c.facts = tx, r.seq, &r.instance, nil
		if err := f(c); err != nil {
			return err
		}
		return updateInstance(ctx, tx, r.seq, c.Instance)
	})
	if err != nil {
		return Instance{}, err
	}
	s.blobs.remove(c.released...)
	if len(c.facts) == 0 {
		c.facts = []Changed{changed(c.Instance, "", "")}
	}
	for _, fact := range c.facts {
		timeline.Note(ctx, fact)
	}
	return *c.Instance, nil
}

// touch marks the instance as changed now by the caller.
func (c *change) touch() {
	c.Instance.LastChanged = &c.now
	c.Instance.LastChangedBy = c.caller.Actor()
}

// record adds an event of the caller to the audit trail.
func (c *change) record(eventType, dataID string) error {
	return c.insert(newEvent(c.Instance, c.caller, eventType, dataID, c.now))
}

func (c *change) insert(e InstanceEvent) error {
	c.facts = append(c.facts, changed(c.Instance, e.EventType, e.DataID))
	return insertEvent(c.ctx, c.tx, c.seq, e)
}

// element finds a data element of the instance; errNotFound.
func (c *change) element(id string) (*DataElement, error) {
	for n := range c.Instance.Data {
		if c.Instance.Data[n].ID == id {
			return &c.Instance.Data[n], nil
		}
	}
	return nil, errNotFound
}

// addElement adds an element. One that nobody has read makes an instance that has
// been read one with news.
func (c *change) addElement(e DataElement, blob string) error {
	if status := c.Instance.Status; !e.IsRead && status != nil && status.ReadStatus == ReadStatusRead {
		status.ReadStatus = ReadStatusUpdated
	}
	if err := insertElement(c.ctx, c.tx, c.seq, e, blob); err != nil {
		return err
	}
	c.Instance.Data = append(c.Instance.Data, e)
	return nil
}

func insertElement(ctx context.Context, tx *transaction, seq int64, e DataElement, blob string) error {
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write data element: %w", err)
	}
	_, err = tx.exec(ctx, `INSERT INTO data_elements (id, instance, blob, json) VALUES (?,?,?,?)`, e.ID, seq, blob, string(text))
	if err != nil {
		return fmt.Errorf("write data element: %w", err)
	}
	return nil
}

// saveElement writes back an element that element gave. A blob, if not empty,
// takes the place of the old one.
func (c *change) saveElement(e *DataElement, blob string) error {
	text, err := json.Marshal(*e)
	if err != nil {
		return fmt.Errorf("write data element: %w", err)
	}
	if blob == "" {
		_, err = c.tx.exec(c.ctx, `UPDATE data_elements SET json=? WHERE id=?`, string(text), e.ID)
	} else {
		if err := c.release(e.ID); err != nil {
			return err
		}
		_, err = c.tx.exec(c.ctx, `UPDATE data_elements SET json=?, blob=? WHERE id=?`, string(text), blob, e.ID)
	}
	if err != nil {
		return fmt.Errorf("write data element: %w", err)
	}
	return nil
}

func (c *change) removeElement(id string) error {
	if err := c.release(id); err != nil {
		return err
	}
	if _, err := c.tx.exec(c.ctx, `DELETE FROM data_elements WHERE id=?`, id); err != nil {
		return fmt.Errorf("delete data element: %w", err)
	}
	c.Instance.Data = slices.DeleteFunc(c.Instance.Data, func(e DataElement) bool { return e.ID == id })
	return nil
}

func (c *change) release(elementID string) error {
	blob, err := readBlobName(c.ctx, c.tx, elementID)
	if err != nil {
		return err
	}
	c.released = append(c.released, blob)
	return nil
}

func readBlobName(ctx context.Context, q querier, elementID string) (string, error) {
	var blob string
	err := queryOne(ctx, q, `SELECT blob FROM data_elements WHERE id=?`, []any{elementID}, &blob)
	if errors.Is(err, sql.ErrNoRows) {
		return "", errNotFound
	}
	if err != nil {
		return "", fmt.Errorf("read data element: %w", err)
	}
	return blob, nil
}
