package fit_test

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/sqlite"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/platformtest"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/fit"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

// TestFittedApplicationsHandOver breaks both applications in everything that can
// be mended, and runs them on the local platform before and after.
func TestFittedApplicationsHandOver(t *testing.T) {
	t.Parallel()
	in := variant{
		originalPolicy:    func(text string) string { return another(without("confirm", "reject")(text)) },
		receivingPolicy:   another,
		receivingMetadata: replace(`"id": "kildePdf"`, `"id": "annet"`, `"image/png",`, "", `"organisation": true`, `"organisation": false`, `"person": false`, `"person": true`),
		projectFile:       replace("    attachments:", "    confirm: true\n    attachments:"),
	}.read(t)

	broken := run(t, in)
	form, err := broken.sendIn(t)
	if !altinn.IsStatus(err, http.StatusForbidden) {
		t.Errorf("before: sending the form in gives %v", err)
	}
	if _, err := broken.apps.Instance(t.Context(), in.Original.App.ID, form); !altinn.IsStatus(err, http.StatusForbidden) {
		t.Errorf("before: the organisation's look at the form gives %v", err)
	}
	owner := altinn.InstanceOwner{OrganisationNumber: in.Project.Owner.OrganisationNumber}
	if _, err := broken.apps.CreateInstance(t.Context(), in.Receiving.App.ID, altinn.Template{Owner: owner}, nil); !altinn.IsStatus(err, http.StatusForbidden) {
		t.Errorf("before: making an instance gives %v", err)
	}

	result := applications(t, in)
	if len(result.Edits) != 3 {
		t.Fatalf("%d files are edited", len(result.Edits))
	}
	fitted := run(t, applied(t, in, result.Edits))
	if form, err = fitted.sendIn(t); err != nil {
		t.Fatalf("after: sending the form in gives %v", err)
	}
	if record := fitted.handOver(t, form); record.State != handover.Done || len(record.Files) != 2 || !record.Confirmed {
		t.Errorf("after: the handover is %s with %d files, confirmed %t", record.State, len(record.Files), record.Confirmed)
	}
}

// running is the applications on a local platform, with the organisation's
// clients.
type running struct {
	*local.Platform
	in      fit.Input
	tt02    altinn.Environment
	apps    *altinn.AppClient
	storage *altinn.StorageClient
}

func run(t *testing.T, in fit.Input) *running {
	t.Helper()
	platform, err := local.Start(t.Context(), local.Config{Apps: []*app.Folder{in.Original.App, in.Receiving.App}, Vault: in.Project.Vault, Keys: platformtest.Keys(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := platform.Close(); err != nil {
			t.Error(err)
		}
	})
	tokens := must(integration.Load(t.Context(), integration.Options{
		AppDir: in.Original.Dir, EnvironmentName: "Staging", Section: in.Section, Vault: makeReady(t, in, platform), HTTPClient: platform.Client(),
	}))(t).Altinn()
	environment := must(altinn.LookupEnvironment(in.Project.Environment))(t)
	return &running{
		Platform: platform, in: in, tt02: environment,
		apps:    altinn.NewAppClient(altinn.AppConfig{Environment: environment, HTTPClient: platform.Client(), Tokens: tokens}),
		storage: altinn.NewStorageClient(altinn.StorageConfig{Environment: environment, HTTPClient: platform.Client(), Tokens: tokens}),
	}
}

// makeReady does what prepare does, and returns the vault with the secrets.
func makeReady(t *testing.T, in fit.Input, platform *local.Platform) *keyvault.Vault {
	t.Helper()
	client, seed := platform.Client(), platform.Seed()
	credential := must(keyvault.NewCredential(keyvault.CredentialOptions{
		HTTPClient: client, TenantID: seed.TenantID, ClientID: seed.AzureClientID, ClientSecret: seed.AzureClientSecret,
	}))(t)
	vault := must(keyvault.Open(in.Project.Vault, credential, client))(t)
	environment := must(maskinporten.LookupEnvironment("test"))(t)
	admin := must(maskinporten.New(maskinporten.Config{
		Issuer: environment.Issuer, TokenURL: environment.TokenURL, HTTPClient: client,
		ClientID: seed.SelfServiceClientID, Key: must(jwk.ParsePrivate(seed.SelfServiceKey))(t),
	}))(t)
	systems := prepare.Systems{
		Vault: vault,
		Integrations: must(selfservice.New(selfservice.Config{
			BaseURL: selfservice.TestBaseURL, HTTPClient: client,
			Tokens: admin.Source(maskinporten.Grant{Scopes: []string{"idporten:dcr.read", "idporten:dcr.write"}}),
		}))(t),
		Prover: prepare.MaskinportenProver{Environment: environment, HTTPClient: client},
	}
	target := must(prepare.NewTarget(in.Project, in.Original.App.ID))(t)
	plan := must(prepare.NewPlan(must(prepare.Read(t.Context(), systems, target))(t)))(t)
	must(prepare.Apply(t.Context(), systems, plan, nil))(t)
	return vault
}

// sendIn has a person fill in the form with a map, and confirm it.
func (r *running) sendIn(t *testing.T) (form string, err error) {
	t.Helper()
	person, id := r.Seed().Persons[0], r.in.Original.App.ID
	address := fmt.Sprintf("https://%s/Home/GetTestUserToken/%d?authenticationLevel=3", local.LoginHost, person.UserID)
	response := must(r.Client().Do(must(http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil))(t)))(t)
	defer func() { _ = response.Body.Close() }()
	token := secret.New(string(must(io.ReadAll(response.Body))(t)))
	apps := altinn.NewAppClient(altinn.AppConfig{Environment: r.tt02, HTTPClient: r.Client(), Tokens: altinn.StaticToken(token)})

	instance := must(apps.CreatePrefilled(t.Context(), id, altinn.SimpleTemplate{Owner: altinn.InstanceOwner{PartyID: strconv.Itoa(person.PartyID)}}))(t)
	data := instance.Data[slices.IndexFunc(instance.Data, func(e altinn.DataElement) bool { return e.DataType == "skjema" })]
	answers := must(fs.ReadFile(examples.Files(), examples.FormData))(t)
	if err := apps.UpdateData(t.Context(), id, instance.ID, data.ID, altinn.NewUpload("skjema", "application/json", "", answers)); err != nil {
		t.Fatal(err)
	}
	image := must(fs.ReadFile(examples.Files(), examples.Map))(t)
	must(apps.AddData(t.Context(), id, instance.ID, altinn.NewUpload("kart", "image/png", "kart.png", image)))(t)
	must(apps.ProcessNext(t.Context(), id, instance.ID, ""))(t)
	_, err = apps.ProcessNext(t.Context(), id, instance.ID, "confirm")
	return instance.ID, err
}

func (r *running) handOver(t *testing.T, form string) handover.Record {
	t.Helper()
	definition := must(handover.Compile(r.in.Project.Handovers[0], r.in.Original.App, r.in.Receiving.App))(t)
	journal := must(sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "journal.db"), sqlite.Options{}))(t)
	t.Cleanup(func() { _ = journal.Close() })
	service := must(handover.New(handover.Config{
		Definitions: []*handover.Definition{definition},
		Source:      handover.NewSource(r.storage, r.apps), Receiver: r.apps,
		Finder: handover.NewIndex(r.storage, 10*time.Minute), Lister: r.storage,
		Journal: journal, Owner: "fit",
	}))(t)
	begun := must(service.Begin(t.Context(), definition.ID(), form, handover.ByCommand))(t)
	return must(service.Settle(t.Context(), begun[0].Key))(t)
}

// must ends the test with an error.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
