package prepare_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/selfservice"
)

// builtInSection is a section of the application library's own client, as its
// guide has it.
const builtInSection = `{
  "MaskinportenSettings": {
    "Authority": "https://ver2.maskinporten.no/",
    "ClientId": "",
    "JwkBase64": "",
    "EnableDebugLog": true
  }
}
`

// builtInFitted is the same when nothing is left to do.
const builtInFitted = `{
  "MaskinportenSettings": {
    "Authority": "https://test.maskinporten.no/",
    "ClientId": "",
    "JwkBase64": ""
  }
}
`

const (
	builtInKeySecret = "MaskinportenSettings--JwkBase64"
	authoritySecret  = "MaskinportenSettings--Authority"
)

// builtInReady puts everything in place for the application library's own
// client.
func builtInReady(w *world) {
	ready(w)
	w.secrets[builtInKeySecret] = w.secrets[keySecret]
	delete(w.secrets, keySecret)
}

func TestNamesOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		family  appsettings.Family
		section string
		want    prepare.SecretNames
	}{
		{appsettings.ClientLibrary, "MaskinportenSettings", prepare.SecretNames{ClientID: clientSecret, Key: keySecret}},
		{appsettings.UnknownFamily, "MaskinportenSettings", prepare.SecretNames{ClientID: clientSecret, Key: keySecret}},
		{appsettings.BuiltIn, "MaskinportenSettings", prepare.SecretNames{ClientID: clientSecret, Key: builtInKeySecret, Authority: authoritySecret}},
		{appsettings.BuiltIn, "myapp:MaskinportenSettings", prepare.SecretNames{
			ClientID: "myapp--MaskinportenSettings--ClientId", Key: "myapp--MaskinportenSettings--JwkBase64", Authority: "myapp--MaskinportenSettings--Authority"}},
		{appsettings.ClientLibrary, "Clients:0:a", prepare.SecretNames{ClientID: "Clients--0--a--ClientId", Key: "Clients--0--a--EncodedJwk"}},
	} {
		if got := prepare.NamesOf(test.family, test.section); got != test.want {
			t.Errorf("%s of %q: %+v", test.section, test.family, got)
		}
	}
}

func TestFamilyOf(t *testing.T) {
	t.Parallel()
	const both = "names of both clients"
	for _, test := range []struct {
		settings string // the family that the files tell
		secrets  []string
		want     appsettings.Family
	}{
		{"", nil, appsettings.ClientLibrary},
		{"", []string{"S--ClientId"}, appsettings.ClientLibrary},
		{"", []string{"S--ClientId", "s--jwkbase64"}, appsettings.BuiltIn},
		{"", []string{"S--Authority"}, appsettings.BuiltIn},
		{"", []string{"S--Jwk--kid"}, appsettings.BuiltIn},
		{"", []string{"S--EncodedJwk", "S--JwkBase64"}, appsettings.ClientLibrary},
		{"", []string{"T--JwkBase64", "S--T--JwkBase64", "S-JwkBase64"}, appsettings.ClientLibrary},
		{"", []string{"S--JwkBase64 disabled"}, appsettings.ClientLibrary},
		{string(appsettings.BuiltIn), []string{"S--EncodedJwk"}, appsettings.BuiltIn},
		{string(appsettings.ClientLibrary), []string{"S--JwkBase64"}, appsettings.ClientLibrary},
		{both, []string{"S--JwkBase64"}, appsettings.BuiltIn},
		{both, []string{"S--JwkBase64", "S--EncodedJwk"}, appsettings.ClientLibrary},
		{both, nil, appsettings.ClientLibrary},
	} {
		var items []keyvault.Item
		for _, name := range test.secrets {
			name, disabled := strings.CutSuffix(name, " disabled")
			items = append(items, keyvault.Item{Name: name, Enabled: !disabled})
		}
		settings := appsettings.MaskinportenSection{Name: "S", Family: appsettings.Family(test.settings)}
		if test.settings == both {
			settings.Family, settings.Environment.Text, settings.Authority.Text = appsettings.ClientLibrary, "test", "https://test.maskinporten.no/"
		}
		got := prepare.FamilyOf(settings, items, nil)
		if got != test.want {
			t.Errorf("%v: %q", test, got)
		}
	}
}

// The intent of a plan for the application library's own client, and for
// sections of any depth.
func TestPlansOfEachFamily(t *testing.T) {
	t.Parallel()
	const nested = `{"myapp": {"MaskinportenSettings": {"ClientId": ""}}}`
	for _, test := range []struct {
		name     string
		settings string
		world    func(w *world)
	}{
		{"built-in-nothing-yet", builtInSection, func(*world) {}},
		{"built-in-all-is-well", builtInFitted, builtInReady},
		{"built-in-without-the-slash", strings.Replace(builtInFitted, ".no/", ".no", 1), builtInReady},
		{"built-in-file-serves-production-too", strings.Replace(builtInFitted, "test.m", "m", 1), builtInReady},
		{"built-in-authority-in-the-vault", `{"MaskinportenSettings": {"ClientId": ""}}`, func(w *world) {
			builtInReady(w)
			w.secrets[authoritySecret] = "https://test.maskinporten.no/"
		}},
		{"built-in-authority-in-the-vault-is-gone", builtInFitted, func(w *world) {
			builtInReady(w)
			w.secrets["maskinportensettings--AUTHORITY"] = "https://ver2.maskinporten.no"
		}},
		{"built-in-authority-in-the-vault-is-a-key", builtInFitted, func(w *world) {
			builtInReady(w)
			w.secrets[authoritySecret] = aKey().Encoded().Reveal()
		}},
		{"built-in-with-the-key-under-the-other-name", builtInFitted, ready},
		{"built-in-with-odd-secrets", builtInFitted, func(w *world) {
			builtInReady(w)
			w.secrets["MaskinportenSettings--Jwk--kid"] = "a"
			w.secrets["MaskinportenSettings--Jwk--n"] = "a"
			w.secrets["MaskinportenSettings--Scope"] = "a"
			w.secrets["MaskinportenSettings--Scopes"] = "a"
			w.secrets["MaskinportenSettings--other--ClientId"] = "a section of its own"
		}},
		{"built-in-with-a-key-member-by-member", builtInFitted, func(w *world) {
			w.secrets["MaskinportenSettings--Jwk--kid"] = "a"
		}},
		{"client-library-with-a-key-in-the-file", strings.Replace(fitted, `"EncodedJwk": ""`, `"EncodedJwk": "e30="`, 1), func(*world) {}},
		{"client-library-with-the-key-under-the-other-name", fitted, builtInReady},
		{"nested-section-nothing-yet", strings.NewReplacer(`"MaskinportenSettings": {`, `"myapp": { "MaskinportenSettings": {`, "\n  }\n}", "\n  }}\n}").Replace(guideSection), func(w *world) {
			w.target.Section = "myapp:MaskinportenSettings"
		}},
		{"section-in-a-list", strings.NewReplacer(`"MaskinportenSettings": {`, `"Clients": [{}, {`, "\n  }\n}", "\n  }]\n}").Replace(guideSection), func(w *world) {
			w.target.Section = "Clients:1"
		}},
		{"section-with-a-number-for-a-name", strings.Replace(guideSection, `"MaskinportenSettings": {`, `"Clients:1": {`, 1), func(w *world) {
			w.target.Section = "Clients:1"
		}},
		{"nested-section-whose-family-the-vault-tells", nested, func(w *world) {
			w.target.Section = "myapp:MaskinportenSettings"
			w.secrets["myapp--MaskinportenSettings--ClientId"] = "client-a"
			w.secrets["myapp--MaskinportenSettings--JwkBase64"] = aKey().Encoded().Reveal()
			w.existing(selfservice.Integration{ClientID: "client-a", Name: name, Scopes: []string{readScope, writeScope}}, aKey().Public())
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

// Applied, a plan for either family leaves nothing to do, and both clients can
// read the key.
func TestApplyForEachFamily(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, settings string
		world          func(w *world)
		log            string // the changes
	}{
		{"made", builtInSection, func(*world) {},
			"set " + builtInKeySecret + ", create integration, replace keys, prove, set " + clientSecret + ", edit appsettings.json"},
		{"copied", builtInSection, ready, "set " + builtInKeySecret + ", prove, edit appsettings.json"},
		{"copied the other way", guideSection, builtInReady, "set " + keySecret + ", prove, edit appsettings.json"},
		{"authority", builtInFitted, func(w *world) {
			builtInReady(w)
			w.secrets[authoritySecret] = "https://ver2.maskinporten.no/"
		}, "set " + authoritySecret + ", prove"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.settings)
			test.world(w)
			plan := w.mustPlan()
			w.log = nil
			result, err := prepare.Apply(t.Context(), w.systems(), plan, nil)
			if err != nil || !result.Proved {
				t.Fatalf("%+v, %v", result, err)
			}
			changes := slices.DeleteFunc(w.log, func(entry string) bool {
				return strings.HasPrefix(entry, "get ") || strings.HasPrefix(entry, "list ") || strings.HasPrefix(entry, "read ")
			})
			if got := strings.Join(changes, ", "); got != test.log {
				t.Errorf("%s\nwant %s", got, test.log)
			}
			if again := w.mustPlan(); !again.IsEmpty() {
				t.Errorf("still to do: %s", again)
			}
			if strings.HasPrefix(test.name, "copied") && w.secrets[keySecret] != w.secrets[builtInKeySecret] {
				t.Error("the two clients have different keys")
			}
			for _, name := range []string{keySecret, builtInKeySecret} {
				if text, has := w.secrets[name]; has && text != aKey().Encoded().Reveal() && test.name != "made" {
					t.Errorf("secret %s is another key", name)
				}
			}
		})
	}
}

// Without an admin client the same is done, and nobody is asked for anything at
// the portal: what the copied key answers there is known.
func TestCopyOfKeyWithoutAnAdminClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t, builtInSection)
	ready(w)
	systems := w.systems()
	systems.Integrations = nil // and no Guide: to ask would be a fault
	for _, wanted := range []string{"set " + builtInKeySecret + ", edit appsettings.json", ""} {
		state, err := prepare.Read(t.Context(), systems, w.target)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := prepare.NewPlan(state)
		if err != nil {
			t.Fatal(err)
		}
		w.log = nil
		if _, err := prepare.Apply(t.Context(), systems, plan, nil); err != nil {
			t.Fatal(err)
		}
		changes := slices.DeleteFunc(w.log, func(entry string) bool {
			return !strings.HasPrefix(entry, "set ") && !strings.HasPrefix(entry, "edit ")
		})
		if got := strings.Join(changes, ", "); got != wanted {
			t.Errorf("%s, want %s", got, wanted)
		}
	}
}

// A crash at any change, before or after it has taken effect, is healed by
// preparing again, and until then the client that was used has what it had.
func TestCrashesWhileAKeyIsCopiedOrASectionMoved(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, settings string
		world          func(w *world)
		old            string // the secret of the key that was used
		ends           bool   // it is disabled at the end
	}{
		{"copied", builtInSection, ready, keySecret, false},
		{"copied the other way", guideSection, builtInReady, builtInKeySecret, false},
		{"migration begins", guideSection, func(w *world) {
			ready(w)
			w.target.Migrate = true
		}, keySecret, false},
		{"migration ends", half, func(w *world) {
			halfway(w)
			w.target.Migrate, w.target.Deployed = true, true
		}, keySecret, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for at := 1; ; at++ {
				for _, late := range []bool{false, true} {
					w := newWorld(t, test.settings)
					test.world(w)
					w.crashAt, w.crashLate = at, late
					_, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil)
					if err == nil {
						if at == 1 {
							t.Fatal("nothing was changed")
						}
						return
					}
					if !errors.Is(err, errCrash) || w.secrets[test.old] != aKey().Encoded().Reveal() || w.secrets[clientSecret] != "client-a" {
						t.Fatalf("change %d, late %v: %v", at, late, err)
					}
					w.crashAt = 0
					if _, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil); err != nil {
						t.Fatalf("change %d, late %v: again: %v", at, late, err)
					}
					if rest := w.mustPlan(); !rest.IsEmpty() || w.disabled[test.old] != test.ends {
						t.Fatalf("change %d, late %v: still to do: %s", at, late, rest)
					}
				}
			}
		})
	}
}

// A copy is of the key that the plan was made for, or none is made.
func TestStaleCopyOfKey(t *testing.T) {
	t.Parallel()
	for _, changed := range []string{keySecret, builtInKeySecret} {
		w := newWorld(t, builtInFitted)
		ready(w)
		plan := w.mustPlan()
		w.secrets[changed] = another().Encoded().Reveal()
		before := w.secrets[builtInKeySecret]
		if _, err := prepare.Apply(t.Context(), w.systems(), plan, nil); !as[*prepare.StaleError](err) || w.secrets[builtInKeySecret] != before {
			t.Errorf("%s: %v", changed, err)
		}
	}
}

func TestASectionThatNoSecretCanBeNamedAfter(t *testing.T) {
	t.Parallel()
	for _, section := range []string{"my_app:MaskinportenSettings", "Innstillinger for Maskinporten", "app-:MaskinportenSettings", "Nøkler", strings.Repeat("a", 120)} {
		w := newWorld(t, guideSection)
		w.target.Section = section
		_, err := w.plan()
		refused, ok := errors.AsType[*keyvault.SettingNameError](err)
		if !ok || refused.Remedy() == "" || len(w.log) != 0 {
			t.Errorf("%s: %v, %v", section, err, w.log)
		}
	}
}

// The text that is stored has the twelve members that both clients read.
func TestKeyTextIsForBothClients(t *testing.T) {
	t.Parallel()
	w := newWorld(t, builtInSection)
	if _, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil); err != nil {
		t.Fatal(err)
	}
	key, err := jwk.ParseEncoded(w.secret(builtInKeySecret))
	if err != nil || len(key.Notes()) != 0 || !key.Encoded().Equal(w.secret(builtInKeySecret)) {
		t.Errorf("%v, %v", err, key.Notes())
	}
}

// Where a section has a client id and nothing else, the code tells whose it is.
func TestFamilyOfTheCode(t *testing.T) {
	t.Parallel()
	const tokens = `class A { Task<string> Token(IMaskinportenClient client) => client.GetAccessToken(["a:b"]); }`
	for name, test := range map[string]struct {
		section, version, code string
		want                   appsettings.Family
	}{
		"the built-in client, of which nothing is said": {"MaskinportenSettings", "8.10.0", tokens, appsettings.BuiltIn},
		"another section than its own":                  {"Ours", "8.10.0", tokens, appsettings.ClientLibrary},
		"the section that it is given":                  {"Ours", "8.10.0", `services.ConfigureMaskinportenClient("Ours");`, appsettings.BuiltIn},
		"generation 9, which reads no section":          {"MaskinportenSettings", "9.0.0", tokens, appsettings.ClientLibrary},
		"the other client": {"MaskinportenSettings", "8.10.0",
			`services.AddMaskinportenHttpClient<SettingsJwkClientDefinition, A>(config.GetSection("MaskinportenSettings"));` + tokens, appsettings.ClientLibrary},
	} {
		code, err := dotnet.Read(fstest.MapFS{
			"App.csproj": {Data: []byte(onVersion(test.version))}, "A.cs": {Data: []byte(test.code)},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := prepare.FamilyOf(appsettings.MaskinportenSection{Name: test.section}, nil, code); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
