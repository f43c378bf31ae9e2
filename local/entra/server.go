// Package entra is the local platform's stand-in for Microsoft Entra ID: the
// login service (login.microsoftonline.com and its older names) as far as an
// application's own identity needs it, and the managed identity endpoint of an
// Azure machine (IMDS at 169.254.169.254).
//
// Sources: learn.microsoft.com, "OAuth 2.0 client credentials flow", "Azure
// Instance Metadata Service" and "Microsoft Entra authentication and
// authorization error codes".
package entra

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/stafett/stafett/local/timeline"
	"github.com/stafett/stafett/secret"
)

const signingKeyBits = 2048

// App is an application registered in the tenant.
type App struct {
	ClientID string
	// Secret is the client secret; an app without one cannot log in with it.
	Secret secret.String
	// ObjectID is the id of the app's service principal, which permissions are
	// given to.
	ObjectID string
	// Workload may log in as the app without a secret; the zero value means none.
	Workload Workload
}

// Config says what a [Server] is made of.
type Config struct {
	// TenantID is the one tenant. Required.
	TenantID string
	// Apps are the tenant's applications.
	Apps []App
	// ManagedIdentity is the client id of the app that the machine is, or empty:
	// then the machine is not in Azure. See [Server.SetManagedIdentity].
	ManagedIdentity string
	// Key signs the tokens; nil means that New makes one.
	Key *rsa.PrivateKey
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
	// Logger gets one line for each token and each refusal; nil discards them.
	Logger *slog.Logger
}

// Server answers for the login service; [Server.IMDS] answers for the machine.
// It is safe for concurrent use and needs no closing.
type Server struct {
	tenantID string
	apps     map[string]App // by lower-case client id
	now      func() time.Time
	log      *slog.Logger
	key      *rsa.PrivateKey
	signer   jose.Signer
	jwks     jose.JSONWebKeySet

	issued timeline.Latest[IssuedToken]

	mu              sync.Mutex
	managedIdentity string
}

// New returns a server.
func New(cfg Config) (*Server, error) {
	if cfg.TenantID == "" {
		return nil, errors.New("start entra: no tenant id")
	}
	s := &Server{tenantID: cfg.TenantID, apps: make(map[string]App), now: cfg.Now, log: cfg.Logger, key: cfg.Key}
	for _, app := range cfg.Apps {
		if app.ClientID == "" || app.ObjectID == "" {
			return nil, errors.New("start entra: an app needs a client id and an object id")
		}
		s.apps[strings.ToLower(app.ClientID)] = app
	}
	if err := s.SetManagedIdentity(cfg.ManagedIdentity); err != nil {
		return nil, fmt.Errorf("start entra: %w", err)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if s.key == nil {
		if s.key, err = rsa.GenerateKey(rand.Reader, signingKeyBits); err != nil {
			return nil, fmt.Errorf("start entra: %w", err)
		}
	}
	sum := sha256.Sum256(s.key.N.Bytes())
	kid := base64.RawURLEncoding.EncodeToString(sum[:20])
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", kid)
	if s.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: s.key}, options); err != nil {
		return nil, fmt.Errorf("start entra: %w", err)
	}
	s.jwks.Keys = []jose.JSONWebKey{{Key: &s.key.PublicKey, KeyID: kid, Use: "sig", Algorithm: string(jose.RS256)}}
	return s, nil
}

// SetManagedIdentity makes the machine one in Azure whose identity is the app
// with the given client id, or, when that is empty, one outside Azure.
func (s *Server) SetManagedIdentity(clientID string) error {
	if _, ok := s.app(clientID); !ok && clientID != "" {
		return fmt.Errorf("set managed identity: no app %s", clientID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.managedIdentity = clientID
	return nil
}

func (s *Server) app(clientID string) (App, bool) {
	app, ok := s.apps[strings.ToLower(clientID)]
	return app, ok
}

// Hosts returns the names of the login service, which all answer the same.
func Hosts() []string {
	return []string{"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"}
}

// ServeHTTP implements [http.Handler] for the names in [Hosts].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tenant, endpoint, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if endpoint == "discovery/instance" {
		s.serveInstance(w, r)
		return
	}
	type route struct {
		method string
		serve  func(http.ResponseWriter, *http.Request)
	}
	routes := map[string]route{
		"v2.0/.well-known/openid-configuration": {http.MethodGet, s.serveMetadata},
		"discovery/v2.0/keys":                   {http.MethodGet, s.serveKeys},
		"oauth2/v2.0/token":                     {http.MethodPost, s.serveTokenV2},
		"oauth2/token":                          {http.MethodPost, s.serveTokenV1},
	}
	found, ok := routes[endpoint]
	switch {
	case !ok:
		http.NotFound(w, r)
	case r.Method != found.method:
		w.Header().Set("Allow", found.method)
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	case !strings.EqualFold(tenant, s.tenantID):
		s.refuse(w, r, errTenant(tenant))
	default:
		found.serve(w, r)
	}
}

// serveInstance tells a client that a host is one of Microsoft's, so that it
// may be trusted with a secret.
func (s *Server) serveInstance(w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query().Get("authorization_endpoint")
	rest, ok := strings.CutPrefix(asked, "https://")
	host, path, _ := strings.Cut(rest, "/")
	if !ok || !slices.Contains(Hosts(), strings.ToLower(host)) {
		s.refuse(w, r, errInstance(asked))
		return
	}
	tenant, _, _ := strings.Cut(path, "/")
	type authority struct {
		Network string   `json:"preferred_network"`
		Cache   string   `json:"preferred_cache"`
		Aliases []string `json:"aliases"`
	}
	writeJSON(w, http.StatusOK, struct {
		Discovery  string      `json:"tenant_discovery_endpoint"`
		APIVersion string      `json:"api-version"`
		Metadata   []authority `json:"metadata"`
	}{
		Discovery:  "https://login.microsoftonline.com/" + tenant + "/v2.0/.well-known/openid-configuration",
		APIVersion: "1.1",
		Metadata:   []authority{{"login.microsoftonline.com", "login.windows.net", Hosts()}},
	})
}

// serveMetadata describes the tenant under the name by which it was asked.
func (s *Server) serveMetadata(w http.ResponseWriter, r *http.Request) {
	authority := "https://" + r.Host + "/" + s.tenantID
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                authority + "/v2.0",
		"authorization_endpoint":                authority + "/oauth2/v2.0/authorize",
		"token_endpoint":                        authority + "/oauth2/v2.0/token",
		"jwks_uri":                              authority + "/discovery/v2.0/keys",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

func (s *Server) serveKeys(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.jwks)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store, no-cache")
	w.Header().Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller is gone
}
