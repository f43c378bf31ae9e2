package prepare_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stafett/stafett/prepare"
)

// onVersion is a project file of an application on a version of Altinn's library.
func onVersion(version string) string {
	return `<Project Sdk="Microsoft.NET.Sdk.Web"><ItemGroup><PackageReference Include="Altinn.App.Api" Version="` + version + `" /></ItemGroup></Project>`
}

// The intent of a plan by the generation of the application, and where an
// application is not alone with its secrets.
func TestPlansOfEachGeneration(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		settings string
		world    func(w *world)
	}{
		{"generation-9-second-client", guideSection, func(w *world) { w.write("App.csproj", onVersion("9.0.0")) }},
		{"generation-9-second-client-is-well", fitted, func(w *world) {
			ready(w)
			w.write("App.csproj", onVersion("9.0.0"))
		}},
		{"generation-9-new-section", "{\n  \"AppSettings\": {\n    \"Hostname\": \"local.altinn.cloud\"\n  }\n}\n", func(w *world) {
			w.write("App.csproj", onVersion("9.0.0-preview.21"))
			w.target.Section = "StafettMaskinporten"
		}},
		{"generation-8-built-in-beside-studio", builtInSection, func(w *world) { w.write("App.csproj", onVersion("8.10.0")) }},
		{"generation-7-built-in", builtInSection, func(w *world) { w.write("App.csproj", onVersion("7.15.0")) }},
		{"shared-with-prefixed-sections", fitted, func(w *world) {
			ready(w)
			w.secrets["skjema-a--MaskinportenSettings--ClientId"] = "x"
			w.secrets["skjema-a--MaskinportenSettings--JwkBase64"] = "x"
			w.secrets["org--skjema-b--maskinportensettings--encodedjwk"] = "x"
			w.secrets["OtherSettings--ClientId"] = "x"
		}},
		{"shared-with-the-receiving-application", fitted, func(w *world) {
			ready(w)
			w.receiving(`{"maskinportensettings": {"Environment": "test"}}`)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.settings)
			test.world(w)
			w.checkPlan(test.name)
		})
	}
}

// What Altinn Studio provides is left alone.
func TestProvisionedCredentialsAreLeftAlone(t *testing.T) {
	t.Parallel()
	provisioned := `{"MaskinportenSettings": {"ClientId": "c", "Authority": "https://test.maskinporten.no/", "Jwk": {"kid": "a"}}}`
	for _, test := range []struct {
		name, settings string
		world          func(w *world)
		want           []string // in the error and its remedy
	}{
		{"generation 9", builtInSection, func(w *world) { w.write("App.csproj", onVersion("9.1.0")) },
			[]string{"maskinporten-settings.json", "StafettMaskinporten", "maskinporten.section"}},
		{"generation 9, migrating", fitted, func(w *world) {
			w.write("App.csproj", onVersion("9.1.0"))
			w.target.Migrate = true
		}, []string{"cannot be moved", "IMaskinportenClient"}},
		{"generation 8 with the file", `{"MaskinportenSettingsFilepath": "secrets/maskinporten-settings.json"}`, func(w *world) {
			w.write("App.csproj", onVersion("8.6.0"))
			w.write("secrets/maskinporten-settings.json", provisioned)
		}, []string{"Altinn Studio", "StafettMaskinporten"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.settings)
			test.world(w)
			_, err := w.plan()
			refused, ok := errors.AsType[*prepare.ProvisionedError](err)
			if !ok {
				t.Fatal(err)
			}
			for _, want := range test.want {
				if text := err.Error() + " " + refused.Remedy(); !strings.Contains(text, want) {
					t.Errorf("%q lacks %q", text, want)
				}
			}
		})
	}
}

// A section that is missing is written for a second client only; elsewhere its
// name may be wrong.
func TestNoSectionIsWrittenWhereItsNameMayBeWrong(t *testing.T) {
	t.Parallel()
	for version, settings := range map[string]string{
		"8.6.0": `{}`,
		"9.0.0": `{"MaskinportenSetings": {"Environment": "test", "ClientId": ""}}`,
	} {
		w := newWorld(t, settings)
		w.write("App.csproj", onVersion(version))
		if _, err := w.plan(); err == nil || !strings.Contains(err.Error(), `no section "MaskinportenSettings"`) {
			t.Errorf("%s: %v", version, err)
		}
	}
}

// A section that has been written is a client's like any other.
func TestApplyWritesTheSecondClientsSection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "{\n  // Ferdselstilsynet\n  \"AppSettings\": {}\n}\n")
	w.write("App.csproj", onVersion("9.0.0"))
	w.target.Section = "StafettMaskinporten"
	if _, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil); err != nil {
		t.Fatal(err)
	}
	want := `{
  // Ferdselstilsynet
  "AppSettings": {},
  "StafettMaskinporten": {
    "Environment": "test",
    "Scope": "altinn:serviceowner/instances.read altinn:serviceowner/instances.write",
    "ClientId": "",
    "EncodedJwk": "",
    "ExhangeToAltinnToken": true
  }
}
`
	if got := w.settings(); got != want {
		t.Errorf("settings:\n%s", got)
	}
	if again := w.mustPlan(); !again.IsEmpty() || len(again.Warnings) != 0 {
		t.Errorf("still to do: %s", again)
	}
}
