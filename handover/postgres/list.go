package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/internal/row"
)

// List implements [handover.Journal].
func (j *Journal) List(ctx context.Context, f handover.Filter) ([]handover.Record, error) {
	query, args := listQuery(f)
	rows, err := j.pool.Query(ctx, query, args)
	records, err := collect(rows, err, func(r pgx.CollectableRow) (handover.Record, error) { return row.Decode(r) })
	if err != nil {
		return nil, fmt.Errorf("list handovers: %w", err)
	}
	return records, nil
}

// statesFound lists the pairs of definition and state that there are, one step in
// the index for each.
const statesFound = `WITH RECURSIVE found AS (
	(SELECT definition_id, state FROM stafett.handovers ORDER BY definition_id, state LIMIT 1)
	UNION ALL
	SELECT next.definition_id, next.state FROM found CROSS JOIN LATERAL (
		SELECT h.definition_id, h.state FROM stafett.handovers h WHERE (h.definition_id, h.state) > (found.definition_id, found.state)
		ORDER BY h.definition_id, h.state LIMIT 1) next
) `

// listQuery says how a filter is read, so that the cost of a limited list does not
// grow with the journal. One form's records are few. Else each pair of definition
// and state, of which there are few too, gives its first ones, and the first of
// those are the list.
func listQuery(f handover.Filter) (string, pgx.NamedArgs) {
	args := pgx.NamedArgs{"definition": f.DefinitionID, "source": f.Source, "reference": f.Reference, "receiving": f.Receiving,
		"after": row.Nanoseconds(f.After.CreatedAt), "key": f.After.Key, "due": row.Nanoseconds(f.Due), "limit": nil,
		"prefix": f.KeyPrefix, "beyond": f.KeyPrefix + "\U0010ffff"}
	if f.Limit > 0 {
		args["limit"] = f.Limit
	}
	states := make([]string, len(f.States))
	for i, s := range f.States {
		states[i] = string(s)
	}
	args["states"] = states
	var groups, terms []string
	add := func(to *[]string, wanted bool, term string) {
		if wanted {
			*to = append(*to, term)
		}
	}
	add(&groups, f.DefinitionID != "", "definition_id = @definition")
	add(&groups, len(f.States) > 0, "state = ANY(@states)")
	add(&groups, !f.Due.IsZero(), "state NOT IN ('done', 'failed', 'skipped', 'cancelled')")
	add(&terms, f.Source != "", "source = @source")
	add(&terms, f.Reference != "", "right(source, 12) = @reference")
	add(&terms, f.Receiving != "", "receiving = @receiving AND receiving <> ''")
	add(&terms, f.KeyPrefix != "", "key >= @prefix AND key < @beyond")
	few := len(terms) > 0
	add(&terms, f.After.Key != "", "(created_at, key) > (@after::bigint, @key)")
	add(&terms, !f.Due.IsZero(), "coalesce(not_before, 0) <= @due::bigint")
	const order = " ORDER BY created_at, key LIMIT @limit::bigint"
	if few {
		return "SELECT " + recordColumns + " FROM stafett.handovers WHERE " + strings.Join(append(terms, groups...), " AND ") + order, args
	}
	terms = append(terms, "h.definition_id = found.definition_id", "h.state = found.state")
	query := statesFound + "SELECT " + prefixed("h.", recordColumns) + " FROM found CROSS JOIN LATERAL (SELECT * FROM stafett.handovers h WHERE " +
		strings.Join(terms, " AND ") + order + ") h"
	for i, g := range groups {
		query += []string{" WHERE ", " AND "}[min(i, 1)] + "found." + g
	}
	return query + order, args
}

func prefixed(prefix, columns string) string {
	return prefix + strings.ReplaceAll(columns, ", ", ", "+prefix)
}
