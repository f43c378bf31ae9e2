package appsettings_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/secret"
)

func readSection(t *testing.T, file, section string, o appsettings.Options) appsettings.MaskinportenSection {
	t.Helper()
	s, err := appsettings.ReadMaskinporten(load(t, map[string]string{"appsettings.json": file}, o), section)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// noted returns the notes as "Name: text".
func noted(s appsettings.MaskinportenSection) []string {
	var all []string
	for _, n := range s.Notes {
		all = append(all, n.Name+": "+n.Text)
	}
	return all
}

func TestTheGuidesSectionWithSecretsInTheVault(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("testdata/guide.json")
	if err != nil {
		t.Fatal(err)
	}
	s := readSection(t, string(guide), "maskinportensettings", appsettings.Options{Vault: vault(
		appsettings.VaultSecret{Name: "MaskinportenSettings--ClientId", Value: secret.New("client-1"), Enabled: true},
		appsettings.VaultSecret{Name: "MaskinportenSettings--EncodedJwk", Value: secret.New("encoded"), Enabled: true},
	)})
	if s.Family != appsettings.ClientLibrary || s.ClientID.Text != "client-1" || s.ClientID.Origin.Source != "key vault MaskinportenSettings--ClientId" ||
		s.EncodedJWK.Value.Reveal() != "encoded" || s.Environment.Text != "ver2" || s.Environment.Origin.Line != 3 ||
		s.Scope.Text != "altinn:serviceowner/instances.read" || !s.ExchangeToAltinnToken.On || s.ExchangeToAltinnToken.Origin.Line != 7 {
		t.Errorf("section = %+v", s)
	}
	want := []string{"EnableDebugLog: has no effect: the library's name for it is EnableDebugLogging"}
	if got := noted(s); !slices.Equal(got, want) || !s.Notes[0].NoEffect || s.Notes[0].Origin.Line != 8 {
		t.Errorf("notes = %q, want %q", got, want)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %#v", s, s, s), "encoded\"") {
		t.Error("the section prints its key")
	}
}

func TestBuiltInSection(t *testing.T) {
	t.Parallel()
	s := readSection(t, `{"App":{"Maskinporten":{"authority":"https://test.maskinporten.no/","clientId":"c",
		"jwk":{"KTY":"RSA","kid":"k","d":"private","x5c":["x"],"exp":1}}}}`, "app:maskinporten", appsettings.Options{})
	var members map[string]string
	if err := json.Unmarshal([]byte(s.JWK.Value.Reveal()), &members); err != nil {
		t.Fatal(err)
	}
	if s.Family != appsettings.BuiltIn || s.Authority.Text != "https://test.maskinporten.no/" || len(members) != 3 ||
		members["kty"] != "RSA" || members["kid"] != "k" || members["d"] != "private" || s.JWK.Origin.Source != "appsettings.json:2" {
		t.Errorf("section = %+v, members %d", s, len(members))
	}
	if len(s.Notes) != 0 {
		t.Errorf("notes = %q", noted(s))
	}
}

func TestFamily(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]appsettings.Family{
		`{"EncodedJwk":"k","JwkBase64":"k"}`:                                      appsettings.ClientLibrary,
		`{"EncodedJwk":"","JwkBase64":"k"}`:                                       appsettings.BuiltIn,
		`{"EncodedJwk":"k","JwkBase64":"k","Authority":"x"}`:                      appsettings.BuiltIn,
		`{"EncodedJwk":"k","JwkBase64":"k","Authority":"x","Environment":"test"}`: appsettings.ClientLibrary,
		`{"EncodedJwk":"k","Authority":"x"}`:                                      appsettings.BuiltIn,
		`{"EncodedJwk":"","JwkBase64":""}`:                                        appsettings.ClientLibrary,
		`{"JwkBase64":""}`:                                                        appsettings.BuiltIn,
		`{"Environment":"test","Authority":"x"}`:                                  appsettings.ClientLibrary,
		`{"Authority":"x"}`:                                                       appsettings.BuiltIn,
		`{"CertificatePkcs12Path":"x","Other":"y"}`:                               appsettings.ClientLibrary,
		`{"ClientId":"x"}`:                                                        appsettings.UnknownFamily,
	} {
		if got := readSection(t, `{"S":`+file+`}`, "S", appsettings.Options{}).Family; got != want {
			t.Errorf("family of %s = %q, want %q", file, got, want)
		}
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, section string
		want          []string // the beginning of each note
	}{
		{"the right spelling is not the library's", `{"Environment":"test","ExchangeToAltinnToken":true}`,
			[]string{"ExchangeToAltinnToken: has no effect: the library's name for it is ExhangeToAltinnToken"}},
		{"names that nothing reads", `{"Environment":"test","Scopes":"a","Zebra":1,"Jwks":{"keys":[]}}`,
			[]string{"Jwks: has no effect on the application", "Scopes: has no effect: no library reads it; did you mean Scope?", "Zebra: has no effect: no library reads it"}},
		{"names of the other library", `{"Environment":"test","Authority":"x","clientid":"c"}`,
			[]string{"Authority: is read by the application library's own client only"}},
		{"names of the other library, the other way", `{"JwkBase64":"","Authority":"x","Scope":"s","Environment":""}`,
			[]string{"Environment: is read by Altinn.ApiClients.Maskinporten only", "Scope: is read by Altinn.ApiClients.Maskinporten only"}},
		{"log of assertions", `{"Environment":"test","EnableDebugLogging":"TRUE"}`, []string{"EnableDebugLogging: writes every assertion"}},
		{"enterprise user", `{"Environment":"test","EnterpriseUserName":"u"}`, []string{"EnterpriseUserName: makes every token exchange fail"}},
		{"two keys", `{"JwkBase64":"x","Jwk":{"kid":"k"}}`, []string{"JwkBase64: wins over Jwk (appsettings.json:1)", "JwkBase64: is a private key in a file"}},
		{"key as a text", `{"Authority":"x","Jwk":"{}"}`, []string{"Jwk: must be an object"}},
		{"white space", `{"Environment":"test","ClientId":"c\n"}`, []string{"ClientId: has white space at an end"}},
		{"key beside the code", `{"EncodedJwk":"x"}`, []string{"EncodedJwk: is a private key in a file beside the code"}},
		{"scopes with commas", `{"Environment":"test","Scope":"a:b, c:d"}`, []string{"Scope: has other things than spaces between its scopes"}},
		{"scopes with an s too many", `{"Environment":"test","Scope":"a:b altinn:serviceowners/instances.read"}`, []string{"Scope: names altinn:serviceowners, which does not exist"}},
		{"about an exchange that is not done", `{"Environment":"test","TokenExchangeEnvironment":"at22","UseAltinnTestOrg":true}`,
			[]string{"TokenExchangeEnvironment: changes nothing", "UseAltinnTestOrg: changes nothing"}},
		{"test organisation in production", `{"Environment":"prod","ExhangeToAltinnToken":true,"UseAltinnTestOrg":true}`,
			[]string{"UseAltinnTestOrg: asks for a test organisation's token in production"}},
		{"address of tokens", `{"JwkBase64":"","Authority":"https://test.maskinporten.no/token/"}`, []string{"Authority: is the address of tokens"}},
		{"the exchange is done", `{"Environment":"test","Scope":"altinn:serviceowner a:b","ExhangeToAltinnToken":true,"TokenExchangeEnvironment":"at22","UseAltinnTestOrg":true}`, nil},
		{"nothing to remark", `{"Environment":"test","ClientId":"c","Scope":"s","EncodedJwk":"","Kid":"k","UseAltinnTestOrg":false,"EnableDebugLogging":null}`, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := noted(readSection(t, `{"S":`+test.section+`}`, "S", appsettings.Options{}))
			if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
				t.Errorf("notes = %q, want %q", got, test.want)
			}
		})
	}
}

func TestAKeyBesideTheCodeIsRemarkedThoughTheVaultHidesIt(t *testing.T) {
	t.Parallel()
	s := readSection(t, `{"S":{"EncodedJwk":"leaked"}}`, "S", appsettings.Options{
		Vault: vault(appsettings.VaultSecret{Name: "S--EncodedJwk", Value: secret.New("good"), Enabled: true})})
	if s.EncodedJWK.Value.Reveal() != "good" || len(s.Notes) != 1 || s.Notes[0].Origin.Source != "appsettings.json:1" {
		t.Errorf("section = %+v", s)
	}
}

func TestFlagsAreReadAsDotNETReadsThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"true": "true", "\tTRUE\u00a0": "true", `\u0000true\u0000`: "true", "": "false", " False ": "false",
		" ": "refused", `\u0000`: "refused", "\u200btrue": "refused", "falſe": "refused", "1": "refused",
	} {
		c := load(t, map[string]string{"appsettings.json": `{"S":{"UseAltinnTestOrg":"` + strings.ReplaceAll(text, "\t", `\t`) + `"}}`}, appsettings.Options{})
		section, err := appsettings.ReadMaskinporten(c, "S")
		got := strconv.FormatBool(section.UseAltinnTestOrg.On)
		if err != nil {
			got = "refused"
		}
		if got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

func TestFlagsThatAreNeitherTrueNorFalse(t *testing.T) {
	t.Parallel()
	c := load(t, map[string]string{"appsettings.json": "{\"S\":{\n\"UseAltinnTestOrg\":1,\n\"ExhangeToAltinnToken\":\"yes\"}}"}, appsettings.Options{
		Vault: vault(appsettings.VaultSecret{Name: "S--EnableDebugLogging", Value: secret.New("a key in the wrong place"), Enabled: true})})
	_, err := appsettings.ReadMaskinporten(c, "S")
	want := `S:ExhangeToAltinnToken (appsettings.json:3): must be true or false, not "yes"
S:UseAltinnTestOrg (appsettings.json:2): must be true or false, not "1"
S:EnableDebugLogging (key vault S--EnableDebugLogging): must be true or false, not "[redacted]"`
	if err == nil || err.Error() != want {
		t.Errorf("error = %v", err)
	}
	flag, ok := errors.AsType[*appsettings.FlagError](err)
	if !ok || flag.Setting != "S:ExhangeToAltinnToken" || flag.Value.Origin.Line != 3 || !strings.HasPrefix(flag.Remedy(), "set it to true or false") {
		t.Errorf("error = %+v", flag)
	}
}

func TestASectionThatIsNotThere(t *testing.T) {
	t.Parallel()
	file := `{"MaskinportenSettings":{"ClientId":"","Scope":"s"},"myapp":{"Maskinporten":{"EncodedJwk":""}},"kvSetting":{"ClientId":"c","ClientSecret":"s"},"Logging":{"Level":"x"}}`
	c := load(t, map[string]string{"appsettings.json": file}, appsettings.Options{})
	both := []string{"MaskinportenSettings", "myapp:Maskinporten"}
	if got := c.MaskinportenSections(); !slices.Equal(got, both) {
		t.Errorf("sections = %v, want %v", got, both)
	}
	for _, test := range []struct{ section, nearest, message string }{
		{"MaskinportenSetings", "MaskinportenSettings", `the configuration has no section "MaskinportenSetings"; did you mean "MaskinportenSettings"?`},
		{"maskinportensetting", "MaskinportenSettings", ""},
		{"myap:Maskinporten", "myapp:Maskinporten", ""},
		{"Other", "", `the configuration has no section "Other"; sections that look like a Maskinporten client: MaskinportenSettings, myapp:Maskinporten`},
		{"", "", ""},
	} {
		_, err := appsettings.ReadMaskinporten(c, test.section)
		var missing *appsettings.SectionError
		if !errors.As(err, &missing) || missing.Nearest != test.nearest || !slices.Equal(missing.Others, both) {
			t.Errorf("%s: error = %v", test.section, err)
		}
		if test.message != "" && err.Error() != test.message {
			t.Errorf("%s: message = %s", test.section, err)
		}
	}
	_, err := appsettings.ReadMaskinporten(load(t, nil, appsettings.Options{}), "S")
	if err == nil || !strings.HasSuffix(err.Error(), "and none that looks like a Maskinporten client") {
		t.Errorf("error = %v", err)
	}
}

func TestCertificateSettingsAreSeen(t *testing.T) {
	t.Parallel()
	s := readSection(t, `{"S":{"EncodedX509":"x","CertificateStoreThumbprint":"y","CertificatePkcs12Path":""}}`, "S", appsettings.Options{})
	if s.Certificate != "CertificateStoreThumbprint" {
		t.Errorf("certificate = %q", s.Certificate)
	}
}
