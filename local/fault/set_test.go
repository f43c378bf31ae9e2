package fault_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stafett/stafett/local/fault"
)

func add(t *testing.T, set *fault.Set, r fault.Rule) int {
	t.Helper()
	id, err := set.Add(r)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// ask sends requests such as "GET x.no/path" through the set's faults and returns
// the statuses.
func ask(set *fault.Set, requests ...string) []int {
	handler := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "fine") }
	var statuses []int
	for _, request := range requests {
		method, address, _ := strings.Cut(request, " ")
		host, _, _ := strings.Cut(address, "/")
		w := httptest.NewRecorder()
		set.Wrap(host, http.HandlerFunc(handler)).ServeHTTP(w, httptest.NewRequest(method, "https://"+address, nil))
		statuses = append(statuses, w.Code)
	}
	return statuses
}

func TestWhichRequestsMatch(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule            fault.Rule
		matches, passes []string
	}{
		"everything":       {fault.Rule{}, []string{"GET a.no/", "POST b.no/x?y=z"}, nil},
		"a host":           {fault.Rule{Host: "A.no"}, []string{"GET a.no/x"}, []string{"GET b.no/x"}},
		"a group of hosts": {fault.Rule{Host: "*.no"}, []string{"GET a.no/x", "GET b.no/x"}, nil},
		"a method":         {fault.Rule{Method: "POST"}, []string{"POST a.no/"}, []string{"GET a.no/", "PUT a.no/"}},
		"a path":           {fault.Rule{Path: "/x/y"}, []string{"GET a.no/x/y", "GET a.no/x/y?q=1"}, []string{"GET a.no/x", "GET a.no/x/y/z", "GET a.no/X/y"}},
		"all below a path": {fault.Rule{Path: "/x/*"}, []string{"GET a.no/x/", "GET a.no/x/y/z"}, []string{"GET a.no/x", "GET a.no/y/x/"}},
		"an end":           {fault.Rule{Path: "*/data"}, []string{"GET a.no/1/2/data"}, []string{"GET a.no/1/data/2"}},
		"in the middle":    {fault.Rule{Path: "/i/*/data/*"}, []string{"GET a.no/i/1/2/data/3"}, []string{"GET a.no/i/data/3", "GET a.no/i/1/data"}},
		"no overlap":       {fault.Rule{Path: "/aa*aa"}, []string{"GET a.no/aaaa"}, []string{"GET a.no/aaa"}},
	} {
		set := fault.New([]string{"a.no", "b.no"})
		c.rule.Status = http.StatusTeapot
		add(t, set, c.rule)
		for n, status := range ask(set, c.matches...) {
			if status != http.StatusTeapot {
				t.Errorf("%s: %s passes", name, c.matches[n])
			}
		}
		for n, status := range ask(set, c.passes...) {
			if status != http.StatusOK {
				t.Errorf("%s: %s matches", name, c.passes[n])
			}
		}
		if list := set.List(); list[0].Matched != len(c.matches) {
			t.Errorf("%s: %d matched, want %d", name, list[0].Matched, len(c.matches))
		}
	}
}

// Requests are counted per rule: the ones that pass first, the ones that meet
// the fault, and then no more.
func TestSkipAndTimes(t *testing.T) {
	t.Parallel()
	set := fault.New([]string{"a.no"})
	id := add(t, set, fault.Rule{Status: 500, Skip: 2, Times: 2})
	add(t, set, fault.Rule{Status: 503, Times: 3})
	got := ask(set, "GET a.no/", "GET a.no/", "GET a.no/", "GET a.no/", "GET a.no/", "GET a.no/")
	want := []int{503, 503, 500, 500, 503, 200}
	for n := range want {
		if got[n] != want[n] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	first := set.List()[0]
	if first.Matched != 4 || first.Met != 2 || !first.Spent {
		t.Errorf("the first rule says %+v", first)
	}
	if !set.Remove(id) || set.Remove(id) || len(set.List()) != 1 {
		t.Error("a rule is not removed once")
	}
	set.Clear()
	if len(set.List()) != 0 {
		t.Error("rules are left")
	}
	if again := add(t, set, fault.Rule{Reset: true}); again <= id {
		t.Errorf("number %d is used again", again)
	}
}

// A chance with a seed makes the same choice each time, of about that part.
func TestChance(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) (pattern string) {
		set := fault.New([]string{"a.no"})
		add(t, set, fault.Rule{Status: 500, Chance: 0.3, Seed: seed})
		for range 1000 {
			pattern += map[bool]string{true: "x", false: "-"}[ask(set, "GET a.no/")[0] == 500]
		}
		return pattern
	}
	one := run(1)
	if one != run(1) || one == run(2) {
		t.Error("the seed does not decide")
	}
	if hits := strings.Count(one, "x"); hits < 200 || hits > 400 {
		t.Errorf("%d of 1000 met a fault with the chance 0.3", hits)
	}
}

// Many requests at once meet a fault exactly as often as it says.
func TestTimesHoldWithManyAtOnce(t *testing.T) {
	t.Parallel()
	set := fault.New([]string{"a.no"})
	add(t, set, fault.Rule{Status: 500, Times: 50})
	var mu sync.Mutex
	met := 0
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 10 {
				if ask(set, "GET a.no/")[0] == 500 {
					mu.Lock()
					met++
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	if met != 50 || set.List()[0].Met != 50 {
		t.Errorf("%d met the fault, the set says %d", met, set.List()[0].Met)
	}
}
