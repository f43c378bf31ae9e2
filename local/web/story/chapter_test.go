package story

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/timeline"
)

// TestChapters tells short stories, the oldest first, and in which chapter each
// exchange belongs.
func TestChapters(t *testing.T) {
	t.Parallel()
	const apps, app, receiver = "fts.apps.tt02.altinn.no", "fts/original", "fts/receiver"
	person, agency := timeline.Caller{Kind: timeline.KindPerson}, timeline.Caller{Kind: timeline.KindOrganisation}
	steps := map[string]timeline.Exchange{
		"secret": {System: "Key Vault", Method: http.MethodPut, Target: "/secrets/a"},
		"read":   {System: "Key Vault", Method: http.MethodGet, Target: "/secrets/a"},
		"where":  {System: "Key Vault", Method: http.MethodGet, Target: "/secrets/a", Status: http.StatusUnauthorized, Caller: timeline.Caller{Kind: timeline.KindNobody}},
		"azure":  {System: "Entra ID", Method: http.MethodPost, Target: "/t/oauth2/v2.0/token"},
		"admin": {System: "Maskinporten", Method: http.MethodPost, Target: "/token",
			Facts: []any{maskinporten.IssuedToken{Scope: "idporten:dcr.write"}}},
		"token":    {System: "Maskinporten", Method: http.MethodPost, Target: "/token", Facts: []any{maskinporten.IssuedToken{Scope: "altinn:x"}}},
		"exchange": {System: "Altinn Authentication", Method: http.MethodGet, Target: "/authentication/api/v1/exchange/maskinporten"},
		"login":    {System: "Altinn Login", Method: http.MethodGet, Target: "/Home/GetTestUserToken/1"},
		"begin":    {System: app, Host: apps, Method: http.MethodPost, Target: "/fts/original/instances", Caller: person},
		"look":     {System: app, Host: apps, Method: http.MethodGet, Target: "/fts/original/instances/1/g", Caller: person},
		"send": {System: app, Host: apps, Method: http.MethodPut, Target: "/fts/original/instances/1/g/process/next", Caller: person,
			Facts: []any{storage.Changed{What: "process_EndEvent"}}},
		"close": {System: receiver, Host: apps, Method: http.MethodPut, Target: "/fts/receiver/instances/1/g/process/next", Caller: person,
			Facts: []any{storage.Changed{What: "process_EndEvent"}}},
		"refused": {System: receiver, Host: apps, Method: http.MethodPost, Target: "/fts/receiver/instances", Caller: person, Status: http.StatusForbidden},
		"scan":    {System: "Altinn Storage", Method: http.MethodGet, Target: "/storage/api/v1/instances", Caller: agency},
		"create":  {System: receiver, Host: apps, Method: http.MethodPost, Target: "/fts/receiver/instances", Caller: agency},
		"finish": {System: receiver, Host: apps, Method: http.MethodPut, Target: "/fts/receiver/instances/1/g/data/d", Caller: person,
			Facts: []any{storage.Changed{Task: "Task_1"}}},
	}
	const p, f, s, h, c = preparation, filling, sent, handover, casework
	for _, tc := range []struct {
		story string
		want  []chapter
	}{
		{"read", []chapter{p}},
		{"azure secret admin token exchange", []chapter{p, p, p, p, p}},
		{"login look begin send refused create", []chapter{f, f, f, s, s, h}},
		{"secret login look begin", []chapter{p, f, f, f}},
		{"secret read where azure read token exchange scan create", []chapter{p, p, h, h, h, h, h, h, h}},
		{"secret token exchange scan", []chapter{p, p, p, h}},
		{"begin token exchange create read finish", []chapter{f, f, f, h, h, c}},
		{"begin azure read", []chapter{f, f, f}},
		{"scan login look finish", []chapter{h, c, c, c}},
		{"send login look close", []chapter{s, c, c, c}},
		{"begin login scan", []chapter{f, f, h}},
	} {
		var exchanges []timeline.Exchange
		for n, name := range strings.Fields(tc.story) {
			e := steps[name]
			e.ID = int64(n + 1)
			if e.Status == 0 {
				e.Status = http.StatusOK
			}
			exchanges = append(exchanges, e)
		}
		slices.Reverse(exchanges)
		var got []chapter
		for _, root := range forest(exchanges, app) {
			got = append(got, root.chapter)
		}
		slices.Reverse(got)
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, not %v", tc.story, got, tc.want)
		}
	}
}

func TestForest(t *testing.T) {
	t.Parallel()
	roots := forest([]timeline.Exchange{{ID: 6, Parent: 9}, {ID: 5, Parent: 2}, {ID: 4}, {ID: 3, Parent: 2}, {ID: 2, Parent: 1}, {ID: 1}}, "")
	var got []int64
	for _, root := range roots {
		for b := range root.all() {
			got = append(got, b.ID)
		}
	}
	if want := []int64{6, 4, 1, 2, 3, 5}; !slices.Equal(got, want) || len(roots) != 3 || roots[2].calls() != 3 {
		t.Errorf("the trees are %v in %d", got, len(roots))
	}
	for b := range roots[2].all() {
		if b.ID == 2 {
			break // whoever has seen enough can stop
		}
	}
}
