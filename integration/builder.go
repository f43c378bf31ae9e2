package integration

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/secret"
)

// builder works out what a section means, and gathers what is wrong with it.
type builder struct {
	options       Options
	configuration *appsettings.Configuration
	section       appsettings.MaskinportenSection

	key         *jwk.Key
	scopes      []string
	environment maskinporten.Environment
	altinn      altinn.Environment

	faults   []error
	warnings []string
}

// fault adds a fault of a setting of the section.
func (b *builder) fault(name string, origin appsettings.Origin, err error, remedy string) {
	b.faults = append(b.faults, &SettingError{Setting: b.section.Name + ":" + name, Origin: origin, Err: err, remedy: remedy})
}

// warning adds a warning about a setting of the section.
func (b *builder) warning(name string, origin appsettings.Origin, text string) {
	place := ""
	if origin.Source != "" {
		place = " (" + origin.Source + ")"
	}
	b.warnings = append(b.warnings, b.section.Name+":"+name+place+" "+text)
}

func (b *builder) build(ctx context.Context) {
	b.clientID(ctx)
	b.readKey(ctx)
	b.readScopes()
	if b.section.Family == appsettings.BuiltIn {
		b.authority()
	} else {
		b.environmentName()
	}
	if b.environment.Issuer != "" {
		b.altinnEnvironment()
	}
}

// clientIDForm is wide enough for the client ids of today (UUIDs) and for old
// ones (oidc_orgx_api), and too narrow for a key.
var clientIDForm = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,100}$`)

// clientID refuses what is no client id without showing it: the two secrets may
// have been swapped, and a client id is sent to Maskinporten in the clear.
func (b *builder) clientID(ctx context.Context) {
	id := b.section.ClientID
	switch {
	case id.Text == "":
		b.fault("ClientId", id.Origin, b.missing(ctx, "ClientId", func(s appsettings.MaskinportenSection) bool { return s.ClientID.Text != "" }),
			"store the integration's client id in the vault, or run: stafett prepare")
	case !clientIDForm.MatchString(id.Text):
		b.fault("ClientId", id.Origin, errors.New("it is no client id"),
			"store the integration's client id there, as Samarbeidsportalen shows it; look whether the secrets ClientId and EncodedJwk have been swapped")
	}
}

func (b *builder) readKey(ctx context.Context) {
	s := b.section
	read := func(name string, from appsettings.SecretSetting, parse func(secret.String) (*jwk.Key, error)) {
		key, err := parse(from.Value)
		if err != nil {
			b.fault(name, from.Origin, err, "")
			return
		}
		b.key = key
		for _, note := range key.Notes() {
			b.warning(name, from.Origin, "holds a key in which "+note)
		}
	}
	switch {
	case s.Family == appsettings.ClientLibrary && !s.EncodedJWK.Value.IsEmpty():
		read("EncodedJwk", s.EncodedJWK, jwk.ParseEncoded)
	case s.Family == appsettings.BuiltIn && !s.JWKBase64.Value.IsEmpty():
		read("JwkBase64", s.JWKBase64, jwk.ParseEncoded)
	case s.Family == appsettings.BuiltIn && !s.JWK.Value.IsEmpty():
		read("Jwk", s.JWK, jwk.ParsePrivate)
	case s.Certificate != "":
		b.fault(s.Certificate, appsettings.Origin{}, errors.New("signing with a certificate is not supported"), "use a key in EncodedJwk; run: stafett prepare")
	default:
		name, origin := "EncodedJwk", s.EncodedJWK.Origin
		has := func(s appsettings.MaskinportenSection) bool { return !s.EncodedJWK.Value.IsEmpty() }
		if s.Family == appsettings.BuiltIn {
			name, origin = "JwkBase64", s.JWKBase64.Origin
			has = func(s appsettings.MaskinportenSection) bool {
				return !s.JWKBase64.Value.IsEmpty() || !s.JWK.Value.IsEmpty()
			}
		}
		b.fault(name, origin, b.missing(ctx, name, has), "store the integration's private key in the vault, or run: stafett prepare")
	}
}

// readScopes takes the scopes asked for, else those of the section.
func (b *builder) readScopes() {
	set := b.section.Scope
	own := strings.Fields(set.Text)
	b.scopes = strings.Fields(strings.Join(b.options.Scopes, " "))
	if len(b.scopes) == 0 && b.section.Family == appsettings.BuiltIn {
		b.scopes = strings.Fields(strings.Join(b.options.BuiltInScopes, " "))
	}
	switch {
	case len(b.scopes) == 0 && b.section.Family == appsettings.BuiltIn:
		b.fault("Scope", set.Origin, fmt.Errorf("is not read by %s, which has its scopes in code", b.section.Family), "say which scopes are wanted")
	case len(b.scopes) == 0 && len(own) == 0:
		b.fault("Scope", set.Origin, errors.New("names no scope"), `set it to the scopes that are wanted, such as "altinn:serviceowner/instances.read altinn:serviceowner/instances.write"`)
	case len(b.scopes) == 0:
		b.scopes = own
	case b.section.Family == appsettings.ClientLibrary:
		if lacking := without(b.scopes, own); len(lacking) > 0 {
			b.warning("Scope", set.Origin, fmt.Sprintf("lacks %s, which was asked for here: the application itself does not ask for it", strings.Join(lacking, " ")))
		}
	}
}

// without returns what of all is not in known.
func without(all, known []string) []string {
	var rest []string
	for _, text := range all {
		if !strings.Contains(" "+strings.Join(known, " ")+" ", " "+text+" ") {
			rest = append(rest, text)
		}
	}
	return rest
}

// warn puts what the section's own notes say among the warnings, and what an
// application makes of the section besides.
func (b *builder) warn() {
	s := b.section
	for _, note := range s.Notes {
		b.warning(note.Name, note.Origin, note.Text)
	}
	if s.Family == appsettings.ClientLibrary && !s.ExchangeToAltinnToken.On {
		b.warning("ExhangeToAltinnToken", s.ExchangeToAltinnToken.Origin,
			"is not true: the application itself would send Maskinporten's token, which applications and Storage of Altinn refuse; Stafett exchanges it")
	}
	if s.Family == appsettings.BuiltIn && b.options.Generation == 9 && !strings.HasSuffix(s.ClientID.Origin.Name, provisionedFile) {
		b.warning("ClientId", s.ClientID.Origin, "is not read by a deployed application of generation 9: its own client takes nothing but the file "+provisionedFile)
	}
}

// provisionedFile is written by Altinn's platform for an application's own client.
const provisionedFile = "maskinporten-settings.json"
