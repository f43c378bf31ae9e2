package storage

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/authentication"
)

// permitter is a decision point that permits, and a verifier that lets
// everybody be the service owner, so that Storage alone is measured.
type permitter struct{}

func (permitter) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Request: r, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(`{"response":[{"decision":"Permit"}]}`)),
	}, nil
}

func (permitter) Verify(string) (authentication.Principal, error) {
	return authentication.Principal{Org: "fts", OrgNumber: "313547264", Scope: scopeRead + " " + scopeWrite}, nil
}

var benchStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// benchServer holds rows instances, a second apart, over ten applications.
func benchServer(tb testing.TB, rows int) *Server {
	tb.Helper()
	now := benchStart.Add(time.Duration(rows) * time.Second)
	s, err := New(Config{
		Dir: tb.TempDir(), Platform: "https://platform.example", AppsDomain: "apps.example",
		HTTPClient:   &http.Client{Transport: permitter{}},
		Applications: func(id string) (*app.Folder, bool) { return &app.Folder{ID: id, Org: "fts", Name: "app-0"}, true },
		Verifier:     permitter{}, Now: func() time.Time { return now },
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	ctx := context.Background()
	err = s.db.write(ctx, func(tx *transaction) error {
		for n := range rows {
			at := benchStart.Add(time.Duration(n) * time.Second)
			i := Instance{
				ID: fmt.Sprintf("%d/%s", 70000+n%100, uuid.NewString()), InstanceOwner: InstanceOwner{PartyID: fmt.Sprint(70000 + n%100)},
				AppID: fmt.Sprintf("fts/app-%d", n%10), Org: "fts", Status: &InstanceStatus{ReadStatus: ReadStatusUnread},
				Process:    &ProcessState{CurrentTask: &ProcessTask{Flow: 2, ElementID: "Task_1", AltinnTaskType: "data"}},
				DataValues: map[string]string{"stafett.handoverKey": uuid.NewString()},
				Created:    &at, LastChanged: &at, VisibleAfter: &at,
			}
			if _, err := insertInstance(ctx, tx, &i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func (s *Server) benchCall(tb testing.TB, method, target, body string, want int) {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer x")
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != want {
		tb.Fatalf("%s %s: %d %s", method, target, w.Code, w.Body)
	}
}

// listQueries are the lists that a handover service and its users make.
func listQueries(rows int) map[string]string {
	recent := url.QueryEscape(benchStart.Add(time.Duration(rows-50) * time.Second).Format(time.RFC3339))
	return map[string]string{
		"newest":             "appId=fts/app-0&size=100",
		"scanByLastChanged":  "appId=fts/app-0&order=asc:lastChanged&lastChanged=gte:" + recent,
		"searchSinceCreated": "appId=fts/app-0&instanceOwner.partyId=70000&created=gte:" + recent,
		"ofOneOwner":         "org=fts&instanceOwner.partyId=70042&size=10",
	}
}

// BenchmarkList shows that a list costs the same with 1,000 rows as with
// 50,000.
func BenchmarkList(b *testing.B) {
	for _, rows := range []int{1_000, 50_000} {
		s := benchServer(b, rows)
		for name, query := range listQueries(rows) {
			b.Run(fmt.Sprintf("%s/%d", name, rows), func(b *testing.B) {
				for b.Loop() {
					s.benchCall(b, http.MethodGet, "/storage/api/v1/instances?"+query, "", http.StatusOK)
				}
			})
		}
	}
}

// BenchmarkCreate shows that a create costs the same with 1,000 rows as with
// 50,000.
func BenchmarkCreate(b *testing.B) {
	for _, rows := range []int{1_000, 50_000} {
		s := benchServer(b, rows)
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			for b.Loop() {
				s.benchCall(b, http.MethodPost, "/storage/api/v1/instances?appId=fts/app-0",
					`{"instanceOwner":{"partyId":"70000"},"dataValues":{"stafett.handoverKey":"k"}}`, http.StatusCreated)
			}
		})
	}
}

// TestListsSearchByIndex: no list of the benchmark walks through the table.
func TestListsSearchByIndex(t *testing.T) {
	t.Parallel()
	s := benchServer(t, 100)
	for name, query := range listQueries(100) {
		parameters, err := readQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		f, err := readFilter(parameters)
		if err != nil {
			t.Fatal(err)
		}
		text, args := f.statement()
		plan := queryPlan(t, s, text, args)
		if len(plan) != 1 || !strings.HasPrefix(plan[0], "SEARCH instances USING INDEX") {
			t.Errorf("%s: plan %q", name, plan)
		}
	}
}

// queryPlan gives the steps by which SQLite answers a query.
func queryPlan(t *testing.T, s *Server, query string, args []any) []string {
	t.Helper()
	rows, err := s.db.sql.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}
