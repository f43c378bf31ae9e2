package prepare_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/prepare"
)

// oldCode is how the guide has the client library used.
const oldCode = `using Altinn.ApiClients.Maskinporten.Extensions;

void RegisterCustomAppServices(IServiceCollection services, IConfiguration config, IWebHostEnvironment env)
{
    services.AddMaskinportenHttpClient<SettingsJwkClientDefinition, SakClient>(config.GetSection("MaskinportenSettings"));
}
`

// newCode uses the application library's own client.
const newCode = `void RegisterCustomAppServices(IServiceCollection services, IConfiguration config, IWebHostEnvironment env)
{
    services.AddHttpClient<SakClient>()
        .UseMaskinportenAltinnAuthorisation("altinn:serviceowner/instances.read", "altinn:serviceowner/instances.write");
}
`

// project8 is a project file with and without the client library.
func project8(packages ...string) string {
	text := `<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup><PackageReference Include="Altinn.App.Api" Version="8.10.0" />`
	for _, name := range packages {
		text += `<PackageReference Include="` + name + `" Version="9.2.0" />`
	}
	return text + `</ItemGroup></Project>`
}

const clientLibrary = "Altinn.ApiClients.Maskinporten"

// half is the section between the two clients.
const half = `{
  // Hentes fra Key Vault
  "MaskinportenSettings": {
    "Environment": "test",
    "ClientId": "",
    "Scope": "altinn:serviceowner/instances.read altinn:serviceowner/instances.write",
    "EncodedJwk": "",
    "ExhangeToAltinnToken": true,
    "Authority": "https://test.maskinporten.no/"
  }
}
`

// halfway has what is new beside what is old.
func halfway(w *world) {
	ready(w)
	w.secrets[builtInKeySecret] = w.secrets[keySecret]
}

// The intent of a plan at each point of a migration.
func TestPlansOfMigration(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, settings string
		deployed       bool
		world          func(w *world)
	}{
		{"migrate-begins", fitted, false, func(w *world) {
			ready(w)
			w.write("App.csproj", project8(clientLibrary))
			w.write("Program.cs", oldCode)
		}},
		{"migrate-from-nothing", guideSection, false, func(*world) {}},
		{"migrate-waits-for-the-code", half, true, func(w *world) {
			halfway(w)
			w.write("App.csproj", project8(clientLibrary))
			w.write("Program.cs", oldCode)
		}},
		{"migrate-waits-for-the-package", half, true, func(w *world) {
			halfway(w)
			w.write("App.csproj", project8(clientLibrary))
			w.write("Program.cs", newCode)
		}},
		{"migrate-waits-for-the-section-in-code", strings.Replace(half, `"MaskinportenSettings": {`, `"myapp:MaskinportenSettings": {`, 1), true, func(w *world) {
			halfway(w)
			w.target.Section = "myapp:MaskinportenSettings"
			for name, text := range w.secrets {
				w.secrets["myapp--"+name] = text
			}
			w.write("App.csproj", project8())
			w.write("Program.cs", newCode)
		}},
		{"migrate-waits-for-generation-8", half, false, func(w *world) {
			halfway(w)
			w.write("App.csproj", onVersion("7.15.0"))
			w.write("Program.cs", newCode+`services.ConfigureMaskinportenClient("Other");`)
		}},
		{"migrate-waits-for-the-deployment", half, false, func(w *world) {
			halfway(w)
			w.write("App.csproj", project8())
			w.write("Program.cs", newCode)
		}},
		{"migrate-waits-where-there-is-no-code", half, false, halfway},
		{"migrate-ends", half, true, func(w *world) {
			halfway(w)
			w.write("App.csproj", project8())
			w.write("Program.cs", newCode)
			w.secrets["MaskinportenSettings--Scope"] = "altinn:serviceowner"
		}},
		{"migrate-ends-where-there-is-no-code", half, true, halfway},
		{"migrate-ends-with-another-environment-behind", half, true, func(w *world) {
			halfway(w)
			w.write("App.csproj", project8())
			w.write("Program.cs", newCode)
			w.write("appsettings.Production.json", `{"MaskinportenSettings": {"Environment": "prod"}}`)
			w.write("appsettings.Staging.json", `{"MaskinportenSettings": {"Environment": "test", "Authority": "https://test.maskinporten.no/"}}`)
		}},
		{"migrate-ends-and-the-receiving-application-has-the-section", half, true, func(w *world) {
			halfway(w)
			w.receiving(`{"MaskinportenSettings": {"Environment": "test"}}`)
		}},
		{"migrate-deployed-too-early", fitted, true, ready},
		{"migrate-is-done", builtInFitted, true, builtInReady},
		{"migrate-key-under-another-id", strings.Replace(fitted, `"ClientId"`, `"Kid": "fra-nettsiden", "ClientId"`, 1), false, func(w *world) {
			ready(w)
			renamed, err := aKey().WithKeyID("fra-nettsiden")
			if err != nil {
				w.t.Fatal(err)
			}
			w.keys["client-a"].Keys[0] = renamed.Public()
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.settings)
			test.world(w)
			w.target.Migrate, w.target.Deployed = true, test.deployed
			w.checkPlan(test.name)
		})
	}
}

// Replacing an integration in the middle of a migration tells what becomes of the
// other client.
func TestPlanOfReplacementWhileBothClientsHaveTheKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, half)
	halfway(w)
	w.target.Replace = "client-a"
	w.checkPlan("migrate-and-replace")
}

// A whole migration: after each step both clients can be used until the last,
// each step can be repeated, and only the last removes anything.
func TestMigration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fitted)
	ready(w)
	w.write("App.csproj", project8(clientLibrary))
	w.write("Program.cs", oldCode)
	w.target.Migrate = true
	apply := func() {
		t.Helper()
		if _, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil); err != nil {
			t.Fatal(err)
		}
		if again := w.mustPlan(); !again.IsEmpty() {
			t.Fatalf("still to do: %s", again)
		}
	}

	apply()
	if w.secrets[keySecret] != w.secrets[builtInKeySecret] || w.disabled[keySecret] || w.settings() != half {
		t.Errorf("after the first step: %v\n%s", w.disabled, w.settings())
	}
	// The section is still the old client's, for those who do not migrate.
	w.target.Migrate = false
	if plan := w.mustPlan(); !plan.IsEmpty() {
		t.Errorf("preparing for the old client: %s", plan)
	}

	w.target.Migrate, w.target.Deployed = true, true
	apply() // too early: by its code the application uses the old client
	if w.disabled[keySecret] || w.settings() != half {
		t.Errorf("removed too early:\n%s", w.settings())
	}

	w.write("App.csproj", project8())
	w.write("Program.cs", newCode)
	w.target.Deployed = false
	apply()
	if w.disabled[keySecret] || w.settings() != half {
		t.Errorf("removed before it is deployed:\n%s", w.settings())
	}

	w.target.Deployed = true
	apply()
	want := `{
  // Hentes fra Key Vault
  "MaskinportenSettings": {
    "ClientId": "",
    "Authority": "https://test.maskinporten.no/"
  }
}
`
	if got := w.settings(); !w.disabled[keySecret] || w.disabled[builtInKeySecret] || got != want {
		t.Errorf("at the end: %v\n%s", w.disabled, got)
	}
	w.target.Migrate, w.target.Deployed = false, false
	if plan := w.mustPlan(); !plan.IsEmpty() || len(plan.Warnings) != 0 {
		t.Errorf("after the end: %s", plan)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "appsettings.Staging.json")); err == nil {
		t.Error("an overlay has been made")
	}
}
