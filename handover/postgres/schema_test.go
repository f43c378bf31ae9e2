package postgres_test

import (
	"context"
	"net/url"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/postgres"
	"github.com/stafett/stafett/internal/postgrestest"
	"github.com/stafett/stafett/secret"
)

// run runs statements beside the journal.
func run(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the statements have been answered
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
}

func TestSeveralProcessesStartAtOnce(t *testing.T) {
	t.Parallel()
	address := postgrestest.New(t)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			j, err := postgres.Open(t.Context(), secret.New(address), postgres.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer j.Close()
			if _, _, err := j.Begin(t.Context(), handover.Record{Key: "k", State: handover.Planned}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if records, err := open(t, address, nil).List(t.Context(), handover.Filter{}); err != nil || len(records) != 1 {
		t.Errorf("%d records, %v, want 1", len(records), err)
	}
}

func TestSchemaOfALaterProgramIsRefused(t *testing.T) {
	t.Parallel()
	address := postgrestest.New(t)
	open(t, address, nil)
	run(t, address, "UPDATE stafett.journal_version SET version = 1000")
	_, err := postgres.Open(t.Context(), secret.New(address), postgres.Options{})
	if err == nil || !strings.Contains(err.Error(), "version 1000") || !strings.Contains(err.Error(), "use a newer program") {
		t.Errorf("got %v", err)
	}
}

// TestJournalOfTheFirstSchema opens a journal that the first program made, several
// processes at once.
func TestJournalOfTheFirstSchema(t *testing.T) {
	t.Parallel()
	address := postgrestest.New(t)
	script, err := os.ReadFile("testdata/schema1.sql")
	if err != nil {
		t.Fatal(err)
	}
	run(t, address, string(script))
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if j, err := postgres.Open(t.Context(), secret.New(address), postgres.Options{}); err != nil {
				t.Error(err)
			} else if err := j.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	at := time.Unix(1932883730, 0).UTC()
	j, ctx := open(t, address, func() time.Time { return at.Add(time.Hour) }), t.Context()
	waits, err := j.Get(ctx, "waits")
	if err != nil || waits.State != handover.Unclear || waits.Version != 3 || len(waits.Files) != 1 || waits.Setback.Status != 404 || waits.Trigger != handover.BySweep || waits.Delays != 2 {
		t.Errorf("the handover that waits came as %+v, %v", waits, err)
	}
	if done, err := j.List(ctx, handover.Filter{Receiving: "50700001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a13"}); err != nil || len(done) != 1 || !done[0].Confirmed {
		t.Errorf("the handover that is done came as %+v, %v", done, err)
	}
	if mark, err := j.Watermark(ctx, "fts/soknad"); err != nil || !mark.Equal(at) {
		t.Errorf("the watermark came as %v, %v", mark, err)
	}
	if picked, err := j.Wake(ctx, handover.WakeQuery{Limit: 9, Again: time.Minute}); err != nil || len(picked) != 1 || picked[0] != "waits" {
		t.Errorf("Wake: %v, %v", picked, err)
	}
	s, err := j.Summary(ctx)
	want := []handover.Count{{DefinitionID: "til-arkiv", State: handover.Planned, Records: 1}, {DefinitionID: "til-mottak", State: handover.Done, Records: 1}, {DefinitionID: "til-mottak", State: handover.Unclear, Records: 1}}
	if err != nil || !reflect.DeepEqual(s.Counts, want) {
		t.Errorf("Summary: %+v, %v", s, err)
	}
}

// TestServiceNeedsNoRightToChangeTheSchema runs as a user that may only use what an
// administrator has made.
func TestServiceNeedsNoRightToChangeTheSchema(t *testing.T) {
	t.Parallel()
	address := postgrestest.New(t)
	open(t, address, nil)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	database := strings.TrimPrefix(u.Path, "/")
	role := "service_of_" + database
	run(t, address, "CREATE ROLE "+role+" LOGIN PASSWORD 'hush'; REVOKE CREATE ON DATABASE "+database+" FROM PUBLIC; GRANT USAGE ON SCHEMA stafett TO "+role+
		"; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA stafett TO "+role)
	u.User = url.UserPassword(role, "hush")
	j := open(t, u.String(), nil)
	if _, _, err := j.Begin(t.Context(), handover.Record{Key: "k", State: handover.Planned}); err != nil {
		t.Error(err)
	}
	l, r, err := j.Acquire(t.Context(), "k", "the service", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	r.State = handover.Done
	if _, err := j.Update(t.Context(), l, r); err != nil {
		t.Error(err)
	}
	if _, err := j.Prune(t.Context(), time.Now(), 10); err != nil {
		t.Error(err)
	}
}

func TestErrorsDoNotHoldTheURL(t *testing.T) {
	t.Parallel()
	const password = "hunter2%zz"
	for name, address := range map[string]string{
		"no URL":          "postgres//stafett:" + password + "@db/stafett",
		"odd escape":      "postgres://stafett:" + password + "@db/stafett",
		"odd port":        "postgres://stafett:hunter2@db:port/stafett",
		"nobody listens":  "postgres://stafett:hunter2@127.0.0.1:1/stafett",
		"unknown setting": "postgres://stafett:hunter2@127.0.0.1:1/stafett?pool_max_conns=hunter2",
	} {
		_, err := postgres.Open(t.Context(), secret.New(address), postgres.Options{})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
