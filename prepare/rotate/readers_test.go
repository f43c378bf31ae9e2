package rotate_test

import (
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare/rotate"
	"github.com/stafett/stafett/project"
)

func code(t *testing.T, version string) *dotnet.Code {
	t.Helper()
	return ok(dotnet.Read(fstest.MapFS{
		"App/App.csproj": {Data: []byte(`<Project Sdk="Microsoft.NET.Sdk.Web">
  <ItemGroup><PackageReference Include="Altinn.App.Api" Version="` + version + `" /></ItemGroup>
</Project>
`)},
		"App/Program.cs": {Data: []byte(`var builder = WebApplication.CreateBuilder(args);
ConfigureWebHostBuilder(builder.WebHost);
builder.AddAzureKeyVaultAsConfigProvider();
`)},
	}))(t)
}

func TestNewReaders(t *testing.T) {
	t.Parallel()
	const appID = "fts/barmarkskjoring"
	for _, test := range []struct {
		name    string
		service time.Duration
		code    *dotnet.Code
		family  appsettings.Family
		vault   []string
		want    []rotate.Reader
	}{
		{"no code", 0, nil, appsettings.BuiltIn, nil, []rotate.Reader{{Name: "stafett serve"}, {Name: appID}}},
		{"service that reads again", time.Hour, nil, appsettings.ClientLibrary, nil, []rotate.Reader{{Name: "stafett serve", Rereads: time.Hour}, {Name: appID}}},
		{"five minutes", 0, code(t, "8.10.0"), appsettings.BuiltIn, []string{builtIn}, []rotate.Reader{{Name: "stafett serve"}, {Name: appID, Rereads: 5 * time.Minute}}},
		{"five minutes, as the vault tells", 0, code(t, "8.10.0"), appsettings.UnknownFamily, []string{builtIn}, []rotate.Reader{{Name: "stafett serve"}, {Name: appID, Rereads: 5 * time.Minute}}},
		{"moved, and perhaps not deployed", 0, code(t, "8.10.0"), appsettings.BuiltIn, []string{builtIn, keySecret}, []rotate.Reader{{Name: "stafett serve"}, {Name: appID}}},
		{"moved to a mounted file, and perhaps not deployed", 0, code(t, "9.0.0"), appsettings.BuiltIn, []string{keySecret, builtIn}, []rotate.Reader{{Name: "stafett serve"}, {Name: appID}}},
		{"older", 0, code(t, "8.9.0"), appsettings.BuiltIn, nil, []rotate.Reader{{Name: "stafett serve"}, {Name: appID}}},
		{"the package that binds once", 0, code(t, "8.10.0"), appsettings.ClientLibrary, nil, []rotate.Reader{{Name: "stafett serve"}, {Name: appID}}},
		{"mounted", 0, code(t, "9.0.0"), appsettings.BuiltIn, nil, []rotate.Reader{{Name: "stafett serve"}}},
	} {
		p := &project.Project{Service: project.Service{RereadSecrets: test.service}}
		var items []keyvault.Item
		for _, name := range test.vault {
			items = append(items, keyvault.Item{Name: name, Enabled: true})
		}
		settings := appsettings.MaskinportenSection{Name: "MaskinportenSettings", Family: test.family}
		if got := rotate.NewReaders(p, appID, test.code, settings, items); !slices.Equal(got, test.want) {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}
