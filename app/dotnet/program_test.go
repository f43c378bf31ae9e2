package dotnet_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/dotnet"
)

// web is the project file of an application with a version of Altinn's library.
func web(version string, more ...string) string {
	return `<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup>
    <PackageReference Include="Altinn.App.Api" Version="` + version + `" />` + strings.Join(more, "\n") + `
</ItemGroup></Project>`
}

const modernProgram = `using Altinn.App.Api.Extensions;

void RegisterCustomAppServices(IServiceCollection services, IConfiguration config, IWebHostEnvironment env)
{
    // services.ConfigureMaskinportenClient("Old");
    services.AddHttpClient<CaseClient>().UseMaskinportenAltinnAuthorisation(
        "altinn:serviceowner/instances.read", Scopes.Write);
}

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
ConfigureServices(builder.Services, builder.Configuration);
ConfigureWebHostBuilder(builder.WebHost);

if (!builder.Environment.IsDevelopment())
{
    builder.AddAzureKeyVaultAsConfigProvider();
}

WebApplication app = builder.Build();
app.Run();

void ConfigureServices(IServiceCollection services, IConfiguration config)
{
    RegisterCustomAppServices(services, config, builder.Environment);
}

void ConfigureWebHostBuilder(IWebHostBuilder builder)
{
    builder.ConfigureAppWebHost(args);
}
`

const olderProgram = `WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
RegisterCustomAppServices(builder.Services, builder.Configuration, builder.Environment);
ConfigureWebHostBuilder(builder.WebHost);
builder.Build().Run();

void RegisterCustomAppServices(IServiceCollection services, IConfiguration config, IWebHostEnvironment env)
{
    services.AddMaskinportenHttpClient<SettingsJwkClientDefinition, AppClient>(config.GetSection("MaskinportenSettings"));
}

void ConfigureWebHostBuilder(IWebHostBuilder builder)
{
    builder.ConfigureAppConfiguration((_, configBuilder) =>
    {
        configBuilder.LoadAppConfig(args);
        ConnectToKeyVault(configBuilder);
    });
}

static void ConnectToKeyVault(IConfigurationBuilder config)
{
    var settings = new KeyVaultSettings();
    config.Build().GetSection("kvSetting").Bind(settings);
    if (!string.IsNullOrEmpty(settings.SecretUri))
    {
        config.AddAzureKeyVault(settings.SecretUri, client, new DefaultKeyVaultSecretManager());
    }
}
`

// steps prints steps, one line each.
func steps(p dotnet.Program) string {
	var all []string
	for _, s := range p.Steps {
		text := fmt.Sprintf("%s %s", s.Position, s.Kind)
		if s.Guard != "" {
			text += " if " + s.Guard
		}
		if s.OutsideDevelopment {
			text += " [outside development]"
		}
		if s.Reload {
			text += " [reload]"
		}
		all = append(all, text)
	}
	return strings.Join(all, "\n")
}

func TestSteps(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ program, want string }{
		"today's template": {modernProgram, `App/Program.cs:29 ConfigureAppWebHost
App/Program.cs:16 AddAzureKeyVaultAsConfigProvider if !builder.Environment.IsDevelopment() [outside development]`},
		"the guide of 2023": {olderProgram, `App/Program.cs:15 ConfigureAppWebHost
App/Program.cs:26 AddAzureKeyVault if !string.IsNullOrEmpty(settings.SecretUri)`},
		"vault first": {
			"var builder = WebApplication.CreateBuilder(args);\nbuilder.AddAzureKeyVaultAsConfigProvider();\nbuilder.WebHost.ConfigureAppWebHost(args);",
			"App/Program.cs:2 AddAzureKeyVaultAsConfigProvider\nApp/Program.cs:3 ConfigureAppWebHost",
		},
		"commented out and in texts": {
			"// builder.AddAzureKeyVaultAsConfigProvider();\n/* builder.ConfigureAppWebHost(args); */\nlog(\"builder.AddAzureKeyVault()\");", "",
		},
		"in a function that nobody calls": {"Run();\nvoid Run() { }\nvoid Vault() { builder.AddAzureKeyVaultAsConfigProvider(); }", ""},
		"in Main": {
			"public class Program\n{\n  public static void Main(string[] args) { Builder(args).Build().Run(); }\n  static IHostBuilder Builder(string[] args) => Host.CreateDefaultBuilder(args)\n    .ConfigureWebHostDefaults(b => b.ConfigureAppWebHost(args));\n}",
			"App/Program.cs:5 ConfigureAppWebHost",
		},
		"function handed over": {
			"builder.Host.ConfigureAppConfiguration(Vault);\nvoid Vault(IConfigurationBuilder config) { config.AddAzureKeyVault(uri, credential, new() { ReloadInterval = TimeSpan.FromMinutes(1) }); }",
			"App/Program.cs:2 AddAzureKeyVault [reload]",
		},
		"functions that call each other": {"A();\nvoid A() { B(); }\nvoid B() { A(); builder.ConfigureAppWebHost(args); }", "App/Program.cs:3 ConfigureAppWebHost"},
		"leaving early": {
			"Vault(builder);\nvoid Vault(WebApplicationBuilder b)\n{\n  if (b.Environment.IsDevelopment()) return;\n  b.AddAzureKeyVaultAsConfigProvider();\n}",
			"App/Program.cs:5 AddAzureKeyVaultAsConfigProvider if !(b.Environment.IsDevelopment()) [outside development]",
		},
		"else": {
			"if (env.IsDevelopment()) { A(); } else { builder.AddAzureKeyVaultAsConfigProvider(); }",
			"App/Program.cs:1 AddAzureKeyVaultAsConfigProvider if !(env.IsDevelopment()) [outside development]",
		},
		"else if": {
			"if (a) B(); else if (env.IsProduction()) { builder.AddAzureKeyVaultAsConfigProvider(); }",
			"App/Program.cs:1 AddAzureKeyVaultAsConfigProvider if !(a) && env.IsProduction() [outside development]",
		},
		"guard around the call of the function": {
			"if (env.IsStaging() || env.IsProduction())\n  Vault();\nvoid Vault() { builder.AddAzureKeyVaultAsConfigProvider(); }",
			"App/Program.cs:3 AddAzureKeyVaultAsConfigProvider if env.IsStaging() || env.IsProduction() [outside development]",
		},
		"in development only": {
			"if (env.IsDevelopment()) builder.AddAzureKeyVaultAsConfigProvider();",
			"App/Program.cs:1 AddAzureKeyVaultAsConfigProvider if env.IsDevelopment()",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code := read(t, map[string]string{"App/App.csproj": web("8.6.0"), "App/Program.cs": test.program})
			if got := steps(code.Program); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			_, _, early := code.Program.VaultBeforeAppWebHost()
			if early != (name == "vault first") {
				t.Errorf("vault before Altinn's sources: %v", early)
			}
		})
	}
}

func TestGuards(t *testing.T) {
	t.Parallel()
	for condition, outside := range map[string]bool{
		`!builder.Environment.IsDevelopment()`:                      true,
		`!(env.IsDevelopment())`:                                    true,
		`env.IsDevelopment() == false`:                              true,
		`env.IsDevelopment() is false`:                              true,
		`env.IsDevelopment() is not true`:                           true,
		`env.IsProduction() == true`:                                true,
		`env.EnvironmentName != "Development"`:                      true,
		`env.EnvironmentName != Environments.Development`:           true,
		`env.EnvironmentName == "Staging"`:                          true,
		`!env.IsEnvironment("development")`:                         true,
		`!env.IsDevelopment() && useVault`:                          true,
		`useVault && !env.IsDevelopment()`:                          true,
		`deployed`:                                                  true,
		`!env.IsDevelopment() || useVault`:                          false,
		`env.IsDevelopment()`:                                       false,
		`useVault`:                                                  false,
		`setTwice`:                                                  false,
		`!env.IsProduction()`:                                       false,
		`env.EnvironmentName == name`:                               false,
		`env.EnvironmentName != $"{name}"`:                          false,
		`"!env.IsDevelopment()" == x`:                               false,
		`config.GetValue<bool>("Vault") && (a || !env.IsStaging())`: false,
	} {
		code := read(t, map[string]string{"Program.cs": "var deployed = !builder.Environment.IsDevelopment();\nvar setTwice = a;\nsetTwice = !env.IsDevelopment();\nif (" + condition + ") builder.AddAzureKeyVaultAsConfigProvider();"})
		step, ok := code.Program.Step(dotnet.VaultProvider)
		if !ok || step.OutsideDevelopment != outside || step.Guard != condition {
			t.Errorf("%s: %+v, %v; want outside development: %v", condition, step, ok, outside)
		}
	}
}

func TestExtensionsInOtherFilesAreFollowed(t *testing.T) {
	t.Parallel()
	code := read(t, map[string]string{
		"App/App.csproj":             web("8.6.0"),
		"App/Program.cs":             "builder.WebHost.ConfigureAppWebHost(args);\nbuilder.AddVault();",
		"App/Start.cs":               "static class Start\n{\n  public static void AddVault(this WebApplicationBuilder b) => b.AddAzureKeyVaultAsConfigProvider();\n}",
		"App.Tests/App.Tests.csproj": `<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><PackageReference Include="Microsoft.NET.Test.Sdk" Version="17.0.0" /></ItemGroup></Project>`,
		"App.Tests/Start.cs":         "static class Other { public static void AddVault(this WebApplicationBuilder b) { } }",
	})
	if got, want := steps(code.Program), "App/Program.cs:1 ConfigureAppWebHost\nApp/Start.cs:3 AddAzureKeyVaultAsConfigProvider"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTheApplicationsOwnProgramIsFound(t *testing.T) {
	t.Parallel()
	code := read(t, map[string]string{
		"App/Program.cs":      "builder.WebHost.ConfigureAppWebHost(args);",
		"App/a/Program.cs":    "Console.WriteLine(1);",
		"AConsole/Program.cs": "Console.WriteLine(1);",
	})
	if got := code.Program.File; got != "App/Program.cs" {
		t.Errorf("the program is %q", got)
	}
}

func TestSecretReading(t *testing.T) {
	t.Parallel()
	reload := strings.Replace(olderProgram, "new DefaultKeyVaultSecretManager()", "new AzureKeyVaultConfigurationOptions { ReloadInterval = interval }", 1)
	tests := map[string]struct {
		version, program string
		builtIn          bool
		how              dotnet.How
		redeploy         bool
		why              string
	}{
		"built-in, re-reading library":    {"8.10.0", modernProgram, true, dotnet.EveryFiveMinutes, false, "8.10.0 reads the vault again"},
		"built-in, later library":         {"8.11.2", modernProgram, true, dotnet.EveryFiveMinutes, false, "8.11.2"},
		"built-in, preview before":        {"8.10.0-preview.1", modernProgram, true, dotnet.StartUpOnly, true, "since 8.10.0"},
		"built-in, older library":         {"8.9.0", modernProgram, true, dotnet.StartUpOnly, true, "8.9.0 reads the vault once"},
		"built-in, vault added by hand":   {"8.10.0", olderProgram, true, dotnet.StartUpOnly, true, "App/Program.cs:26"},
		"built-in, by hand with interval": {"8.10.0", reload, true, dotnet.UnknownReading, true, "interval of its own"},
		"built-in, unknown library":       {"$(Nowhere)", modernProgram, true, dotnet.UnknownReading, true, "is not known"},
		"built-in, generation 9":          {"9.0.0", "builder.Build();", true, dotnet.Mounted, false, "mounts"},
		"package, re-reading library":     {"8.10.0", modernProgram, false, dotnet.StartUpOnly, true, "Altinn.ApiClients.Maskinporten keeps"},
		"package, generation 9":           {"9.0.0", modernProgram, false, dotnet.StartUpOnly, true, "Altinn.ApiClients.Maskinporten keeps"},
		"no vault":                        {"8.10.0", "builder.WebHost.ConfigureAppWebHost(args);", false, dotnet.UnknownReading, true, "adds no Key Vault"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code := read(t, map[string]string{"App/App.csproj": web(test.version), "App/Program.cs": test.program})
			got := code.SecretReading(test.builtIn)
			if got.How != test.how || got.NeedsRedeploy() != test.redeploy || !strings.Contains(got.Why, test.why) {
				t.Errorf("got %+v (redeploy %v), want %q, redeploy %v, because of %q", got, got.NeedsRedeploy(), test.how, test.redeploy, test.why)
			}
		})
	}
}
