package local_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/fault"
)

// creator creates instances of the receiving application for the organisation.
type creator struct {
	t        *testing.T
	platform *local.Platform
	token    string
}

func newCreator(t *testing.T, platform *local.Platform) creator {
	return creator{t, platform, organisationToken(t, platform)}
}

// create returns the status of a create, or 0 when no answer came.
func (c creator) create(ctx context.Context) int {
	c.t.Helper()
	seed := c.platform.Seed()
	body := fmt.Sprintf(`{"instanceOwner":{"organisationNumber":%q},"dataValues":{"stamp":"s"}}`, seed.OrgNumber)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, seed.Apps[1].URL+"/instances", strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := c.platform.Client().Do(request)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// stored counts the instances in Storage: all, and those that are deleted.
func (c creator) stored() (all, deleted int) {
	c.t.Helper()
	status, body := send(c.t, c.platform, http.MethodGet, "https://"+local.PlatformHost+"/storage/api/v1/instances?appId="+c.platform.Seed().Apps[1].ID, c.token, "")
	var list struct {
		Instances []struct {
			Status struct {
				IsHardDeleted bool `json:"isHardDeleted"`
			} `json:"status"`
		} `json:"instances"`
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || status != http.StatusOK {
		c.t.Fatalf("list: %d %v", status, err)
	}
	for _, in := range list.Instances {
		if in.Status.IsHardDeleted {
			deleted++
		}
	}
	return len(list.Instances), deleted
}

// Each fault leaves behind in Storage what the real one would.
func TestFaultsOfACreate(t *testing.T) {
	t.Parallel()
	platform := start(t, local.Config{Apps: folders(t, nil)})
	c := newCreator(t, platform)
	apps, create := "*.apps.tt02.altinn.no", "/fts/saksmottak/instances"
	storage, create2 := local.PlatformHost, "/storage/api/v1/instances"
	noDelete := fault.Rule{Host: storage, Method: "DELETE", Path: create2 + "/*", Status: 500, Times: 1}
	for _, f := range []struct {
		name          string
		rules         []fault.Rule
		status        int
		made, deleted int
	}{
		{"none", nil, 201, 1, 0},
		{"reset", []fault.Rule{{Host: apps, Path: create, Reset: true, Times: 1}}, 0, 0, 0},
		{"answer lost after the commit", []fault.Rule{{Host: apps, Path: create, DropResponse: true, Times: 1}}, 0, 1, 0},
		{"500 after the commit", []fault.Rule{{Host: apps, Path: create, Status: 500, After: true, Times: 1}}, 500, 1, 0},
		{"throttled", []fault.Rule{{Host: apps, Path: create, Status: 429, RetryAfter: 1, Times: 1}}, 429, 0, 0},
		{"500 with compensation", []fault.Rule{{Host: storage, Method: "PUT", Path: "*/process/instanceandevents", Status: 500, Times: 1}}, 500, 1, 1},
		{"500 without compensation", []fault.Rule{{Host: storage, Method: "PUT", Path: "*/process/instanceandevents", Status: 500, Times: 1}, noDelete}, 500, 1, 0},
		{"no in the second decision", []fault.Rule{{Path: "/authorization/api/v1/decision", Status: 200, Body: `{"response":[{"decision":"Deny"}]}`, Skip: 1, Times: 1}}, 403, 0, 0},
		{"Storage's answer to the application lost", []fault.Rule{{Host: storage, Method: "POST", Path: create2, DropResponse: true, Times: 1}}, 500, 1, 0},
		{"register out of service", []fault.Rule{{Host: storage, Path: "/register/*", Status: 503, Times: 1}}, 404, 0, 0},
		{"token expired", []fault.Rule{{Host: apps, Path: create, Status: 401, Times: 1}}, 401, 0, 0},
	} {
		all, deleted := c.stored()
		for _, rule := range f.rules {
			if _, err := platform.Faults().Add(rule); err != nil {
				t.Fatal(err)
			}
		}
		status := c.create(t.Context())
		for _, rule := range platform.Faults().List() {
			if !rule.Spent {
				t.Errorf("%s: the fault was not met: %+v", f.name, rule)
			}
		}
		platform.Faults().Clear()
		allNow, deletedNow := c.stored()
		if status != f.status || allNow-all != f.made || deletedNow-deleted != f.deleted {
			t.Errorf("%s: status %d, %d made, %d deleted; want %d, %d, %d", f.name, status, allNow-all, deletedNow-deleted, f.status, f.made, f.deleted)
		}
	}
}

// The application's own call to Storage is held back until the client has given
// up: the instance comes into being later.
func TestLateCommitInStorage(t *testing.T) {
	t.Parallel()
	rule := fault.Rule{Host: local.PlatformHost, Method: "POST", Path: "/storage/api/v1/instances", Delay: time.Second, Before: true, Times: 1}
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	platform := start(t, local.Config{Apps: folders(t, nil), Wrap: func(host string, next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if host == rule.Host && r.Method == rule.Method && r.URL.Path == rule.Path {
				giveUp() // it is about to be held back
			}
			next.ServeHTTP(w, r)
		})
	}})
	c := newCreator(t, platform)
	if _, err := platform.Faults().Add(rule); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if status := c.create(ctx); status != 0 {
		t.Fatalf("the client was answered %d", status)
	}
	if all, _ := c.stored(); all != 0 && time.Since(begun) < rule.Delay {
		t.Fatal("the instance was there when the client gave up")
	}
	for all := 0; all != 1; all, _ = c.stored() { // the test's own end is the limit
	}
}
