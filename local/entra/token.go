package entra

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"

	"github.com/stafett/stafett/secret"
)

const (
	tokenLifetime  = 3600 * time.Second
	maxRequestBody = 64 << 10
)

// Caller is who a valid token belongs to.
type Caller struct {
	AppID    string
	ObjectID string
	TenantID string
	Issuer   string
	TokenID  string // the uti claim
}

// ErrExpired says that a token was valid once.
var ErrExpired = errors.New("the token is expired")

// ErrInvalid says that a token is not one of this server's.
var ErrInvalid = errors.New("the token is not valid")

// AudienceError says that a token is for another API.
type AudienceError struct{ Expected, Found string }

// Error implements error.
func (e *AudienceError) Error() string {
	return fmt.Sprintf("the token is for %s and not for %s", e.Found, e.Expected)
}

// accessClaims are the claims of an access token that an API looks at.
type accessClaims struct {
	Audience  string `json:"aud"`
	Issuer    string `json:"iss"`
	Issued    int64  `json:"iat"`
	NotBefore int64  `json:"nbf"`
	Expires   int64  `json:"exp"`
	AppID     string `json:"appid"`
	AppIDACR  string `json:"appidacr"` // 1: a secret, 2: a managed identity's certificate
	ObjectID  string `json:"oid"`
	Subject   string `json:"sub"`
	TenantID  string `json:"tid"`
	ID        string `json:"uti"`
	Version   string `json:"ver"`
}

// issue signs a token for an app to use on a resource.
func (s *Server) issue(ctx context.Context, app App, resource, acr string) (token string, expires time.Time, err error) {
	now := s.now().Truncate(time.Second)
	expires = now.Add(tokenLifetime)
	claims := accessClaims{
		Audience: resource, Issuer: "https://sts.windows.net/" + s.tenantID + "/",
		Issued: now.Unix(), NotBefore: now.Unix(), Expires: expires.Unix(),
		AppID: app.ClientID, AppIDACR: acr, ObjectID: app.ObjectID, Subject: app.ObjectID, TenantID: s.tenantID,
		ID: uuid.NewString(), Version: "1.0",
	}
	token, err = jwt.Signed(s.signer).Claims(claims).Serialize()
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign token: %w", err)
	}
	s.note(ctx, claims)
	return token, expires, nil
}

// Validate checks an access token for an API whose resource identifier is
// audience, to the second. The error is an *[AudienceError], or wraps
// [ErrExpired] or [ErrInvalid].
func (s *Server) Validate(token, audience string) (Caller, error) {
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return Caller{}, fmt.Errorf("parse token: %w", ErrInvalid)
	}
	var claims accessClaims
	if err := parsed.Claims(&s.key.PublicKey, &claims); err != nil {
		return Caller{}, fmt.Errorf("verify token: %w", ErrInvalid)
	}
	now := s.now().Unix()
	switch {
	case claims.Audience != audience:
		return Caller{}, &AudienceError{Expected: audience, Found: claims.Audience}
	case now >= claims.Expires:
		return Caller{}, fmt.Errorf("validate token: %w", ErrExpired)
	case now < claims.NotBefore:
		return Caller{}, fmt.Errorf("validate token: not valid yet: %w", ErrInvalid)
	}
	return Caller{AppID: claims.AppID, ObjectID: claims.ObjectID, TenantID: claims.TenantID, Issuer: claims.Issuer, TokenID: claims.ID}, nil
}

// authenticate returns the app that a client credentials request comes from.
func (s *Server) authenticate(r *http.Request, form url.Values) (App, *refusal) {
	clientID, clientSecret := form.Get("client_id"), form.Get("client_secret")
	if id, password, ok := basicAuth(r); ok {
		clientID, clientSecret = id, password
	}
	switch grantType := form.Get("grant_type"); {
	case grantType == "":
		return App{}, errMissing("grant_type")
	case grantType != "client_credentials":
		return App{}, errGrantType(grantType)
	case clientID == "":
		return App{}, errMissing("client_id")
	}
	app, ok := s.app(clientID)
	if !ok {
		return App{}, errApp(clientID, s.tenantID)
	}
	given := secret.New(clientSecret)
	switch {
	case form.Has("client_assertion"):
		if refused := s.checkWorkload(app, form); refused != nil {
			return App{}, refused
		}
	case given.IsEmpty():
		return App{}, errNoSecret()
	case app.Secret.IsEmpty() || !app.Secret.Equal(given):
		return App{}, errSecret(clientID)
	}
	return app, nil
}

// basicAuth returns the credentials of the Authorization header, which RFC 6749
// has form-encoded within.
func basicAuth(r *http.Request) (clientID, clientSecret string, ok bool) {
	user, password, ok := r.BasicAuth()
	if !ok {
		return "", "", false
	}
	clientID, errID := url.QueryUnescape(user)
	clientSecret, errSecret := url.QueryUnescape(password)
	return clientID, clientSecret, errID == nil && errSecret == nil
}

// readForm reads the body of a token request; what is not a form is empty.
func readForm(w http.ResponseWriter, r *http.Request) url.Values {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequestBody)
	if err := r.ParseForm(); err != nil {
		return url.Values{}
	}
	return r.PostForm
}

func (s *Server) serveTokenV2(w http.ResponseWriter, r *http.Request) {
	form := readForm(w, r)
	app, refused := s.authenticate(r, form)
	if refused != nil {
		s.refuse(w, r, refused)
		return
	}
	// Go's client asks for OpenID's scopes too.
	var resource string
	for scope := range strings.FieldsSeq(form.Get("scope")) {
		if found, ok := strings.CutSuffix(scope, "/.default"); ok {
			resource = found
		}
	}
	if resource == "" {
		s.refuse(w, r, errScope(form.Get("scope")))
		return
	}
	token, _, err := s.issue(r.Context(), app, resource, "1")
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.log.InfoContext(r.Context(), "entra issued a token", "client_id", app.ClientID, "resource", resource)
	lifetime := int(tokenLifetime/time.Second) - 1 // as the real service counts
	writeJSON(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token,
	})
}

// serveTokenV1 answers the older protocol, which names a resource and has
// texts for numbers.
func (s *Server) serveTokenV1(w http.ResponseWriter, r *http.Request) {
	form := readForm(w, r)
	app, refused := s.authenticate(r, form)
	if refused == nil && form.Get("resource") == "" {
		refused = errMissing("resource")
	}
	if refused != nil {
		s.refuse(w, r, refused)
		return
	}
	s.answerV1(w, r, app, form.Get("resource"), "1")
}

// answerV1 sends a token in the older form, which managed identities use too.
func (s *Server) answerV1(w http.ResponseWriter, r *http.Request, app App, resource, acr string) {
	token, expires, err := s.issue(r.Context(), app, resource, acr)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.log.InfoContext(r.Context(), "entra issued a token", "client_id", app.ClientID, "resource", resource)
	lifetime := strconv.Itoa(int(tokenLifetime/time.Second) - 1)
	writeJSON(w, http.StatusOK, map[string]string{
		"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime,
		"expires_on": strconv.FormatInt(expires.Unix(), 10),
		"not_before": strconv.FormatInt(expires.Add(-tokenLifetime).Unix(), 10),
		"resource":   resource, "client_id": app.ClientID, "access_token": token,
	})
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.log.ErrorContext(r.Context(), "entra cannot issue a token", "error", err)
	w.WriteHeader(http.StatusInternalServerError)
}
