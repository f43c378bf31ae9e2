package maskinporten

import (
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"
)

const (
	grantType      = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	maxRequestBody = 64 << 10
)

// audience is one text in JSON when it has one member, else an array.
type audience []string

// MarshalJSON implements [json.Marshaler].
func (a audience) MarshalJSON() ([]byte, error) {
	if len(a) == 1 {
		return json.Marshal(a[0])
	}
	return json.Marshal([]string(a))
}

// actor names an organisation in a token (ISO 6523, register 0192).
type actor struct {
	Authority string `json:"authority"`
	ID        string `json:"ID"`
}

const isoAuthority = "iso6523-actorid-upis"

func organisation(number string) actor {
	return actor{Authority: isoAuthority, ID: "0192:" + number}
}

// accessClaims are the claims of an access token in the usual order.
type accessClaims struct {
	Audience         audience `json:"aud,omitempty"`
	Details          []any    `json:"authorization_details,omitempty"`
	Scope            string   `json:"scope"`
	Supplier         *actor   `json:"supplier,omitempty"`
	Issuer           string   `json:"iss"`
	ClientAMR        string   `json:"client_amr"`
	TokenType        string   `json:"token_type"`
	Expires          int64    `json:"exp"`
	DelegationSource string   `json:"delegation_source,omitempty"`
	Issued           int64    `json:"iat"`
	ClientID         string   `json:"client_id"`
	ID               string   `json:"jti"`
	PID              string   `json:"pid,omitempty"`
	Consumer         any      `json:"consumer"` // an actor or a sealOwner
}

// tokenBody is the answer to a grant.
type tokenBody struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
	Scope       string `json:"scope"`
}

func (s *Server) serveToken(w http.ResponseWriter, r *http.Request, now time.Time) {
	text, refused := readRequest(w, r)
	var g *grant
	if refused == nil {
		g, refused = s.verify(text, now)
	}
	if refused != nil {
		if refused == errMethod {
			w.Header().Set("Allow", http.MethodPost)
		}
		noteRefused(r.Context(), text, g, refused)
		traceID := s.writeRefusal(w, refused)
		s.log.InfoContext(r.Context(), "maskinporten refused a grant",
			"status", refused.status, "reason", refused.description, "page", refused.page, "trace_id", traceID)
		return
	}
	g.identify(r.Context())
	claims := g.claims(s.issuer, now)
	payload, token, err := s.signer.sign(claims)
	if err != nil {
		s.log.ErrorContext(r.Context(), "maskinporten cannot issue a token", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	expires := time.Unix(claims.Expires, 0)
	s.noteIssued(r.Context(), g, payload, claims.ID, now, expires)
	s.log.InfoContext(r.Context(), "maskinporten issued a token",
		"client_id", g.client.ClientID, "kid", g.keyID, "scope", g.scope, "consumer", g.consumer)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(tokenBody{ //nolint:gosec // to give a token is what this endpoint is for
		AccessToken: token,
		TokenType:   "Bearer",
		ExpiresIn:   int(expires.Sub(now) / time.Second),
		Scope:       g.scope,
	})
}

// readRequest returns the assertion of a token request. The parameters are in
// the form or, as some clients send them, in the query.
func readRequest(w http.ResponseWriter, r *http.Request) (string, *refusal) {
	if r.Method != http.MethodPost {
		return "", errMethod
	}
	form := url.Values{}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && media == "application/x-www-form-urlencoded" {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
		if err != nil {
			return "", errMalformed
		}
		if form, err = url.ParseQuery(string(body)); err != nil {
			return "", errMalformed
		}
	}
	query := r.URL.Query()
	kind := cmp.Or(form.Get("grant_type"), query.Get("grant_type"))
	text := cmp.Or(form.Get("assertion"), query.Get("assertion"))
	switch {
	case kind == "":
		return "", errNoGrantType
	case kind != grantType:
		return "", errGrantType
	case text == "":
		return "", errNoAssertion
	}
	return text, nil
}

// signer makes access tokens.
type signer struct {
	key    *rsa.PrivateKey
	header string // encoded, with the dot
}

func newSigner(key *rsa.PrivateKey, kid string) *signer {
	key.Precompute()
	header := `{"kid":"` + kid + `","alg":"RS256"}`
	return &signer{key: key, header: base64.RawURLEncoding.EncodeToString([]byte(header)) + "."}
}

// claims are those of a token for the grant. Its times are whole seconds.
func (g *grant) claims(issuer string, now time.Time) accessClaims {
	var id [32]byte
	_, _ = rand.Read(id[:]) // crypto/rand.Read never fails
	issued := now.Truncate(time.Second)
	expires := issued.Add(g.lifetime)
	claims := accessClaims{
		Audience:  g.resource,
		Details:   g.details,
		Scope:     g.scope,
		Issuer:    issuer,
		ClientAMR: g.method,
		TokenType: "Bearer",
		Expires:   expires.Unix(),
		Issued:    issued.Unix(),
		ClientID:  g.client.ClientID,
		ID:        base64.RawURLEncoding.EncodeToString(id[:]),
		PID:       g.pid,
		Consumer:  organisation(g.consumer),
	}
	if g.seal != nil {
		claims.Consumer = g.seal
	}
	if g.supplier != "" {
		supplier := organisation(g.supplier)
		claims.Supplier, claims.DelegationSource = &supplier, g.source
	}
	return claims
}

// sign returns the claims as they stand in the token, and the token.
func (s *signer) sign(claims accessClaims) (payload []byte, token string, err error) {
	if payload, err = json.Marshal(claims); err != nil {
		return nil, "", fmt.Errorf("encode claims: %w", err)
	}
	signed := base64.RawURLEncoding.AppendEncode([]byte(s.header), payload)
	digest := sha256.Sum256(signed)
	signature, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, digest[:])
	if err != nil {
		return nil, "", fmt.Errorf("sign token: %w", err)
	}
	return payload, string(base64.RawURLEncoding.AppendEncode(append(signed, '.'), signature)), nil
}
