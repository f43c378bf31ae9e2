package dotnet_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestRegistrations(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ code, want string }{
		"section": {
			`services.AddMaskinportenHttpClient<SettingsJwkClientDefinition, AppClient>(config.GetSection("MaskinportenSettings"));`,
			"AddMaskinportenHttpClient<SettingsJwkClientDefinition> MaskinportenSettings",
		},
		"named client, section of sections, exchange": {
			`services.AddMaskinportenHttpClient<SettingsJwkClientDefinition>("name", config.GetSection("myapp").GetRequiredSection("Maskinporten" + "Settings"),
  c => { c.ClientSettings.ExhangeToAltinnToken = true; });`,
			"AddMaskinportenHttpClient<SettingsJwkClientDefinition> myapp:MaskinportenSettings exchange",
		},
		"constant": {
			`class S { private const string Section = "a:b"; void M() { services.RegisterMaskinportenClientDefinition<SettingsJwkClientDefinition>(Key, config.GetSection(S.Section)); } }`,
			"RegisterMaskinportenClientDefinition<SettingsJwkClientDefinition> a:b",
		},
		"nameof": {
			`services.AddMaskinportenHttpClient<SettingsJwkClientDefinition, C>(config.GetSection(nameof(Config.MaskinportenSettings)));`,
			"AddMaskinportenHttpClient<SettingsJwkClientDefinition> MaskinportenSettings",
		},
		"variable": {
			`var settings = config.GetSection("A").Get<MaskinportenSettings>();
services.AddMaskinportenHttpClient<SettingsJwkClientDefinition, C>(settings! with { Scope = "altinn:x" });`,
			"AddMaskinportenHttpClient<SettingsJwkClientDefinition> A",
		},
		"bound": {
			`var settings = new MaskinportenSettings(); var section = config.GetSection("B"); section.Bind(settings);
services.AddMaskinportenHttpClient<SettingsJwkClientDefinition, C>(settings);`,
			"AddMaskinportenHttpClient<SettingsJwkClientDefinition> B",
		},
		"variable that changes later, and a member of its name": {
			`var s = config.GetSection("A"); other.s = config.GetSection("B"); services.AddMaskinportenHttpClient<X, C>(s); s = config.GetSection("C");`,
			"AddMaskinportenHttpClient<X> A",
		},
		"computed":           {`services.AddMaskinportenHttpClient<SettingsJwkClientDefinition, C>(config.GetSection(name));`, "AddMaskinportenHttpClient<SettingsJwkClientDefinition> ?"},
		"variable in a ring": {`a = b; b = a; services.AddMaskinportenHttpClient<X, C>(a);`, "AddMaskinportenHttpClient<X> ?"},
		"built-in":           {`services.ConfigureMaskinportenClient("myapp:MaskinportenSettings");`, "built-in ConfigureMaskinportenClient myapp:MaskinportenSettings"},
		"built-in, delegate": {`services.ConfigureMaskinportenClient(c => c.ClientId = "x");`, "built-in ConfigureMaskinportenClient ?"},
		"built-in, options":  {`services.Configure<MaskinportenSettings>(config.GetSection("X"));`, "built-in Configure<MaskinportenSettings> X"},
		"options of the package": {
			"using Altinn.ApiClients.Maskinporten.Config;\nservices.Configure<MaskinportenSettings>(config.GetSection(\"X\"));", "",
		},
		"its own method of the name": {`static void AddMaskinportenHttpClient(this IServiceCollection s) { }`, ""},
		"commented out":              {`// services.ConfigureMaskinportenClient("x");`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, r := range read(t, map[string]string{"App/Clients.cs": test.code}).Registrations {
				text := r.Method
				if r.Definition != "" {
					text += "<" + r.Definition + ">"
				}
				if r.BuiltIn {
					text = "built-in " + text
				}
				if r.Section == "" {
					text += " ?"
				} else {
					text += " " + r.Section
				}
				if r.Exchange {
					text += " exchange"
				}
				got = append(got, text)
			}
			if joined := strings.Join(got, "\n"); joined != test.want {
				t.Errorf("got\n%s\nwant\n%s", joined, test.want)
			}
		})
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	code := read(t, map[string]string{
		"Program.cs": modernProgram,
		"a/Scopes.cs": `static class Scopes { public const string Write = "altinn:serviceowner/instances.write"; }
// "altinn:commented/out"
class X {
  string Urn = "urn:altinn:org"; string Address = "https://platform.altinn.no";
  void M() {
    settings.Scope = "altinn:events.subscribe digdir:dd:read";
    client.GetAccessToken(["folkeregister:deling/svalbardregister"]);
    log("digdir:not/a/use");
    if (x.Scope == "nav:compared/only") { }
  }
}`,
	})
	var got []string
	for _, s := range code.Scopes {
		got = append(got, fmt.Sprintf("%s %s %s", s.Position, s.Method, s.Name))
	}
	want := `Program.cs:7 UseMaskinportenAltinnAuthorisation altinn:serviceowner/instances.read
Program.cs:7 UseMaskinportenAltinnAuthorisation altinn:serviceowner/instances.write
a/Scopes.cs:1  altinn:serviceowner/instances.write
a/Scopes.cs:6 Scope altinn:events.subscribe
a/Scopes.cs:6 Scope digdir:dd:read
a/Scopes.cs:7 GetAccessToken folkeregister:deling/svalbardregister`
	if joined := strings.Join(got, "\n"); joined != want {
		t.Errorf("got\n%s\nwant\n%s", joined, want)
	}
}

func TestTheClientLibraryComesAlongUpToGeneration8(t *testing.T) {
	t.Parallel()
	reference := `<PackageReference Include="Altinn.ApiClients.Maskinporten" Version="10.1.0" />`
	for _, test := range []struct {
		project string
		lacks   bool
	}{
		{web("8.6.0"), false}, {web("9.0.0"), true}, {web("9.0.0", reference), false}, {web("$(Nowhere)"), false},
	} {
		if got := read(t, map[string]string{"App.csproj": test.project}).LacksClientLibrary(); got != test.lacks {
			t.Errorf("lacks it: %v, want %v, in\n%s", got, test.lacks, test.project)
		}
	}
}

func TestReads(t *testing.T) {
	t.Parallel()
	const asks = "services.AddHttpClient<C>().UseMaskinportenAuthorization(\"x:y\");\n"
	for code, want := range map[string]string{
		"":   "",
		asks: "built-in",
		asks + `services.ConfigureMaskinportenClient("Other");`:                                   "",
		`services.ConfigureMaskinportenClient("maskinportensettings");`:                           "built-in",
		`services.AddMaskinportenHttpClient<X, C>(config.GetSection("MaskinportenSettings"));`:    "package",
		`services.AddMaskinportenHttpClient<X, C>(config.GetSection(Computed()));`:                "package",
		`services.AddMaskinportenHttpClient<X, C>(config.GetSection("Other"));`:                   "",
		`class C { C(IMaskinportenClient client) { } } // "IMaskinportenClient"`:                  "built-in",
		`class C { string s = "IMaskinportenClient"; /* UseMaskinportenAuthorization("x:y") */ }`: "",
	} {
		got := ""
		if builtIn, ok := read(t, map[string]string{"Program.cs": code}).Reads("MaskinportenSettings"); ok {
			got = map[bool]string{true: "built-in", false: "package"}[builtIn]
		}
		if got != want {
			t.Errorf("%s: read by %q, want %q", code, got, want)
		}
	}
}
