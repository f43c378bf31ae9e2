package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// page is one page of a list.
type page struct {
	instances []Instance
	next      *position // where the next page begins; nil on the last
}

// readPage reads the instances that the filter lets through, by lastChanged and
// then by the order in which they were made.
func (d *database) readPage(ctx context.Context, f *filter) (page, error) {
	if f.nothing {
		return page{}, nil
	}
	var p page
	err := d.read(ctx, func(q querier) error {
		seqs, err := p.readInstances(ctx, q, f)
		if err != nil || f.noElements {
			return err
		}
		elements, err := readElements(ctx, q, seqs...)
		for n, seq := range seqs {
			p.instances[n].Data = elements[seq]
		}
		return err
	})
	return p, err
}

// statement is the filter as a query.
func (f *filter) statement() (query string, args []any) {
	where, args := f.where, f.args
	direction, after := "DESC", "<"
	if f.ascending {
		direction, after = "ASC", ">"
	}
	if f.position != nil {
		where = append(where, "(last_changed, seq) "+after+" (?, ?)")
		args = append(args, f.position.ticks, f.position.seq)
	}
	query = "SELECT seq, last_changed, json FROM instances"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	query += " ORDER BY last_changed " + direction + ", seq " + direction + " LIMIT ?"
	return query, append(args, f.size)
}

// readInstances fills the page and returns the numbers of its instances. A full
// page has a next one, which may turn out to be empty.
func (p *page) readInstances(ctx context.Context, q querier, f *filter) ([]int64, error) {
	query, args := f.statement()
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list instances: %w", err)
	}
	defer rows.Close()
	var seqs []int64
	var last position
	for rows.Next() {
		var text string
		if err := rows.Scan(&last.seq, &last.ticks, &text); err != nil {
			return nil, fmt.Errorf("list instances: %w", err)
		}
		var i Instance
		if err := json.Unmarshal([]byte(text), &i); err != nil {
			return nil, fmt.Errorf("list instances: %w", err)
		}
		seqs = append(seqs, last.seq)
		p.instances = append(p.instances, i)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list instances: %w", err)
	}
	if len(seqs) == f.size {
		p.next = &last
	}
	return seqs, nil
}
