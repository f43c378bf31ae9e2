package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/internal/row"
)

// List implements [handover.Journal].
func (j *Journal) List(ctx context.Context, f handover.Filter) ([]handover.Record, error) {
	query, args := listQuery(f)
	rows, err := j.reader.QueryContext(ctx, query, args...)
	records, err := collect(rows, err, func(s row.Scanner) (handover.Record, error) { return row.Decode(s) })
	if err != nil {
		return nil, fmt.Errorf("list handovers: %w", err)
	}
	return records, nil
}

// conditions are the terms of WHERE that must all hold, and their arguments.
type conditions struct {
	terms []string
	args  []any
}

func (c *conditions) add(term string, args ...any) {
	c.terms = append(c.terms, term)
	c.args = append(c.args, args...)
}

func (c *conditions) String() string { return strings.Join(c.terms, " AND ") }

// listQuery says how a filter is read. It names the index, so that the cost of a
// limited list does not grow with the journal. One form's records are few. Else
// each pair of definition and state, of which there are few too, gives its first
// ones, and the first of those are the list.
func listQuery(f handover.Filter) (string, []any) {
	limit := -1 // none
	if f.Limit > 0 {
		limit = f.Limit
	}
	var groups, c conditions
	if f.DefinitionID != "" {
		groups.add("definition_id = ?", f.DefinitionID)
	}
	if len(f.States) > 0 {
		states := make([]any, len(f.States))
		for i, s := range f.States {
			states[i] = string(s)
		}
		groups.add("state IN (?"+strings.Repeat(", ?", len(states)-1)+")", states...)
	}
	index := ""
	if f.Source != "" {
		index = "handovers_by_source"
		c.add("source = ?", f.Source)
	}
	if f.Reference != "" {
		index = "handovers_by_reference"
		c.add("substr(source, -12) = ?", f.Reference)
	}
	if f.Receiving != "" {
		index = "handovers_by_receiving"
		c.add("receiving = ? AND receiving <> ''", f.Receiving)
	}
	if f.KeyPrefix != "" {
		index = "sqlite_autoindex_handovers_1" // of the primary key
		c.add("key >= ? AND key < ?", f.KeyPrefix, f.KeyPrefix+"\U0010ffff")
	}
	if f.After.Key != "" {
		c.add("(created_at, key) > (?, ?)", f.After.CreatedAt.UnixNano(), f.After.Key)
	}
	if !f.Due.IsZero() {
		groups.add(unsettled)
		c.add("NOT settled AND coalesce(not_before, 0) <= ?", f.Due.UnixNano())
	}
	if index != "" {
		c.terms, c.args = append(c.terms, groups.terms...), append(c.args, groups.args...)
		return "SELECT " + recordColumns + " FROM handovers INDEXED BY " + index + " WHERE " + c.String() +
			" ORDER BY created_at, key LIMIT ?", append(c.args, limit)
	}
	groups.add("records > 0")
	c.terms = append([]string{"definition_id = found.definition_id AND state = found.state"}, c.terms...)
	query := "SELECT " + prefixed("h.", recordColumns) + " FROM (SELECT DISTINCT definition_id, state FROM tallies WHERE " + groups.String() +
		") AS found CROSS JOIN handovers AS h ON h.key IN (SELECT key FROM handovers INDEXED BY handovers_by_state WHERE " + c.String() +
		" ORDER BY created_at, key LIMIT ?) ORDER BY h.created_at, h.key LIMIT ?"
	return query, append(append(groups.args, c.args...), limit, limit)
}

func prefixed(prefix, columns string) string {
	return prefix + strings.ReplaceAll(columns, ", ", ", "+prefix)
}
