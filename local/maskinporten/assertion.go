package maskinporten

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha256" // RS256
	_ "crypto/sha512" // RS384 and RS512
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
)

// assertion is a JWT grant in parts, not yet verified.
type assertion struct {
	signed    string // header and claims as sent, which the signature covers
	signature []byte
	hash      crypto.Hash
	keyID     string   // empty if the header has none
	x5c       []string // certificates of the header, leaf first, in base64
	claims    map[string]json.RawMessage
}

var hashes = map[string]crypto.Hash{"RS256": crypto.SHA256, "RS384": crypto.SHA384, "RS512": crypto.SHA512}

// parseAssertion takes a compact JWS apart (RFC 7515, section 7.1) and checks
// its header.
func parseAssertion(text string) (*assertion, *refusal) {
	// Go's base64 decoder skips line breaks; the real service does not.
	if strings.ContainsAny(text, "\r\n") {
		return nil, errMalformed
	}
	headerText, rest, _ := strings.Cut(text, ".")
	claimsText, signatureText, ok := strings.Cut(rest, ".")
	if !ok {
		return nil, errMalformed
	}
	var header map[string]json.RawMessage
	if !decodeObject(headerText, &header) {
		return nil, errMalformed
	}
	a := &assertion{signed: text[:len(headerText)+1+len(claimsText)]}
	if !decodeObject(claimsText, &a.claims) {
		return nil, errMalformed
	}
	var err error
	if a.signature, err = base64.RawURLEncoding.Strict().DecodeString(signatureText); err != nil {
		return nil, errMalformed
	}

	algorithm, _ := stringMember(header, "alg")
	if a.hash, ok = hashes[algorithm]; !ok {
		return nil, errInvalidAssertion
	}
	if _, ok := header["crit"]; ok {
		return nil, errInvalidAssertion
	}
	if raw, ok := header["kid"]; ok {
		if a.keyID, ok = decodeString(raw); !ok {
			return nil, errInvalidAssertion
		}
	}
	if raw, ok := header["x5c"]; ok {
		if err := json.Unmarshal(raw, &a.x5c); err != nil || len(a.x5c) == 0 {
			return nil, errCertificateForm
		}
	}
	if len(a.x5c) > 0 && a.keyID != "" {
		return nil, errInvalidAssertion
	}
	return a, nil
}

// decodeObject decodes a part of the JWT that must be a JSON object.
func decodeObject(part string, into *map[string]json.RawMessage) bool {
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return false
	}
	return json.Unmarshal(decoded, into) == nil && *into != nil
}

// verify reports whether the assertion is signed with the private part of key.
func (a *assertion) verify(key *rsa.PublicKey) bool {
	digest := a.hash.New()
	digest.Write([]byte(a.signed))
	return rsa.VerifyPKCS1v15(key, a.hash, digest.Sum(nil), a.signature) == nil
}

// stringClaim returns a claim that must be a text; ok is false when it is
// absent, empty or something else.
func (a *assertion) stringClaim(name string) (value string, ok bool) {
	return stringMember(a.claims, name)
}

// timeClaim returns a claim that must be whole Unix seconds.
func (a *assertion) timeClaim(name string) (seconds int64, ok bool) {
	seconds, err := strconv.ParseInt(string(a.claims[name]), 10, 64)
	return seconds, err == nil
}

// audience returns the one audience: a text, or an array of one text.
func (a *assertion) audience() (string, bool) {
	raw := a.claims["aud"]
	if one, ok := decodeString(raw); ok {
		return one, true
	}
	var several []string
	if err := json.Unmarshal(raw, &several); err != nil || len(several) != 1 {
		return "", false
	}
	return several[0], true
}

func stringMember(object map[string]json.RawMessage, name string) (string, bool) {
	value, ok := decodeString(object[name])
	return value, ok && value != ""
}

// decodeString decodes a JSON text; null is none.
func decodeString(raw json.RawMessage) (value string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	err := json.Unmarshal(raw, &value)
	return value, err == nil
}
