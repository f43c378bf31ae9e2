package rotate_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/rotate"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role))
	}
	goleak.VerifyTestMain(m)
}

const (
	clientID     = "3f0f5b0e-8a54-4c0e-9d49-0b1f6d1f7a11"
	clientSecret = "MaskinportenSettings--ClientId"
	keySecret    = "MaskinportenSettings--EncodedJwk"
	builtIn      = "MaskinportenSettings--JwkBase64"
	nextSecret   = "stafett--next--MaskinportenSettings"

	settings = `{"MaskinportenSettings": {"Environment": "test", "ClientId": "", "Scope": "fts:a", "EncodedJwk": ""}}`
)

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// world is a vault, Samarbeidsportalen and Maskinporten in memory, with the rules
// that matter to a rotation. Any change can be made to fail, before or after it has
// taken effect.
type world struct {
	t      *testing.T
	target rotate.Target
	guide  prepare.Guide // set: there is no admin client

	mu      sync.Mutex
	now     time.Time
	secrets map[string]keyvault.Secret
	refused map[string]bool // secrets that may not be written
	keys    jwk.Set
	between func() // what others do before the key set is posted next
	keeps   bool   // posting a key again does not move its end
	unheard int    // proofs to come that meet a Maskinporten which has not heard of the newest key
	log     []string

	changes   int  // how many changes have been asked for
	crashAt   int  // which of them fails; 0 for none
	crashLate bool // it fails after it has taken effect
}

// newWorld has one key in use, posted and stored at the start.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: start, secrets: map[string]keyvault.Secret{}, refused: map[string]bool{}}
	w.target = rotate.Target{Target: prepare.Target{
		Org: "fts", OrganisationNumber: "313547264", Environment: "tt02", Maskinporten: "test", AppID: "fts/barmarkskjoring", AppDir: t.TempDir(),
		Section: "MaskinportenSettings", Vault: "https://kv-fts-tt02.vault.azure.net", Integration: "stafett-fts-tt02-barmarkskjoring", Scopes: []string{"fts:a"},
	}}
	w.write(settings)
	w.store(clientSecret, clientID)
	w.store(keySecret, firstKey().Encoded().Reveal())
	w.register(firstKey(), 365)
	return w
}

func (w *world) write(settings string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.target.AppDir, "appsettings.json"), []byte(settings), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// store puts a secret in the vault without anybody's having asked for it.
func (w *world) store(name, value string) {
	w.secrets[name] = keyvault.Secret{
		Item:  keyvault.Item{Name: name, Version: fmt.Sprintf("%032x", len(w.log)+len(w.secrets)), Enabled: true, Created: w.now},
		Value: secret.New(value),
	}
}

// register puts a key on the integration that ends in so many days.
func (w *world) register(key *jwk.Key, days int) {
	public := key.Public()
	end := w.now.AddDate(0, 0, days).Unix()
	public.Expires = &end
	w.keys.Keys = append(w.keys.Keys, public)
}

func (w *world) systems() prepare.Systems {
	systems := prepare.Systems{
		Vault: fakeVault{w}, Integrations: fakePortal{w: w}, Prover: fakeMaskinporten{w},
		Now:          func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now },
		PollInterval: time.Nanosecond,
	}
	if w.guide != nil {
		systems.Integrations, systems.Guide = nil, w.guide
	}
	return systems
}

func (w *world) rotation() (rotate.Plan, error) { return w.plan(rotate.NewRotation) }

func (w *world) plan(plan func(rotate.State) (rotate.Plan, error)) (rotate.Plan, error) {
	state, err := rotate.Read(w.t.Context(), w.systems(), w.target)
	if err != nil {
		return rotate.Plan{}, err
	}
	return plan(state)
}

// rotate plans and applies a rotation.
func (w *world) rotate() (rotate.Result, error) { return w.apply(rotate.NewRotation) }

func (w *world) apply(kind func(rotate.State) (rotate.Plan, error)) (rotate.Result, error) {
	w.t.Helper()
	plan, err := w.plan(kind)
	if err != nil {
		w.t.Fatal(err)
	}
	return rotate.Apply(w.t.Context(), w.systems(), plan, nil)
}

// inVault is the key that an application reads.
func (w *world) inVault(name string) *jwk.Key {
	w.t.Helper()
	key, err := jwk.ParseEncoded(w.secrets[name].Value)
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	return key
}

// works reports whether Maskinporten gives a token with a key.
func (w *world) works(key *jwk.Key) bool {
	return fakeMaskinporten{w}.judge(key) == nil
}

// registered lists the key ids that are on the integration.
func (w *world) registered() []string {
	var ids []string
	for _, key := range w.keys.Keys {
		ids = append(ids, key.KeyID)
	}
	return ids
}

var errCrash = errors.New("the machine stopped")

// change does a change, unless it is the one that is to fail.
func (w *world) change(entry string, do func()) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, entry)
	w.changes++
	crash := w.changes == w.crashAt
	if crash && !w.crashLate {
		return errCrash
	}
	do()
	if crash {
		return errCrash
	}
	return nil
}

type fakeVault struct{ w *world }

func (v fakeVault) List(context.Context) ([]keyvault.Item, error) {
	var items []keyvault.Item
	for _, name := range slices.Sorted(maps.Keys(v.w.secrets)) {
		item := v.w.secrets[name].Item
		item.Version = ""
		items = append(items, item)
	}
	return items, nil
}

func (v fakeVault) CheckFree(context.Context, string) error { return nil }

func (v fakeVault) Get(_ context.Context, name string) (keyvault.Secret, error) {
	found, ok := v.w.secrets[name]
	switch {
	case !ok:
		return found, fmt.Errorf("get secret %s: %w", name, keyvault.ErrNotFound)
	case !found.Enabled:
		return keyvault.Secret{}, &keyvault.DisabledError{}
	}
	return found, nil
}

func (v fakeVault) Set(_ context.Context, name string, value secret.String, o keyvault.SetOptions) (keyvault.Item, error) {
	if v.w.refused[name] {
		return keyvault.Item{}, &keyvault.AccessError{}
	}
	err := v.w.change("set "+name, func() {
		v.w.store(name, value.Reveal())
		stored := v.w.secrets[name]
		stored.Tags, stored.Expires, stored.ContentType = o.Tags, o.Expires, o.ContentType
		v.w.secrets[name] = stored
	})
	item := v.w.secrets[name].Item
	item.Tags = nil // the clients do not count on it
	return item, err
}

func (v fakeVault) Update(_ context.Context, name, version string, o keyvault.UpdateOptions) (keyvault.Item, error) {
	if v.w.refused[name] {
		return keyvault.Item{}, &keyvault.AccessError{}
	}
	if version != v.w.secrets[name].Version {
		v.w.t.Errorf("version %q of %s is changed, and %q is the latest", version, name, v.w.secrets[name].Version)
	}
	return v.w.secrets[name].Item, v.w.change("update "+name, func() {
		changed := v.w.secrets[name]
		if o.Tags != nil {
			changed.Tags = o.Tags
		}
		if !o.Expires.IsZero() {
			changed.Expires = o.Expires
		}
		v.w.secrets[name] = changed
	})
}

// fakePortal has the two calls that a rotation makes; any other would panic.
type fakePortal struct {
	prepare.Integrations
	w *world
}

func (p fakePortal) Keys(_ context.Context, id string) (jwk.Set, error) {
	if id != clientID {
		return jwk.Set{}, &selfservice.Error{Status: 404}
	}
	return jwk.Set{Keys: slices.Clone(p.w.keys.Keys)}, nil
}

// ReplaceKeys has Digdir's rules: one to five keys, no end that is past, a year for
// those without.
func (p fakePortal) ReplaceKeys(_ context.Context, _ string, set jwk.Set) (jwk.Set, error) {
	if others := p.w.between; others != nil {
		p.w.between = nil
		others()
	}
	if len(set.Keys) == 0 || len(set.Keys) > selfservice.MaximumKeys {
		p.w.t.Errorf("a key set of %d keys is posted", len(set.Keys))
	}
	stored := jwk.Set{}
	for _, key := range set.Keys {
		end := p.w.now.AddDate(1, 0, 0).Unix()
		before, known := p.w.keys.Find(key.KeyID)
		switch {
		case key.Expires != nil:
			end = *key.Expires
		case known && p.w.keeps:
			end = *before.Expires
		}
		if end <= p.w.now.Unix() && !p.w.keeps {
			return jwk.Set{}, &selfservice.Error{Status: 400, Description: "exp must be in the future"}
		}
		key.Expires = &end
		stored.Keys = append(stored.Keys, key)
	}
	return stored, p.w.change("replace keys", func() { p.w.keys = stored })
}

// fakeMaskinporten gives a token for a registered key that has not expired.
type fakeMaskinporten struct{ w *world }

func (m fakeMaskinporten) Prove(_ context.Context, id string, key *jwk.Key, _ []string) error {
	m.w.mu.Lock()
	defer m.w.mu.Unlock()
	if id != clientID {
		return refusal("Invalid assertion. Client authentication failed.", "")
	}
	if last := len(m.w.keys.Keys) - 1; m.w.unheard > 0 && m.w.keys.Keys[last].KeyID == key.KeyID() {
		m.w.unheard--
		return refusal("Unknown key identifier (kid) for client.", "")
	}
	return m.judge(key)
}

func (m fakeMaskinporten) judge(key *jwk.Key) error {
	registered, found := m.w.keys.Find(key.KeyID())
	switch {
	case !found:
		return refusal("Unknown key identifier (kid) for client.", "")
	case registered.Modulus != key.Public().Modulus:
		return refusal("Invalid JWT signature.", "MP-124")
	case *registered.Expires <= m.w.now.Unix():
		return refusal("Expired key.", "MP-121")
	}
	return nil
}

func refusal(description, code string) error {
	return &maskinporten.Error{Status: 400, Code: "invalid_grant", Description: description, MPCode: code}
}

// Keys are made once, since that takes time.
var (
	firstKey   = sync.OnceValue(func() *jwk.Key { return mustKey("fts-tt02-first") })
	secondKey  = sync.OnceValue(func() *jwk.Key { return mustKey("fts-tt02-second") })
	foreignKey = sync.OnceValue(func() *jwk.Key { return mustKey("somebody-elses") })
)

func mustKey(id string) *jwk.Key {
	key, err := jwk.Generate(id, jwk.DefaultBits)
	if err != nil {
		panic(err)
	}
	return key
}

func thumbprint(key *jwk.Key) string {
	text, err := key.Public().Thumbprint()
	if err != nil {
		panic(err)
	}
	return text
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and read the diff. Got:\n%s", path, got)
	}
}
