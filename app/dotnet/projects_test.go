package dotnet_test

import (
	"testing"
	"testing/fstest"

	"github.com/stafett/stafett/app/dotnet"
)

// folder makes a file system of texts.
func folder(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func read(t *testing.T, files map[string]string) *dotnet.Code {
	t.Helper()
	code, err := dotnet.Read(folder(files))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestAFolderOfConfigurationHasNoCode(t *testing.T) {
	t.Parallel()
	code := read(t, map[string]string{"config/applicationmetadata.json": "{}", "App/obj/App.csproj": "<Project/>", "App/models/form.cs": "class Form {}"})
	if code.HasCode || len(code.Projects) > 0 || code.Generation() != dotnet.UnknownGeneration {
		t.Errorf("there is code: %+v", code)
	}
	if r := code.SecretReading(true); r.How != dotnet.UnknownReading || !r.NeedsRedeploy() {
		t.Errorf("reading = %+v, want unknown", r)
	}
}

func TestPackages(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files      map[string]string
		version    string
		at         string
		generation dotnet.Generation
	}{
		"attribute": {
			map[string]string{"App/App.csproj": `<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Altinn.App.Api" Version="8.6.4">
      <CopyToOutputDirectory>lib\$(TargetFramework)\*.xml</CopyToOutputDirectory>
    </PackageReference>
  </ItemGroup>
</Project>`}, "8.6.4", "App/App.csproj:4", dotnet.Generation8,
		},
		"element, old namespace, other case": {
			map[string]string{"App.csproj": "\ufeff" + `<Project Sdk="Microsoft.NET.Sdk.Web" xmlns="http://schemas.microsoft.com/developer/msbuild/2003">
  <ItemGroup><PackageReference Include="altinn.app.api"><Version>7.15.1</Version></PackageReference></ItemGroup>
</Project>`}, "7.15.1", "App.csproj:2", dotnet.Generation7,
		},
		"commented out": {
			map[string]string{"App.csproj": `<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup>
  <!-- <PackageReference Include="Altinn.App.Api" Version="7.0.0" /> -->
  <PackageReference Include="Altinn.App.Api" Version="8.10.0-preview.2" />
</ItemGroup></Project>`}, "8.10.0-preview.2", "App.csproj:3", dotnet.Generation8,
		},
		"managed centrally": {
			map[string]string{
				"Directory.Packages.props": `<Project>
  <PropertyGroup><AltinnVersion>9.0.1</AltinnVersion></PropertyGroup>
  <ItemGroup><PackageVersion Include="Altinn.App.Api" Version="$(AltinnVersion)" /></ItemGroup>
</Project>`,
				"App/App.csproj": `<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup><PackageReference Include="Altinn.App.Api" /></ItemGroup></Project>`,
			}, "9.0.1", "Directory.Packages.props:3", dotnet.Generation9,
		},
		"overridden": {
			map[string]string{
				"Directory.Packages.props": `<Project><ItemGroup><PackageVersion Include="Altinn.App.Api" Version="7.0.0" /></ItemGroup></Project>`,
				"App/App.csproj":           `<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup><PackageReference Include="Altinn.App.Api" VersionOverride="8.0.0" /></ItemGroup></Project>`,
			}, "8.0.0", "App/App.csproj:1", dotnet.Generation8,
		},
		"property that is set elsewhere": {
			map[string]string{"App.csproj": `<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup><PackageReference Include="Altinn.App.Api" Version="$(Nowhere)" /></ItemGroup></Project>`},
			"", "App.csproj:1", dotnet.UnknownGeneration,
		},
		"property that is set by itself": {
			map[string]string{"App.csproj": `<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><V>$(V)</V></PropertyGroup><ItemGroup><PackageReference Include="Altinn.App.Api" Version="$(V)" /></ItemGroup></Project>`},
			"", "App.csproj:1", dotnet.UnknownGeneration,
		},
		"the tests reference another": {
			map[string]string{
				"App.Tests/App.Tests.csproj": `<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><PackageReference Include="Altinn.App.Core" Version="7.1.0" /></ItemGroup></Project>`,
				"App/App.csproj":             `<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup><PackageReference Include="Altinn.App.Api" Version="8.1.0" /></ItemGroup></Project>`,
			}, "8.1.0", "App/App.csproj:1", dotnet.Generation8,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code := read(t, test.files)
			p, ok := code.Package("Altinn.App.Api")
			if !ok || p.Version != test.version || p.VersionAt.String() != test.at {
				t.Errorf("package %q at %s, %v; want %q at %s", p.Version, p.VersionAt, ok, test.version, test.at)
			}
			if g := code.Generation(); g != test.generation {
				t.Errorf("generation %d, want %d", g, test.generation)
			}
		})
	}
}

func TestProject(t *testing.T) {
	t.Parallel()
	code := read(t, map[string]string{"App.csproj": `<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup><TargetFrameworks>net6.0;net8.0</TargetFrameworks></PropertyGroup>
  <ItemGroup Condition="'$(TargetFramework)' == 'net8.0'">
    <PackageReference Include="Altinn.ApiClients.Maskinporten" Version="[9.2.1,10.0)" Condition="$(Second)" />
  </ItemGroup>
</Project>`, "Broken/Broken.csproj": "<Project"})
	p, ok := code.Package(dotnet.PackageClientLibrary)
	if !ok || p.Condition != "'$(TargetFramework)' == 'net8.0' and $(Second)" {
		t.Errorf("condition %q, %v", p.Condition, ok)
	}
	if len(code.Projects) != 1 || code.Projects[0].TargetFramework != "net8.0" || !code.Projects[0].Web {
		t.Errorf("projects %+v", code.Projects)
	}
	if len(code.Unread) != 1 || code.Unread[0].File != "Broken/Broken.csproj" || code.Unread[0].Err == nil {
		t.Errorf("unread %+v", code.Unread)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]dotnet.Version{
		"8.6.4":            {Major: 8, Minor: 6, Patch: 4},
		"8":                {Major: 8},
		"8.*":              {Major: 8},
		"8.1.*":            {Major: 8, Minor: 1},
		"[8.1.0,9.0.0)":    {Major: 8, Minor: 1},
		"[8.1.2]":          {Major: 8, Minor: 1, Patch: 2},
		"8.10.0-preview.2": {Major: 8, Minor: 10, Preview: true},
		"7.0.0.1+abc":      {Major: 7},
	} {
		if got, ok := dotnet.ParseVersion(text); !ok || got != want {
			t.Errorf("ParseVersion(%q) = %v, %v; want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "*", "x", "8.x", "(,9.0]", "-1"} {
		if got, ok := dotnet.ParseVersion(text); ok {
			t.Errorf("ParseVersion(%q) = %v, want none", text, got)
		}
	}
	if v, _ := dotnet.ParseVersion("8.10.0-preview.2"); v.AtLeast(8, 10, 0) || !v.AtLeast(8, 9, 9) {
		t.Error("a preview stands before its version")
	}
}
