package maskinporten_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stafett/stafett/maskinporten"
)

// refusal is what the client makes of an answer of the token endpoint.
func refusal(t *testing.T, status int, body string) *maskinporten.Error {
	t.Helper()
	_, err := newSource(t, newAuthority(t, answer(status, body))).TokenContext(t.Context())
	refused, ok := errors.AsType[*maskinporten.Error](err)
	if !ok {
		t.Fatalf("%T: %v, want an *Error", err, err)
	}
	return refused
}

func TestErrorKeepsWhatMaskinportenSays(t *testing.T) {
	t.Parallel()
	got := *refusal(t, 400, `{"error":"invalid_scope",
		"error_description":"Token request contains invalid scopes for client, altinn:serviceowners/read (trace_id: 11aa22bb33cc44dd55ee66ff77aa88bb)",
		"error_uri":"https://test.maskinporten.no/errors/MP-200"}`)
	want := maskinporten.Error{
		Status: 400, Code: "invalid_scope", Description: "Token request contains invalid scopes for client, altinn:serviceowners/read",
		MPCode: "MP-200", TraceID: "11aa22bb33cc44dd55ee66ff77aa88bb", URI: "https://test.maskinporten.no/errors/MP-200",
	}
	if got != want {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if text := got.Error(); text != "maskinporten refused: Token request contains invalid scopes for client, altinn:serviceowners/read "+
		"(HTTP 400, invalid_scope, MP-200, trace id 11aa22bb33cc44dd55ee66ff77aa88bb)" {
		t.Error(text)
	}
	if got.Temporary() {
		t.Error("a refusal of scopes is temporary")
	}
}

func TestErrorBodies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body                 string
		description, trace, mpCode string
	}{
		{"correlation id of old", `{"error":"invalid_grant","error_description":"Unknown key (correlation id: 0f3a5c7e-9b1d-2f4a-6c8e-0a2b4c6d8e0f)"}`,
			"Unknown key", "0f3a5c7e-9b1d-2f4a-6c8e-0a2b4c6d8e0f", ""},
		{"no trace id", `{"error":"invalid_grant","error_description":"Expired key."}`, "Expired key.", "", ""},
		{"underscore in the code", `{"error_uri":"https://test.maskinporten.no/errors/MP_302"}`, "", "", "MP-302"},
		{"slash after the code", `{"error_uri":"https://test.maskinporten.no/errors/MP-302/"}`, "", "", "MP-302"},
		{"not JSON", `<html>Bad Request</html>`, "", "", ""},
		{"empty", ``, "", "", ""},
		{"other types", `{"error":5}`, "", "", ""},
		{"control characters", `{"error_description":"a\u001b[31mb\nc"}`, "a [31mb c", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := refusal(t, 400, test.body)
			if got.Description != test.description || got.TraceID != test.trace || got.MPCode != test.mpCode || got.Status != 400 {
				t.Errorf("%+v", got)
			}
		})
	}
	long := refusal(t, 400, `{"error_description":"`+strings.Repeat("å", 5000)+`"}`)
	if len(long.Description) > 1000 {
		t.Errorf("%d bytes of description are kept", len(long.Description))
	}
}

// Digdir's list of errors, in the words in which they are seen. In each pair the
// second has no error_uri, so that the description alone must do.
func TestEveryListedErrorIsExplained(t *testing.T) {
	t.Parallel()
	const prefix = "Invalid assertion. Client authentication failed."
	for _, test := range []struct {
		status      int
		code        string
		description string
		mp          string
		fault       maskinporten.Fault
		remedy      string // a word of the remedy
	}{
		{400, "invalid_request", "Invalid assertion. Invalid parameter value", "011", maskinporten.MalformedAssertion, "signed"},
		{400, "invalid_grant", "Grant is used before", "012", maskinporten.AssertionReused, "retries"},
		{400, "invalid_grant", prefix, "100", maskinporten.ClientNotFound, "environment"},
		{400, "invalid_grant", "Client not found", "100", maskinporten.ClientNotFound, "environment"},
		{400, "invalid_grant", prefix + " Client not found", "", maskinporten.ClientNotFound, "environment"},
		{400, "invalid_grant", prefix + " Invalid JWT claim aud.", "110", maskinporten.WrongAudience, "issuer"},
		{400, "invalid_grant", prefix + " The JWT is signed with an invalid certificate.", "120", maskinporten.InvalidCertificate, "certificate"},
		{400, "invalid_grant", prefix + " Expired key.", "121", maskinporten.ExpiredKey, "renew"},
		{400, "invalid_grant", prefix + " Invalid JWT. Invalid organization number for client. Does not match certificate orgno", "122", maskinporten.CertificateOrg, "organisation"},
		{400, "invalid_grant", "Invalid JWT header x5c", "123", maskinporten.CertificateHeader, "array"},
		{400, "invalid_grant", prefix + " Invalid JWT signature.", "124", maskinporten.WrongSignature, "thumbprints"},
		{400, "invalid_grant", "JWT is expired", "130", maskinporten.AssertionExpired, "NTP"},
		{400, "invalid_grant", "JWT has expired.", "130", maskinporten.AssertionExpired, "NTP"},
		{400, "invalid_grant", "Issue time is after now", "", maskinporten.IssuedInFuture, "NTP"},
		{400, "invalid_grant", "Issue time is in the future.", "", maskinporten.IssuedInFuture, "NTP"},
		{400, "invalid_grant", "JWT has too long lifetime.", "", maskinporten.LifetimeTooLong, "120"},
		{400, "invalid_grant", prefix + " Unknown key identifier (kid) for client.", "", maskinporten.UnknownKeyID, "two minutes"},
		{400, "invalid_grant", prefix + " Invalid JWT. The client requires pre-registered jwk and no key identifier (kid) provided", "", maskinporten.MissingKeyID, "kid"},
		{400, "invalid_scope", "Token request contains invalid scopes for client, altinn:serviceowners/read", "200", maskinporten.InvalidScope, "add the scope"},
		{400, "invalid_scope", "Token request contains scopes not allowed for maskinporten", "201", maskinporten.WrongIntegrationType, "new integration"},
		{403, "forbidden", "Consumer has not been granted access to the scope fts:arkiv/dokument.read.", "250", maskinporten.ScopeNotGranted, "owner"},
		{403, "forbidden", "Consumer 312008459 has not delegated access to the scope fts:arkiv/dokument.read to supplier 313547264.", "251", maskinporten.ScopeNotDelegated, "delegate"},
		{400, "invalid_request", "Validation of JWT claim failed: The combination consumer_org in claim and delegation scope on client is invalid", "", maskinporten.ConsumerIsSelf, "consumer"},
		{400, "invalid_altinn_customer_configuration", "System user is not approved", "", maskinporten.InvalidDetails, "system user"},
		{400, "invalid_target", "Invalid resource", "", maskinporten.InvalidTarget, "fragment"},
		{400, "unsupported_grant_type", "Unsupported", "", maskinporten.UnsupportedGrantType, "proxy"},
		{400, "invalid_request", "Missing parameter", "", maskinporten.InvalidRequest, "proxy"},
		{400, "invalid_request", "Invalid assertion", "", maskinporten.UnknownClaim, "claims"},
		{400, "invalid_grant", "Noe nytt", "", maskinporten.UnknownFault, "trace id"},
	} {
		t.Run(test.description, func(t *testing.T) {
			t.Parallel()
			bodies := []string{`{"error":"` + test.code + `","error_description":"` + test.description + ` (trace_id: 0f3a5c7e9b1d2f4a6c8e0a2b4c6d8e0f)"}`}
			if test.mp != "" {
				bodies = append(bodies, `{"error":"x","error_description":"reworded","error_uri":"https://test.maskinporten.no/errors/MP-`+test.mp+`"}`)
			}
			for _, body := range bodies {
				got := refusal(t, test.status, body)
				if got.Fault() != test.fault {
					t.Errorf("%s is explained as %s, want %s", body, got.Fault(), test.fault)
				}
				if !isClause(got.Cause()) || !isClause(got.Remedy()) || !strings.Contains(got.Remedy(), test.remedy) {
					t.Errorf("%s: cause %q, remedy %q, want %q in it", test.fault, got.Cause(), got.Remedy(), test.remedy)
				}
			}
		})
	}
}

// isClause reports whether the text can go on in a sentence, or after a colon.
func isClause(text string) bool {
	return text != "" && !strings.HasSuffix(text, ".") && (strings.ToLower(text[:1]) == text[:1] || strings.HasPrefix(text, "Maskinporten"))
}

func TestCodesWithoutATextOfTheirOwn(t *testing.T) {
	t.Parallel()
	for mp, fault := range map[string]maskinporten.Fault{
		"301": maskinporten.UnknownDetailsType, "302": maskinporten.UnknownDetailsField, "303": maskinporten.InvalidDetails, "999": maskinporten.UnknownFault,
	} {
		got := refusal(t, 400, `{"error":"x","error_uri":"https://test.maskinporten.no/errors/MP-`+mp+`"}`)
		if got.Fault() != fault || !isClause(got.Cause()) || !isClause(got.Remedy()) {
			t.Errorf("MP-%s: %s, %q, %q", mp, got.Fault(), got.Cause(), got.Remedy())
		}
	}
}

func TestFaultsToldByStatus(t *testing.T) {
	t.Parallel()
	for status, fault := range map[int]maskinporten.Fault{
		302: maskinporten.Redirected, 307: maskinporten.Redirected, 404: maskinporten.UnknownFault,
		429: maskinporten.TooManyRequests, 500: maskinporten.Unavailable, 503: maskinporten.Unavailable,
	} {
		refused := &maskinporten.Error{Status: status}
		if refused.Fault() != fault || !isClause(refused.Cause()) || !isClause(refused.Remedy()) {
			t.Errorf("%d: %s, %q, %q", status, refused.Fault(), refused.Cause(), refused.Remedy())
		}
		if refused.Temporary() != (status == 429 || status >= 500) {
			t.Errorf("%d: temporary is %v", status, refused.Temporary())
		}
	}
	if text := (&maskinporten.Error{Status: 502}).Error(); text != "maskinporten refused: no reason given (HTTP 502)" {
		t.Error(text)
	}
}
