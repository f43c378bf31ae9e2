package maskinporten_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/selfservice"
)

// verified checks a token with the published keys, as an API does, and
// returns its header and claims.
func (w *world) verified(token string) (header, claims string) {
	w.Helper()
	var keys jose.JSONWebKeySet
	w.must(json.Unmarshal(w.do(httptest.NewRequest(http.MethodGet, issuer+"jwk", nil)).Body.Bytes(), &keys))
	parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	w.must(err)
	payload, err := parsed.Verify(keys)
	w.must(err)
	decoded, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	w.must(err)
	return string(decoded), string(payload)
}

var tokenID = regexp.MustCompile(`"jti":"[A-Za-z0-9_-]{43}"`)

func TestToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	response := w.granted("token", w.grant(w.assertion()))
	// The clock stands at half a second, so a second less than the life is left.
	if response.TokenType != "Bearer" || response.ExpiresIn != 119 || response.Scope != readScope {
		t.Errorf("response is %s, %d, %s", response.TokenType, response.ExpiresIn, response.Scope)
	}
	header, claims := w.verified(response.AccessToken)
	if !regexp.MustCompile(`^\{"kid":"[A-Za-z0-9_-]{43}","alg":"RS256"\}$`).MatchString(header) {
		t.Errorf("header is %s", header)
	}
	if !tokenID.MatchString(claims) {
		t.Errorf("no jti of 43 characters in %s", claims)
	}
	now := w.clock.now().Unix()
	want := fmt.Sprintf(`{"scope":"%s","iss":"%s","client_amr":"private_key_jwt","token_type":"Bearer","exp":%d,"iat":%d,`+
		`"client_id":"%s","jti":"","consumer":{"authority":"iso6523-actorid-upis","ID":"0192:%s"}}`,
		readScope, issuer, now+120, now, w.client.ClientID, agency)
	if got := tokenID.ReplaceAllString(claims, `"jti":""`); got != want {
		t.Errorf("claims are\n%s, want\n%s", got, want)
	}
	id := tokenID.FindString(claims)[len(`"jti":"`) : len(`"jti":"`)+43]
	issued := maskinporten.IssuedToken{Time: w.clock.now(), Expires: time.Unix(now+120, 0), ID: id, Claims: claims, ClientID: w.client.ClientID, KeyID: kid, Scope: readScope, ConsumerOrg: agency}
	if got := w.server.Issued(); len(got) != 1 || got[0] != issued {
		t.Errorf("issued is %v", got)
	}
	if got, ok := w.server.Token(id); !ok || got != issued {
		t.Errorf("the token with its id is %v, %t", got, ok)
	}
}

func TestAcceptedGrants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := w.clock.now().Unix()
	// A scope for clients of any type, and one whose tokens would be opaque, are as
	// any other to Maskinporten.
	scope, _ := w.registry.Scope(openScope)
	scope.Description, scope.AllowedIntegrationTypes, scope.TokenType = "Oppslag", []string{}, "OPAQUE"
	_, err := w.registry.UpdateScope(scope)
	w.must(err)
	for name, f := range map[string]fault{
		"RS384":                {header: object{"alg": "RS384"}},
		"RS512":                {header: object{"alg": "RS512"}},
		"typ":                  {header: object{"typ": "JWT"}},
		"aud array":            {claims: object{"aud": []string{issuer}}},
		"no jti":               {claims: object{"jti": nil}},
		"nbf and sub":          {claims: object{"nbf": now, "sub": w.client.ClientID}},
		"iat 10 s ahead":       {claims: object{"iat": now + 10, "exp": now + 120}},
		"expired 9 s ago":      {claims: object{"iat": now - 60, "exp": now - 9}},
		"scope of any type":    {claims: object{"scope": openScope}},
		"two scopes":           {claims: object{"scope": readScope + " " + openScope}},
		"resource array":       {claims: object{"resource": []string{"https://api.example.no/"}}},
		"a life of one second": {claims: object{"exp": now + 1}},
	} {
		w.granted(name, w.grant(w.assertion(f)))
	}
}

func TestAssertionInTheQuery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	query := url.Values{"grant_type": {grantType}, "assertion": {w.assertion()}}.Encode()
	w.granted("query", w.do(httptest.NewRequest(http.MethodPost, issuer+"token?"+query, nil)))
	// Each is looked for in the body first; colons need no encoding.
	both := httptest.NewRequest(http.MethodPost, issuer+"token?grant_type=x&assertion="+w.assertion(), strings.NewReader("grant_type="+grantType))
	both.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
	w.granted("half in the body", w.do(both))
}

func TestResourceAndPersonPassThrough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tt := range map[string]struct {
		resource any
		want     string
	}{
		"text":  {"https://api.example.no/", `{"aud":"https://api.example.no/",`},
		"array": {[]string{"https://a.example.no", "urn:b"}, `{"aud":["https://a.example.no","urn:b"],`},
	} {
		spoilt := fault{claims: object{"resource": tt.resource, "pid": "01817000135"}}
		_, claims := w.verified(w.granted(name, w.grant(w.assertion(spoilt))).AccessToken)
		if !strings.HasPrefix(claims, tt.want) || !strings.Contains(claims, `"pid":"01817000135"`) {
			t.Errorf("%s: claims are %s", name, claims)
		}
	}
}

func TestLifetime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.registry.GrantAccess(delegable, agency))
	patient := w.addClient(selfservice.Client{Scopes: []string{readScope, delegable}, AccessTokenLifetime: 3600},
		selfservice.NewKey("patient", &otherKey().PublicKey))
	for scope, want := range map[string]int{readScope: 3599, readScope + " " + delegable: 29} {
		assertion := sign(object{"alg": "RS256", "kid": "patient"}, w.claims().with(object{"iss": patient.ClientID, "scope": scope}), otherKey())
		if got := w.granted(scope, w.grant(assertion)).ExpiresIn; got != want {
			t.Errorf("%s: expires in %d, want %d", scope, got, want)
		}
	}
}

func TestPropagation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(cfg *maskinporten.Config) { cfg.PropagationDelay = 2 * time.Minute })
	created, err := w.registry.CreateClient(selfservice.Client{
		Name: "new", Description: "new", OrgNumber: agency, IntegrationType: "maskinporten", ApplicationType: "web",
		TokenEndpointAuthMethod: "private_key_jwt", GrantTypes: []string{grantType}, Scopes: []string{readScope},
	})
	w.must(err)
	assertion := func() string {
		return sign(object{"alg": "RS256", "kid": "new"}, w.claims().with(object{"iss": created.ClientID}), otherKey())
	}
	w.refused("client is on its way", w.grant(assertion()), 400, invalidGrant(authenticationFailed, "MP-100"))
	w.clock.advance(time.Minute)
	_, err = w.registry.ReplaceKeys(created.ClientID, []selfservice.Key{selfservice.NewKey("new", &otherKey().PublicKey)})
	w.must(err)
	w.clock.advance(time.Minute)
	w.refused("key is on its way", w.grant(assertion()), 400, unknownKey)
	w.clock.advance(time.Minute - time.Nanosecond)
	w.refused("key is still on its way", w.grant(assertion()), 400, unknownKey)
	w.clock.advance(time.Nanosecond)
	w.granted("key has arrived", w.grant(assertion()))

	// A key that is removed works until the change has arrived.
	w.must(w.registry.RemoveKeys(created.ClientID))
	w.granted("removal is on its way", w.grant(assertion()))
	w.server.SetPropagationDelay(0)
	w.refused("removal has arrived", w.grant(assertion()), 400, unknownKey)
	w.granted("seeded clients are known at once", w.grant(w.assertion()))
}
