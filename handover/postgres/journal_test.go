package postgres_test

import (
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/journaltest"
	"github.com/stafett/stafett/handover/postgres"
	"github.com/stafett/stafett/internal/postgrestest"
	"github.com/stafett/stafett/secret"
)

func open(t *testing.T, url string, now func() time.Time) *postgres.Journal {
	t.Helper()
	j, err := postgres.Open(t.Context(), secret.New(url), postgres.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

func TestJournal(t *testing.T) {
	t.Parallel()
	journaltest.RunTests(t, func(t *testing.T, now func() time.Time) handover.Journal {
		return open(t, postgrestest.New(t), now)
	})
}
