package prepare_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/prepare"
)

// With every client, against the local platform: a section below an
// application's own name, for the application library's own client, and then in
// other letters, since neither .NET nor Key Vault minds their case.
func TestNestedSectionOfTheOwnClientOnThePlatform(t *testing.T) {
	p := startPlatform(t, nil)
	path := filepath.Join(p.target.AppDir, "appsettings.json")
	if err := os.WriteFile(path, []byte("{\r\n\t\"barmark\": {\r\n\t\t\"MaskinportenSettings\": { \"JwkBase64\": \"\" } // fra hvelvet\r\n\t}\r\n}\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.target.Section = "barmark:MaskinportenSettings"
	plan, err := p.plan(t)
	if err != nil {
		t.Fatal(err)
	}
	result, err := prepare.Apply(t.Context(), p.systems, plan, nil)
	if err != nil || !result.Proved {
		t.Fatalf("%+v, %v", result, err)
	}
	want := "{\r\n\t\"barmark\": {\r\n\t\t\"MaskinportenSettings\": { \"JwkBase64\": \"\", \"Authority\": \"https://test.maskinporten.no/\" } // fra hvelvet\r\n\t}\r\n}\r\n"
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("settings %q, %v", got, err)
	}
	items, err := p.vault.List(t.Context())
	if err != nil || len(items) != 2 || items[0].Name != "barmark--MaskinportenSettings--ClientId" || items[1].Name != "barmark--MaskinportenSettings--JwkBase64" {
		t.Errorf("%+v, %v", items, err)
	}

	for _, section := range []string{p.target.Section, strings.ToUpper(p.target.Section)} {
		p.target.Section = section
		if again, err := p.plan(t); err != nil || !again.IsEmpty() || len(again.Warnings) != 0 {
			t.Errorf("section %s: %s%v", section, again, err)
		}
	}
}
