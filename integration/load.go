package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/maskinporten"
)

// Options tells [Load] whose settings to read, and how.
type Options struct {
	// AppDir, EnvironmentName, Environ, CommandLine, Generation and Directories
	// are as in appsettings.Options.
	AppDir          string
	EnvironmentName string
	Environ         []string
	CommandLine     []string
	Generation      int
	Directories     appsettings.Directories
	// Section is the path of the section, such as "MaskinportenSettings".
	Section string
	// Vault is the organisation's vault; nil is none. All enabled secrets of it
	// are read, as by an application.
	Vault *keyvault.Vault
	// Scopes replaces the scopes of the section.
	Scopes []string
	// BuiltInScopes are those of a section of the application library's own client,
	// whose scopes are in its code. Such a section needs them, or Scopes.
	BuiltInScopes []string
	// Altinn is the environment that tokens are wanted for. The zero value takes
	// it from the section; it need not have a name.
	Altinn altinn.Environment
	// HTTPClient carries the requests to Maskinporten and Altinn; nil is a plain
	// client.
	HTTPClient *http.Client
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Integration is a loaded integration. It is safe for concurrent use.
type Integration struct {
	Section       appsettings.MaskinportenSection
	Configuration *appsettings.Configuration

	ClientID                string
	KeyID                   string     // the kid that assertions carry
	PublicKey               jwk.Public // the public half of the key; its own kid may differ from KeyID
	Scopes                  []string
	MaskinportenEnvironment maskinporten.Environment
	AltinnEnvironment       altinn.Environment

	source   *maskinporten.Source
	exchange *altinn.Exchange
	warnings []string
}

// Maskinporten is the source of Maskinporten tokens.
func (i *Integration) Maskinporten() *maskinporten.Source { return i.source }

// Altinn is the source of Altinn tokens.
func (i *Integration) Altinn() *altinn.Exchange { return i.exchange }

// Warnings are sentences about settings that do not do what they seem to, and
// about those with which the application itself would fail.
func (i *Integration) Warnings() []string { return i.warnings }

// IsSame reports whether tokens are asked for as the other integration does: with the
// same client and key, and for the same things. Tokens of the one then serve both.
func (i *Integration) IsSame(other *Integration) bool {
	return slices.Equal(i.asks(), other.asks())
}

// asks is all that goes into a request for a token.
func (i *Integration) asks() []string {
	s := i.Section
	return append([]string{
		i.ClientID, i.KeyID, i.PublicKey.Modulus, i.PublicKey.Exponent, s.Resource.Text, s.ConsumerOrgNo.Text,
		i.MaskinportenEnvironment.Issuer, i.MaskinportenEnvironment.TokenURL, i.AltinnEnvironment.Platform, strconv.FormatBool(s.UseAltinnTestOrg.On),
	}, i.Scopes...)
}

// Load reads settings and secrets and makes the integration of one section of
// them. It asks the vault, if there is one, and nobody else: no token is fetched.
//
// A section that is missing is an appsettings.SectionError, which names the
// nearest; faults of settings are [*SettingError]s, all of them joined, which
// [Faults] takes apart; faults of files, of flags and of the vault are those of
// packages appsettings and keyvault.
func Load(ctx context.Context, o Options) (*Integration, error) {
	settings := appsettings.Options{
		Dir: o.AppDir, EnvironmentName: o.EnvironmentName, Environ: o.Environ, CommandLine: o.CommandLine,
		Generation: o.Generation, Directories: o.Directories,
	}
	if o.Vault != nil {
		settings.Vault = func(ctx context.Context) ([]appsettings.VaultSecret, error) { return vaultSecrets(ctx, o.Vault) }
	}
	configuration, err := appsettings.Load(ctx, settings)
	if err != nil {
		return nil, err
	}
	section, err := appsettings.ReadMaskinporten(configuration, o.Section)
	if err != nil {
		return nil, err
	}
	if section.Family == appsettings.UnknownFamily { // nothing but a client id
		section.Family = appsettings.ClientLibrary
	}
	b := &builder{options: o, configuration: configuration, section: section}
	b.build(ctx)
	if err := errors.Join(b.faults...); err != nil {
		return nil, err
	}
	b.warn()
	return b.connect()
}

// vaultSecrets reads what an application reads of its vault.
func vaultSecrets(ctx context.Context, vault *keyvault.Vault) ([]appsettings.VaultSecret, error) {
	secrets, err := vault.Secrets(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]appsettings.VaultSecret, len(secrets))
	for i, s := range secrets {
		all[i] = appsettings.VaultSecret{Name: s.Name, Value: s.Value, Updated: s.Updated, Enabled: s.Enabled}
	}
	return all, nil
}

// connect makes the sources of tokens.
func (b *builder) connect() (*Integration, error) {
	o, s := b.options, b.section
	client, err := maskinporten.New(maskinporten.Config{
		Issuer: b.environment.Issuer, TokenURL: b.environment.TokenURL,
		ClientID: s.ClientID.Text, Key: b.key, KeyID: s.KeyID.Text,
		HTTPClient: o.HTTPClient, Now: o.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("section %s: %w", s.Name, err)
	}
	source := client.Source(maskinporten.Grant{Scopes: b.scopes, Resource: s.Resource.Text, ConsumerOrg: s.ConsumerOrgNo.Text})
	keyID := s.KeyID.Text
	if keyID == "" {
		keyID = b.key.KeyID()
	}
	return &Integration{
		Section: s, Configuration: b.configuration,
		ClientID: s.ClientID.Text, KeyID: keyID, PublicKey: b.key.Public(), Scopes: b.scopes,
		MaskinportenEnvironment: b.environment, AltinnEnvironment: b.altinn,
		source: source,
		exchange: altinn.NewExchange(altinn.ExchangeConfig{
			Environment: b.altinn, HTTPClient: o.HTTPClient, Maskinporten: source,
			TestOrganisation: s.UseAltinnTestOrg.On, Now: o.Now,
		}),
		warnings: b.warnings,
	}, nil
}
