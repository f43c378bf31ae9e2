package postgres

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/internal/postgrestest"
	"github.com/stafett/stafett/secret"
)

func openJournal(t testing.TB) *Journal {
	t.Helper()
	j, err := Open(t.Context(), secret.New(postgrestest.New(t)), Options{})
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

// fill stores records, of which one in ten is done, and has the server look at what
// is there, as it does by itself after a while.
func fill(t testing.TB, j *Journal, records int) {
	t.Helper()
	if _, _, err := j.Begin(t.Context(), handover.Record{Key: "model", From: "fts/a", Recipient: "organisation:313547264"}); err != nil {
		t.Fatal(err)
	}
	_, err := j.pool.Exec(t.Context(), `CREATE TEMPORARY TABLE more AS SELECT h.*, n FROM stafett.handovers h, generate_series(1, `+strconv.Itoa(records)+`) n;
		UPDATE more SET key = md5(n::text), source = '50900001/' || md5('s' || n)::uuid, receiving = '50700001/' || md5('r' || n)::uuid, definition_id = 'd' || n % 3,
			to_app = 'fts/b' || n % 3, state = CASE n % 10 WHEN 0 THEN 'done' ELSE 'planned' END, created_at = n, updated_at = n, reach = n, not_before = n;
		ALTER TABLE more DROP COLUMN n, DROP COLUMN settled, DROP COLUMN due;
		INSERT INTO stafett.handovers SELECT * FROM more;
		DROP TABLE more;
		ANALYZE stafett.handovers, stafett.tallies`)
	if err != nil {
		t.Fatal(err)
	}
}

// TestNoStatementReadsTheWholeJournal asks the server how it would carry out what
// the service asks often. None may walk through the table or through all of an
// index.
func TestNoStatementReadsTheWholeJournal(t *testing.T) {
	t.Parallel()
	j := openJournal(t)
	fill(t, j, 20_000)
	type statement struct {
		name  string
		query string
		args  pgx.NamedArgs
	}
	listing := func(name string, f handover.Filter) statement {
		query, args := listQuery(f)
		return statement{"List: " + name, query, args}
	}
	at := time.Unix(1, 0)
	for _, s := range []statement{
		listing("all", handover.Filter{Limit: 50}),
		listing("a page", handover.Filter{Limit: 50, After: handover.Cursor{CreatedAt: at, Key: "k"}}),
		listing("definition and states", handover.Filter{DefinitionID: "d1", States: handover.States(), Limit: 50}),
		listing("due", handover.Filter{Due: at, Limit: 50}),
		listing("source", handover.Filter{DefinitionID: "d1", Source: "1/x", States: handover.States()}),
		listing("receiving", handover.Filter{Receiving: "1/x"}),
		listing("reference", handover.Filter{Reference: "2f6f0d8c7a11"}),
		listing("prefix", handover.Filter{KeyPrefix: "2f6f0d8c"}),
		{"Wake", wake, wakeArgs(handover.WakeQuery{Limit: 20, Definitions: []string{"d1"}}, nil)},
		{"Summary: oldest", findOldest, nil},
		{"Prune", pruneRecords, pgx.NamedArgs{"before": 1, "limit": 100, "now": nil}},
	} {
		rows, err := j.pool.Query(t.Context(), "EXPLAIN (COSTS OFF) "+s.query, s.args)
		steps, err := collect(rows, err, pgx.RowTo[string])
		if err != nil {
			t.Errorf("%s: %v\n%s", s.name, err, s.query)
			continue
		}
		for i, step := range steps {
			walks := strings.Contains(step, "Seq Scan on handovers")
			// An index without a condition may be read only for its beginning.
			if strings.Contains(step, "handovers") && strings.Contains(step, "Scan") && (i+1 == len(steps) || !strings.Contains(steps[i+1], "Cond:")) {
				walks = walks || i == 0 || !strings.Contains(steps[i-1], "Limit")
			}
			// What is to be locked comes in the order of the index, so that no more is read.
			if strings.Contains(step, "LockRows") && !strings.Contains(steps[i+1], "Index Scan") {
				walks = true
			}
			if walks {
				t.Errorf("%s reads all of something:\n%s", s.name, strings.Join(steps, "\n"))
				break
			}
		}
	}
}

// TestCountsStayRight changes records at once, while the counts are put together.
func TestCountsStayRight(t *testing.T) {
	t.Parallel()
	j, ctx := openJournal(t), t.Context()
	const workers, records = 4, 60
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := range records {
				r := handover.Record{Key: fmt.Sprint(w, "-", i), DefinitionID: "en", State: handover.Planned}
				if _, _, err := j.Begin(ctx, r); err != nil {
					t.Error(err)
					return
				}
				l, r, err := j.Acquire(ctx, r.Key, "a worker", time.Hour)
				for _, s := range []handover.State{handover.Creating, handover.Created, handover.Done} {
					if err == nil {
						r.State = s
						r, err = j.Update(ctx, l, r)
					}
				}
				if err != nil {
					t.Error(err)
				}
				if i%10 == 0 {
					if _, err := j.Prune(ctx, time.Unix(0, 0), 1); err != nil {
						t.Error(err)
					}
				}
				if s, err := j.Summary(ctx); err != nil || len(s.Counts) > 4 {
					t.Errorf("Summary: %+v, %v", s, err)
				}
			}
		})
	}
	all.Wait()
	if _, err := j.Prune(ctx, time.Unix(0, 0), 1); err != nil {
		t.Error(err)
	}
	s, err := j.Summary(ctx)
	if want := []handover.Count{{DefinitionID: "en", State: handover.Done, Records: workers * records}}; err != nil || !reflect.DeepEqual(s.Counts, want) || len(s.Oldest) != 0 {
		t.Errorf("Summary: %+v, %v, want %+v", s, err, want)
	}
	var rows int
	if err := j.pool.QueryRow(ctx, "SELECT count(*) FROM stafett.tallies").Scan(&rows); err != nil || rows != 1 {
		t.Errorf("the counts are %d rows, %v, want 1", rows, err)
	}
}

// TestWhatIsStoredIsWritten has a server whose default is to answer before it has
// written.
func TestWhatIsStoredIsWritten(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{"off": "on", "local": "local", "remote_apply": "remote_apply"} {
		j, err := Open(t.Context(), secret.New(postgrestest.New(t)+"&options=-csynchronous_commit%3D"+setting), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		var got string
		if err := j.pool.QueryRow(t.Context(), "SHOW synchronous_commit").Scan(&got); err != nil || got != want {
			t.Errorf("%s became %s, %v, want %s", setting, got, err, want)
		}
	}
}

// BenchmarkUpdate measures what a durable write costs one caller, and each of
// twenty at once, with a server that writes to the disk.
func BenchmarkUpdate(b *testing.B) {
	server := postgrestest.Start(b, "fsync=on", "full_page_writes=on")
	for _, callers := range []int{1, 20} {
		b.Run(strconv.Itoa(callers), func(b *testing.B) {
			j, err := Open(b.Context(), secret.New(server.New(b)), Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer j.Close()
			work := make(chan struct{})
			var all sync.WaitGroup
			for i := range callers {
				r := handover.Record{Key: strconv.Itoa(i), DefinitionID: "en", State: handover.Planned}
				if _, _, err := j.Begin(b.Context(), r); err != nil {
					b.Fatal(err)
				}
				l, r, err := j.Acquire(b.Context(), r.Key, "a worker", time.Hour)
				if err != nil {
					b.Fatal(err)
				}
				all.Go(func() {
					for range work {
						var err error
						if r, err = j.Update(b.Context(), l, r); err != nil {
							b.Error(err)
						}
					}
				})
			}
			for b.Loop() {
				work <- struct{}{}
			}
			close(work)
			all.Wait()
		})
	}
}
