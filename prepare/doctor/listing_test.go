package doctor_test

import (
	"strings"
	"testing"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare/doctor"
	"github.com/stafett/stafett/project"
)

// withVault is the world of a project of which only the vault is asked.
func (o *online) withVault() doctor.World {
	w := o.world()
	w.Offline, w.HTTPClient = false, o.platform.Client()
	w.Vault = func(*project.Project) (*keyvault.Vault, error) { return o.open(o.platform.Client()) }
	return w
}

// What an application reads from the vault is not missing from its files.
func TestWhatTheVaultSetsNeedNotStandInFiles(t *testing.T) {
	t.Parallel()
	for name, section := range map[string]string{
		"an empty place for it": `{"Authority": "", "ClientId": "", "JwkBase64": ""}`,
		"another value":         `{"Authority": "https://maskinporten.no/", "ClientId": "", "JwkBase64": ""}`,
		"a client id alone":     `{"ClientId": ""}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := goOnline(t)
			content := o.read(settingsFile)
			o.write(settingsFile, content[:strings.Index(content, `"MaskinportenSettings"`)]+`"MaskinportenSettings": `+section+`}`)
			key, err := jwk.Generate("fts-test", 2048)
			if err != nil {
				t.Fatal(err)
			}
			o.remove(t, keySecret, true)
			o.set(t, "MaskinportenSettings--JwkBase64", key.Encoded().Reveal(), keyvault.SetOptions{})
			o.set(t, "MaskinportenSettings--Authority", "https://test.maskinporten.no/", keyvault.SetOptions{})
			for _, r := range troubles(doctor.Run(t.Context(), o.withVault(), nil)) {
				if r.Stage == doctor.Settings && r.Status == doctor.Fail || r.Stage == doctor.Vault && r.Status == doctor.Fail {
					t.Errorf("%s: %s; %s", r.ID, r.Evidence, r.Cause)
				}
			}
			o.set(t, "MaskinportenSettings--Authority", "https://maskinporten.no/", keyvault.SetOptions{})
			if got := of(doctor.Run(t.Context(), o.withVault(), nil), "vault.overrides"); len(got) == 0 || got[0].Status != doctor.Fail {
				t.Errorf("with the vault's wrong address: %+v", got)
			}
		})
	}
}

// A key that was stored under the name of what is no secret is not shown.
func TestAKeyUnderAnotherNameIsNotShown(t *testing.T) {
	t.Parallel()
	o := goOnline(t)
	key, err := jwk.Generate("fts-test", 2048)
	if err != nil {
		t.Fatal(err)
	}
	encoded := key.Encoded().Reveal()
	const json = `{"kty":"RSA","d":"not-to-be-seen"}`
	for _, name := range []string{"Environment", "Scope", "Kid", "TokenExchangeEnvironment", "ClientId", "Resource", "UseAltinnTestOrg"} {
		for _, value := range []string{encoded, json} {
			o.set(t, "MaskinportenSettings--"+name, value, keyvault.SetOptions{})
			for _, r := range doctor.Run(t.Context(), o.withVault(), nil).Results {
				if told := r.Evidence + r.Cause + r.Remedy.Text; strings.Contains(told, encoded[:40]) || strings.Contains(told, "not-to-be-seen") {
					t.Errorf("%s: %s shows it", name, r.ID)
				}
			}
		}
		o.remove(t, "MaskinportenSettings--"+name, true)
	}
}
