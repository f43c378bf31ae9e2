package fit_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/prepare/fit"
)

// The C# side of an application whose own code hands over.
const (
	csProject = `<Project Sdk="Microsoft.NET.Sdk.Web">
  <ItemGroup>
    <PackageReference Include="Altinn.App.Api" Version="8.6.0" />
    <PackageReference Include="Altinn.App.Core" Version="8.6.0" />
  </ItemGroup>
</Project>
`
	csProgram = `WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
Register(builder.Services, builder.Configuration);
builder.WebHost.ConfigureAppWebHost(args);

WebApplication app = builder.Build();
app.Run();

void Register(IServiceCollection services, IConfiguration config)
{
    services.AddMaskinportenHttpClient<SettingsJwkClientDefinition, CaseClient>(config.GetSection("MaskinportenSettings"));
}
`
	csValues = `deployment:
  volumeMounts:
    - name: datakeys
      mountPath: /mnt/keys
  volumes:
    - name: datakeys
      persistentVolumeClaim:
        claimName: keys
`
	central = `<Project>
  <ItemGroup>
    <PackageVersion Include="Altinn.App.Core" Version="9.0.0" />
  </ItemGroup>
</Project>
`
)

// withCode reads the example with files added to the original application.
func withCode(t *testing.T, files map[string]string) fit.Input {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "examples"))); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, "original-form", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return reread(t, filepath.Join(dir, projectFile))
}

// code returns the needs and the edits of what this file is about.
func code(result fit.Result) (needs []string, edits []string) {
	for _, n := range result.Missing {
		if !strings.HasPrefix(n.ID, "policy-") && !strings.HasPrefix(n.ID, "metadata-") {
			needs = append(needs, n.ID)
		}
	}
	for _, e := range result.Edits {
		if path := filepath.Base(e.Name); e.Code || path == "values.yaml" {
			edits = append(edits, e.Name)
		}
	}
	return needs, edits
}

func TestCode(t *testing.T) {
	t.Parallel()
	vaulted := strings.Replace(csProgram, "(args);\n\n", "(args);\n"+dotnet.VaultLines+"\n\n", 1)
	ninth := strings.ReplaceAll(csProject, "8.6.0", "9.0.0")
	builtIn := strings.Replace(csProgram, `AddMaskinportenHttpClient<SettingsJwkClientDefinition, CaseClient>(config.GetSection("MaskinportenSettings"))`, `ConfigureMaskinportenClient("MaskinportenSettings")`, 1)
	own := func(program string) map[string]string {
		return map[string]string{"App.csproj": csProject, "Program.cs": program}
	}
	with := func(files map[string]string, more ...string) map[string]string {
		for i := 0; i < len(more); i += 2 {
			files[more[i]] = more[i+1]
		}
		return files
	}
	tests := map[string]struct {
		files  map[string]string
		needs  []string
		edits  []string // without --edit-code
		coded  []string // with it
		remedy string   // what a need says to write
	}{
		"no code": {files: nil},
		"nothing done": {with(own(csProgram), "deployment/values.yaml", csValues), []string{fit.NeedMount, fit.NeedVault},
			[]string{"deployment/values.yaml"}, []string{"deployment/values.yaml", "Program.cs"}, dotnet.VaultLines},
		"the mount is lacking":        {with(own(vaulted), "deployment/values.yaml", csValues), []string{fit.NeedMount}, []string{"deployment/values.yaml"}, []string{"deployment/values.yaml"}, "mountPath"},
		"no values":                   {own(vaulted), []string{fit.NeedMount}, nil, nil, "secretName: altinn-appsettings-secret"},
		"values that are no YAML":     {with(own(vaulted), "deployment/values.yaml", "a: [\n"), []string{fit.NeedMount}, nil, nil, ""},
		"values of another layout":    {with(own(vaulted), "deployment/values.yaml", "deployment: {}\n"), []string{fit.NeedMount}, nil, nil, ""},
		"the vault too early":         {own(strings.Replace(vaulted, "Register(b", dotnet.VaultLines+"\nRegister(b", 1)), []string{fit.NeedMount, fit.NeedVaultOrder}, nil, nil, ""},
		"the vault in Development":    {own(strings.Replace(csProgram, "(args);\n\n", "(args);\nbuilder.AddAzureKeyVaultAsConfigProvider();\n", 1)), []string{fit.NeedMount, fit.NeedVaultGuard}, nil, []string{"Program.cs"}, ""},
		"generation 7":                {with(own(csProgram), "App.csproj", strings.ReplaceAll(csProject, "8.6.0", "7.15.1")), []string{fit.NeedMount, fit.NeedVault}, nil, nil, ""},
		"a client of another section": {own(strings.ReplaceAll(csProgram, "MaskinportenSettings", "Another")), nil, nil, nil, ""},
		"a vault for something else":  {own(strings.ReplaceAll(vaulted, "MaskinportenSettings", "Another")), []string{fit.NeedMount}, nil, nil, ""},
		"generation 9, no reference":  {with(own(vaulted), "App.csproj", ninth), []string{fit.NeedMount, fit.NeedPackage}, nil, []string{"App.csproj"}, `Version="10.1.0"`},
		"generation 9, versions elsewhere": {with(own(vaulted), "App.csproj", strings.ReplaceAll(ninth, ` Version="9.0.0"`, ""), "Directory.Packages.props", central),
			[]string{fit.NeedMount, fit.NeedPackage}, nil, []string{"App.csproj", "Directory.Packages.props"}, "Directory.Packages.props"},
		"generation 9, built-in client": {
			map[string]string{"App.csproj": ninth, "Program.cs": builtIn, "appsettings.json": `{"MaskinportenSettings": {"Authority": "https://test.maskinporten.no/"}}`}, nil, nil, nil, ""},
		"generation 7, built-in client": {
			map[string]string{"App.csproj": strings.ReplaceAll(csProject, "8.6.0", "7.0.0"), "Program.cs": builtIn, "appsettings.json": `{"MaskinportenSettings": {"Authority": "https://test.maskinporten.no/"}}`},
			[]string{fit.NeedMount, fit.NeedVault, fit.NeedGeneration}, nil, nil, "update Altinn.App.Api"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := withCode(t, test.files)
			result := applications(t, in)
			needs, edits := code(result)
			if !slices.Equal(needs, test.needs) || !slices.Equal(edits, test.edits) {
				t.Errorf("needs %q, edits %q; want %q, %q", needs, edits, test.needs, test.edits)
			}
			told := ""
			for _, n := range result.Missing {
				told += n.Remedy + "\n"
				if n.What == "" || n.Remedy == "" || n.File == "" {
					t.Errorf("incomplete: %+v", n)
				}
			}
			if !strings.Contains(told, test.remedy) {
				t.Errorf("no remedy says %q:\n%s", test.remedy, told)
			}
			// What is not edited is told in a warning, with the lines to write.
			for _, n := range result.Missing {
				edited := slices.ContainsFunc(result.Edits, func(e fit.Edit) bool { return e.Name == n.File && e.Application == n.Application })
				warned := slices.ContainsFunc(result.Warnings, func(w string) bool { return strings.Contains(w, n.What) })
				if edited == warned {
					t.Errorf("%s: edited %v, warned %v", n.ID, edited, warned)
				}
			}

			in.EditCode = true
			result = applications(t, in)
			if _, edits := code(result); !slices.Equal(edits, test.coded) {
				t.Errorf("with --edit-code it edits %q, want %q", edits, test.coded)
			}
			for _, e := range result.Edits {
				if e.Code != slices.Contains([]string{".cs", ".csproj", ".props"}, filepath.Ext(e.Name)) {
					t.Errorf("%s: code %v", e.Name, e.Code)
				}
			}
			after := applied(t, in, result.Edits)
			after.EditCode = true
			if again := applications(t, after); len(again.Edits) > 0 {
				t.Errorf("fitting again edits %s for %q", again.Edits[0].Name, again.Edits[0].Reasons)
			}
		})
	}
}

// Of several values files below the folder, it is always the same one that is looked
// at.
func TestOneOfSeveralValues(t *testing.T) {
	t.Parallel()
	vaulted := strings.Replace(csProgram, "(args);\n\n", "(args);\n"+dotnet.VaultLines+"\n\n", 1)
	files := map[string]string{"App.csproj": csProject, "Program.cs": vaulted}
	for _, folder := range []string{"e", "d", "c", "b", "a"} {
		files[folder+"/deployment/values.yaml"] = csValues
	}
	in := withCode(t, files)
	for range 20 {
		if _, edits := code(applications(t, in)); !slices.Equal(edits, []string{"a/deployment/values.yaml"}) {
			t.Fatalf("edits %q", edits)
		}
	}
}
