package maskinporten

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/stafett/stafett/jwk"
)

// Config is what a [Client] needs.
type Config struct {
	// Issuer is the environment's issuer, exactly as the environment names itself
	// ([LookupEnvironment], [Discover]).
	Issuer string
	// TokenURL is the token endpoint. When it is empty, it is the issuer followed
	// by "token", as in all of Maskinporten's environments.
	TokenURL string
	// ClientID is the integration's id.
	ClientID string
	// Key signs the assertions; its public part is registered on the integration.
	Key *jwk.Key
	// KeyID overrides the key's own id, for a key that was uploaded as PEM and was
	// given another id by the web page.
	KeyID string
	// HTTPClient sends the requests; nil means a new http.Client. Redirects are
	// never followed, whatever it says.
	HTTPClient *http.Client
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Client asks for tokens as one integration. It is safe for concurrent use.
type Client struct {
	issuer   string
	tokenURL string
	clientID string
	signer   jose.Signer
	http     *http.Client
	now      func() time.Time

	mu      sync.Mutex
	sources map[normalGrant]*Source
}

// New checks the configuration and returns its client. It sends nothing. A URL
// of a closed environment gives a [*RetiredError].
func New(cfg Config) (*Client, error) {
	if err := checkURL("issuer", cfg.Issuer); err != nil {
		return nil, err
	}
	tokenURL := cfg.TokenURL
	if tokenURL == "" {
		tokenURL = strings.TrimSuffix(cfg.Issuer, "/") + "/token"
	}
	if err := checkURL("token endpoint", tokenURL); err != nil {
		return nil, err
	}
	if cfg.ClientID == "" {
		return nil, errors.New("configure maskinporten: the client id is empty")
	}
	if cfg.Key == nil || *cfg.Key == (jwk.Key{}) {
		return nil, errors.New("configure maskinporten: there is no key")
	}
	keyID := cfg.KeyID
	if keyID == "" {
		keyID = cfg.Key.KeyID()
	}
	signer, err := newSigner(cfg.Key.PrivateKey(), keyID)
	if err != nil {
		return nil, fmt.Errorf("configure maskinporten: %w", err)
	}
	now := cfg.Now
	if now == nil {
		now = time.Now
	}
	return &Client{
		issuer:   cfg.Issuer,
		tokenURL: tokenURL,
		clientID: cfg.ClientID,
		signer:   signer,
		http:     withoutRedirects(cfg.HTTPClient),
		now:      now,
		sources:  make(map[normalGrant]*Source),
	}, nil
}

func newSigner(key *rsa.PrivateKey, keyID string) (jose.Signer, error) {
	return jose.NewSigner(
		jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: keyID}},
		(&jose.SignerOptions{}).WithType("JWT"),
	)
}

func checkURL(what, text string) error {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme != "https" || parsed.Host == "" || parsed.Fragment != "" {
		return fmt.Errorf("configure maskinporten: the %s %q is not an https URL", what, text)
	}
	if err := retiredHost(parsed.Hostname()); err != nil {
		return fmt.Errorf("configure maskinporten: the %s: %w", what, err)
	}
	return nil
}

// withoutRedirects returns a copy of the client that hands a redirect back as
// an answer, since following one would take an assertion to another host.
func withoutRedirects(given *http.Client) *http.Client {
	client := &http.Client{}
	if given != nil {
		*client = *given
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}
