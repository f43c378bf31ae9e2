package integration_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
)

func TestTheGuidesSectionBecomesTokensForTheOrganisation(t *testing.T) {
	t.Parallel()
	w := inVault()
	i := w.mustLoad(t, guide, nil)
	if i.ClientID != "client-1" || i.KeyID != "fts-key-1" || i.PublicKey.Modulus != testKey().Public().Modulus || i.MaskinportenEnvironment.Name != "test" || i.AltinnEnvironment.Name != "tt02" ||
		!slices.Equal(i.Scopes, []string{"altinn:serviceowner/instances.read"}) || i.Section.EncodedJWK.Origin.Kind != appsettings.KeyVault {
		t.Errorf("integration = %+v", i)
	}
	token, err := i.Altinn().Token(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if claims, err := altinn.ParseClaims(token); err != nil || claims.Org != "fts" {
		t.Errorf("claims = %+v, %v", claims, err)
	}
	mp, err := i.Maskinporten().TokenContext(context.Background())
	if err != nil || mp.AccessToken != "maskinporten-token" {
		t.Errorf("maskinporten token = %v", err)
	}
	if len(w.assertions) != 1 {
		t.Fatalf("%d assertions", len(w.assertions))
	}
	for claim, want := range map[string]any{"iss": "client-1", "aud": "https://test.maskinporten.no/", "kid": "fts-key-1",
		"scope": "altinn:serviceowner/instances.read", "token endpoint": "https://test.maskinporten.no/token"} {
		if got := w.assertions[0][claim]; got != want {
			t.Errorf("%s = %v, want %v", claim, got, want)
		}
	}
	if want := []string{"https://platform.tt02.altinn.no/authentication/api/v1/exchange/maskinporten"}; !slices.Equal(w.exchanges, want) {
		t.Errorf("exchanges = %v", w.exchanges)
	}
	want := []string{
		`MaskinportenSettings:Environment (appsettings.json:3) is "ver2", read here as "test": the application itself would fail, for it asks a host that is gone (closed: 10 June 2024)`,
		"MaskinportenSettings:EnableDebugLog (appsettings.json:8) has no effect: the library's name for it is EnableDebugLogging",
	}
	if got := i.Warnings(); !slices.Equal(got, want) {
		t.Errorf("warnings = %q, want %q", got, want)
	}
}

func TestSettingsAreReadOnce(t *testing.T) {
	t.Parallel()
	w := inVault()
	i := w.mustLoad(t, guide, nil)
	w.secrets["MaskinportenSettings--ClientId"] = stored{value: "client-2"}
	if _, err := i.Altinn().Token(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := w.assertions[0]["iss"]; got != "client-1" {
		t.Errorf("asked as %v, though the settings were loaded before the change", got)
	}
}

func TestTheSameIntegration(t *testing.T) {
	t.Parallel()
	first := inVault().mustLoad(t, section(""), nil)
	for _, test := range []struct {
		name, settings string
		change         func(*integration.Options)
		same           bool
	}{
		{"read again", section(""), nil, true},
		{"another setting", section(`"EnableDebugLogging":true`), nil, true},
		{"key id", section(`"Kid":"other"`), nil, false},
		{"scopes", section(""), func(o *integration.Options) { o.Scopes = []string{"a:b"} }, false},
		{"resource", section(`"Resource":"https://api.example/"`), nil, false},
		{"consumer", section(`"ConsumerOrgNo":"313547264"`), nil, false},
		{"test organisation", section(`"UseAltinnTestOrg":true`), nil, false},
		{"Altinn's environment", section(`"TokenExchangeEnvironment":"at22"`), nil, false},
		{"Maskinporten's environment", strings.Replace(section(""), `"test"`, `"prod"`, 1), nil, false},
	} {
		if got := first.IsSame(inVault().mustLoad(t, test.settings, test.change)); got != test.same {
			t.Errorf("%s: %t", test.name, got)
		}
	}
	w := inVault()
	w.secrets["MaskinportenSettings--ClientId"] = stored{value: "client-2"}
	if first.IsSame(w.mustLoad(t, section(""), nil)) {
		t.Error("another client is the same integration")
	}
}

// section makes a settings file with a sound section, and changes to it.
func section(changes string) string {
	if changes != "" {
		changes = "," + changes
	}
	return `{"Base":{},"MaskinportenSettings":{"Environment":"test","Scope":"a:b c:d","ExhangeToAltinnToken":true` + changes + `}}`
}

func TestSettingsThatAreRespected(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, settings string
		change         func(*integration.Options)
		claims         map[string]any
		exchange       string
		warnings       []string // the beginning of each
	}{
		{"kid, resource and consumer", section(`"Kid":"other","Resource":"https://api.example/","ConsumerOrgNo":"313547264"`), nil,
			map[string]any{"kid": "other", "resource": "https://api.example/", "consumer_org": "313547264", "scope": "a:b c:d"}, "", nil},
		{"exchange in another test environment", section(`"TokenExchangeEnvironment":"at22"`), nil, nil,
			"https://platform.at22.altinn.cloud/authentication/api/v1/exchange/maskinporten", nil},
		{"test organisation", section(`"UseAltinnTestOrg":true`), nil, nil,
			"https://platform.tt02.altinn.no/authentication/api/v1/exchange/maskinporten?test=true", nil},
		{"prod", strings.Replace(section(""), `"test"`, `"prod"`, 1), nil, map[string]any{"aud": "https://maskinporten.no/"},
			"https://platform.altinn.no/authentication/api/v1/exchange/maskinporten", nil},
		{"an environment of the caller's own", section(""), func(o *integration.Options) {
			o.Altinn = altinn.Environment{Name: "mine", Platform: "https://platform.at22.altinn.cloud", MaskinportenEnvironment: "test"}
		}, nil, "https://platform.at22.altinn.cloud/authentication/api/v1/exchange/maskinporten", nil},
		{"one of the caller's own that is called as one of Altinn's, as the section is", section(`"TokenExchangeEnvironment":"tt02"`), func(o *integration.Options) {
			o.Altinn = altinn.Environment{Name: "tt02", Platform: "https://platform.at22.altinn.cloud", MaskinportenEnvironment: "test"}
		}, nil, "https://platform.at22.altinn.cloud/authentication/api/v1/exchange/maskinporten", nil},
		{"one without a name", section(""), func(o *integration.Options) {
			o.Altinn = altinn.Environment{Platform: "https://platform.at22.altinn.cloud", MaskinportenEnvironment: "test"}
		}, nil, "https://platform.at22.altinn.cloud/authentication/api/v1/exchange/maskinporten", nil},
		{"scopes of the caller", section(""), func(o *integration.Options) { o.Scopes = []string{"c:d e:f", "g:h"} },
			map[string]any{"scope": "c:d e:f g:h"}, "", []string{"MaskinportenSettings:Scope (appsettings.json:1) lacks e:f g:h, which was asked for here"}},
		{"not exchanged by the application", strings.Replace(section(""), "ExhangeToAltinnToken", "ExchangeToAltinnToken", 1), nil, nil, "",
			[]string{"MaskinportenSettings:ExchangeToAltinnToken (appsettings.json:1) has no effect", "MaskinportenSettings:ExhangeToAltinnToken is not true: the application itself would send"}},
		{"the environment's variables", section(`"ClientId":"file"`), func(o *integration.Options) {
			o.Vault = nil
			o.Environ = []string{"MaskinportenSettings__ClientId=env", "MaskinportenSettings__EncodedJwk=" + testKey().Encoded().Reveal()}
		}, map[string]any{"iss": "env"}, "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := inVault()
			i := w.mustLoad(t, test.settings, test.change)
			if _, err := i.Altinn().Token(context.Background()); err != nil {
				t.Fatal(err)
			}
			for claim, want := range test.claims {
				if got := w.assertions[0][claim]; got != want {
					t.Errorf("%s = %v, want %v", claim, got, want)
				}
			}
			if test.exchange != "" && w.exchanges[0] != test.exchange {
				t.Errorf("exchanged at %s, want %s", w.exchanges[0], test.exchange)
			}
			if !slices.EqualFunc(i.Warnings(), test.warnings, strings.HasPrefix) {
				t.Errorf("warnings = %q, want %q", i.Warnings(), test.warnings)
			}
		})
	}
}

func TestTheApplicationsOwnClient(t *testing.T) {
	t.Parallel()
	key := testKey()
	scopes := func(o *integration.Options) { o.Scopes = []string{"a:b"} }
	tests := []struct {
		name, section string
		change        func(*integration.Options)
		issuer        string
		warnings      []string
	}{
		{"base64", `{"authority":"https://test.maskinporten.no","clientId":"c","jwkBase64":"` + key.Encoded().Reveal() + `"}`, scopes, "https://test.maskinporten.no/",
			[]string{"MaskinportenSettings:JwkBase64 (appsettings.json:1) is a private key in a file"}},
		{"members", `{"Authority":"https://maskinporten.no/","ClientId":"c","Jwk":` + key.JSON().Reveal() + `}`, scopes, "https://maskinporten.no/", nil},
		{"another issuer", `{"Authority":"https://maskinporten.example/","ClientId":"c","Jwk":` + key.JSON().Reveal() + `}`, scopes, "https://maskinporten.example/", nil},
		{"a host that is gone", `{"Authority":"https://ver2.maskinporten.no/","ClientId":"c","Jwk":` + key.JSON().Reveal() + `}`, scopes, "https://test.maskinporten.no/",
			[]string{"MaskinportenSettings:Authority (appsettings.json:1) is a host that is gone, read here as https://test.maskinporten.no/: the application itself would fail"}},
		{"generation 9", `{"Authority":"https://test.maskinporten.no/","ClientId":"c","Jwk":` + key.JSON().Reveal() + `}`,
			func(o *integration.Options) { scopes(o); o.Generation = 9 }, "https://test.maskinporten.no/",
			[]string{"MaskinportenSettings:ClientId (appsettings.json:1) is not read by a deployed application of generation 9"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := &world{}
			i := w.mustLoad(t, `{"MaskinportenSettings":`+test.section+`}`, test.change)
			if _, err := i.Altinn().Token(context.Background()); err != nil {
				t.Fatal(err)
			}
			if w.assertions[0]["aud"] != test.issuer || w.assertions[0]["kid"] != "fts-key-1" {
				t.Errorf("assertion = %v", w.assertions[0])
			}
			if !slices.EqualFunc(i.Warnings(), test.warnings, strings.HasPrefix) {
				t.Errorf("warnings = %q, want %q", i.Warnings(), test.warnings)
			}
		})
	}
}

func TestTheFileOfThePlatform(t *testing.T) {
	t.Parallel()
	w := &world{}
	i := w.mustLoad(t, `{}`, func(o *integration.Options) {
		o.Generation, o.Scopes = 9, []string{"a:b"}
		file := `{"MaskinportenSettings":{"Jwks":{"keys":[{"kid":"fts-key-1"}]},"Jwk":` + testKey().JSON().Reveal() +
			`,"ClientId":"provisioned","Authority":"https://test.maskinporten.no/"}}`
		if err := os.MkdirAll(o.Directories.RuntimeSecrets, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(o.Directories.RuntimeSecrets, "maskinporten-settings.json"), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	if i.ClientID != "provisioned" || len(i.Warnings()) != 1 || !strings.Contains(i.Warnings()[0], "Jwks") {
		t.Errorf("client %s, warnings %q", i.ClientID, i.Warnings())
	}
}

func TestNotesOfAKeyBecomeWarnings(t *testing.T) {
	t.Parallel()
	w := inVault()
	withNumber := strings.Replace(testKey().JSON().Reveal(), "{", `{"exp":1,`, 1)
	w.secrets["MaskinportenSettings--EncodedJwk"] = stored{value: base64Std(withNumber)}
	i := w.mustLoad(t, section(""), nil)
	want := []string{"MaskinportenSettings:EncodedJwk (key vault MaskinportenSettings--EncodedJwk) holds a key in which exp is not a string"}
	if !slices.EqualFunc(i.Warnings(), want, strings.HasPrefix) {
		t.Errorf("warnings = %q", i.Warnings())
	}
}

func TestSectionThatIsMissing(t *testing.T) {
	t.Parallel()
	w := inVault()
	_, err := w.load(t, guide, func(o *integration.Options) { o.Section = "MaskinportenSetings" })
	var missing *appsettings.SectionError
	if !errors.As(err, &missing) || missing.Nearest != "MaskinportenSettings" {
		t.Errorf("error = %v", err)
	}
}

func TestVaultThatRefuses(t *testing.T) {
	t.Parallel()
	w := &world{refusal: "ForbiddenByRbac"}
	_, err := w.load(t, guide, nil)
	var access *keyvault.AccessError
	if !errors.As(err, &access) || access.Permission() != "secrets list" {
		t.Errorf("error = %v", err)
	}
}

func TestFaultsOfSettings(t *testing.T) {
	t.Parallel()
	absent := stored{value: "absent"}
	vault := func(changes map[string]stored) *world {
		w := inVault()
		for name, s := range changes {
			w.secrets[name] = s
			if s == absent {
				delete(w.secrets, name)
			}
		}
		return w
	}
	const id, key = "MaskinportenSettings--ClientId", "MaskinportenSettings--EncodedJwk"
	encoded := testKey().Encoded().Reveal()
	tests := []struct {
		name     string
		world    *world
		settings string
		change   func(*integration.Options)
		want     []string // the beginning of each fault
		remedy   string   // a part of the first remedy
	}{
		{"no secrets", vault(map[string]stored{id: absent, key: absent}), guide, nil, []string{
			"MaskinportenSettings:ClientId (appsettings.json:4): has no value; the vault kv-fts-tt02.vault.azure.net has no secret MaskinportenSettings--ClientId",
			"MaskinportenSettings:EncodedJwk (appsettings.json:6): has no value; the vault kv-fts-tt02.vault.azure.net has no secret MaskinportenSettings--EncodedJwk",
		}, "stafett prepare"},
		{"a disabled secret", vault(map[string]stored{key: {value: encoded, disabled: true}}), guide, nil, []string{
			"MaskinportenSettings:EncodedJwk (appsettings.json:6): has no value, for the application passes over disabled secrets: get secret MaskinportenSettings--EncodedJwk in",
		}, "--enabled true"},
		{"an empty secret", vault(map[string]stored{id: {}}), section(""), nil, []string{
			"MaskinportenSettings:ClientId (key vault MaskinportenSettings--ClientId): has no value; the vault's secret MaskinportenSettings--ClientId is empty",
		}, "stafett prepare"},
		{"secrets that were swapped", vault(map[string]stored{id: {value: encoded}, key: {value: "3f0f5b0e-8a54-4c0e-9d49-0b1f6d1f7a11"}}), section(""), nil, []string{
			"MaskinportenSettings:ClientId (key vault MaskinportenSettings--ClientId): it is no client id",
			"MaskinportenSettings:EncodedJwk (key vault MaskinportenSettings--EncodedJwk): read key: "}, "swapped"},
		{"secrets without a section in the files", inVault(), `{}`, func(o *integration.Options) { o.Scopes = []string{"a"} }, []string{"MaskinportenSettings:Environment: has no value"}, "test"},
		{"a client id alone", &world{}, `{"MaskinportenSettings":{"ClientId":"c"}}`, nil, []string{
			"MaskinportenSettings:EncodedJwk: has no value", "MaskinportenSettings:Scope: names no scope", "MaskinportenSettings:Environment: has no value"}, ""},
		{"no vault", &world{}, section(""), nil, []string{"MaskinportenSettings:ClientId: has no value", "MaskinportenSettings:EncodedJwk: has no value"}, ""},
		{"secrets under another section's name", vault(map[string]stored{key: absent, "MaskinportenSetting--EncodedJwk": {value: encoded}}), section(""), nil, []string{
			"MaskinportenSettings:EncodedJwk: has no value; section MaskinportenSetting has one (key vault MaskinportenSetting--EncodedJwk); the vault",
		}, ""},
		{"a key that was cut", vault(map[string]stored{key: {value: encoded[:len(encoded)/2/4*4]}}), section(""), nil, []string{
			"MaskinportenSettings:EncodedJwk (key vault MaskinportenSettings--EncodedJwk): read key: "}, "store the whole of it again"},
		{"the public key", vault(map[string]stored{key: {value: base64Std(`{"kty":"RSA","use":"sig","kid":"k","alg":"RS256","n":"` + testKey().Public().Modulus + `","e":"AQAB"}`)}}), section(""), nil, []string{
			"MaskinportenSettings:EncodedJwk (key vault MaskinportenSettings--EncodedJwk): read key: "}, "store the private key"},
		{"a certificate", vault(map[string]stored{key: absent}), section(`"CertificatePkcs12Path":"x.p12"`), nil, []string{
			"MaskinportenSettings:CertificatePkcs12Path: signing with a certificate is not supported"}, "EncodedJwk"},
		{"an environment that is none", inVault(), strings.Replace(guide, "ver2", "tt02", 1), nil, []string{
			`MaskinportenSettings:Environment (appsettings.json:3): maskinporten has no environment "tt02"; there are test and prod; the application would not start`}, `"test"`},
		{"an environment that no library knows", inVault(), strings.Replace(guide, "ver2", "systest", 1), nil, []string{
			`MaskinportenSettings:Environment (appsettings.json:3): maskinporten environment "systest" is closed`}, `"test"`},
		{"no environment", inVault(), strings.Replace(guide, "ver2", "", 1), nil, []string{"MaskinportenSettings:Environment (appsettings.json:3): has no value; the application would not start"}, ""},
		{"no scope", inVault(), strings.Replace(guide, "altinn:serviceowner/instances.read", " ", 1), nil, []string{"MaskinportenSettings:Scope (appsettings.json:5): names no scope"}, "instances.write"},
		{"another exchange than asked for", inVault(), section(`"TokenExchangeEnvironment":"at22"`), func(o *integration.Options) { o.Altinn = environment("tt02") },
			[]string{"MaskinportenSettings:TokenExchangeEnvironment (appsettings.json:1): tokens are exchanged in at22, but tt02 is asked for"}, `"tt02"`},
		{"an exchange that is none", inVault(), section(`"TokenExchangeEnvironment":"tt03"`), nil, []string{"MaskinportenSettings:TokenExchangeEnvironment (appsettings.json:1): look up"}, "tt02"},
		{"another exchange than that of a platform without a name", inVault(), section(`"TokenExchangeEnvironment":"at22"`),
			func(o *integration.Options) {
				o.Altinn = altinn.Environment{Platform: "https://platform.example", MaskinportenEnvironment: "test"}
			},
			[]string{"MaskinportenSettings:TokenExchangeEnvironment (appsettings.json:1): tokens are exchanged in at22, but https://platform.example is asked for"}, "remove it"},
		{"test settings for prod", inVault(), section(""), func(o *integration.Options) { o.Altinn = environment("prod") },
			[]string{"MaskinportenSettings:Environment (appsettings.json:1): is Maskinporten's test, whose tokens Altinn's prod does not accept"}, "nothing crosses"},
		{"prod settings with exchange in tt02", inVault(), strings.Replace(section(`"TokenExchangeEnvironment":"tt02"`), `"test"`, `"prod"`, 1), nil,
			[]string{"MaskinportenSettings:Environment (appsettings.json:1): is Maskinporten's prod, whose tokens Altinn's tt02 does not accept"}, ""},
		{"own client without key", &world{}, `{"MaskinportenSettings":{"Authority":"https://test.maskinporten.no/","ClientId":"c","JwkBase64":""}}`, func(o *integration.Options) { o.Scopes = []string{"a"} },
			[]string{"MaskinportenSettings:JwkBase64 (appsettings.json:1): has no value"}, ""},
		{"own client with half a key", &world{}, `{"MaskinportenSettings":{"Authority":"https://test.maskinporten.no/","ClientId":"c","Jwk":{"kty":"RSA","kid":"k"}}}`, func(o *integration.Options) { o.Scopes = []string{"a"} },
			[]string{"MaskinportenSettings:Jwk (appsettings.json:1): read key: "}, ""},
		{"an authority that is none", &world{}, `{"MaskinportenSettings":{"Authority":"test","ClientId":"c","JwkBase64":"` + encoded + `"}}`, func(o *integration.Options) { o.Scopes = []string{"a"} },
			[]string{`MaskinportenSettings:Authority (appsettings.json:1): "test" is not the address of Maskinporten`}, "https://test.maskinporten.no/"},
		{"an authority for the other environment", &world{}, `{"MaskinportenSettings":{"Authority":"https://maskinporten.no/","ClientId":"c","JwkBase64":"` + encoded + `"}}`,
			func(o *integration.Options) { o.Scopes, o.Altinn = []string{"a"}, environment("tt02") },
			[]string{"MaskinportenSettings:Authority (appsettings.json:1): is Maskinporten's prod"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i, err := test.world.load(t, test.settings, test.change)
			if err == nil {
				t.Fatalf("loaded %+v", i)
			}
			var got []string
			faults := integration.Faults(err)
			for _, f := range faults {
				got = append(got, f.Error())
				if r := f.Remedy(); r == "" || r[0] < 'a' || r[0] > 'z' || strings.HasSuffix(r, ".") {
					t.Errorf("%s: remedy %q is no clause", f.Setting, r)
				}
			}
			if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
				t.Fatalf("faults = %q\nwant %q", got, test.want)
			}
			if !strings.Contains(faults[0].Remedy(), test.remedy) {
				t.Errorf("remedy = %q, want %q in it", faults[0].Remedy(), test.remedy)
			}
			if printed := fmt.Sprintf("%v %+v", err, faults); strings.Contains(printed, encoded[:40]) {
				t.Errorf("an error quotes the key: %s", printed)
			}
		})
	}
}

func TestOwnClientNeedsScopes(t *testing.T) {
	t.Parallel()
	_, err := (&world{}).load(t, `{"MaskinportenSettings":{"Authority":"https://test.maskinporten.no/","ClientId":"c","JwkBase64":"`+testKey().Encoded().Reveal()+`"}}`, nil)
	if faults := integration.Faults(err); len(faults) != 1 || !strings.Contains(faults[0].Error(), "has its scopes in code") || faults[0].Remedy() != "say which scopes are wanted" {
		t.Errorf("error = %v", err)
	}
}

// Scopes that are there for a client with none of its own do not stand in the way
// of a section's.
func TestScopesOfTheOwnClient(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]string{
		`{"MaskinportenSettings":{"Authority":"https://test.maskinporten.no/","Scope":"a:b"}}`: "x:y z:w",
		section(""): "a:b c:d",
	} {
		w := inVault()
		w.secrets["MaskinportenSettings--JwkBase64"] = w.secrets["MaskinportenSettings--EncodedJwk"]
		i := w.mustLoad(t, settings, func(o *integration.Options) { o.BuiltInScopes = []string{"x:y z:w"} })
		if got := strings.Join(i.Scopes, " "); got != want {
			t.Errorf("%s: scopes %q, want %q", settings, got, want)
		}
	}
}

func TestAnOldHostThatNoNameStandsForIsRefused(t *testing.T) {
	t.Parallel()
	_, err := (&world{}).load(t, `{"MaskinportenSettings":{"Authority":"https://oidc-ver2.difi.no/","ClientId":"c","JwkBase64":"`+testKey().Encoded().Reveal()+`"}}`,
		func(o *integration.Options) { o.Scopes = []string{"a"} })
	if err == nil || !strings.Contains(err.Error(), `section MaskinportenSettings: `) || !strings.Contains(err.Error(), "is closed") {
		t.Errorf("error = %v", err)
	}
}

func TestProblemsOfKeysAreTyped(t *testing.T) {
	t.Parallel()
	w := inVault()
	w.secrets["MaskinportenSettings--EncodedJwk"] = stored{value: testKey().JSON().Reveal()}
	_, err := w.load(t, section(""), nil)
	var format *jwk.FormatError
	if !errors.As(err, &format) || format.Problem != jwk.NotEncoded {
		t.Errorf("error = %v", err)
	}
}

func TestNothingPrintsTheKey(t *testing.T) {
	t.Parallel()
	i := inVault().mustLoad(t, guide, nil)
	printed := fmt.Sprintf("%v %+v %#v", i, i, i) + fmt.Sprint(i.Warnings())
	if strings.Contains(printed, testKey().Encoded().Reveal()[:40]) {
		t.Error("the integration prints its key")
	}
}

func environment(name string) altinn.Environment {
	e, err := altinn.LookupEnvironment(name)
	if err != nil {
		panic(err)
	}
	return e
}
