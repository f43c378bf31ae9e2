//go:build !race

package soak_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/fault"
)

const (
	createPath = "/" + receiver + "/instances"
	// ownData is the data of instances that the organisation owns.
	ownData = "/storage/api/v1/instances/50700001/*/data"
)

// commitLate is later than a service waits for an answer, and within the time that it
// waits after that.
const commitLate = unclearWait + unclearWait/4

// everything is what networks and servers do, for a run with so many forms. Each
// kind of fault happens to the creates in turn, twice in each hundred; to what comes
// by the thousand, now and then.
func everything(forms int) []fault.Rule {
	const (
		seldom   = 0.005
		times    = 2 // of a fault in a row: fewer than make the service leave the application alone
		apart    = 7 // creates from one kind of fault to the next
		turn     = 100
		internal = "/storage/api/v1/instances"
	)
	creates := []fault.Rule{
		{DropResponse: true},
		{Delay: commitLate},               // the answer comes when nobody waits for it any more
		{Delay: commitLate, Before: true}, // and so does the instance
		{Reset: true},
		{Status: http.StatusInternalServerError, After: true},
		{Status: http.StatusForbidden, After: true},
		{Status: http.StatusInternalServerError},
		{Status: http.StatusConflict},
		{Status: http.StatusUnauthorized},
		{Status: http.StatusNotFound},
		{Status: http.StatusTooManyRequests, RetryAfter: 1},
	}
	var rules []fault.Rule
	for begin := 0; begin < forms; begin += turn {
		for n, r := range creates {
			r.Host, r.Method, r.Path, r.Skip, r.Times = appsHost, http.MethodPost, createPath, begin+n*apart, times
			rules = append(rules, r)
		}
	}
	platform := func(method, path string, r fault.Rule) {
		r.Host, r.Method, r.Path = local.PlatformHost, method, path
		rules = append(rules, r)
	}
	// Between the application and the platform: the application clears its half-made
	// instance away, where it may and can.
	platform(http.MethodPost, ownData, fault.Rule{Status: http.StatusInternalServerError, Chance: 4 * seldom})
	platform(http.MethodPost, ownData, fault.Rule{Status: http.StatusForbidden, Chance: 2 * seldom})
	platform(http.MethodDelete, internal+"/50700001/*", fault.Rule{Status: http.StatusInternalServerError, Chance: 0.5})
	platform(http.MethodPost, "/register/api/v1/parties/lookup", fault.Rule{Status: http.StatusNotFound, Chance: 4 * seldom})
	platform(http.MethodPost, "/authorization/api/v1/decision", fault.Rule{Status: http.StatusInternalServerError, Chance: seldom})
	platform(http.MethodGet, internal+"*", fault.Rule{Status: http.StatusServiceUnavailable, Chance: seldom})
	platform(http.MethodGet, internal+"*", fault.Rule{Reset: true, Chance: seldom})
	return append(rules, fault.Rule{Host: appsHost, Method: http.MethodGet, Status: http.StatusUnauthorized, Chance: seldom})
}

// meet makes the platform's requests meet faults from now on.
func (w *world) meet(t testing.TB, rules ...fault.Rule) {
	t.Helper()
	for n, rule := range rules {
		if rule.Seed == 0 {
			rule.Seed = uint64(n + 1)
		}
		if _, err := w.platform.Faults().Add(rule); err != nil {
			t.Fatal(err)
		}
	}
}

// allMet fails the test if a fault was not met, and clears them.
func (w *world) allMet(t testing.TB) {
	t.Helper()
	met := 0
	for _, active := range w.platform.Faults().List() {
		met += active.Met
		if active.Met == 0 {
			rule, _ := json.Marshal(active.Rule)
			t.Errorf("none of %d requests met the fault %s", active.Matched, rule)
		}
	}
	t.Logf("%d requests met a fault", met)
	w.platform.Faults().Clear()
}

// soon is how often a test looks whether something has come to pass.
const soon = 50 * time.Millisecond
