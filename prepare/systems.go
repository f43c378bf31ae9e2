package prepare

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

// Systems are the systems that are read and changed.
type Systems struct {
	Vault Vault
	// Integrations is nil for an organisation without an admin client: nothing is
	// then read or changed at Samarbeidsportalen but by the person whom Guide asks.
	Integrations Integrations
	Guide        Guide
	Files        Files // nil means [LocalFiles]
	Prover       Prover

	// PollInterval is the wait between two proofs while a change is on its way to
	// Maskinporten; 0 means 5 seconds. PropagationLimit is how long that is waited
	// for in all; 0 means 3 minutes, since Digdir says that a change takes up to
	// two.
	PollInterval     time.Duration
	PropagationLimit time.Duration
	// ReadingTime is how long an application may take to read its secrets; 0 means
	// 10 seconds. Two secrets that are to be read together are written with so much
	// between them.
	ReadingTime time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Vault is what is needed of a *keyvault.Vault, whose errors it has.
type Vault interface {
	List(ctx context.Context) ([]keyvault.Item, error)
	// CheckFree tells, before anything is changed, whether a deleted secret keeps
	// a name taken.
	CheckFree(ctx context.Context, name string) error
	Get(ctx context.Context, name string) (keyvault.Secret, error)
	Set(ctx context.Context, name string, value secret.String, o keyvault.SetOptions) (keyvault.Item, error)
	// Update changes what stands beside the value of the version; "" is the latest.
	Update(ctx context.Context, name, version string, o keyvault.UpdateOptions) (keyvault.Item, error)
}

// Integrations is what is needed of a *selfservice.Client, whose errors it has.
type Integrations interface {
	List(ctx context.Context) ([]selfservice.Integration, error)
	Get(ctx context.Context, clientID string) (selfservice.Integration, error)
	Create(ctx context.Context, integration selfservice.NewIntegration) (selfservice.Integration, error)
	Update(ctx context.Context, integration selfservice.Integration) (selfservice.Integration, error)
	Keys(ctx context.Context, clientID string) (jwk.Set, error)
	ReplaceKeys(ctx context.Context, clientID string, set jwk.Set) (jwk.Set, error)
}

// Files reads and replaces settings files.
type Files interface {
	// Read returns a file's content; an error that is fs.ErrNotExist when there is
	// none.
	Read(path string) ([]byte, error)
	// Replace gives a file new content, all or nothing, if its content still is
	// before (nil for no file); else it returns a [*StaleError].
	Replace(path string, before, after []byte) error
}

// Prover proves that Maskinporten gives the integration a token. Its errors hold
// a *maskinporten.Error when it does not.
type Prover interface {
	Prove(ctx context.Context, clientID string, key *jwk.Key, scopes []string) error
}

// MaskinportenProver asks the real Maskinporten for a token, and drops it.
type MaskinportenProver struct {
	Environment maskinporten.Environment
	HTTPClient  *http.Client
	Now         func() time.Time // nil means time.Now
}

// Prove implements [Prover].
func (p MaskinportenProver) Prove(ctx context.Context, clientID string, key *jwk.Key, scopes []string) error {
	client, err := maskinporten.New(maskinporten.Config{
		Issuer: p.Environment.Issuer, TokenURL: p.Environment.TokenURL, ClientID: clientID, Key: key, HTTPClient: p.HTTPClient, Now: p.Now,
	})
	if err != nil {
		return fmt.Errorf("prove: %w", err)
	}
	_, err = client.Source(maskinporten.Grant{Scopes: scopes}).TokenContext(ctx)
	return err
}

func (s Systems) files() Files {
	if s.Files == nil {
		return LocalFiles{}
	}
	return s.Files
}

func (s Systems) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

func (s Systems) readingTime() time.Duration {
	if s.ReadingTime <= 0 {
		return 10 * time.Second
	}
	return s.ReadingTime
}
