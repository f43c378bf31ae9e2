package serve_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/platformtest"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
	"github.com/stafett/stafett/serve"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what should take a few hundredths of a
// second.
const patience = 4 * time.Minute

// world is the example project, prepared, on a local platform of its own.
type world struct {
	t                   *testing.T
	dir                 string
	project             *project.Project
	original, receiving *app.Folder
	definitions         []*handover.Definition
	environment         altinn.Environment
	platform            *local.Platform
	vault               *keyvault.Vault
	person              local.Person
	asPerson            *altinn.AppClient
	tokens              altinn.TokenSource // the organisation's
	asOwner             *altinn.StorageClient
}

// newWorld prepares the example. The changes are made to the platform before it
// starts.
func newWorld(t *testing.T, changes ...func(*local.Config)) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir()}
	must(t, examples.WriteTo(w.dir))
	w.project = ok(project.Load(filepath.Join(w.dir, examples.ProjectFile)))(t)
	w.original, w.receiving = ok(app.Load(w.project.Applications.Original))(t), ok(app.Load(w.project.Applications.Receiving))(t)
	for _, d := range w.project.Handovers {
		w.definitions = append(w.definitions, ok(handover.Compile(d, w.original, w.receiving))(t))
	}
	w.environment = ok(altinn.LookupEnvironment("tt02"))(t)
	cfg := local.Config{Apps: []*app.Folder{w.original, w.receiving}, Vault: w.project.Vault, Dir: filepath.Join(w.dir, "storage"), Keys: platformtest.Keys(t)}
	for _, change := range changes {
		change(&cfg)
	}
	w.platform = ok(local.Start(t.Context(), cfg))(t)
	t.Cleanup(func() { must(t, w.platform.Close()) })
	w.vault = w.openVault(w.platform.Client())
	w.prepare()
	w.person = w.platform.Seed().Persons[0]
	w.asPerson = altinn.NewAppClient(altinn.AppConfig{Environment: w.environment, HTTPClient: w.platform.Client(), Tokens: w.logIn()})
	w.tokens = ok(w.load(t.Context(), w.platform.Client()))(t).Altinn()
	w.asOwner = altinn.NewStorageClient(altinn.StorageConfig{Environment: w.environment, HTTPClient: w.platform.Client(), Tokens: w.tokens})
	return w
}

func (w *world) openVault(client *http.Client) *keyvault.Vault {
	seed := w.platform.Seed()
	credential := ok(keyvault.NewCredential(keyvault.CredentialOptions{
		HTTPClient: client, TenantID: seed.TenantID, ClientID: seed.AzureClientID, ClientSecret: seed.AzureClientSecret,
	}))(w.t)
	return ok(keyvault.Open(w.project.Vault, credential, client))(w.t)
}

// prepare does what `stafett prepare` does.
func (w *world) prepare() {
	client, seed, ctx := w.platform.Client(), w.platform.Seed(), w.t.Context()
	environment := ok(maskinporten.LookupEnvironment("test"))(w.t)
	admin := ok(maskinporten.New(maskinporten.Config{
		Issuer: environment.Issuer, TokenURL: environment.TokenURL, HTTPClient: client,
		ClientID: seed.SelfServiceClientID, Key: ok(jwk.ParsePrivate(seed.SelfServiceKey))(w.t),
	}))(w.t)
	systems := prepare.Systems{
		Vault: w.vault,
		Integrations: ok(selfservice.New(selfservice.Config{
			BaseURL: selfservice.TestBaseURL, HTTPClient: client,
			Tokens: admin.Source(maskinporten.Grant{Scopes: []string{"idporten:dcr.read", "idporten:dcr.write"}}),
		}))(w.t),
		Prover: prepare.MaskinportenProver{Environment: environment, HTTPClient: client},
	}
	target := ok(prepare.NewTarget(w.project, w.original.ID))(w.t)
	plan := ok(prepare.NewPlan(ok(prepare.Read(ctx, systems, target))(w.t)))(w.t)
	ok(prepare.Apply(ctx, systems, plan, nil))(w.t)
}

func (w *world) load(ctx context.Context, client *http.Client) (*integration.Integration, error) {
	return integration.Load(ctx, integration.Options{
		AppDir: w.project.Applications.Original, EnvironmentName: "Staging", Section: w.project.Section,
		Vault: w.openVault(client), HTTPClient: client, Altinn: w.environment,
	})
}

// replaceKey puts another key into the vault. Whether it is registered matters to
// nobody who does not ask for a token.
func (w *world) replaceKey() {
	w.t.Helper()
	key := ok(jwk.Generate(jwk.NewKeyID(w.project.Owner.Org, w.environment.Name), jwk.DefaultBits))(w.t)
	_, name := keyvault.SecretNames(w.project.Section)
	ok(w.vault.Set(w.t.Context(), name, key.Encoded(), keyvault.SetOptions{}))(w.t)
}

// config is that of a service which sweeps so often that a test need not wait. Leases
// last as long as the wait after an unclear outcome at most, and a machine with much
// else to do must not lose them.
func (w *world) config() serve.Config {
	return serve.Config{
		Project: w.project, Definitions: w.definitions, Environment: w.environment,
		HTTPClient: w.platform.Client(), Load: w.load,
		Secret: func(ctx context.Context, client *http.Client, name string) (secret.String, error) {
			got, err := w.openVault(client).Get(ctx, name)
			return got.Value, err
		},
		Journal: filepath.Join(w.dir, "journal.db"), Listen: "127.0.0.1:0",
		UnclearWait: time.Minute, SweepEvery: 250 * time.Millisecond, Grace: 5 * time.Second,
	}
}

// start starts a service that ends with the test.
func (w *world) start(changes ...func(*serve.Config)) *serve.Server {
	w.t.Helper()
	cfg := w.config()
	for _, change := range changes {
		change(&cfg)
	}
	server := ok(serve.Start(w.t.Context(), cfg))(w.t)
	w.t.Cleanup(func() { must(w.t, server.Stop(context.Background())) })
	return server
}

func (w *world) logIn() altinn.TokenSource {
	address := fmt.Sprintf("https://%s/Home/GetTestUserToken/%d?authenticationLevel=3", local.LoginHost, w.person.UserID)
	request := ok(http.NewRequestWithContext(w.t.Context(), http.MethodGet, address, nil))(w.t)
	response := ok(w.platform.Client().Do(request))(w.t)
	defer response.Body.Close()
	return altinn.StaticToken(secret.New(string(ok(io.ReadAll(response.Body))(w.t))))
}

// fillIn makes a form that waits for the person to confirm it, and returns the
// instance's id.
func (w *world) fillIn() string {
	w.t.Helper()
	ctx, id := w.t.Context(), w.original.ID
	form := ok(w.asPerson.CreatePrefilled(ctx, id, altinn.SimpleTemplate{Owner: altinn.InstanceOwner{PartyID: strconv.Itoa(w.person.PartyID)}}))(w.t)
	data := form.Data[slices.IndexFunc(form.Data, func(e altinn.DataElement) bool { return e.DataType == "skjema" })]
	answers := ok(fs.ReadFile(examples.Files(), examples.FormData))(w.t)
	must(w.t, w.asPerson.UpdateData(ctx, id, form.ID, data.ID, altinn.NewUpload("skjema", "application/json", "", answers)))
	ok(w.asPerson.ProcessNext(ctx, id, form.ID, ""))(w.t)
	return form.ID
}

func (w *world) confirm(form string) {
	w.t.Helper()
	ok(w.asPerson.ProcessNext(w.t.Context(), w.original.ID, form, "confirm"))(w.t)
}

// sendIn sends a form in and returns the instance's id.
func (w *world) sendIn() string {
	w.t.Helper()
	form := w.fillIn()
	w.confirm(form)
	return form
}

// awaitDone waits until the service has handed a form over, and returns the
// record.
func (w *world) awaitDone(o handover.Operations, form string) handover.Record {
	w.t.Helper()
	var seen []handover.Record
	w.await("the handover of "+form, func() bool {
		records, err := o.List(w.t.Context(), handover.Filter{Source: strings.ToLower(form)})
		if err != nil {
			w.t.Fatal(err)
		}
		seen = records
		return len(records) == 1 && records[0].State.Settled()
	})
	if seen[0].State != handover.Done {
		w.t.Fatalf("the handover of %s is %s: %s %s", form, seen[0].State, seen[0].Reason, seen[0].Setback.Cause)
	}
	return seen[0]
}

// await waits until something holds.
func (w *world) await(what string, holds func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: not within %s", what, patience)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// received lists the instances of the receiving application.
func (w *world) received() []altinn.Instance {
	w.t.Helper()
	var all []altinn.Instance
	for instance, err := range w.asOwner.Instances(w.t.Context(), altinn.Query{AppID: w.receiving.ID}) {
		must(w.t, err)
		all = append(all, instance)
	}
	return all
}

// logged is a log that a test looks into.
type logged struct {
	mu   sync.Mutex
	text []byte
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

// String returns what has been logged.
func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

func (l *logged) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ok takes the result of a call that must not fail.
func ok[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		must(t, err)
		return value
	}
}
