// Package selfservice is the local platform's stand-in for Samarbeidsportalen:
// the database in which Digdir keeps organisations, integrations (clients),
// key sets, scopes and access ([Registry]), and the self-service API over it
// ([Server]).
//
// The stand-in for Maskinporten reads the same [Registry], as the real one
// reads Digdir's. Where the public documentation (docs.digdir.no, "API for
// sjølvbetjening") is silent or of two minds, this stand-in is the stricter of
// the possible services, so that what works here does not depend on leniency.
package selfservice

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// ErrNotFound says that there is no such client, key, scope or entry; the API
// answers it with status 404.
var ErrNotFound = errors.New("no such client")

// notFoundError says what is not there, in the words of the API; it is an
// [ErrNotFound].
type notFoundError string

// Error implements error.
func (e notFoundError) Error() string { return string(e) }

// Is makes it an [ErrNotFound].
func (e notFoundError) Is(target error) bool { return target == ErrNotFound }

// ConflictError says what stands in the way of a change; the API answers it
// with status 409.
type ConflictError struct{ Reason string }

// Error implements error.
func (e *ConflictError) Error() string { return "conflict: " + e.Reason }

// Organisation is a legal entity that may own clients and scopes.
type Organisation struct {
	Number string // nine digits
	Name   string
}

// Registry is Digdir's database. The zero value is not usable; call
// [NewRegistry]. All methods are safe for concurrent use.
type Registry struct {
	now func() time.Time

	mu            sync.RWMutex
	rules         Rules
	organisations map[string]Organisation
	scopes        map[string]history[Scope]
	prefixes      map[string]string // organisation numbers
	access        map[accessKey]history[Access]
	clients       map[string]history[*Registration]
	delegations   map[Delegation]struct{}
	systemUsers   []SystemUser
	consents      map[string]Consent
}

// NewRegistry returns an empty registry. now gives the time of every change
// and the start of every key's life; nil means [time.Now].
func NewRegistry(now func() time.Time) *Registry {
	if now == nil {
		now = time.Now
	}
	return &Registry{
		now:           now,
		organisations: make(map[string]Organisation),
		scopes:        make(map[string]history[Scope]),
		prefixes:      make(map[string]string),
		access:        make(map[accessKey]history[Access]),
		clients:       make(map[string]history[*Registration]),
		delegations:   make(map[Delegation]struct{}),
		consents:      make(map[string]Consent),
	}
}

// Registration is a client together with its key set, as it stood from one
// change to the next. It is shared between goroutines and must not be changed.
type Registration struct {
	Client Client
	Keys   KeySet
}

var organisationNumber = regexp.MustCompile(`^[0-9]{9}$`)

// AddOrganisation seeds an organisation; adding one again renames it.
func (r *Registry) AddOrganisation(o Organisation) error {
	if !organisationNumber.MatchString(o.Number) {
		return fmt.Errorf("add organisation %q: number is not nine digits", o.Name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.organisations[o.Number] = o
	return nil
}

// AddClient seeds a client with its key set, without the rules about scopes
// that the API has: this is how Digdir's own service desk makes the
// administration client of an organisation. Members left empty get the
// defaults of the API, an empty ClientID a new one. Maskinporten knows the
// client at once, whatever its propagation delay. The organisation and
// the supplier, if there is one, must exist, and the keys be valid.
func (r *Registry) AddClient(c Client, keys ...Key) (Client, error) {
	c = c.withDefaults()
	if c.ClientID == "" {
		c.ClientID = uuid.NewString()
	}
	now := r.now()
	set, err := newKeySet(keys, now, KeySet{}, Rules{})
	if err != nil {
		return Client{}, fmt.Errorf("add client %s: %w", c.ClientID, err)
	}
	if len(keys) == 0 {
		set = KeySet{}
	}
	c.Active = true
	c.JWKSURI = "/clients/" + c.ClientID + "/jwks"
	c.Created, c.LastUpdated = Timestamp{now}, Timestamp{now}

	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.organisations[c.OrgNumber]; !ok {
		return Client{}, fmt.Errorf("add client %s: no organisation %q", c.ClientID, c.OrgNumber)
	}
	if c.SupplierOrgNumber != nil {
		if _, ok := r.organisations[*c.SupplierOrgNumber]; !ok {
			return Client{}, fmt.Errorf("add client %s: no organisation %q to be its supplier", c.ClientID, *c.SupplierOrgNumber)
		}
	}
	if _, ok := r.clients[c.ClientID]; ok {
		return Client{}, fmt.Errorf("add client %s: id is taken", c.ClientID)
	}
	if err := r.checkKeyIDsAreFree(c.ClientID, set.Keys); err != nil {
		return Client{}, fmt.Errorf("add client %s: %w", c.ClientID, err)
	}
	r.clients[c.ClientID] = always(&Registration{Client: c, Keys: set})
	return c, nil
}

// RegistrationAsOf returns a client with its keys as it stood at t, which is
// at most ten minutes back. The result is nil for a client that was not there
// yet. Deactivated clients are returned; see Client.Active.
func (r *Registry) RegistrationAsOf(clientID string, t time.Time) *Registration {
	r.mu.RLock()
	defer r.mu.RUnlock()
	registration, _ := r.clients[clientID].asOf(t)
	return registration
}

// Organisations returns all organisations, sorted by name.
func (r *Registry) Organisations() []Organisation {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.SortedFunc(maps.Values(r.organisations), func(a, b Organisation) int { return strings.Compare(a.Name, b.Name) })
}

// Registration returns a client with its keys as it stands.
func (r *Registry) Registration(clientID string) (*Registration, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	found, ok := r.clients[clientID].latest()
	if !ok {
		return nil, fmt.Errorf("find client %s: %w", clientID, ErrNotFound)
	}
	return found, nil
}

// Clients returns the clients of an organisation in the order in which they
// were made, deactivated ones only if asked for.
func (r *Registry) Clients(orgNumber string, inactiveToo bool) []Client {
	return r.clientsThat(inactiveToo, func(c Client) bool { return c.OrgNumber == orgNumber })
}

func (r *Registry) clientsThat(inactiveToo bool, wanted func(Client) bool) []Client {
	r.mu.RLock()
	defer r.mu.RUnlock()
	found := []Client{}
	for _, h := range r.clients {
		registration, _ := h.latest()
		if c := registration.Client; wanted(c) && (c.Active || inactiveToo) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b Client) int {
		return cmp.Or(a.Created.Compare(b.Created.Time), strings.Compare(a.ClientID, b.ClientID))
	})
	return found
}

// change replaces the registration of an active client by what edit makes of
// a copy of it.
func (r *Registry) change(clientID string, edit func(*Registration) error) (*Registration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h, ok := r.clients[clientID]
	if !ok {
		return nil, fmt.Errorf("change client %s: %w", clientID, ErrNotFound)
	}
	latest, _ := h.latest()
	next := *latest
	if !next.Client.Active {
		return nil, fmt.Errorf("change client %s: %w", clientID, &ConflictError{"the client is deactivated"})
	}
	if err := edit(&next); err != nil {
		return nil, fmt.Errorf("change client %s: %w", clientID, err)
	}
	r.clients[clientID] = h.append(r.now(), &next)
	return &next, nil
}
