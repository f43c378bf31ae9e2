package local_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/entra"
	"github.com/stafett/stafett/local/fault"
	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/timeline"
)

const vaultValue = "a-value-that-nobody-may-see"

// observed is a platform with a timeline, and the secrets that went through it.
type observed struct {
	testing.TB
	*local.Platform
	secrets []string
}

func observe(t testing.TB) *observed {
	t.Helper()
	o := &observed{TB: t, Platform: start(t, local.Config{Apps: folders(t, nil), Timeline: true})}
	seed := o.Seed()
	o.secrets = []string{seed.AzureClientSecret.Reveal(), vaultValue}
	for _, person := range seed.Persons {
		o.secrets = append(o.secrets, person.SSN)
	}
	return o
}

// token remembers one.
func (o *observed) token(text string) string {
	o.secrets = append(o.secrets, text)
	return text
}

// form posts a form and returns the access token of the answer.
func (o *observed) form(address string, fields url.Values) (status int, token string) {
	o.Helper()
	response, err := o.Client().PostForm(address, fields)
	if err != nil {
		o.Fatal(err)
	}
	defer response.Body.Close()
	var body struct {
		Token string `json:"access_token"`
	}
	content, err := io.ReadAll(response.Body)
	if err != nil {
		o.Fatal(err)
	}
	_ = json.Unmarshal(content, &body)
	if body.Token != "" {
		o.token(body.Token)
	}
	return response.StatusCode, body.Token
}

// grant asks Maskinporten for a token for the admin client.
func (o *observed) grant(scope string) (status int, token string) {
	o.Helper()
	var key jose.JSONWebKey
	if err := key.UnmarshalJSON([]byte(o.Seed().SelfServiceKey.Reveal())); err != nil {
		o.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, nil)
	if err != nil {
		o.Fatal(err)
	}
	now := time.Now()
	assertion, err := jwt.Signed(signer).Claims(map[string]any{
		"aud": "https://" + local.MaskinportenHost + "/", "iss": o.Seed().SelfServiceClientID, "scope": scope,
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "jti": fmt.Sprint(now.UnixNano()),
	}).Serialize()
	if err != nil {
		o.Fatal(err)
	}
	return o.form("https://"+local.MaskinportenHost+"/token", url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {o.token(assertion)},
	})
}

// newest returns the newest exchange with a system and a route.
func (o *observed) newest(system, route string) timeline.Exchange {
	o.Helper()
	all := o.Timeline().Exchanges(timeline.Filter{System: system})
	at := slices.IndexFunc(all, func(e timeline.Exchange) bool { return e.Method+" "+e.Route == route })
	if at < 0 {
		o.Fatalf("nobody asked %s for %s", system, route)
	}
	return all[at]
}

func fact[T any](o *observed, e timeline.Exchange) T {
	o.Helper()
	for _, f := range e.Facts {
		if found, ok := f.(T); ok {
			return found
		}
	}
	var none T
	o.Fatalf("%s %s has no fact of type %T: %+v", e.System, e.Route, none, e.Facts)
	return none
}

// A person may not create what the organisation may: the timeline tells by which
// policy, and what it would have taken.
func TestTheTimelineExplainsARefusedCreate(t *testing.T) {
	t.Parallel()
	o := observe(t)
	seed := o.Seed()
	person, body := o.token(logIn(t, o.Platform, seed.Persons[0])), fmt.Sprintf(`{"instanceOwner":{"organisationNumber":%q}}`, seed.OrgNumber)
	if status, _ := send(t, o.Platform, http.MethodPost, seed.Apps[1].URL+"/instances/create", person, body); status != http.StatusForbidden {
		t.Fatalf("a person's create: %d", status)
	}
	refused := o.newest("fts/saksmottak", "POST /instances/create")
	if !refused.Refused() || refused.Caller.Kind != timeline.KindPerson || refused.Caller.Name != seed.Persons[0].Name || refused.Caller.Level != 3 {
		t.Errorf("refused: %+v", refused)
	}
	var decision authorization.Decision
	for _, child := range o.Timeline().Children(refused.ID) {
		if child.Trace != refused.Trace || child.Caller.Kind == timeline.KindUnknown {
			t.Errorf("below the create: %+v", child)
		}
		if child.System == "Altinn Authorization" {
			decision = fact[authorization.Decision](o, child)
		}
	}
	if decision.Action != "instantiate" || decision.AppID != "fts/saksmottak" || len(decision.Nearest) == 0 {
		t.Fatalf("the decision: %+v", decision)
	}
	gaps := decision.Nearest[0].Gaps
	if len(gaps) != 1 || gaps[0].Category != policy.Subject || !slices.ContainsFunc(gaps[0].Alternatives, func(a policy.Alternative) bool {
		return len(a.Missing) == 1 && a.Missing[0].ID == policy.AttributeOrg && a.Missing[0].Value == "fts"
	}) {
		t.Errorf("nearest: %+v", decision.Nearest[0])
	}

	organisation := o.token(organisationToken(t, o.Platform))
	status, answer := send(t, o.Platform, http.MethodPost, seed.Apps[1].URL+"/instances/create", organisation, body)
	var created struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal([]byte(answer), &created); err != nil || status != http.StatusCreated {
		t.Fatalf("the organisation's create: %d %v", status, err)
	}
	kept := o.newest("Altinn Storage", "POST /storage/api/v1/instances")
	if change := fact[storage.Changed](o, kept); change.Instance != created.ID || change.What != storage.EventCreated {
		t.Errorf("the change: %+v", change)
	}
	about := o.Timeline().Exchanges(timeline.Filter{Instance: created.ID, Roots: true})
	if len(about) != 1 || about[0].System != "fts/saksmottak" || about[0].Caller.Org != "fts" || about[0].Caller.Name != seed.Organisations[0].Name {
		t.Errorf("what led to the instance: %+v", about)
	}
	if status, _ := send(t, o.Platform, http.MethodGet, seed.Apps[1].URL+"/instances/"+created.ID, "x.y.z", ""); status != http.StatusUnauthorized {
		t.Errorf("a token that is none: %d", status)
	}
	unknown := o.newest("fts/saksmottak", "GET /instances/{party}/{guid}")
	if reason := fact[authentication.NotAccepted](o, unknown); reason.Reason == "" || unknown.Caller.Kind != timeline.KindUnknown {
		t.Errorf("refused for %+v: %+v", reason, unknown.Caller)
	}
	o.holdsNoSecret()
}

// Some refusals say nothing of why; the timeline does.
func TestTheTimelineExplainsSilentRefusals(t *testing.T) {
	t.Parallel()
	o := observe(t)
	app, instances := o.Seed().Apps[1].URL, "https://"+local.PlatformHost+"/storage/api/v1/instances"
	person := o.token(logIn(t, o.Platform, o.Seed().Persons[0]))
	_, reader := send(t, o.Platform, http.MethodGet, "https://"+local.LoginHost+"/Home/GetTestOrgToken/fts?scopes=altinn:serviceowner", "", "")
	o.token(reader)
	for _, c := range []struct {
		method, address, header, value, system, route string
		status                                        int
		want                                          string
	}{
		{http.MethodPost, app + "/instances", "Cookie", authentication.CookieName + "=" + person, "fts/saksmottak", "POST /instances", 400,
			"apphost.Refused{Status:400, Reason:\"answer 400 Bad Request: a caller who is known by cookie must"},
		{http.MethodGet, instances + "?appId=fts/saksmottak", "Authorization", "Bearer " + reader, "Altinn Storage", "GET /storage/api/v1/instances", 403,
			`authentication.MissingScope{Scopes:[]string{"altinn:serviceowner/instances.read"}, Has:"altinn:serviceowner"}`},
		{http.MethodGet, instances, "X-None", "", "Altinn Storage", "GET /storage/api/v1/instances", 401,
			`authentication.NotAccepted{Reason:"find token: `},
	} {
		request, err := http.NewRequestWithContext(t.Context(), c.method, c.address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set(c.header, c.value)
		response, err := o.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		content, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		e := o.newest(c.system, c.route)
		if response.StatusCode != c.status || len(content) != 0 || len(e.Facts) != 1 {
			t.Fatalf("%s: %d %s, facts %+v", c.address, response.StatusCode, content, e.Facts)
		}
		if got := fmt.Sprintf("%#v", e.Facts[0]); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s, want %s", c.address, got, c.want)
		}
	}
	o.holdsNoSecret()
}

// A secret, a token of Maskinporten and what is done with it can be followed from
// one to the next.
func TestTheTimelineTellsWhereCredentialsComeFrom(t *testing.T) {
	t.Parallel()
	o := observe(t)
	seed := o.Seed()
	_, azure := o.form("https://login.microsoftonline.com/"+seed.TenantID+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {seed.AzureClientID}, "client_secret": {seed.AzureClientSecret.Reveal()},
		"scope": {"https://vault.azure.net/.default"},
	})
	if issued := fact[entra.IssuedToken](o, o.newest("Entra ID", "POST /{tenant}/oauth2/v2.0/token")); issued.ClientID != seed.AzureClientID {
		t.Errorf("issued by Azure: %+v", issued)
	}
	address := seed.Vault + "/secrets/MaskinportenSettings--EncodedJwk"
	send(t, o.Platform, http.MethodPut, address+"?api-version=7.4", azure, `{"value":"`+vaultValue+`","tags":{"kid":"key-7"}}`)
	send(t, o.Platform, http.MethodGet, address+"/?api-version=7.4", azure, "")
	read := o.newest("Key Vault", "GET /secrets/{name}")
	access := fact[keyvault.Access](o, read)
	if access.Operation != "get" || access.Name != "MaskinportenSettings--EncodedJwk" || access.KeyID != "key-7" || len(access.Version) != 32 || access.Code != "" {
		t.Errorf("the access: %+v", access)
	}
	if read.Caller.Kind != timeline.KindAzure || read.Caller.ClientID != seed.AzureClientID {
		t.Errorf("read by %+v", read.Caller)
	}
	send(t, o.Platform, http.MethodGet, address+"?api-version=7.4", "", "")
	if access := fact[keyvault.Access](o, o.newest("Key Vault", "GET /secrets/{name}")); access.Code != "Unauthorized" {
		t.Errorf("without a token: %+v", access)
	}

	status, token := o.grant("idporten:dcr.read")
	if status != http.StatusOK {
		t.Fatalf("the grant: %d", status)
	}
	asked := o.newest("Maskinporten", "POST /token")
	issued := fact[maskinporten.IssuedToken](o, asked)
	if asked.Caller.Kind != timeline.KindIntegration || asked.Caller.ClientName != "fts-admin" || asked.Caller.Name != seed.Organisations[0].Name || asked.Caller.KeyID == "" {
		t.Errorf("asked by %+v", asked.Caller)
	}
	send(t, o.Platform, http.MethodGet, "https://"+local.SelfServiceHost+"/api/v1/clients", token, "")
	listed := o.newest("Samarbeidsportalen", "GET /api/v1/clients")
	if listed.Caller.TokenID != issued.ID || listed.Caller.KeyID != asked.Caller.KeyID {
		t.Errorf("listed by %+v with the token %s", listed.Caller, issued.ID)
	}
	status, exchanged := send(t, o.Platform, http.MethodGet, "https://"+local.PlatformHost+"/authentication/api/v1/exchange/maskinporten", token, "")
	if o.token(exchanged); status != http.StatusOK {
		t.Fatalf("the exchange: %d", status)
	}
	altinn := fact[authentication.IssuedToken](o, o.newest("Altinn Authentication", "GET /authentication/api/v1/exchange/maskinporten"))
	if altinn.ID != issued.ID || altinn.Origin != authentication.OriginExchange || !strings.Contains(altinn.Claims, seed.OrgNumber) {
		t.Errorf("exchanged: %+v", altinn)
	}

	if status, _ := o.grant("idporten:dcr.supplier"); status != http.StatusBadRequest {
		t.Fatalf("a grant for a scope that the client has not: %d", status)
	}
	asked = o.newest("Maskinporten", "POST /token")
	if refused := fact[maskinporten.RefusedGrant](o, asked); refused.Page != "MP-200" || refused.Scope != "idporten:dcr.supplier" || asked.Caller.Kind != timeline.KindIntegration {
		t.Errorf("refused: %+v for %+v", refused, asked.Caller)
	}
	o.holdsNoSecret()
}

// holdsNoSecret looks through all that the timeline can show.
func (o *observed) holdsNoSecret() {
	o.Helper()
	all := o.Timeline().Exchanges(timeline.Filter{})
	var shown strings.Builder
	fmt.Fprintf(&shown, "%+v\n%+v\n", all, o.IssuedTokens())
	for _, e := range all {
		request, answer, ok := o.Timeline().Message(e.ID)
		if !ok || request.Line == "" || answer.Line == "" {
			o.Errorf("exchange %d has no messages", e.ID)
		}
		fmt.Fprintf(&shown, "%+v %+v\n", request, answer)
	}
	for n, secret := range o.secrets {
		if secret == "" || strings.Contains(shown.String(), secret) {
			o.Errorf("the timeline shows secret %d", n+1)
		}
	}
	if len(all) < 5 || len(o.secrets) < 5 || !strings.Contains(shown.String(), "[redacted]") {
		o.Errorf("%d exchanges and %d secrets: the search proves little", len(all), len(o.secrets))
	}
}

// A request that a fault hits is told with the fault, and without an answer where
// the client got none.
func TestTheTimelineTellsOfFaults(t *testing.T) {
	t.Parallel()
	o := observe(t)
	if _, err := o.Faults().Add(fault.Rule{Host: local.LoginHost, DropResponse: true, Times: 1}); err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, "https://"+local.LoginHost+"/Home/Localtest/Version", nil)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := o.Client().Do(request); err == nil {
		_ = response.Body.Close()
		t.Fatal("the answer has come")
	}
	lost := o.newest("Altinn Login", "GET /Home/Localtest/Version")
	if lost.Status != 0 || !lost.Refused() || !fact[fault.Met](o, lost).Rule.DropResponse {
		t.Errorf("lost: %+v", lost)
	}
}
