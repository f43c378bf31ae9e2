package doctor_test

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/local/selfservice"
	"github.com/stafett/stafett/prepare/doctor"
)

const (
	orgNumber  = "313547264"
	readScope  = "altinn:serviceowner/instances.read"
	writeScope = "altinn:serviceowner/instances.write"
)

// ready is the example project with an integration that has the vault's key, and
// without an admin client.
type ready struct {
	*online
	t        *testing.T
	clientID string
	answers  map[string]string // what is answered in a system's place, by host and path
	status   map[string]int    // how a system refuses, by host and path
}

func getReady(t *testing.T) *ready {
	t.Helper()
	r := &ready{online: goOnline(t), t: t, answers: make(map[string]string)}
	r.again()
	return r
}

// again makes all well, with another integration.
func (r *ready) again() {
	r.t.Helper()
	if r.clientID != "" {
		_ = r.platform.Registry().DeactivateClient(r.clientID) // it may be already
	}
	r.restore(r.t)
	r.clientID = r.register(selfservice.Client{Scopes: []string{readScope, writeScope}}, aKey())
}

// register makes an integration with a key, and stores its client id.
func (r *ready) register(client selfservice.Client, key *jwk.Key) string {
	r.t.Helper()
	client.Name, client.Description, client.OrgNumber = "test", "test", orgNumber
	made, err := r.platform.Registry().AddClient(client, selfservice.NewKey(key.KeyID(), &key.PrivateKey().PublicKey))
	if err != nil {
		r.t.Fatal(err)
	}
	r.set(r.t, idSecret, made.ClientID, keyvault.SetOptions{})
	return made.ClientID
}

// newKey stores another key and returns it.
func (r *ready) newKey(id string) *jwk.Key {
	r.t.Helper()
	key, err := jwk.Generate(id, jwk.DefaultBits)
	must(r.t, err)
	r.set(r.t, keySecret, key.Encoded().Reveal(), keyvault.SetOptions{})
	return key
}

// stored is the client id in the vault.
func (r *ready) stored() string {
	r.t.Helper()
	found, err := r.vault.Get(r.t.Context(), idSecret)
	must(r.t, err)
	return found.Value.Reveal()
}

// RoundTrip implements [http.RoundTripper].
func (r *ready) RoundTrip(request *http.Request) (*http.Response, error) {
	at := request.URL.Host + request.URL.Path
	body, answered := r.answers[at]
	status, refused := r.status[at]
	if !answered && !refused {
		return r.platform.Client().Transport.RoundTrip(request)
	}
	return &http.Response{StatusCode: cmp.Or(status, http.StatusOK), Header: make(http.Header), Body: io.NopCloser(strings.NewReader(body)), Request: request}, nil
}

func (r *ready) examine() doctor.Report {
	world := r.world()
	world.HTTPClient = &http.Client{Transport: r}
	return doctor.Run(r.t.Context(), world, nil)
}

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
	report := getReady(t).examine()
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
	o := getReady(t)
	for _, test := range []struct {
		name    string
		change  func()
		words   []string
		command string
	}{
		{"the integration is gone", func() { must(t, o.platform.Registry().DeactivateClient(o.clientID)) },
			[]string{"MP-100", "no active integration"}, "stafett prepare --replace-client ID --yes"},
		{"the client id is a name", func() { o.set(t, idSecret, "oidc_fts_soknad", keyvault.SetOptions{}) },
			[]string{"MP-100", "oidc_fts_soknad is no UUID"}, "stafett prepare --replace-client ID --yes"},
		{"the key is gone", func() { must(t, o.platform.Registry().RemoveKeys(o.clientID)) },
			[]string{"Unknown key identifier"}, "stafett prepare --yes"},
		{"another key under the same id", func() { o.newKey(aKey().KeyID()) }, []string{"MP-124", "thumbprints"}, ""},
		{"the key is old", func() {
			must(t, o.platform.Registry().SetKeyExpiry(o.clientID, aKey().KeyID(), time.Now().Add(-time.Hour)))
		}, []string{"MP-121", "one year"}, "stafett rotate --yes"},
		{"a scope is not on the integration", func() {
			o.register(selfservice.Client{Scopes: []string{readScope}}, o.newKey("fts-tt02-other"))
		}, []string{"MP-200", "one by one, it refuses " + writeScope}, "stafett prepare --yes"},
		{"a scope is not granted", func() { must(t, o.platform.Registry().RevokeAccess(writeScope, orgNumber)) },
			[]string{"MP-250", "Altinn (Digdir)", "one by one, it refuses " + writeScope}, ""},
		{"an integration of another type", func() {
			o.register(selfservice.Client{IntegrationType: "idporten", Scopes: []string{readScope, writeScope}}, o.newKey("fts-tt02-typed"))
		}, []string{"MP-201", "cannot be changed"}, "stafett prepare --replace-client ID --yes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o.again()
			must(t, o.platform.Registry().GrantAccess(writeScope, orgNumber))
			test.change()
			first := expectFirst(t, o.examine(), "token.issued", doctor.Fail, test.words...)
			if got := strings.ReplaceAll(strings.Join(first.Remedy.Command, " "), o.stored(), "ID"); got != test.command {
				t.Errorf("the command is %q, want %q", got, test.command)
			}
		})
	}
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
	o := getReady(t)
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
		o.answers["test.maskinporten.no/token"] = `{"access_token":"` + token(t, test.claims) + `","token_type":"Bearer","expires_in":119}`
		t.Log(test.name)
		expectFirst(t, o.examine(), test.id, doctor.Fail, test.words...)
	}
}

// Without urn:altinn:org, or with another one, no rule for the owner lets it in.
func TestTheOrgOfAltinnsToken(t *testing.T) {
	t.Parallel()
	o := getReady(t)
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
		o.answers["platform.tt02.altinn.no/authentication/api/v1/exchange/maskinporten"] = token(t, test.claims)
		expectFirst(t, o.examine(), "exchange.org", doctor.Fail, test.words...)
	}
	o.replace(settingsFile, `"ExhangeToAltinnToken": true`, `"ExhangeToAltinnToken": true, "UseAltinnTestOrg": true`)
	expectFirst(t, o.examine(), "exchange.org", doctor.Fail, "UseAltinnTestOrg", "appsettings.json")
}

// What Storage refuses with tells what is wrong.
func TestStorageRefuses(t *testing.T) {
	t.Parallel()
	o := getReady(t)
	for status, words := range map[int][]string{
		http.StatusForbidden:          {"altinn:serviceowner/instances.read"},
		http.StatusNotFound:           {"never been deployed in tt02"},
		http.StatusUnauthorized:       {"header Authorization"},
		http.StatusServiceUnavailable: {"status.altinn.no"},
	} {
		o.status = map[string]int{"platform.tt02.altinn.no/storage/api/v1/instances": status}
		expectFirst(t, o.examine(), "receiving.storage", doctor.Fail, words...)
	}
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
	o := getReady(t)
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for _, test := range []struct {
		host, id string
		err      error
		words    []string
	}{
		{"platform.tt02.altinn.no", "exchange.accepted", refused, []string{"Altinn did not answer", "HTTPS_PROXY"}},
		{"fts.apps.tt02.altinn.no", "receiving.reachable", &net.DNSError{Name: "fts.apps.tt02.altinn.no", Err: "no such host", IsNotFound: true}, []string{"fts has no application in tt02", "applicationmetadata", "deploy"}},
		{"fts.apps.tt02.altinn.no", "receiving.reachable", refused, []string{"fts/saksmottak did not answer", "applicationmetadata"}},
	} {
		world := o.world()
		world.HTTPClient = &http.Client{Transport: failing{o.platform.Client().Transport, test.host, &url.Error{Op: "Get", URL: "https://" + test.host, Err: test.err}}}
		expectFirst(t, doctor.Run(t.Context(), world, nil), test.id, doctor.Fail, test.words...)
	}
}
