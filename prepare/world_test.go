package prepare_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
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
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) {
	if os.Getenv(victimVariable) != "" {
		os.Exit(victim())
	}
	goleak.VerifyTestMain(m)
}

const (
	clientSecret = "MaskinportenSettings--ClientId"
	keySecret    = "MaskinportenSettings--EncodedJwk"
	orgNumber    = "313547264"
	name         = "stafett-fts-tt02-barmarkskjoring"
	readScope    = "altinn:serviceowner/instances.read"
	writeScope   = "altinn:serviceowner/instances.write"
)

// guideSection is the section as the guide prints it, in a file with comments.
const guideSection = `{
  // Hentes fra Key Vault
  "MaskinportenSettings": {
    "Environment": "ver2",
    "ClientId": "",
    "Scope": "altinn:serviceowner/instances.read",
    "EncodedJwk": "",
    "ExhangeToAltinnToken": true,
    "EnableDebugLog": true
  }
}
`

// fitted is the same when nothing is left to do.
const fitted = `{
  // Hentes fra Key Vault
  "MaskinportenSettings": {
    "Environment": "test",
    "ClientId": "",
    "Scope": "altinn:serviceowner/instances.read altinn:serviceowner/instances.write",
    "EncodedJwk": "",
    "ExhangeToAltinnToken": true
  }
}
`

// world is a vault, Samarbeidsportalen and Maskinporten in memory, with the
// rules that matter to a plan, and an application's folder on disk. Any change
// can be made to fail, before or after it has taken effect.
type world struct {
	t      *testing.T
	target prepare.Target
	dir    string

	mu           sync.Mutex
	secrets      map[string]string
	items        map[string]keyvault.Item // what stands beside a secret, where it is not as Stafett would write it today
	deleted      map[string]bool
	disabled     map[string]bool
	notGranted   string             // a scope
	readOnly     bool               // the vault may be read and not written
	changed      func(entry string) // told after each change; nil for nobody
	person       *person            // who is asked in place of an admin client; nil for none
	poll         time.Duration      // half of what a change at the portal is waited for; 0 for as long as ever
	integrations []selfservice.Integration
	keys         map[string]jwk.Set
	log          []string // every call, in order

	changes   int  // how many changes have been asked for
	crashAt   int  // which of them fails; 0 for none
	crashLate bool // it fails after it has taken effect
	prover    func(attempt int) error
	proofs    int
}

func newWorld(t *testing.T, settings string) *world {
	t.Helper()
	w := &world{
		t: t, dir: t.TempDir(), secrets: make(map[string]string), items: make(map[string]keyvault.Item), deleted: make(map[string]bool), disabled: make(map[string]bool), keys: make(map[string]jwk.Set),
	}
	w.target = prepare.Target{
		Org: "fts", OrganisationNumber: orgNumber, Environment: "tt02", Maskinporten: "test", AppID: "fts/barmarkskjoring", AppDir: w.dir,
		Section: "MaskinportenSettings", Vault: "https://kv-fts-tt02.vault.azure.net", Integration: name, Scopes: []string{readScope, writeScope},
	}
	w.write("appsettings.json", settings)
	return w
}

func (w *world) write(name, content string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
		w.t.Fatal(err)
	}
}

// settings is what appsettings.json holds.
func (w *world) settings() string {
	w.t.Helper()
	content, err := os.ReadFile(filepath.Join(w.dir, "appsettings.json"))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(content)
}

func (w *world) systems() prepare.Systems {
	systems := prepare.Systems{
		Vault: fakeVault{w}, Integrations: fakePortal{w}, Files: fakeFiles{w}, Prover: fakeMaskinporten{w},
		PollInterval: w.poll, PropagationLimit: 2 * w.poll, ReadingTime: time.Nanosecond,
		Now: func() time.Time { return now },
	}
	if w.person != nil {
		systems.Integrations, systems.Guide = nil, w.person
	}
	return systems
}

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func (w *world) plan() (prepare.Plan, error) {
	state, err := prepare.Read(w.t.Context(), w.systems(), w.target)
	if err != nil {
		return prepare.Plan{}, err
	}
	return prepare.NewPlan(state)
}

func (w *world) mustPlan() prepare.Plan {
	w.t.Helper()
	plan, err := w.plan()
	if err != nil {
		w.t.Fatal(err)
	}
	return plan
}

// existing puts an integration with keys at Samarbeidsportalen.
func (w *world) existing(integration selfservice.Integration, keys ...jwk.Public) {
	if integration.OrgNumber == "" {
		integration.OrgNumber = orgNumber
	}
	if integration.IntegrationType == "" {
		integration.IntegrationType = "maskinporten"
	}
	integration.Active = true
	w.integrations = append(w.integrations, integration)
	w.keys[integration.ClientID] = jwk.Set{Keys: keys}
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
	if w.changed != nil {
		w.changed(entry)
	}
	if crash {
		return errCrash
	}
	return nil
}

func (w *world) read(entry string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, entry)
}

// item is what stands beside a secret.
func (w *world) item(name string) keyvault.Item {
	item, found := w.items[name]
	if !found {
		item = keyvault.Item{Name: name, Created: now}
		if key := storedKey(w.secrets[name]); key != nil {
			item.Expires = now.AddDate(1, 0, -1)
			item.Tags = map[string]string{"made-by": "stafett", "kid": key.KeyID(), "thumbprint": thumbprint(w.t, key)}
		}
	}
	item.Enabled = !w.disabled[name]
	return item
}

var storedKeys sync.Map // by their text

// storedKey reads a key, or nil where a text is none. It does so once for each text:
// to read a key takes far longer than to list secrets.
func storedKey(text string) *jwk.Key {
	if known, found := storedKeys.Load(text); found {
		return known.(*jwk.Key)
	}
	key, _ := jwk.ParseEncoded(secret.New(text)) // nil with an error
	storedKeys.Store(text, key)
	return key
}

type fakeVault struct{ w *world }

func (v fakeVault) List(context.Context) ([]keyvault.Item, error) {
	v.w.read("list vault")
	var items []keyvault.Item
	for name := range v.w.secrets {
		items = append(items, v.w.item(name))
	}
	slices.SortFunc(items, func(a, b keyvault.Item) int { return strings.Compare(a.Name, b.Name) })
	return items, nil
}

func (v fakeVault) Get(_ context.Context, name string) (keyvault.Secret, error) {
	v.w.read("get " + name)
	value, found := v.w.secrets[name]
	switch item := v.w.item(name); {
	case !found:
		return keyvault.Secret{}, fmt.Errorf("get secret %s: %w", name, keyvault.ErrNotFound)
	case !item.Enabled:
		return keyvault.Secret{}, &keyvault.DisabledError{Secret: name}
	default:
		return keyvault.Secret{Item: item, Value: secret.New(value)}, nil
	}
}

func (v fakeVault) CheckFree(_ context.Context, name string) error {
	if v.w.deleted[name] {
		return &keyvault.SoftDeletedError{Secret: name, Vault: "kv-fts-tt02.vault.azure.net"}
	}
	return nil
}

func (v fakeVault) Set(_ context.Context, name string, value secret.String, o keyvault.SetOptions) (keyvault.Item, error) {
	if v.w.readOnly {
		return keyvault.Item{}, &keyvault.AccessError{Operation: keyvault.OpSet, Secret: name, Vault: "kv-fts-tt02.vault.azure.net", Status: 403, Code: "ForbiddenByRbac"}
	}
	item := keyvault.Item{Name: name, Enabled: true, Created: now, Expires: o.Expires, Tags: o.Tags}
	return item, v.w.change("set "+name, func() { v.w.secrets[name], v.w.items[name], v.w.disabled[name] = value.Reveal(), item, false })
}

func (v fakeVault) Update(_ context.Context, name, _ string, o keyvault.UpdateOptions) (keyvault.Item, error) {
	item := v.w.item(name)
	if o.Tags != nil {
		item.Tags = o.Tags
	}
	if !o.Expires.IsZero() {
		item.Expires = o.Expires
	}
	return item, v.w.change("update "+name, func() {
		v.w.items[name] = item
		if o.Enabled != nil {
			v.w.disabled[name] = !*o.Enabled
		}
	})
}

type fakePortal struct{ w *world }

func (p fakePortal) List(context.Context) ([]selfservice.Integration, error) {
	p.w.read("list integrations")
	return slices.Clone(p.w.integrations), nil
}

func (p fakePortal) find(id string) int {
	return slices.IndexFunc(p.w.integrations, func(i selfservice.Integration) bool { return i.ClientID == id })
}

func (p fakePortal) Get(_ context.Context, id string) (selfservice.Integration, error) {
	p.w.read("get integration")
	if at := p.find(id); at >= 0 {
		return p.w.integrations[at], nil
	}
	return selfservice.Integration{}, &selfservice.Error{Status: 404}
}

func (p fakePortal) Create(_ context.Context, n selfservice.NewIntegration) (selfservice.Integration, error) {
	created := selfservice.Integration{
		ClientID: fmt.Sprintf("client-%d", len(p.w.integrations)+1), Name: n.Name, Description: n.Description, Scopes: n.Scopes,
		OrgNumber: orgNumber, IntegrationType: "maskinporten", Active: true,
	}
	err := p.w.change("create integration", func() { p.w.integrations = append(p.w.integrations, created) })
	return created, err
}

func (p fakePortal) Update(_ context.Context, changed selfservice.Integration) (selfservice.Integration, error) {
	return changed, p.w.change("update integration", func() { p.w.integrations[p.find(changed.ClientID)] = changed })
}

func (p fakePortal) Keys(_ context.Context, id string) (jwk.Set, error) {
	p.w.read("read keys")
	return jwk.Set{Keys: slices.Clone(p.w.keys[id].Keys)}, nil
}

// ReplaceKeys has Digdir's rules: one to five keys, and no end that is past.
func (p fakePortal) ReplaceKeys(_ context.Context, id string, set jwk.Set) (jwk.Set, error) {
	for _, key := range set.Keys {
		if key.Expires != nil && *key.Expires <= now.Unix() {
			return jwk.Set{}, &selfservice.Error{Status: 400, Description: "exp must be in the future"}
		}
	}
	if len(set.Keys) == 0 || len(set.Keys) > selfservice.MaximumKeys {
		p.w.t.Errorf("a key set of %d keys is posted", len(set.Keys))
	}
	return set, p.w.change("replace keys", func() { p.w.keys[id] = set })
}

type fakeFiles struct{ w *world }

func (f fakeFiles) Read(path string) ([]byte, error) { return prepare.LocalFiles{}.Read(path) }

func (f fakeFiles) Replace(path string, before, after []byte) error {
	var err error
	if crash := f.w.change("edit "+filepath.Base(path), func() { err = prepare.LocalFiles{}.Replace(path, before, after) }); crash != nil {
		return crash
	}
	return err
}

// fakeMaskinporten gives a token for a registered key and scopes that the
// integration has.
type fakeMaskinporten struct{ w *world }

func (m fakeMaskinporten) Prove(_ context.Context, clientID string, key *jwk.Key, scopes []string) error {
	m.w.read("prove")
	m.w.mu.Lock()
	m.w.proofs++
	attempt, prover := m.w.proofs, m.w.prover
	m.w.mu.Unlock()
	if prover != nil {
		return prover(attempt)
	}
	return m.check(clientID, key, scopes)
}

func (m fakeMaskinporten) check(clientID string, key *jwk.Key, scopes []string) error {
	at := fakePortal(m).find(clientID)
	if at < 0 || !m.w.integrations[at].Active {
		return &maskinporten.Error{Status: 400, Code: "invalid_grant", Description: "Client not found", MPCode: "MP-100"}
	}
	switch registered, found := m.w.keys[clientID].Find(key.KeyID()); {
	case !found:
		return errUnknownKey
	case registered.Modulus != key.Public().Modulus:
		return &maskinporten.Error{Status: 400, Code: "invalid_grant", Description: "Invalid JWT signature", MPCode: "MP-124"}
	case registered.Expires != nil && !time.Unix(*registered.Expires, 0).After(now):
		return &maskinporten.Error{Status: 400, Code: "invalid_grant", Description: "Expired key", MPCode: "MP-121"}
	case m.w.integrations[at].IntegrationType != "maskinporten":
		return &maskinporten.Error{Status: 400, Code: "invalid_scope", MPCode: "MP-201"}
	}
	for _, scope := range scopes {
		if !slices.Contains(m.w.integrations[at].Scopes, scope) {
			return &maskinporten.Error{Status: 400, Code: "invalid_scope", Description: "Token request contains invalid scopes for client, " + scope, MPCode: "MP-200"}
		}
		if m.w.notGranted == scope {
			return &maskinporten.Error{Status: 403, Code: "forbidden", Description: "Consumer has not been granted access to the scope " + scope + ".", MPCode: "MP-250"}
		}
	}
	return nil
}

// aKey and another are made once, since that takes time.
var (
	aKey    = sync.OnceValue(func() *jwk.Key { return mustKey("fts-tt02-a") })
	another = sync.OnceValue(func() *jwk.Key { return mustKey("fts-tt02-b") })
)

func mustKey(id string) *jwk.Key {
	key, err := jwk.Generate(id, jwk.DefaultBits)
	if err != nil {
		panic(err)
	}
	return key
}

func thumbprint(t *testing.T, key *jwk.Key) string {
	t.Helper()
	text, err := key.Public().Thumbprint()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// secret is what the vault holds.
func (w *world) secret(name string) secret.String { return secret.New(w.secrets[name]) }

// receiving makes the receiving application's folder, with its settings.
func (w *world) receiving(settings string) {
	w.t.Helper()
	w.target.ReceivingDir = w.t.TempDir()
	if err := os.WriteFile(filepath.Join(w.target.ReceivingDir, "appsettings.json"), []byte(settings), 0o640); err != nil {
		w.t.Fatal(err)
	}
}
