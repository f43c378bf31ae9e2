package doctor_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/selfservice"
	"github.com/stafett/stafett/prepare/doctor"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/secret"
)

const orgNumber = "313547264"

// online is the example project on a local platform of its own, with an
// integration, a key and both secrets, and without an admin client.
type online struct {
	place
	*local.Platform
	vault    *keyvault.Vault
	clientID string
	key      *jwk.Key

	mu      sync.Mutex
	answers map[string]func(http.ResponseWriter) // by host and path
}

func newOnline(t *testing.T) *online {
	t.Helper()
	o := &online{place: newPlace(t), answers: make(map[string]func(http.ResponseWriter))}
	config := local.Config{Wrap: o.wrap}
	for _, name := range []string{examples.OriginalForm, examples.ReceivingApp} {
		folder, err := app.Load(o.path(name))
		if err != nil {
			t.Fatal(err)
		}
		config.Apps = append(config.Apps, folder)
	}
	var err error
	if o.Platform, err = local.Start(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	seed := o.Seed()
	credential, err := keyvault.NewCredential(keyvault.CredentialOptions{
		HTTPClient: o.Client(), TenantID: seed.TenantID, ClientID: seed.AzureClientID, ClientSecret: seed.AzureClientSecret,
	})
	if err != nil {
		t.Fatal(err)
	}
	if o.vault, err = keyvault.Open(seed.Vault, credential, o.Client()); err != nil {
		t.Fatal(err)
	}
	if o.key, err = jwk.Generate("fts-tt02-online", jwk.DefaultBits); err != nil {
		t.Fatal(err)
	}
	o.clientID = o.register(selfservice.Client{Scopes: []string{"altinn:serviceowner/instances.read", "altinn:serviceowner/instances.write"}}, o.key)
	o.store("MaskinportenSettings--ClientId", o.clientID)
	o.store("MaskinportenSettings--EncodedJwk", o.key.Encoded().Reveal())
	return o
}

// register makes an integration, with a key if one is given.
func (o *online) register(client selfservice.Client, keys ...*jwk.Key) string {
	o.t.Helper()
	client.Name, client.Description = "test", "test"
	if client.OrgNumber == "" {
		client.OrgNumber = orgNumber
	}
	var registered []selfservice.Key
	for _, key := range keys {
		registered = append(registered, selfservice.NewKey(key.KeyID(), &key.PrivateKey().PublicKey))
	}
	made, err := o.Registry().AddClient(client, registered...)
	if err != nil {
		o.t.Fatal(err)
	}
	return made.ClientID
}

func (o *online) store(name, value string) {
	o.t.Helper()
	if _, err := o.vault.Set(o.t.Context(), name, secret.New(value), keyvault.SetOptions{}); err != nil {
		o.t.Fatal(err)
	}
}

// wrap lets a test answer in place of a stand-in.
func (o *online) wrap(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		answer := o.answers[host+r.URL.Path]
		o.mu.Unlock()
		if answer == nil {
			next.ServeHTTP(w, r)
			return
		}
		answer(w)
	})
}

func (o *online) answer(at string, answer func(http.ResponseWriter)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answers[at] = answer
}

func (o *online) world() doctor.World {
	world := o.place.world()
	world.Offline, world.HTTPClient = false, o.Client()
	world.Vault = func(*project.Project) (*keyvault.Vault, error) { return o.vault, nil }
	return world
}

func (o *online) examine() doctor.Report { return doctor.Run(o.t.Context(), o.world(), nil) }

// token is a token that says this, and that nobody has signed.
func token(t *testing.T, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return "e30." + base64.RawURLEncoding.EncodeToString(payload) + ".c2ln"
}

// Most organisations have no admin client; everything else is looked at all the
// same.
func TestWithoutAnAdminClient(t *testing.T) {
	t.Parallel()
	report := newOnline(t).examine()
	expectNoTrouble(t, report)
	for _, r := range report.Results {
		if r.Status == doctor.Skip && r.Stage != doctor.Integration && r.ID != "settings.events" && r.Stage != doctor.Code && r.Stage != doctor.Repository {
			t.Errorf("%s is skipped: %s %s", r.ID, r.Evidence, r.Needs)
		}
	}
	if r := of(report, "integration.known"); len(r) != 1 || r[0].Needs != "integration.portal" {
		t.Errorf("%+v", r)
	}
}

// Where the portal cannot be asked, Maskinporten's refusal tells what is wrong
// there.
func TestWhatIsRegisteredIsToldByMaskinporten(t *testing.T) {
	t.Parallel()
	const write = "altinn:serviceowner/instances.write"
	for _, test := range []struct {
		name    string
		change  func(*testing.T, *online)
		words   []string
		command string
	}{
		{"the integration is gone", func(t *testing.T, o *online) { must(t, o.Registry().DeactivateClient(o.clientID)) },
			[]string{"MP-100", "no active integration"}, "stafett prepare --replace-client --yes"},
		{"the key is gone", func(t *testing.T, o *online) { must(t, o.Registry().RemoveKeys(o.clientID)) },
			[]string{"Unknown key identifier"}, "stafett prepare --yes"},
		{"another key under the same id", func(t *testing.T, o *online) {
			key, err := jwk.Generate(o.key.KeyID(), jwk.DefaultBits)
			must(t, err)
			o.store("MaskinportenSettings--EncodedJwk", key.Encoded().Reveal())
		}, []string{"MP-124", "thumbprints"}, ""},
		{"the key is old", func(t *testing.T, o *online) {
			must(t, o.Registry().SetKeyExpiry(o.clientID, o.key.KeyID(), time.Now().Add(-time.Hour)))
		}, []string{"MP-121", "one year"}, "stafett rotate --yes"},
		{"a scope is not on the integration", func(t *testing.T, o *online) {
			o.store("MaskinportenSettings--ClientId", o.register(selfservice.Client{Scopes: []string{"altinn:serviceowner/instances.read"}}, o.newKey(t)))
		}, []string{"MP-200", "one by one, it refuses " + write}, "stafett prepare --yes"},
		{"a scope is not granted", func(t *testing.T, o *online) { must(t, o.Registry().RevokeAccess(write, orgNumber)) },
			[]string{"MP-250", "Altinn (Digdir)", "one by one, it refuses " + write}, ""},
		{"an integration of another type", func(t *testing.T, o *online) {
			o.store("MaskinportenSettings--ClientId", o.register(selfservice.Client{IntegrationType: "idporten", Scopes: []string{"altinn:serviceowner/instances.read", write}}, o.newKey(t)))
		}, []string{"MP-201", "cannot be changed"}, "stafett prepare --replace-client --yes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOnline(t)
			test.change(t, o)
			first := expectFirst(t, o.examine(), "token.issued", doctor.Fail, test.words...)
			if got := strings.Join(first.Remedy.Command, " "); got != test.command {
				t.Errorf("the command is %q, want %q", got, test.command)
			}
		})
	}
}

// newKey stores another key and returns it.
func (o *online) newKey(t *testing.T) *jwk.Key {
	t.Helper()
	key, err := jwk.Generate("fts-tt02-other", jwk.DefaultBits)
	must(t, err)
	o.store("MaskinportenSettings--EncodedJwk", key.Encoded().Reveal())
	return key
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Altinn refuses a token with an empty 401. What the token says tells why.
func TestTheTokenTellsWhyItIsRefused(t *testing.T) {
	t.Parallel()
	o := newOnline(t)
	consumer := map[string]string{"authority": "iso6523-actorid-upis", "ID": "0192:" + orgNumber}
	soon := time.Now().Add(2 * time.Minute).Unix()
	scope := "altinn:serviceowner/instances.read altinn:serviceowner/instances.write"
	const issuer = "https://test.maskinporten.no/"
	for _, test := range []struct {
		name   string
		claims map[string]any
		id     string
		words  []string
	}{
		{"of the other environment", map[string]any{"iss": "https://maskinporten.no/", "exp": soon, "consumer": consumer, "scope": scope},
			"exchange.accepted", []string{"is from https://maskinporten.no/", "Altinn's tt02", "Environment in section"}},
		{"over already", map[string]any{"iss": issuer, "exp": time.Now().Add(-time.Minute).Unix(), "consumer": consumer, "scope": scope},
			"exchange.accepted", []string{"had expired", "NTP"}},
		{"of nobody", map[string]any{"iss": issuer, "exp": soon, "scope": scope}, "token.organisation", []string{"owner in"}},
		{"of another organisation", map[string]any{"iss": issuer, "exp": soon, "scope": scope, "consumer": map[string]string{"ID": "0192:991825827"}},
			"token.organisation", []string{"991825827", "belong to " + orgNumber}},
		{"without a scope", map[string]any{"iss": issuer, "exp": soon, "scope": "altinn:serviceowner/instances.read", "consumer": consumer},
			"token.scopes", []string{"lacks altinn:serviceowner/instances.write"}},
	} {
		o.answer("test.maskinporten.no/token", func(w http.ResponseWriter) {
			_ = json.NewEncoder(w).Encode(map[string]any{"access_token": token(t, test.claims), "token_type": "Bearer", "expires_in": 119})
		})
		t.Log(test.name)
		expectFirst(t, o.examine(), test.id, doctor.Fail, test.words...)
	}
}

// Without urn:altinn:org, or with another one, no rule for the owner lets it in.
func TestTheOrgOfAltinnsToken(t *testing.T) {
	t.Parallel()
	o := newOnline(t)
	claims := func(org, number string) map[string]any {
		return map[string]any{"exp": time.Now().Add(time.Hour).Unix(), "urn:altinn:org": org, "urn:altinn:orgNumber": number, "urn:altinn:authlevel": 3}
	}
	for _, test := range []struct {
		claims map[string]any
		words  []string
	}{
		{claims("", orgNumber), []string{"no urn:altinn:org", "altinn-orgs.json", "is fts"}},
		{claims("", "991825827"), []string{"no urn:altinn:org", "991825827 is not", "servicedesk@altinn.no"}},
		{claims("ttd", "991825827"), []string{"urn:altinn:org is ttd, not fts", "owner.org"}},
	} {
		o.answer("platform.tt02.altinn.no/authentication/api/v1/exchange/maskinporten", func(w http.ResponseWriter) {
			_, _ = w.Write([]byte(token(t, test.claims)))
		})
		expectFirst(t, o.examine(), "exchange.org", doctor.Fail, test.words...)
	}
	o.replace(settingsFile, `"ExhangeToAltinnToken": true`, `"ExhangeToAltinnToken": true, "UseAltinnTestOrg": true`)
	expectFirst(t, o.examine(), "exchange.org", doctor.Fail, "UseAltinnTestOrg", "appsettings.json")
}

// failing is a network that has no way to one host.
type failing struct {
	http.RoundTripper
	host string
	err  error
}

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Hostname() == f.host {
		return nil, f.err
	}
	return f.RoundTripper.RoundTrip(r)
}

func TestHostsThatCannotBeReached(t *testing.T) {
	t.Parallel()
	o := newOnline(t)
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for _, test := range []struct {
		host, id string
		err      error
		words    []string
	}{
		{"platform.tt02.altinn.no", "exchange.accepted", refused, []string{"Altinn did not answer", "HTTPS_PROXY"}},
		{"fts.apps.tt02.altinn.no", "receiving.reachable", &net.DNSError{Name: "fts.apps.tt02.altinn.no", Err: "no such host", IsNotFound: true}, []string{"fts has no application in tt02", "deploy"}},
		{"fts.apps.tt02.altinn.no", "receiving.reachable", refused, []string{"fts/saksmottak did not answer"}},
	} {
		world := o.world()
		world.HTTPClient = &http.Client{Transport: failing{o.Client().Transport, test.host, &url.Error{Op: "Get", URL: "https://" + test.host, Err: test.err}}}
		expectFirst(t, doctor.Run(t.Context(), world, nil), test.id, doctor.Fail, test.words...)
	}
}
