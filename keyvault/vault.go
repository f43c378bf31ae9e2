package keyvault

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"golang.org/x/sync/errgroup"

	"github.com/stafett/stafett/secret"
)

// Item is what a vault tells about a secret without its value. Times are UTC and
// zero when not set.
type Item struct {
	Name    string // as the vault spells it; names match without regard to case
	Version string // 32 hexadecimal digits; "" from [Vault.List]

	Enabled   bool // a disabled secret cannot be read, and is not loaded by an application
	Created   time.Time
	Updated   time.Time
	NotBefore time.Time // told only; neither the vault nor an application enforces it
	Expires   time.Time // as NotBefore

	ContentType string
	Tags        map[string]string
	Managed     bool // belongs to a certificate of the vault
}

// Secret is a secret with its value.
type Secret struct {
	Item
	Value secret.String
}

// SetOptions are the optional parts of a secret. Zero values are left out.
type SetOptions struct {
	ContentType string            // at most 255 characters
	Tags        map[string]string // at most 15, of 256 characters each
	NotBefore   time.Time
	Expires     time.Time
}

// Vault is one Azure Key Vault. It is safe for concurrent use.
//
// Every method asks again, up to three times, when the vault is busy (429) or
// fails (408, 5xx), for as long as the vault asks to wait. Errors are
// [*CredentialError], [*AccessError], [ErrNotFound], [*SoftDeletedError],
// [*DisabledError] or [*StatusError], in that the caller finds them with
// errors.As and errors.Is; others are of the network.
type Vault struct {
	client *azsecrets.Client
	host   string
}

// Open makes a client for the vault at an address such as
// "https://kv-fts-tt02.vault.azure.net". Nothing is sent yet. hc carries all
// requests to the vault; nil is http.DefaultClient. Redirects are never followed,
// and nothing is sent to another host than the vault's.
func Open(address string, cred azcore.TokenCredential, hc *http.Client) (*Vault, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("open key vault: %w", err)
	}
	if u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return nil, fmt.Errorf("open key vault: %q is not the address of a vault, such as https://my-vault.vault.azure.net", address)
	}
	client, err := azsecrets.NewClient("https://"+u.Host, cred, &azsecrets.ClientOptions{ClientOptions: policy.ClientOptions{
		Transport: newTransport(hc, u.Hostname()),
		Retry:     policy.RetryOptions{MaxRetries: 3, RetryDelay: 800 * time.Millisecond, MaxRetryDelay: 30 * time.Second, TryTimeout: time.Minute},
		Telemetry: policy.TelemetryOptions{ApplicationID: "stafett"},
	}})
	if err != nil {
		return nil, fmt.Errorf("open key vault: %w", err)
	}
	return &Vault{client: client, host: u.Hostname()}, nil
}

// Host is the vault's host name.
func (v *Vault) Host() string { return v.host }

// List returns every secret of the vault, disabled ones too. It needs the
// permission "secrets list".
func (v *Vault) List(ctx context.Context) ([]Item, error) {
	pager := v.client.NewListSecretPropertiesPager(nil)
	var items []Item
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return nil, v.failure(OpList, "", err)
		}
		if items, err = appendItems(items, page.Value); err != nil {
			return nil, v.failure(OpList, "", err)
		}
	}
	return items, nil
}

// Get returns the latest version of a secret. It needs "secrets get".
func (v *Vault) Get(ctx context.Context, name string) (Secret, error) {
	if err := checkName(name); err != nil {
		return Secret{}, fmt.Errorf("get secret: %w", err)
	}
	response, err := v.client.GetSecret(ctx, name, "", nil)
	item, err := v.item(OpGet, name, response.Secret, err)
	if err != nil {
		return Secret{}, err
	}
	if response.Value == nil {
		return Secret{}, v.failure(OpGet, name, &protocolError{"a secret without a value"})
	}
	return Secret{Item: item, Value: secret.New(*response.Value)}, nil
}

// CheckFree returns a [*SoftDeletedError] when a deleted secret keeps the name
// taken, so that [Vault.Set] would be refused. A caller who may not read deleted
// secrets, or a name that nothing keeps, gives nil: Set has the last word. It
// needs "secrets get".
func (v *Vault) CheckFree(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return fmt.Errorf("check secret name: %w", err)
	}
	_, err := v.client.GetDeletedSecret(ctx, name, nil)
	if err == nil {
		return &SoftDeletedError{Secret: name, Vault: v.host}
	}
	var (
		disabled *DisabledError
		refused  *AccessError
	)
	switch err = v.failure(OpGet, name, err); {
	case errors.As(err, &disabled): // deleted, and disabled before that
		return &SoftDeletedError{Secret: name, Vault: v.host}
	case errors.Is(err, ErrNotFound), errors.As(err, &refused):
		return nil
	default:
		return err
	}
}

// Set stores a new version of a secret, enabled, making the secret if there is
// none. It needs "secrets set".
func (v *Vault) Set(ctx context.Context, name string, value secret.String, o SetOptions) (Item, error) {
	if err := checkName(name); err != nil {
		return Item{}, fmt.Errorf("set secret: %w", err)
	}
	text := value.Reveal()
	response, err := v.client.SetSecret(ctx, name, o.parameters(&text), nil)
	return v.item(OpSet, name, response.Secret, err)
}

// Update changes what stands beside the value of one version of a secret; ""
// is the latest version. The value and what o leaves out stay. It needs "secrets
// set", also for a disabled secret.
func (v *Vault) Update(ctx context.Context, name, version string, o UpdateOptions) (Item, error) {
	if err := checkName(name); err != nil {
		return Item{}, fmt.Errorf("update secret: %w", err)
	}
	response, err := v.client.UpdateSecretProperties(ctx, name, version, o.parameters(), nil)
	return v.item(OpSet, name, response.Secret, err)
}

// item is what the vault answered about a secret, or the failure to.
func (v *Vault) item(op Operation, name string, answer azsecrets.Secret, err error) (Item, error) {
	if err != nil {
		return Item{}, v.failure(op, name, err)
	}
	item, err := newItem(answer)
	if err != nil {
		return Item{}, v.failure(op, name, err)
	}
	return item, nil
}

// Versions returns all versions of a secret, in no particular order; none for a
// secret that the vault does not have. It needs "secrets list".
func (v *Vault) Versions(ctx context.Context, name string) ([]Item, error) {
	if err := checkName(name); err != nil {
		return nil, fmt.Errorf("list versions: %w", err)
	}
	pager := v.client.NewListSecretPropertiesVersionsPager(name, nil)
	var items []Item
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return nil, v.failure(OpList, name, err)
		}
		if items, err = appendItems(items, page.Value); err != nil {
			return nil, v.failure(OpList, name, err)
		}
	}
	return items, nil
}

// maxParallel bounds the requests of [Vault.Secrets] in flight.
const maxParallel = 8

// Secrets returns the latest version of every enabled secret, as an application
// loads them when it starts: it lists, then gets each, and fails when one of them
// cannot be had. It needs "secrets list" and "secrets get".
func (v *Vault) Secrets(ctx context.Context) ([]Secret, error) {
	items, err := v.List(ctx)
	if err != nil {
		return nil, err
	}
	items = slices.DeleteFunc(items, func(item Item) bool { return !item.Enabled })
	secrets := make([]Secret, len(items))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxParallel)
	for i, item := range items {
		group.Go(func() error {
			var err error
			secrets[i], err = v.Get(ctx, item.Name)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return secrets, nil
}
