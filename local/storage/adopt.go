package storage

import (
	"context"
	"fmt"
	"time"
)

// adoptee is an instance of another store with all that belongs to it.
type adoptee struct {
	instance Instance
	events   []InstanceEvent
	blobs    []string // of the data elements, in their order, as they are called here
}

// Adopt puts copies of all instances of another store into this one, with their
// ids, data and history: all of them, or none where that is an error. What counts as
// changed before a time, unless that is zero, counts as changed then. Locks are not
// taken over. Nothing may change the other store meanwhile.
func (s *Server) Adopt(ctx context.Context, other *Server, changed time.Time) error {
	var all []adoptee
	var copied []string
	err := other.each(ctx, func(r row) error {
		if at := instant(changed); !changed.IsZero() && r.instance.LastChanged.Before(at) {
			r.instance.LastChanged = &at
		}
		one := adoptee{instance: r.instance}
		var err error
		if one.events, err = readEvents(ctx, other.db, r.seq); err != nil {
			return err
		}
		for _, e := range r.instance.Data {
			blob, err := s.copyBlob(ctx, other, e.ID)
			if err != nil {
				return fmt.Errorf("data element %s: %w", e.ID, err)
			}
			copied, one.blobs = append(copied, blob), append(one.blobs, blob)
		}
		all = append(all, one)
		return nil
	})
	if err == nil {
		err = s.db.write(ctx, func(tx *transaction) error {
			for _, one := range all {
				if err := one.insert(ctx, tx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		s.blobs.remove(copied...)
		return fmt.Errorf("adopt instances: %w", err)
	}
	return nil
}

// each reads all instances in the order in which they were made.
func (s *Server) each(ctx context.Context, f func(row) error) error {
	var guids []string
	err := s.db.write(ctx, func(tx *transaction) (err error) {
		guids, err = texts(ctx, tx, `SELECT guid FROM instances ORDER BY seq`)
		return err
	})
	if err != nil {
		return err
	}
	for _, guid := range guids {
		r, err := readInstance(ctx, s.db, guid)
		if err != nil {
			return err
		}
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) copyBlob(ctx context.Context, other *Server, elementID string) (string, error) {
	name, err := readBlobName(ctx, other.db, elementID)
	if err != nil {
		return "", err
	}
	content, err := other.blobs.open(name)
	if err != nil {
		return "", err
	}
	defer content.Close()
	name, _, err = s.blobs.put(content)
	return name, err
}

func (a adoptee) insert(ctx context.Context, tx *transaction) error {
	seq, err := insertInstance(ctx, tx, &a.instance)
	if err != nil {
		return err
	}
	for n, e := range a.instance.Data {
		if err := insertElement(ctx, tx, seq, e, a.blobs[n]); err != nil {
			return err
		}
	}
	for _, e := range a.events {
		if err := insertEvent(ctx, tx, seq, e); err != nil {
			return err
		}
	}
	return nil
}
