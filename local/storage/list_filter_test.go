package storage

import (
	"errors"
	"net/http"
	"testing"
)

// FuzzReadFilter: every query is either refused with 400 or becomes a statement
// that the database can run.
func FuzzReadFilter(f *testing.F) {
	f.Add("org=fts&created=gte:2026-11-02T08:15:30.1234567Z&order=asc:lastChanged")
	f.Add("appId=fts/app&org=skd&size=3&continuationToken=639000000000000000;7")
	f.Add("searchString='%22;--&A3Ref=2f6f0d8c7a11&confirmed=true&excludeConfirmedBy=fts")
	f.Add("process.ended=lt:x&status.isArchived=TRUE&mainVersionExclude=2")
	s := benchServer(f, 1)
	f.Fuzz(func(t *testing.T, raw string) {
		query, err := readQuery(raw)
		var filter *filter
		if err == nil {
			filter, err = readFilter(query)
		}
		if err != nil {
			var refused *refusal
			if !errors.As(err, &refused) || refused.status != http.StatusBadRequest || refused.text == "" {
				t.Errorf("%q: %v", raw, err)
			}
			return
		}
		if _, err := s.db.readPage(t.Context(), filter); err != nil {
			t.Errorf("%q: %v", raw, err)
		}
	})
}
