package maskinporten_test

import (
	"crypto/rsa"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/selfservice"
)

const authenticationFailed = "Invalid assertion. Client authentication failed."

// errorBody is the JSON of an error without its trace id; page may be empty.
func errorBody(code, description, page string) string {
	body := `{"error":"` + code + `","error_description":"` + description + `"`
	if page != "" {
		body += `,"error_uri":"https://test.maskinporten.no/errors/` + page + `"`
	}
	return body + "}"
}

func invalidGrant(description, page string) string {
	return errorBody("invalid_grant", description, page)
}

var (
	invalidAssertion = invalidGrant("Invalid assertion", "")
	malformed        = errorBody("invalid_request", "Invalid assertion. Invalid parameter value", "MP-011")
	unknownKey       = invalidGrant(authenticationFailed+" Unknown key identifier (kid) for client.", "")
	needsKeyID       = invalidGrant(authenticationFailed+" Invalid JWT. The client requires pre-registered jwk and no key identifier (kid) provided", "")
)

// fault is a way to spoil a good grant, and what Maskinporten says to it.
type fault struct {
	name           string
	header, claims object // changes
	key            *rsa.PrivateKey
	status         int
	want           string
}

// faults are in the order in which they are found out.
func faults(w *world) []fault {
	now := w.clock.now().Unix()
	keyless := w.addClient(selfservice.Client{Scopes: []string{readScope}})
	retired := w.addClient(selfservice.Client{Scopes: []string{readScope}}, selfservice.NewKey("retired", &otherKey().PublicKey))
	w.must(w.registry.DeactivateClient(retired.ClientID))
	const badScopes = "Token request contains invalid scopes for client, "
	return []fault{
		{"no alg", object{"alg": nil}, nil, nil, 400, invalidAssertion},
		{"alg none", object{"alg": "none"}, nil, nil, 400, invalidAssertion},
		{"alg PS256", object{"alg": "PS256"}, nil, nil, 400, invalidAssertion},
		{"alg HS256", object{"alg": "HS256"}, nil, nil, 400, invalidAssertion},
		{"crit", object{"crit": []string{"exp"}}, nil, nil, 400, invalidAssertion},
		{"kid a number", object{"kid": 5}, nil, nil, 400, invalidAssertion},
		{"kid and x5c", object{"x5c": []string{"MIIF"}}, nil, nil, 400, invalidAssertion},
		{"x5c a text", object{"kid": nil, "x5c": "MIIF"}, nil, nil, 400, invalidGrant("Invalid JWT header x5c", "MP-123")},
		{"x5c empty", object{"kid": nil, "x5c": []string{}}, nil, nil, 400, invalidGrant("Invalid JWT header x5c", "MP-123")},

		{"iss unknown", nil, object{"iss": "3f0f5b0e-8a54-4c0e-9d49-0b1f6d1f7a11"}, nil, 400, invalidGrant(authenticationFailed, "MP-100")},
		{"iss absent", nil, object{"iss": nil}, nil, 400, invalidGrant(authenticationFailed, "MP-100")},
		{"iss a number", nil, object{"iss": 5}, nil, 400, invalidGrant(authenticationFailed, "MP-100")},
		{"client deactivated", object{"kid": "retired"}, object{"iss": retired.ClientID}, otherKey(), 400, invalidGrant(authenticationFailed, "MP-100")},
		{"no kid", object{"kid": nil}, nil, nil, 400, needsKeyID},
		{"kid empty", object{"kid": ""}, nil, nil, 400, needsKeyID},
		{"x5c for a client with keys", object{"kid": nil, "x5c": []string{"MIIF"}}, nil, nil, 400, needsKeyID},
		{"x5c for a client without keys", object{"kid": nil, "x5c": []string{"MIIF"}}, object{"iss": keyless.ClientID}, nil, 400,
			invalidGrant(authenticationFailed+" The JWT is signed with an invalid certificate.", "MP-120")},
		{"neither kid nor x5c nor keys", object{"kid": nil}, object{"iss": keyless.ClientID}, nil, 400, invalidAssertion},
		{"kid unknown", object{"kid": "FTS-test-2026"}, nil, nil, 400, unknownKey},
		{"kid for a client without keys", nil, object{"iss": keyless.ClientID}, nil, 400, unknownKey},
		{"another key", nil, nil, otherKey(), 400, invalidGrant(authenticationFailed+" Invalid JWT signature.", "MP-124")},

		{"aud the token endpoint", nil, object{"aud": issuer + "token"}, nil, 400, invalidGrant(authenticationFailed+" Invalid JWT claim aud.", "MP-110")},
		{"aud without slash", nil, object{"aud": "https://test.maskinporten.no"}, nil, 400, invalidGrant(authenticationFailed+" Invalid JWT claim aud.", "MP-110")},
		{"aud of prod", nil, object{"aud": "https://maskinporten.no/"}, nil, 400, invalidGrant(authenticationFailed+" Invalid JWT claim aud.", "MP-110")},
		{"aud of two", nil, object{"aud": []string{issuer, issuer}}, nil, 400, invalidGrant(authenticationFailed+" Invalid JWT claim aud.", "MP-110")},
		{"aud absent", nil, object{"aud": nil}, nil, 400, invalidGrant(authenticationFailed+" Invalid JWT claim aud.", "MP-110")},
		{"aud empty array", nil, object{"aud": []string{}}, nil, 400, invalidGrant(authenticationFailed+" Invalid JWT claim aud.", "MP-110")},

		{"exp absent", nil, object{"exp": nil}, nil, 400, invalidAssertion},
		{"iat absent", nil, object{"iat": nil}, nil, 400, invalidAssertion},
		{"iat a text", nil, object{"iat": "1"}, nil, 400, invalidAssertion},
		{"exp with a fraction", nil, object{"exp": float64(now) + 60.5}, nil, 400, invalidAssertion},
		{"exp beyond all clocks", nil, object{"exp": int64(1) << 62}, nil, 400, invalidAssertion},
		{"life of 121 s", nil, object{"exp": now + 121}, nil, 400, invalidGrant("JWT has too long lifetime.", "")},
		{"iat 11 s ahead", nil, object{"iat": now + 11, "exp": now + 60}, nil, 400, invalidGrant("Issue time is after now", "")},
		{"expired 11 s ago", nil, object{"iat": now - 60, "exp": now - 11}, nil, 400, invalidGrant("JWT is expired", "MP-130")},

		{"unknown claim", nil, object{"foo": "bar"}, nil, 400, invalidAssertion},
		{"jti a number", nil, object{"jti": 5}, nil, 400, invalidAssertion},
		{"jti empty", nil, object{"jti": ""}, nil, 400, invalidAssertion},
		{"onbehalfof", nil, object{"iss_onbehalfof": "kunde"}, nil, 400, invalidAssertion},
		{"scope absent", nil, object{"scope": nil}, nil, 400, invalidAssertion},
		{"scope an array", nil, object{"scope": []string{readScope}}, nil, 400, invalidAssertion},
		{"scope not on client", nil, object{"scope": "altinn:serviceowners/read"}, nil, 400,
			errorBody("invalid_scope", badScopes+"altinn:serviceowners/read", "MP-200")},
		{"one of two scopes not on client", nil, object{"scope": readScope + " x:y"}, nil, 400, errorBody("invalid_scope", badScopes+"x:y", "MP-200")},
		{"scopes with comma", nil, object{"scope": readScope + "," + openScope}, nil, 400,
			errorBody("invalid_scope", badScopes+readScope+","+openScope, "MP-200")},
		{"scope for users", nil, object{"scope": userScope}, nil, 400,
			errorBody("invalid_scope", "Token request contains scopes not allowed for maskinporten", "MP-201")},
		{"scope not granted", nil, object{"scope": delegable}, nil, 403,
			errorBody("forbidden", "Consumer has not been granted access to the scope "+delegable+".", "MP-250")},
		{"consumer itself", nil, object{"consumer_org": agency}, nil, 400, errorBody("invalid_request",
			"Validation of JWT claim failed: The combination consumer_org in claim and delegation scope on client is invalid", "")},
		{"not delegated", nil, object{"consumer_org": club, "scope": delegable}, nil, 403,
			errorBody("forbidden", "Consumer "+club+" has not delegated access to the scope "+delegable+" to supplier "+agency+".", "MP-251")},
		{"details of unknown type", nil, object{"authorization_details": []object{{"type": "urn:x"}}}, nil, 400,
			errorBody("invalid_request", "Unknown authorization details type", "MP-301")},
		{"details without type", nil, object{"authorization_details": []object{{}}}, nil, 400,
			errorBody("invalid_request", "Unknown authorization details type", "MP-301")},
		{"details with unknown field", nil, object{"authorization_details": []object{{"type": "urn:altinn:systemuser", "foo": 1}}}, nil, 400,
			errorBody("invalid_request", "Unknown fields in authorization details", "MP-302")},
		{"two details", nil, object{"authorization_details": []object{{"type": "urn:altinn:systemuser"}, {"type": "urn:altinn:systemuser"}}}, nil, 400,
			errorBody("invalid_altinn_customer_configuration", "Invalid authorization details", "MP-303")},
		{"details not an array", nil, object{"authorization_details": "x"}, nil, 400,
			errorBody("invalid_altinn_customer_configuration", "Invalid authorization details", "MP-303")},
		{"unknown system user", nil, object{"authorization_details": []object{{"type": "urn:altinn:systemuser", "systemuser_org": object{"authority": "iso6523-actorid-upis", "ID": "0192:" + club}}}}, nil, 400,
			errorBody("invalid_altinn_customer_configuration", "Invalid authorization details", "MP-303")},
		{"resource with fragment", nil, object{"resource": "https://api.example.no/#x"}, nil, 400, badResource},
		{"resource not absolute", nil, object{"resource": []string{"https://api.example.no/", "api"}}, nil, 400, badResource},
		{"resource a number", nil, object{"resource": 5}, nil, 400, badResource},
	}
}

var badResource = errorBody("invalid_target", "The resource must be an absolute URI without a fragment", "")

// assertion applies the faults to a good grant, later ones on top.
func (w *world) assertion(spoilt ...fault) string {
	h, c, key := header, w.claims(), clientKey()
	for _, f := range spoilt {
		h, c = h.with(f.header), c.with(f.claims)
		if f.key != nil {
			key = f.key
		}
	}
	return sign(h, c, key)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, f := range faults(w) {
		w.refused(f.name, w.grant(w.assertion(f)), f.status, f.want)
	}
	if got := w.server.Issued(); len(got) != 0 {
		t.Errorf("issued %v", got)
	}
}

// Of two faults, the one that is found out first is told, so that a person who
// mends them one by one sees what the live service would say.
func TestFirstFaultIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	byName := map[string]fault{}
	for _, f := range faults(w) {
		byName[f.name] = f
	}
	order := []string{"alg none", "iss unknown", "kid unknown", "aud without slash", "life of 121 s",
		"unknown claim", "scope not on client", "consumer itself", "resource with fragment"}
	for i, name := range order {
		var spoilt []fault
		for _, later := range order[i:] {
			spoilt = append(spoilt, byName[later])
		}
		w.refused(name+" and later ones", w.grant(w.assertion(spoilt...)), byName[name].status, byName[name].want)
	}
	used := w.claims()
	w.granted("used", w.grant(sign(header, used, clientKey())))
	w.refused("used before an unknown claim", w.grant(sign(header, used.with(object{"foo": "bar"}), clientKey())), 400, invalidGrant("Grant is used before", "MP-012"))
	w.refused("times before used", w.grant(sign(header, used.with(byName["life of 121 s"].claims), clientKey())), 400, byName["life of 121 s"].want)
	w.refused("type of integration before access", w.grant(w.assertion(fault{claims: object{"scope": delegable + " " + userScope}})), 400, byName["scope for users"].want)
	w.refused("form before client", w.grant(w.assertion(byName["iss unknown"], byName["x5c a text"])), 400, byName["x5c a text"].want)
	w.refused("signature before aud", w.grant(w.assertion(byName["another key"], byName["aud without slash"])), 400, byName["another key"].want)
	w.refused("scope before consumer", w.grant(w.assertion(byName["scope not granted"], byName["unknown system user"])), 403, byName["scope not granted"].want)
}

func TestMalformedAssertions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.assertion()
	h, rest, _ := strings.Cut(good, ".")
	c, s, _ := strings.Cut(rest, ".")
	text := func(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }
	for name, assertion := range map[string]string{
		"one part":          h,
		"two parts":         h + "." + c,
		"four parts":        good + ".x",
		"line break":        good[:20] + "\n" + good[20:],
		"quotes":            `"` + good + `"`,
		"padding":           h + "=." + c + "." + s,
		"header not JSON":   text("x") + "." + c + "." + s,
		"header null":       text("null") + "." + c + "." + s,
		"claims an array":   h + "." + text("[]") + "." + s,
		"claims not base64": h + ".?." + s,
		"signature":         h + "." + c + ".?",
	} {
		w.refused(name, w.grant(assertion), 400, malformed)
	}
}

func TestExpiredKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := invalidGrant(authenticationFailed+" Expired key.", "MP-121")
	w.must(w.registry.SetKeyExpiry(w.client.ClientID, kid, w.clock.now().Add(time.Second)))
	w.granted("a second before", w.grant(w.assertion()))
	w.clock.advance(time.Second)
	w.refused("at its expiry", w.grant(w.assertion()), 400, want)
	// A key is a year old at most, whatever else.
	w2 := newWorld(t)
	w2.clock.advance(365*24*time.Hour - time.Second)
	w2.granted("a year less a second", w2.grant(w2.assertion()))
	w2.clock.advance(time.Second)
	w2.refused("a year", w2.grant(w2.assertion()), 400, want)
}

func TestWrongIntegrationType(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.addClient(selfservice.Client{IntegrationType: "idporten", Scopes: []string{openScope}}, selfservice.NewKey("idporten", &otherKey().PublicKey))
	assertion := sign(object{"alg": "RS256", "kid": "idporten"}, w.claims().with(object{"iss": other.ClientID, "scope": openScope}), otherKey())
	w.refused("integration type", w.grant(assertion), 400,
		errorBody("invalid_scope", "Token request contains scopes not allowed for maskinporten", "MP-201"))
}

func TestRevokedAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.granted("granted", w.grant(w.assertion()))
	w.must(w.registry.RevokeAccess(readScope, agency))
	w.refused("revoked", w.grant(w.assertion()), 403,
		errorBody("forbidden", "Consumer has not been granted access to the scope "+readScope+".", "MP-250"))
}

func TestGrantsAreForOneUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	used := invalidGrant("Grant is used before", "MP-012")
	assertion := w.assertion()
	w.granted("first", w.grant(assertion))
	w.refused("same assertion", w.grant(assertion), 400, used)

	claims := w.claims()
	w.granted("first", w.grant(sign(header, claims, clientKey())))
	w.refused("same jti", w.grant(sign(header, claims.with(object{"scope": openScope}), clientKey())), 400, used)

	withoutID := sign(header, w.claims().with(object{"jti": nil}), clientKey())
	w.granted("without jti", w.grant(withoutID))
	w.refused("without jti again", w.grant(withoutID), 400, used)

	// A grant that was refused for its content is used up too.
	claims = w.claims()
	w.grant(sign(header, claims.with(object{"scope": "x:y"}), clientKey()))
	w.refused("after a refusal", w.grant(sign(header, claims, clientKey())), 400, used)

	// Two clients may choose the same jti.
	other := w.addClient(selfservice.Client{Scopes: []string{openScope}}, selfservice.NewKey("other", &otherKey().PublicKey))
	w.granted("another client", w.grant(sign(object{"alg": "RS256", "kid": "other"},
		claims.with(object{"iss": other.ClientID, "scope": openScope}), otherKey())))

	// It is remembered for as long as it could be accepted.
	claims = w.claims().with(object{"exp": w.clock.now().Unix() + 20})
	assertion = sign(header, claims, clientKey())
	w.granted("first", w.grant(assertion))
	w.clock.advance(29 * time.Second)
	w.refused("within the skew", w.grant(assertion), 400, used)
	w.server.ForgetGrants()
	w.granted("after all were forgotten", w.grant(assertion))
	w.clock.advance(2 * time.Second)
	w.refused("later", w.grant(assertion), 400, invalidGrant("JWT is expired", "MP-130"))
}

func TestRequestForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.refused("empty", w.post(url.Values{}), 400, errorBody("invalid_request", "Missing parameter grant_type", ""))
	w.refused("other grant type", w.post(url.Values{"grant_type": {"client_credentials"}}), 400,
		errorBody("unsupported_grant_type", "The grant_type must be "+grantType, ""))
	w.refused("no assertion", w.post(url.Values{"grant_type": {grantType}}), 400, errorBody("invalid_request", "Missing parameter assertion", ""))
	w.refused("too large", w.post(url.Values{"grant_type": {grantType}, "assertion": {strings.Repeat("x", 70000)}}), 400, malformed)
	got := w.do(httptest.NewRequest(http.MethodGet, issuer+"token", nil))
	w.refused("GET", got, 405, errorBody("invalid_request", "Request method is not supported", ""))
	if got.Header().Get("Allow") != "POST" {
		t.Errorf("Allow is %q", got.Header().Get("Allow"))
	}
	asJSON := httptest.NewRequest(http.MethodPost, issuer+"token", strings.NewReader(`{}`))
	asJSON.Header.Set("Content-Type", "application/json")
	w.refused("JSON", w.do(asJSON), 400, errorBody("invalid_request", "Missing parameter grant_type", ""))
	badForm := httptest.NewRequest(http.MethodPost, issuer+"token", strings.NewReader("grant_type=%zz"))
	badForm.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w.refused("bad form", w.do(badForm), 400, malformed)
}

func TestLenientGrantLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(cfg *maskinporten.Config) { cfg.GrantLimit = maskinporten.LenientGrantLimit })
	now := w.clock.now().Unix()
	w.granted("180 s", w.grant(sign(header, w.claims().with(object{"exp": now + 180}), clientKey())))
	w.refused("181 s", w.grant(sign(header, w.claims().with(object{"exp": now + 181}), clientKey())), 400,
		invalidGrant("JWT has too long lifetime.", ""))
}
