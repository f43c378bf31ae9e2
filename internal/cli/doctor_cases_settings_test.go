package cli

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/prepare/doctor"
)

const (
	settingsName = "original-form/appsettings.json"
	bothScopes   = `"altinn:serviceowner/instances.read altinn:serviceowner/instances.write"`
)

// writing is an injection that makes a file of the project.
func writing(name, content string) func(*testing.T, *clinic) {
	return func(t *testing.T, c *clinic) {
		t.Helper()
		c.write(t, name, []byte(content))
	}
}

// An application that reads the section by itself.
const (
	csharpProject = `<Project Sdk="Microsoft.NET.Sdk.Web">
  <ItemGroup>
    <PackageReference Include="Altinn.App.Api" Version="8.10.1" />
    <PackageReference Include="Altinn.ApiClients.Maskinporten" Version="10.1.0" />
  </ItemGroup>
</Project>
`
	csharpProgram = `WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.WebHost.ConfigureAppWebHost(args);
if (!builder.Environment.IsDevelopment())
{
    builder.AddAzureKeyVaultAsConfigProvider();
}
IConfiguration config = builder.Configuration;
builder.Services.AddMaskinportenHttpClient<SettingsJwkClientDefinition, CaseClient>(config.GetSection("MaskinportenSettings"));
builder.Build().Run();
`
	mountedVault = `deployment:
  volumeMounts:
    - name: altinn-appsettings-secret
      mountPath: "/altinn-appsettings-secret"
  volumes:
    - name: altinn-appsettings-secret
      secret:
        secretName: altinn-appsettings-secret
`
)

// TestDoctorFindsWhatFilesSay breaks stafett.yaml, the applications' folders and
// their settings.
func TestDoctorFindsWhatFilesSay(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.treat(t, []ailment{
		{
			name: "a member of stafett.yaml is misspelt", id: "files.project", says: []string{"enviroment", "environment", "line"},
			inject: editing(projectName, "\nenvironment: tt02", "\nenviroment: tt02"), mend: asBefore,
		},
		{
			name: "stafett.yaml names a folder that is not there", id: "files.original", says: []string{"orginal-form"},
			inject: editing(projectName, "original: original-form", "original: orginal-form"), mend: asBefore,
		},
		{
			name: "the owner is another organisation", id: "files.original", says: []string{"fts/barmarkskjoring", "owner.org"},
			inject: both(withoutHandovers, editing(projectName, "org: fts", "org: ttd")), mend: asBefore,
		},
		{
			name: "the receiving policy is no XML", id: "files.receiving", says: []string{"policy.xml"},
			inject: editing(intoPolicy, "<xacml:Policy ", "<xacml:Policy <"), mend: asBefore,
		},
		{
			name: "a setting is there twice", id: "settings.files", says: []string{"appsettings.json", "would not start"},
			inject: editing(settingsName, `"ClientId": "",`, `"ClientId": "", "clientid": "",`), mend: asBefore,
		},
		{
			name: "a settings file has the name of Altinn's environment", id: "settings.names", status: doctor.Warn, says: []string{"appsettings.tt02.json", "Staging"},
			inject: writing("original-form/appsettings.tt02.json", "{}"), mend: asBefore,
		},
		{
			name: "a settings file is named in small letters", id: "settings.names", status: doctor.Warn, says: []string{"case of letters"},
			inject: writing("original-form/appsettings.production.json", "{}"), mend: asBefore,
		},
		{
			name: "stafett.yaml names another section", id: "settings.section", says: []string{"did you mean", "maskinporten.section"},
			inject: editing(projectName, "section: MaskinportenSettings ", "section: MaskinportenSetings "), mend: asBefore,
		},
		{
			name: "a flag is neither true nor false", id: "settings.section", says: []string{"true or false"},
			inject: editing(settingsName, `"ExhangeToAltinnToken": true`, `"ExhangeToAltinnToken": "ja"`), mend: asBefore,
		},
		{
			name: "the guide's closed environment", id: "settings.environment", says: []string{"ver2", "10 June 2024"},
			inject: editing(settingsName, `"Environment": "test"`, `"Environment": "ver2"`),
		},
		{
			name: "the other environment of Maskinporten", id: "settings.environment", says: []string{"nothing crosses"},
			inject: editing(settingsName, `"Environment": "test"`, `"Environment": "prod"`),
		},
		{
			name: "tokens are exchanged in another environment", id: "settings.environment", says: []string{"at22"},
			inject: editing(settingsName, `"Environment": "test"`, `"TokenExchangeEnvironment": "at22", "Environment": "test"`), mend: asBefore,
		},
		{
			name: "the guide's one scope", id: "settings.scopes", says: []string{"instances.write"},
			inject: editing(settingsName, bothScopes, `"altinn:serviceowner/instances.read"`),
		},
		{
			name: "scopes with a comma between them", id: "settings.scopes", says: []string{"MP-200", "space"},
			inject: editing(settingsName, "instances.read altinn", "instances.read, altinn"), mend: asBefore,
		},
		{
			name: "the exchange is spelt rightly", id: "settings.exchange", status: doctor.Warn, says: []string{"lacks a c"},
			inject: editing(settingsName, "ExhangeToAltinnToken", "ExchangeToAltinnToken"),
		},
		{
			name: "the guide's setting without effect", id: "settings.notes", status: doctor.Warn, says: []string{"EnableDebugLogging"},
			inject: editing(settingsName, `"ClientId": "",`, `"ClientId": "", "EnableDebugLog": true,`),
		},
		{
			name: "every assertion goes to the log", id: "settings.notes", status: doctor.Warn, says: []string{"EnableDebugLogging", "log"},
			inject: editing(settingsName, `"ClientId": "",`, `"ClientId": "", "EnableDebugLogging": true,`), mend: asBefore,
		},
		{
			name: "a setting that no deployed application sees", id: "settings.sources", status: doctor.Warn, says: []string{"appsettings.Local.json", "hides"},
			inject: writing("original-form/appsettings.Local.json", `{"MaskinportenSettings":{"Scope":`+bothScopes+`}}`), mend: asBefore,
		},
		{
			name: "a host that is gone", id: "settings.hosts", says: []string{"TokenUrl", "test.maskinporten.no"},
			inject: editing(settingsName, `"AppSettings": {`, `"Ours": {"TokenUrl": "https://ver2.maskinporten.no/token"}, "AppSettings": {`), mend: asBefore,
		},
		{
			name: "the testing guide's host without its end", id: "settings.hosts", says: []string{"fts.apps.tt02.altinn.no"},
			inject: writing("original-form/appsettings.Staging.json", `{"GeneralSettings":{"HostName":"fts.apps.tt02"}}`), mend: asBefore,
		},
		{
			name: "production's platform in the test environment", id: "settings.hosts", status: doctor.Warn, says: []string{"belongs to prod"},
			inject: writing("receiving-app/appsettings.Staging.json", `{"PlatformSettings":{"ApiStorageEndpoint":"https://platform.altinn.no/storage/api/v1/"}}`), mend: asBefore,
		},
		{
			name: "the service waits for events that do not come", id: "settings.events", status: doctor.Warn, says: []string{"RegisterEventsWithEventsComponent", "deploy"},
			inject: both(editing(settingsName, `"RegisterEventsWithEventsComponent": true`, `"RegisterEventsWithEventsComponent": false`),
				editing(projectName, "\nhandovers:", "\nservice:\n  events:\n    address: https://stafett.fts.no\n    secret: hendelser\nhandovers:")),
			mend: editing(settingsName, `"RegisterEventsWithEventsComponent": false`, `"RegisterEventsWithEventsComponent": true`),
		},
		{
			name: "the deployment does not mount the way to the vault", id: "code.deployment", says: []string{"altinn-appsettings-secret", "values.yaml"},
			inject: both(writing("original-form/App.csproj", csharpProject), both(writing("original-form/Program.cs", csharpProgram), writing("original-form/deployment/values.yaml", "deployment:\n  replicas: 2\n"))),
		},
		{
			name: "the code reads another section", id: "code.client", status: doctor.Warn, says: []string{"barmark:MaskinportenSettings", "Program.cs:8"},
			inject: both(both(writing("original-form/App.csproj", csharpProject), writing("original-form/deployment/values.yaml", mountedVault)),
				writing("original-form/Program.cs", strings.Replace(csharpProgram, `("MaskinportenSettings`, `("barmark:MaskinportenSettings`, 1))),
			mend: asBefore,
		},
		{
			name: "the program does not add the vault", id: "code.vault", says: []string{"does not add the vault", "Program.cs"},
			inject: both(both(writing("original-form/App.csproj", csharpProject), writing("original-form/deployment/values.yaml", mountedVault)),
				writing("original-form/Program.cs", strings.Replace(csharpProgram, "    builder.AddAzureKeyVaultAsConfigProvider();\n", "", 1))),
		},
		{
			name: "a key in a file that version control keeps", id: "repository.secrets", says: []string{"nokkel.json:1", "stafett rotate"},
			inject: committedKey, mend: asBefore,
		},
		{
			name: "this machine's clock is slow", id: "clock.offset", says: []string{"behind", "NTP"},
			inject: func(_ *testing.T, c *clinic) { c.answer(local.MaskinportenHost, fastClock) }, mend: recovers(local.MaskinportenHost),
		},
	})
}

// committedKey makes a repository of the project, with the admin client's key in
// it.
func committedKey(t *testing.T, c *clinic) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git, which is not installed here")
	}
	if output, err := exec.CommandContext(t.Context(), "git", "init", "-q", c.dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(filepath.Join(c.dir, ".git")); err != nil {
			t.Error(err)
		}
	})
	key, err := os.ReadFile(c.ready.Seed.SelfServiceJWK)
	if err != nil {
		t.Fatal(err)
	}
	c.write(t, "nokkel.json", key)
}

// fastClock lets Maskinporten's metadata come from a minute ahead.
func fastClock(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path != "/.well-known/oauth-authorization-server" {
		return false
	}
	w.Header().Set("Date", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte("{}"))
	return true
}
