package keyvault

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stafett/stafett/secret"
)

var secretName = regexp.MustCompile(`^[0-9a-zA-Z-]{1,127}$`)

// vault holds the secrets of one vault. The methods that touch entries expect
// the caller to hold the lock.
type vault struct {
	mu          sync.Mutex
	config      VaultConfig     // its name and location never change
	demands     int             // how many more tokens are refused for their claims
	revoked     map[string]bool // by token id
	permissions map[grant]bool
	entries     map[string]*entry // by lower-case name
}

type grant struct {
	objectID   string
	permission Permission
}

func newVault(config VaultConfig) *vault {
	return &vault{config: config, revoked: make(map[string]bool), permissions: make(map[grant]bool), entries: make(map[string]*entry)}
}

// entry is a name with all its versions, in one state of the life that soft
// deletion gives it.
type entry struct {
	name     string     // as first written
	versions []*version // oldest first
	deleted  time.Time  // of the last deletion
	change   change     // the last one
	settled  time.Time  // when it has come through
}

type change int

const (
	created change = iota
	deletion
	recovery
	purge
)

// state is where an entry is at some moment.
type state int

const (
	live state = iota
	deleting
	deleted
	recovering
	purging
	gone
)

func (v *vault) state(e *entry, now time.Time) state {
	underWay := now.Before(e.settled)
	switch e.change {
	case deletion:
		switch {
		case underWay:
			return deleting
		case !now.Before(v.purgeDate(e)):
			return gone
		}
		return deleted
	case recovery:
		if underWay {
			return recovering
		}
		return live
	case purge:
		if underWay {
			return purging
		}
		return gone
	default:
		return live
	}
}

func (v *vault) purgeDate(e *entry) time.Time {
	return e.deleted.Add(time.Duration(v.config.RetentionDays) * 24 * time.Hour)
}

// find returns the entry of a name and its state; there is no entry when it is
// gone.
func (v *vault) find(name string, now time.Time) (*entry, state) {
	key := strings.ToLower(name)
	e, ok := v.entries[key]
	if !ok {
		return nil, gone
	}
	at := v.state(e, now)
	if at == gone {
		delete(v.entries, key)
		return nil, gone
	}
	return e, at
}

// in returns the entries that are in one state, sorted by name.
func (v *vault) in(wanted state, now time.Time) []*entry {
	var found []*entry
	for _, key := range slices.Sorted(maps.Keys(v.entries)) {
		if e := v.entries[key]; v.state(e, now) == wanted {
			found = append(found, e)
		}
	}
	return found
}

// version is one value of a secret with its attributes. Times are Unix
// seconds.
type version struct {
	id          string
	value       secret.String
	contentType string
	tags        map[string]string
	enabled     bool
	notBefore   *int64
	expires     *int64
	created     int64
	updated     int64
}

func (e *entry) latest() *version { return e.versions[len(e.versions)-1] }

// version returns a version by its id; the empty id is the latest one.
func (e *entry) version(id string) (*version, bool) {
	if id == "" {
		return e.latest(), true
	}
	i := slices.IndexFunc(e.versions, func(v *version) bool { return v.id == id })
	if i < 0 {
		return nil, false
	}
	return e.versions[i], true
}

func newVersionID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // crypto/rand.Read never fails
	return hex.EncodeToString(id[:])
}

// set adds a version to a secret, which it makes when there is none.
func (v *vault) set(name string, request setRequest, now time.Time) (*entry, *version, *problem) {
	e, at := v.find(name, now)
	switch at {
	case live:
	case gone:
		e = &entry{name: name}
		v.entries[strings.ToLower(name)] = e
	case deleted:
		return nil, nil, deletedButRecoverable(e.name)
	case deleting, purging:
		return nil, nil, beingDeleted()
	case recovering:
		return nil, nil, beingRecovered()
	}
	added := &version{id: newVersionID(), value: secret.New(*request.Value), enabled: true, created: now.Unix()}
	added.apply(request, now)
	e.versions = append(e.versions, added)
	return e, added, nil
}

// apply changes what the request names.
func (ver *version) apply(request setRequest, now time.Time) {
	if request.ContentType != nil {
		ver.contentType = *request.ContentType
	}
	if request.Tags != nil {
		ver.tags = request.Tags
	}
	if request.Attributes.Enabled != nil {
		ver.enabled = *request.Attributes.Enabled
	}
	if request.Attributes.NotBefore != nil {
		ver.notBefore = request.Attributes.NotBefore
	}
	if request.Attributes.Expires != nil {
		ver.expires = request.Attributes.Expires
	}
	ver.updated = now.Unix()
}

// remove soft-deletes a live secret.
func (v *vault) remove(e *entry, now time.Time) {
	e.change, e.deleted, e.settled = deletion, now, now.Add(v.config.DeletionDelay)
}

// bringBack recovers a deleted secret.
func (v *vault) bringBack(e *entry, now time.Time) {
	e.change, e.settled = recovery, now.Add(v.config.DeletionDelay)
}

// destroy purges a deleted secret.
func (v *vault) destroy(e *entry, now time.Time) {
	e.change, e.settled = purge, now.Add(v.config.DeletionDelay)
}
