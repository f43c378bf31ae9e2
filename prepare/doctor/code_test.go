package doctor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/prepare/doctor"
)

// An application of generation 8 that reads the vault as it should.
const (
	projectFile = `<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup>
    <TargetFramework>net8.0</TargetFramework>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Altinn.App.Api" Version="8.10.1" />
    <PackageReference Include="Altinn.App.Core" Version="8.10.1" />
    <PackageReference Include="Altinn.ApiClients.Maskinporten" Version="10.1.0" />
  </ItemGroup>
</Project>
`
	programFile = `using Altinn.ApiClients.Maskinporten.Extensions;
using Altinn.ApiClients.Maskinporten.Services;

void RegisterCustomAppServices(IServiceCollection services, IConfiguration config, IWebHostEnvironment env)
{
    services.AddMaskinportenHttpClient<SettingsJwkClientDefinition, CaseClient>(config.GetSection("MaskinportenSettings"));
}

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
ConfigureWebHostBuilder(builder.WebHost);
if (!builder.Environment.IsDevelopment())
{
    builder.AddAzureKeyVaultAsConfigProvider();
}
RegisterCustomAppServices(builder.Services, builder.Configuration, builder.Environment);
WebApplication app = builder.Build();
app.Run();

void ConfigureWebHostBuilder(IWebHostBuilder webHost)
{
    webHost.ConfigureAppWebHost(args);
}
`
	valuesFile = `deployment:
  volumeMounts:
    - name: altinn-appsettings-secret
      mountPath: "/altinn-appsettings-secret"
  volumes:
    - name: altinn-appsettings-secret
      secret:
        secretName: altinn-appsettings-secret
`
)

// withCode is the example with code in the original application.
func withCode(t *testing.T) place {
	t.Helper()
	p := newPlace(t)
	p.write("original-form/App.csproj", projectFile)
	p.write("original-form/Program.cs", programFile)
	p.write("original-form/deployment/values.yaml", valuesFile)
	return p
}

func TestCodeInOrder(t *testing.T) {
	t.Parallel()
	report := doctor.Run(t.Context(), withCode(t).world(), nil)
	expectNoTrouble(t, report)
	for id, word := range map[string]string{
		"code.read": "1 project file", "code.generation": "8.10.1", "code.client": "Altinn.ApiClients.Maskinporten on MaskinportenSettings", "code.vault": "Program.cs:13",
		"code.secrets": "deployed again",
	} {
		if told := of(report, id); told[0].Status != doctor.OK || !strings.Contains(told[0].Evidence, word) {
			t.Errorf("%+v", told)
		}
	}
}

func TestWithoutCode(t *testing.T) {
	t.Parallel()
	report := doctor.Run(t.Context(), newPlace(t).world(), nil)
	if told := of(report, "code.read"); told[0].Status != doctor.Skip || !strings.Contains(told[0].Evidence, "no C#") {
		t.Errorf("%+v", told)
	}
	if told := of(report, "code.guide"); told[0].Needs != "code.read" {
		t.Errorf("%+v", told)
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	const (
		program = "original-form/Program.cs"
		project = "original-form/App.csproj"
		values  = "original-form/deployment/values.yaml"
	)
	vault := "if (!builder.Environment.IsDevelopment())\n{\n    builder.AddAzureKeyVaultAsConfigProvider();\n}\n"
	for _, test := range []struct {
		name    string
		change  func(place)
		id      string
		status  doctor.Status
		words   []string
		command []string
	}{
		{"a project file that is no XML", func(p place) { p.replace(project, "</Project>", "") }, "code.read", doctor.Warn, []string{"App.csproj"}, nil},
		{"a library that is not kept up", func(p place) { p.write(project, strings.ReplaceAll(projectFile, "8.10.1", "7.17.2")) }, "code.generation", doctor.Warn, []string{"7.17.2"}, nil},
		{"another section", func(p place) { p.replace(program, `"MaskinportenSettings"`, `"barmark:MaskinportenSettings"`) }, "code.client", doctor.Warn,
			[]string{"barmark:MaskinportenSettings", "maskinporten.section", "Program.cs:6"}, nil},
		{"the other client", func(p place) {
			p.replace(program, "    services.AddMaskinportenHttpClient<SettingsJwkClientDefinition, CaseClient>(config.GetSection(\"MaskinportenSettings\"));",
				"    services.ConfigureMaskinportenClient(\"MaskinportenSettings\");")
		}, "code.client", doctor.Fail, []string{"application library", "--migrate"}, nil},
		{"generation 9 and its own client", func(p place) {
			p.write(project, strings.ReplaceAll(projectFile, "8.10.1", "9.0.0"))
			p.replace(program, `AddMaskinportenHttpClient<SettingsJwkClientDefinition, CaseClient>(config.GetSection("MaskinportenSettings"))`,
				`AddHttpClient<CaseClient>().UseMaskinportenAltinnAuthorization("altinn:serviceowner/instances.read", "altinn:serviceowner/instances.write")`)
		}, "code.client", doctor.Warn, []string{"generation 9", "Stafett's alone"}, nil},
		{"a package that generation 9 no longer brings", func(p place) {
			p.write(project, strings.ReplaceAll(strings.Replace(projectFile, `    <PackageReference Include="Altinn.ApiClients.Maskinporten" Version="10.1.0" />`+"\n", "", 1), "8.10.1", "9.0.0"))
		}, "code.packages", doctor.Fail, []string{"Altinn.ApiClients.Maskinporten"}, []string{"stafett", "prepare", "--edit-code", "--yes"}},
		{"no vault", func(p place) { p.replace(program, vault, "") }, "code.vault", doctor.Fail, []string{"does not add the vault"}, []string{"stafett", "prepare", "--edit-code", "--yes"}},
		{"the vault too early", func(p place) {
			p.replace(program, vault, "")
			p.replace(program, "ConfigureWebHostBuilder(builder.WebHost);\n", vault+"ConfigureWebHostBuilder(builder.WebHost);\n")
		}, "code.vault", doctor.Fail, []string{"before Altinn's own sources"}, []string{"stafett", "prepare", "--edit-code", "--yes"}},
		{"no mount", func(p place) { p.write(values, "deployment:\n  replicas: 2\n") }, "code.deployment", doctor.Fail, []string{"altinn-appsettings-secret"}, []string{"stafett", "prepare", "--yes"}},
		{"the guide's client", func(p place) {
			p.write("original-form/logic/CaseClient.cs", `public class CaseClient
{
    private readonly HttpClient _client;
    public CaseClient(HttpClient client) { _client = client; }
    public async Task Create(string org, string app)
    {
        _client.BaseAddress = new Uri($"https://{org}.apps.tt02.altinn.no");
        HttpResponseMessage answer = await _client.GetAsync($"{org}/{app}/api/v1/applicationmetadata");
        answer.EnsureSuccessStatusCode();
    }
}
`)
		}, "code.guide", doctor.Warn, []string{"CaseClient.cs:7", "BaseAddress"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := withCode(t)
			test.change(p)
			found := expectFirst(t, doctor.Run(t.Context(), p.world(), nil), test.id, test.status, test.words...)
			if !slices.Equal(found.Remedy.Command, test.command) {
				t.Errorf("the command is %q", found.Remedy.Command)
			}
		})
	}
}

func TestScopesInCode(t *testing.T) {
	t.Parallel()
	p := withCode(t)
	content := p.read(settingsFile)
	p.write(settingsFile, content[:strings.Index(content, `"MaskinportenSettings"`)]+
		`"MaskinportenSettings": {"Authority": "https://test.maskinporten.no/", "ClientId": "", "JwkBase64": ""}}`)
	p.replace("original-form/Program.cs", `AddMaskinportenHttpClient<SettingsJwkClientDefinition, CaseClient>(config.GetSection("MaskinportenSettings"))`,
		`AddHttpClient<CaseClient>().UseMaskinportenAltinnAuthorisation("altinn:serviceowner/instances.read")`)
	expectFirst(t, doctor.Run(t.Context(), p.world(), nil), "code.scopes", doctor.Warn, "instances.write", "Program.cs:6")

	p.replace("original-form/Program.cs", `instances.read"`, `instances.read", "altinn:serviceowner/instances.write"`)
	report := doctor.Run(t.Context(), p.world(), nil)
	expectNoTrouble(t, report)
	if told := of(report, "code.secrets"); !strings.Contains(told[0].Evidence, "within five minutes") {
		t.Errorf("%+v", told)
	}
}
