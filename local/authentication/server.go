package authentication

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/stafett/stafett/local/timeline"
)

// tokenLifetime is how long an Altinn token lives (JwtValidityMinutes of the
// test environment).
const tokenLifetime = 30 * time.Minute

// Person is a test person as the login knows them. It holds no identity number,
// since no Altinn token does.
type Person struct {
	UserID    int
	PartyID   int
	PartyUUID string
	UserName  string
	// SelfIdentified is somebody without a national identity number, whose tokens
	// have security level 0.
	SelfIdentified bool
}

// SystemUser is a system user as the test login knows it.
type SystemUser struct {
	SystemID  string // "310000001_regnskap"
	OrgNumber string // of the organisation whose system user it is
}

// Config says what the stand-in knows of the world.
type Config struct {
	// Platform is the base address of the platform, such as
	// https://platform.tt02.altinn.no, with no slash at the end.
	Platform string
	// MaskinportenIssuers are the issuers whose tokens are exchanged, written as
	// in their iss claim (https://test.maskinporten.no/).
	MaskinportenIssuers []string
	// HTTPClient fetches the metadata and keys of those issuers; nil means
	// [http.DefaultClient].
	HTTPClient *http.Client
	// Orgs is the list of service owners.
	Orgs OrgList
	// People finds the test person with a user id or, failing that, a party id.
	// Nil means that there is none.
	People func(id int) (Person, bool)
	// Represents tells whether a user may act for a party other than their own, and
	// HasOrganisation whether there is an organisation that is no service owner;
	// both for the test login. Nil means no.
	Represents      func(userID, partyID int) bool
	HasOrganisation func(number string) bool
	// SelfIdentified finds who has a user name and no national identity number, and
	// SystemUser a system user by its UUID; both for the test login. Nil means that
	// there is none.
	SelfIdentified func(userName string) (Person, bool)
	SystemUser     func(id string) (SystemUser, bool)
	// Key signs the tokens; at least 2048 bits. Nil means that New makes one,
	// which takes about a tenth of a second.
	Key *rsa.PrivateKey
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
	// Logger gets the reason of each refused exchange, which the answer itself
	// does not give; nil discards it.
	Logger *slog.Logger
}

// Server is the stand-in. It is safe for concurrent use.
type Server struct {
	cfg     Config
	key     *signingKey
	issuers *issuerKeys
	mux     *http.ServeMux
	issued  timeline.Latest[IssuedToken]
}

// New makes a stand-in with a signing key of its own.
func New(cfg Config) (*Server, error) {
	if cfg.Platform == "" {
		return nil, errors.New("start authentication: no platform address")
	}
	cfg.Platform = strings.TrimSuffix(cfg.Platform, "/")
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = http.DefaultClient
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.People == nil {
		cfg.People = func(int) (Person, bool) { return Person{}, false }
	}
	if cfg.SelfIdentified == nil {
		cfg.SelfIdentified = func(string) (Person, bool) { return Person{}, false }
	}
	if cfg.SystemUser == nil {
		cfg.SystemUser = func(string) (SystemUser, bool) { return SystemUser{}, false }
	}
	if cfg.Represents == nil {
		cfg.Represents = func(int, int) bool { return false }
	}
	if cfg.HasOrganisation == nil {
		cfg.HasOrganisation = func(string) bool { return false }
	}
	if cfg.Key == nil {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, fmt.Errorf("make signing key: %w", err)
		}
		cfg.Key = k
	}
	key, err := newSigningKey(cfg.Key, cfg.Now())
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, key: key, issuers: newIssuerKeys(cfg.HTTPClient, cfg.MaskinportenIssuers), mux: http.NewServeMux()}
	const base = "/authentication/api/v1"
	s.mux.HandleFunc("GET "+base+"/openid/.well-known/openid-configuration", s.metadata)
	s.mux.HandleFunc("GET "+base+"/openid/.well-known/openid-configuration/jwks", s.jwks)
	s.mux.HandleFunc("GET "+base+"/exchange/{provider}", s.exchange)
	s.mux.HandleFunc("GET "+base+"/refresh", s.refresh)
	return s, nil
}

// ServeHTTP serves the paths below /authentication/api/v1/ of the platform host.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Issuer is the iss claim of every token that the stand-in signs.
func (s *Server) Issuer() string { return s.cfg.Platform + "/authentication/api/v1/openid/" }
