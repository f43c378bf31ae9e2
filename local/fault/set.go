package fault

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Active is a rule that has been added.
type Active struct {
	// ID is the rule's number in its set, from 1 on; it is never used again.
	ID   int  `json:"id"`
	Rule Rule `json:"rule"`
	// Matched is how many requests were the rule's, those among them that passed
	// unharmed included; Met is how many met the fault.
	Matched int `json:"matched"`
	Met     int `json:"met"`
	// Spent says that Times is used up. A spent rule stays until it is removed, so
	// that its numbers can be read.
	Spent bool `json:"spent"`
}

// Set holds the rules of one platform. Rules are tried in the order in which
// they were added; a request meets the first fault that is due. It is safe for
// concurrent use.
type Set struct {
	hosts  []string
	closed chan struct{}
	close  sync.Once

	mu     sync.Mutex
	last   int
	active []*entry
}

type entry struct {
	Active
	chance *rand.Rand
}

// New makes an empty set for the host names that a platform serves.
func New(hosts []string) *Set {
	return &Set{hosts: slices.Clone(hosts), closed: make(chan struct{})}
}

// NoHostError says that a rule names a host that the platform does not serve.
type NoHostError struct {
	// Host is what the rule says.
	Host string
	// Served are the names that there are.
	Served []string
}

func (e *NoHostError) Error() string {
	return fmt.Sprintf("no host of the local platform is %q", e.Host)
}

// Add puts a rule at the end of the set and returns its number. A rule that
// cannot ever match, or that contradicts itself, is an error that names all
// that is wrong with it; a [*NoHostError] where no host matches.
func (s *Set) Add(r Rule) (id int, err error) {
	if err := r.check(); err != nil {
		return 0, fmt.Errorf("add fault: %w", err)
	}
	if r.Host != "" && !slices.ContainsFunc(s.hosts, func(host string) bool { return glob(strings.ToLower(r.Host), host) }) {
		return 0, fmt.Errorf("add fault: %w", &NoHostError{Host: r.Host, Served: slices.Clone(s.hosts)})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	added := &entry{Active: Active{ID: s.last, Rule: r}}
	if r.Chance > 0 {
		added.chance = rand.New(rand.NewPCG(r.Seed, 0)) //nolint:gosec // a choice to be repeated, not a secret
	}
	s.active = append(s.active, added)
	return s.last, nil
}

// List returns the rules in the order in which they are tried.
func (s *Set) List() []Active {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Active, len(s.active))
	for n, e := range s.active {
		list[n] = e.Active
	}
	return list
}

// Remove takes a rule away and reports whether it was there. Requests that it
// already holds are not let go.
func (s *Set) Remove(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.active)
	s.active = slices.DeleteFunc(s.active, func(e *entry) bool { return e.ID == id })
	return len(s.active) < before
}

// Clear takes all rules away.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active = nil
}

// Close lets go of everything that is held back, without an answer. The
// platform calls it when it ends.
func (s *Set) Close() { s.close.Do(func() { close(s.closed) }) }

// next finds the rule whose fault a request meets, and counts.
func (s *Set) next(host string, r *http.Request) (Rule, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.active {
		if e.Spent || !e.Rule.matches(host, r) {
			continue
		}
		e.Matched++
		if e.Matched <= e.Rule.Skip || e.chance != nil && e.chance.Float64() >= e.Rule.Chance {
			continue
		}
		e.Met++
		e.Spent = e.Met == e.Rule.Times
		return e.Rule, true
	}
	return Rule{}, false
}
