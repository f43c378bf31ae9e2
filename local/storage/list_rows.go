package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
)

// page is one page of a list.
type page struct {
	instances []Instance
	last      position  // of the last instance
	next      *position // where the next page begins; nil on the last
}

// readPage reads the instances that the filter lets through, by lastChanged and
// then by the order in which they were made. A full page has a next one, which
// may turn out to be empty.
func (d *database) readPage(ctx context.Context, f *filter) (page, error) {
	var p page
	if f.nothing {
		return p, nil
	}
	query, args := f.statement()
	query = "SELECT i.seq, i.last_changed, i.json, d.json FROM (" + query + ") i LEFT JOIN data_elements d ON "
	if f.noElements {
		query += "0"
	} else {
		query += "d.instance = i.seq"
	}
	query += " ORDER BY i.last_changed " + f.direction() + ", i.seq " + f.direction() + ", d.seq"
	if err := p.read(ctx, d.sql.QueryContext, query, args...); err != nil {
		return page{}, fmt.Errorf("list instances: %w", err)
	}
	if len(p.instances) == f.size {
		p.next = &p.last
	}
	return p, nil
}

func (f *filter) direction() string {
	if f.ascending {
		return "ASC"
	}
	return "DESC"
}

// statement finds the instances of the page.
func (f *filter) statement() (query string, args []any) {
	where, args := f.where, f.args
	if f.position != nil {
		after := "<"
		if f.ascending {
			after = ">"
		}
		where = append(where, "(last_changed, seq) "+after+" (?, ?)")
		args = append(args, f.position.ticks, f.position.seq)
	}
	query = "SELECT seq, last_changed, json FROM instances"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	query += " ORDER BY last_changed " + f.direction() + ", seq " + f.direction() + " LIMIT ?"
	return query, append(args, f.size)
}

// read fills the page from rows with an instance's number, its last change and
// its JSON and, for each of its data elements, the JSON of that.
func (p *page) read(ctx context.Context, query func(context.Context, string, ...any) (*sql.Rows, error), text string, args ...any) error {
	rows, err := query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var at position
		var instance, element sql.RawBytes
		if err := rows.Scan(&at.seq, &at.ticks, &instance, &element); err != nil {
			return err
		}
		if len(p.instances) == 0 || at.seq != p.last.seq {
			var i Instance
			if err := json.Unmarshal(instance, &i); err != nil {
				return err
			}
			p.instances, p.last = append(p.instances, i), at
		}
		if element == nil {
			continue
		}
		var e DataElement
		if err := json.Unmarshal(element, &e); err != nil {
			return err
		}
		of := &p.instances[len(p.instances)-1]
		of.Data = append(of.Data, e)
	}
	return rows.Err()
}
