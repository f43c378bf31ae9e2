// Package maskinporten is the local platform's stand-in for Maskinporten,
// Digdir's issuer of access tokens to organisations.
//
// It verifies a JWT grant (docs.digdir.no, Maskinporten: "JWT grant", RFC
// 7523) against the clients, keys, scopes and access in a
// [selfservice.Registry], refuses with Maskinporten's own error texts, and
// signs access tokens that others check with the keys at jwks_uri.
//
// A client without registered keys may sign its grant with a business
// certificate (x5c) from an issuer in [Config.CertificateRoots]; see
// [BusinessAuthority].
package maskinporten

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stafett/stafett/local/selfservice"
	"github.com/stafett/stafett/local/timeline"
)

const (
	// DefaultGrantLimit is the longest life of a grant that Digdir documents.
	DefaultGrantLimit = 120 * time.Second
	// LenientGrantLimit is the longest life of a grant that the live service is
	// known to accept.
	LenientGrantLimit = 180 * time.Second

	// MaxPropagationDelay is how far back the registry remembers.
	MaxPropagationDelay = 10 * time.Minute

	signingKeyBits = 2048
)

// Config says what a [Server] is made of.
type Config struct {
	// Issuer is the server's name, with the slash at the end:
	// https://test.maskinporten.no/. Required.
	Issuer string
	// Registry has the clients and their rights. Required.
	Registry *selfservice.Registry
	// Key signs the tokens; nil means that New makes one, which takes a
	// noticeable part of a second.
	Key *rsa.PrivateKey
	// CertificateRoots are the issuers of business certificates that are trusted;
	// nil means none.
	CertificateRoots *x509.CertPool
	// GrantLimit is the longest time from iat to exp in a grant; zero means
	// [DefaultGrantLimit].
	GrantLimit time.Duration
	// PropagationDelay is how long a change of a client, its keys, a scope or the
	// access to it takes to arrive from the self-service API; at most [MaxPropagationDelay].
	PropagationDelay time.Duration
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
	// Logger gets one line for each token and each refusal, without the grant
	// or the token; nil discards them.
	Logger *slog.Logger
}

// Server answers the endpoints of one issuer. It is safe for concurrent use
// and needs no closing.
type Server struct {
	issuer      string
	path        string // of the issuer, with the slash at the end
	registry    *selfservice.Registry
	roots       *x509.CertPool
	grantLimit  time.Duration
	propagation atomic.Int64 // a time.Duration
	now         func() time.Time
	log         *slog.Logger
	signer      *signer
	used        *usedGrants
	issued      timeline.Latest[IssuedToken]
	metadata    []byte
	jwks        []byte
}

// New returns a server.
func New(cfg Config) (*Server, error) {
	if cfg.Registry == nil {
		return nil, errors.New("start maskinporten: no registry")
	}
	issuer, err := url.Parse(cfg.Issuer)
	if err != nil || issuer.Host == "" || !strings.HasSuffix(issuer.Path, "/") {
		return nil, fmt.Errorf("start maskinporten: issuer %q is not an absolute address that ends with a slash", cfg.Issuer)
	}
	key := cfg.Key
	if key == nil {
		if key, err = rsa.GenerateKey(rand.Reader, signingKeyBits); err != nil {
			return nil, fmt.Errorf("start maskinporten: %w", err)
		}
	}
	s := &Server{
		issuer:     cfg.Issuer,
		path:       issuer.Path,
		registry:   cfg.Registry,
		roots:      cfg.CertificateRoots,
		grantLimit: cfg.GrantLimit,
		now:        cfg.Now,
		log:        cfg.Logger,
		used:       newUsedGrants(),
	}
	if s.grantLimit == 0 {
		s.grantLimit = DefaultGrantLimit
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.roots == nil {
		s.roots = x509.NewCertPool() // not those of the system
	}
	s.SetPropagationDelay(cfg.PropagationDelay)
	public, err := publish(key, s.now())
	if err != nil {
		return nil, fmt.Errorf("start maskinporten: %w", err)
	}
	s.signer = newSigner(key, public.KeyID)
	if s.metadata, err = json.Marshal(newMetadata(s.issuer)); err != nil {
		return nil, fmt.Errorf("start maskinporten: encode metadata: %w", err)
	}
	if s.jwks, err = json.Marshal(map[string][]publicKey{"keys": {public}}); err != nil {
		return nil, fmt.Errorf("start maskinporten: encode keys: %w", err)
	}
	return s, nil
}

// SetPropagationDelay changes Config.PropagationDelay, also for changes that
// are on their way.
func (s *Server) SetPropagationDelay(d time.Duration) { s.propagation.Store(int64(d)) }

// PropagationDelay returns the delay in force.
func (s *Server) PropagationDelay() time.Duration { return time.Duration(s.propagation.Load()) }

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := s.now()
	// Clients find out from this header that their clock is off.
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	endpoint, ok := strings.CutPrefix(r.URL.Path, s.path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	switch endpoint {
	case "token":
		s.serveToken(w, r, now)
	case "jwk":
		serveDocument(w, r, s.jwks)
	case ".well-known/oauth-authorization-server":
		serveDocument(w, r, s.metadata)
	default:
		http.NotFound(w, r)
	}
}

func serveDocument(w http.ResponseWriter, r *http.Request, document []byte) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(document) // the caller is gone
}
