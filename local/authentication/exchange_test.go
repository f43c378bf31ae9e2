package authentication_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

func TestExchangeGivesTheClaimsOfAServiceOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	res, token := get(w.server, exchangePath, w.token(nil))
	if res.StatusCode != http.StatusOK {
		t.Fatalf("status %d, want 200", res.StatusCode)
	}
	if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/plain") {
		t.Errorf("content type %q, want text/plain", got)
	}
	_, claims := parts(t, token)
	now := float64(w.clock.now().Unix())
	want := map[string]any{
		"scope": bothScopes, "token_type": "Bearer", "client_id": "3f0f5b0e-8a54-4c0e-9d49-0b1f6d1f7a11",
		"jti":            "Q2wM0k3yV0m1",
		"consumer":       map[string]any{"authority": "iso6523-actorid-upis", "ID": "0192:" + ferdsel},
		"urn:altinn:org": "fts", "urn:altinn:orgNumber": ferdsel,
		"urn:altinn:authenticatemethod": "maskinporten", "urn:altinn:authlevel": 3.0,
		"iss": platform + "/authentication/api/v1/openid/",
		"nbf": now, "iat": now, "exp": now + 1800,
	}
	sid, _ := claims["sid"].(string)
	if !regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(sid) {
		t.Errorf("sid %q is not a new GUID", sid)
	}
	delete(claims, "sid")
	if !reflect.DeepEqual(claims, want) {
		t.Errorf("claims\n%v\nwant\n%v", claims, want)
	}
	p, err := w.server.Verify(token)
	if err != nil {
		t.Fatal(err)
	}
	if p.Org != "fts" || p.OrgNumber != ferdsel || p.AuthLevel != 3 || p.Method != "maskinporten" || p.Actor() != ferdsel ||
		!p.HasScope("altinn:serviceowner/instances.read") || p.HasScope("altinn:serviceowner") {
		t.Errorf("principal %+v", p)
	}
}

func TestExchangeHeaderNamesTheKeyByThumbprint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, token := get(w.server, exchangePath, w.token(nil))
	header, _ := parts(t, token)
	if !regexp.MustCompile(`^[0-9A-F]{40}$`).MatchString(header.KeyID) {
		t.Errorf("kid %q, want 40 upper-case hex digits", header.KeyID)
	}
	if header.ExtraHeaders["typ"] != "JWT" || header.Algorithm != "RS256" {
		t.Errorf("header typ %v alg %v", header.ExtraHeaders["typ"], header.Algorithm)
	}
	x5t, _ := header.ExtraHeaders["x5t"].(string)
	if len(x5t) != 27 {
		t.Errorf("x5t %q, want 20 bytes in base64url", x5t)
	}

	var discovery struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	_, body := get(w.server, "/authentication/api/v1/openid/.well-known/openid-configuration", "")
	if err := json.Unmarshal([]byte(body), &discovery); err != nil {
		t.Fatal(err)
	}
	if discovery.Issuer != w.server.Issuer() {
		t.Errorf("issuer %q, want %q", discovery.Issuer, w.server.Issuer())
	}
	path, ok := strings.CutPrefix(discovery.JWKSURI, platform)
	if !ok {
		t.Fatalf("jwks_uri %q is elsewhere", discovery.JWKSURI)
	}
	var set jose.JSONWebKeySet
	_, body = get(w.server, path, "")
	if err := json.Unmarshal([]byte(body), &set); err != nil {
		t.Fatal(err)
	}
	keys := set.Key(header.KeyID)
	if len(keys) != 1 || !keys[0].IsPublic() {
		t.Fatalf("key set has %d keys with the token's kid", len(keys))
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signed.Verify(keys[0]); err != nil {
		t.Errorf("the published key does not verify the token: %v", err)
	}
}

func TestExchangeOrgClaim(t *testing.T) {
	t.Parallel()
	consumer := func(number string) map[string]any {
		return map[string]any{"authority": "iso6523-actorid-upis", "ID": "0192:" + number}
	}
	for _, tc := range []struct {
		name    string
		changes map[string]any
		query   string
		want    any
	}{
		{"service owner", nil, "", "fts"},
		{"no service owner scope", map[string]any{"scope": "altinn:instances.read"}, "", nil},
		{"not in the list", map[string]any{"consumer": consumer(turlag)}, "", nil},
		{"digdir", map[string]any{"consumer": consumer("991825827")}, "", "digdir"},
		{"digdir testing", map[string]any{"consumer": consumer("991825827")}, "?test=true", "ttd"},
		{"another testing", nil, "?test=true", "fts"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			res, token := get(w.server, exchangePath+tc.query, w.token(tc.changes))
			if res.StatusCode != http.StatusOK {
				t.Fatalf("status %d, want 200", res.StatusCode)
			}
			if _, claims := parts(t, token); claims["urn:altinn:org"] != tc.want {
				t.Errorf("org claim %v, want %v", claims["urn:altinn:org"], tc.want)
			}
		})
	}
}

func TestExchangeHonoursAccept(t *testing.T) {
	t.Parallel()
	for accept, quoted := range map[string]bool{
		"":                                     false,
		"*/*":                                  false,
		"application/json":                     true,
		"text/plain":                           false,
		"application/json, text/plain":         true,
		"text/plain, application/json":         false,
		"application/json;q=0.1, text/*":       false,
		"application/json, */*":                false,
		"application/xml":                      false,
		"text/html;q=1, application/json;q=.5": true,
	} {
		w := newWorld(t)
		_, body := get(w.server, exchangePath, w.token(nil), "Accept", accept)
		var token string
		err := json.Unmarshal([]byte(body), &token)
		if quoted != (err == nil) {
			t.Errorf("Accept %q: quoted %v, want %v", accept, err == nil, quoted)
		}
		if !quoted && strings.TrimSpace(body) != body {
			t.Errorf("Accept %q: white space around the bare token", accept)
		}
	}
}

func TestExchangeRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := w.clock.now().Unix()
	for _, tc := range []struct{ name, token string }{
		{"no token", ""},
		{"garbled", "not.a.token"},
		{"wrong issuer", w.token(map[string]any{"iss": "https://maskinporten.no/"})},
		{"wrong key", sign(t, testKeys()[2], "mp-1", jose.RS256, w.claims(nil))},
		{"unknown kid", sign(t, testKeys()[1], "mp-9", jose.RS256, w.claims(nil))},
		{"other algorithm", sign(t, testKeys()[1], "mp-1", jose.PS256, w.claims(nil))},
		{"expired 10 s ago", w.token(map[string]any{"exp": now - 10})},
		{"not valid for another 11 s", w.token(map[string]any{"nbf": now + 11})},
		{"no exp", w.token(map[string]any{"exp": nil})},
		{"no consumer", w.token(map[string]any{"consumer": nil})},
		{"consumer of another authority", w.token(map[string]any{"consumer": map[string]any{"authority": "x", "ID": "0192:" + ferdsel}})},
		{"consumer without prefix", w.token(map[string]any{"consumer": map[string]any{"authority": "iso6523-actorid-upis", "ID": ferdsel}})},
	} {
		res, body := get(w.server, exchangePath, tc.token)
		if res.StatusCode != http.StatusUnauthorized || body != "" {
			t.Errorf("%s: %d %q, want 401 and no body", tc.name, res.StatusCode, body)
		}
	}
}

func TestExchangeGrantsTenSecondsOfSkew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := w.clock.now().Unix()
	for name, changes := range map[string]map[string]any{
		"expired 9 s ago":    {"exp": now - 9},
		"valid in 10 s":      {"nbf": now + 10},
		"audience unchecked": {"aud": nil},
	} {
		if res, _ := get(w.server, exchangePath, w.token(changes)); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d, want 200", name, res.StatusCode)
		}
	}
}

func TestExchangeProviders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const base = "/authentication/api/v1/exchange/"
	if res, _ := get(w.server, base+"MaskinPorten", w.token(nil)); res.StatusCode != http.StatusOK {
		t.Errorf("the provider's case matters: %d", res.StatusCode)
	}
	res, body := get(w.server, base+"bankid", w.token(nil))
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("unknown provider: %d, want 400", res.StatusCode)
	}
	for _, name := range []string{"maskinporten", "id-porten", "altinnstudio"} {
		if !strings.Contains(strings.ToLower(body), name) {
			t.Errorf("the text %q does not name %s", body, name)
		}
	}
	res, body = get(w.server, exchangePath, w.token(nil), "X-Altinn-EnterpriseUser-Authentication", "dXNlcjpwYXNz")
	var problem struct{ Status int }
	if err := json.Unmarshal([]byte(body), &problem); res.StatusCode != http.StatusGone || err != nil || problem.Status != http.StatusGone {
		t.Errorf("enterprise user: %d %q, want 410 and a problem", res.StatusCode, body)
	}
}

func TestExchangeFetchesKeysOnceAndAgainForANewKid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 3 {
		get(w.server, exchangePath, w.token(nil))
	}
	if got := w.maskinporten.fetched(); got != 1 {
		t.Errorf("%d fetches for one key, want 1", got)
	}
	w.maskinporten.rotate(testKeys()[2], "mp-2")
	if res, _ := get(w.server, exchangePath, w.token(nil)); res.StatusCode != http.StatusOK {
		t.Errorf("token of the new key: %d, want 200", res.StatusCode)
	}
	if got := w.maskinporten.fetched(); got != 2 {
		t.Errorf("%d fetches after a rotation, want 2", got)
	}
}

func TestExchangeDistrustsMetadataOfAnotherIssuer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.maskinporten.issuer = "https://evil.example/"
	if res, _ := get(w.server, exchangePath, w.token(nil)); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d, want 401", res.StatusCode)
	}
}

func TestRefreshKeepsClaimsAndRenewsTheLifetime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, token := get(w.server, exchangePath, w.token(nil))
	w.clock.advance(20 * time.Minute)
	res, renewed := get(w.server, "/authentication/api/v1/refresh", token)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("status %d, want 200", res.StatusCode)
	}
	_, before := parts(t, token)
	_, after := parts(t, renewed)
	if got, want := after["exp"].(float64), before["exp"].(float64)+1200; got != want {
		t.Errorf("exp %v, want %v", got, want)
	}
	for _, name := range []string{"exp", "iat", "nbf"} {
		delete(before, name)
		delete(after, name)
	}
	if !reflect.DeepEqual(before, after) {
		t.Errorf("claims\n%v\nwant\n%v", after, before)
	}
	if res, body := get(w.server, "/authentication/api/v1/refresh", ""); res.StatusCode != http.StatusUnauthorized || body != "" {
		t.Errorf("without token: %d %q, want 401 and no body", res.StatusCode, body)
	}
}
