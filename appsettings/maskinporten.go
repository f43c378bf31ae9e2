package appsettings

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/stafett/stafett/internal/nearest"
	"github.com/stafett/stafett/secret"
)

// Setting is one setting of a section. Text is empty when the setting is absent,
// null or empty; Origin is zero only when it is absent.
type Setting struct {
	Text   string
	Origin Origin
}

// SecretSetting is a [Setting] whose content is secret.
type SecretSetting struct {
	Value  secret.String
	Origin Origin
}

// Flag is a [Setting] that is true or false; absent is false.
type Flag struct {
	On     bool
	Origin Origin
}

// Family tells which of Altinn's two .NET libraries a section is written for.
type Family string

// The two families of names, and neither.
const (
	// ClientLibrary is the package Altinn.ApiClients.Maskinporten, which reads
	// Environment, ClientId, Scope, EncodedJwk, ExhangeToAltinnToken and more.
	ClientLibrary Family = "Altinn.ApiClients.Maskinporten"
	// BuiltIn is the client in Altinn's application libraries, which reads
	// Authority, ClientId, Jwk and JwkBase64.
	BuiltIn Family = "the application library's own client"
	// UnknownFamily is a section with no name of either family but ClientId.
	UnknownFamily Family = ""
)

// MaskinportenSection is a section that configures a Maskinporten client. Both
// families of names are read; a field of the family that the section is not
// written for is filled where the section has the name.
type MaskinportenSection struct {
	Name   string // as asked for
	Family Family

	ClientID Setting

	// Names of [ClientLibrary].
	Environment              Setting // prod, test; retired: ver1, ver2
	Scope                    Setting // space separated
	Resource                 Setting
	ConsumerOrgNo            Setting
	KeyID                    Setting // Kid: replaces the kid of the key
	EncodedJWK               SecretSetting
	ExchangeToAltinnToken    Flag    // ExhangeToAltinnToken, misspelt as in the library
	TokenExchangeEnvironment Setting // prod, tt02, at22, …
	UseAltinnTestOrg         Flag
	EnableDebugLogging       Flag
	Certificate              string // the name of the certificate setting that has a value; "" when none

	// Names of [BuiltIn].
	Authority Setting
	JWK       SecretSetting // the members of the Jwk object, as JSON
	JWKBase64 SecretSetting

	// Notes are about settings that do not do what they seem to, in order of
	// name.
	Notes []Note
}

// Note is a remark on one setting.
type Note struct {
	Name   string // the setting, as spelled in the section
	Origin Origin
	// NoEffect is set when no Altinn library reads the setting at all, so that it
	// can be removed with no change.
	NoEffect bool
	// ReadBy is set when the setting is read only by the client that the section is
	// not written for.
	ReadBy Family
	Text   string // a sentence without capital and full stop
}

// SectionError is returned for a section that the configuration does not have.
type SectionError struct {
	Section string
	Nearest string   // the existing section that is probably meant, "" when none is near
	Others  []string // the sections that look like a Maskinporten client
}

// Error names the section, and the one that is probably meant.
func (e *SectionError) Error() string {
	message := fmt.Sprintf("the configuration has no section %q", e.Section)
	switch {
	case e.Nearest != "":
		return message + fmt.Sprintf("; did you mean %q?", e.Nearest)
	case len(e.Others) > 0:
		return message + "; sections that look like a Maskinporten client: " + strings.Join(e.Others, ", ")
	}
	return message + ", and none that looks like a Maskinporten client"
}

// FlagError is returned for a setting that is to be true or false and is neither,
// with which an application would not start.
type FlagError struct {
	Setting string // the full path, such as "MaskinportenSettings:UseAltinnTestOrg"
	Value   Value  // what it is instead, and where that was set
}

// Error names the setting, its origin and its value, unless that is secret.
func (e *FlagError) Error() string {
	return fmt.Sprintf("%s (%s): must be true or false, not %q", e.Setting, e.Value.Origin, e.Value.String())
}

// Remedy says what to do about it.
func (e *FlagError) Remedy() string {
	return "set it to true or false, or remove it, which means false; the application would not start with it either"
}

// certificateNames are the settings of ClientLibrary for clients that sign with a
// certificate.
var certificateNames = []string{"CertificatePkcs12Path", "CertificateStoreThumbprint", "EncodedX509"}

// jwkMembers are the members of a private RSA key that the built-in client binds.
var jwkMembers = []string{"kty", "use", "kid", "alg", "n", "e", "d", "p", "q", "dp", "dq", "qi"}

// ReadMaskinporten reads the section at a path such as "MaskinportenSettings" or
// "myapp:MaskinportenSettings". It returns a [*SectionError] when there is none,
// and a [*FlagError], joined to others, for each flag that is neither true nor
// false. It does not judge the values otherwise.
func ReadMaskinporten(c *Configuration, section string) (MaskinportenSection, error) {
	if section == "" || len(c.Children(section)) == 0 {
		others := c.MaskinportenSections()
		near, _ := nearest.Name(section, others)
		return MaskinportenSection{}, &SectionError{Section: section, Nearest: near, Others: others}
	}
	r := sectionReader{configuration: c, section: section}
	s := MaskinportenSection{
		Name:                     section,
		ClientID:                 r.setting("ClientId"),
		Environment:              r.setting("Environment"),
		Scope:                    r.setting("Scope"),
		Resource:                 r.setting("Resource"),
		ConsumerOrgNo:            r.setting("ConsumerOrgNo"),
		KeyID:                    r.setting("Kid"),
		EncodedJWK:               r.secret("EncodedJwk"),
		ExchangeToAltinnToken:    r.flag("ExhangeToAltinnToken"),
		TokenExchangeEnvironment: r.setting("TokenExchangeEnvironment"),
		UseAltinnTestOrg:         r.flag("UseAltinnTestOrg"),
		EnableDebugLogging:       r.flag("EnableDebugLogging"),
		Authority:                r.setting("Authority"),
		JWK:                      r.jwk(),
		JWKBase64:                r.secret("JwkBase64"),
	}
	for _, name := range slices.Backward(certificateNames) {
		if !r.secret(name).Value.IsEmpty() {
			s.Certificate = name
		}
	}
	if err := errors.Join(r.faults...); err != nil {
		return MaskinportenSection{}, err
	}
	s.Family = family(s)
	s.Notes = notes(c, s)
	return s, nil
}

// family looks first at where tokens are asked for, which either client must have,
// then at the key, then at what else only one family has. A key for the other one
// stays in a vault for a while when a section has been moved to [BuiltIn].
func family(s MaskinportenSection) Family {
	switch {
	case s.Authority.Text != "" && s.Environment.Text == "":
		return BuiltIn
	case !s.EncodedJWK.Value.IsEmpty():
		return ClientLibrary
	case !s.JWK.Value.IsEmpty() || !s.JWKBase64.Value.IsEmpty():
		return BuiltIn
	case s.EncodedJWK.Origin.Source != "" || s.Environment.Text != "" || s.Certificate != "":
		return ClientLibrary
	case s.JWK.Origin.Source != "" || s.JWKBase64.Origin.Source != "" || s.Authority.Text != "":
		return BuiltIn
	}
	return UnknownFamily
}

// sectionReader reads settings below one path and gathers what is wrong.
type sectionReader struct {
	configuration *Configuration
	section       string
	faults        []error
}

func (r *sectionReader) get(name string) (Value, bool) {
	return r.configuration.Get(join(r.section, name))
}

// setting reveals what it reads: a client id is not a secret, although it often
// lies in the vault.
func (r *sectionReader) setting(name string) Setting {
	v, _ := r.get(name)
	return Setting{Text: v.Secret().Reveal(), Origin: v.Origin}
}

func (r *sectionReader) secret(name string) SecretSetting {
	v, _ := r.get(name)
	return SecretSetting{Value: v.Secret(), Origin: v.Origin}
}

// flag converts as .NET does: true and false in any case, white space and NUL
// around them allowed, nothing at all for neither, and nothing else.
func (r *sectionReader) flag(name string) Flag {
	v, _ := r.get(name)
	f := Flag{Origin: v.Origin}
	text := v.Secret().Reveal()
	trimmed := strings.TrimFunc(text, func(r rune) bool { return r == 0 || unicode.IsSpace(r) })
	switch {
	case strings.ToLower(trimmed) == "true":
		f.On = true
	case strings.ToLower(trimmed) == "false" || text == "":
	default:
		r.faults = append(r.faults, &FlagError{Setting: join(r.section, name), Value: v})
	}
	return f
}

// jwk puts the members of the Jwk object together again. Its origin is that of
// the first member found.
func (r *sectionReader) jwk() SecretSetting {
	members := map[string]string{}
	var origin Origin
	for _, name := range jwkMembers {
		v, ok := r.get(join("Jwk", name))
		if !ok {
			continue
		}
		members[name] = v.Secret().Reveal()
		if origin.Source == "" {
			origin = v.Origin
		}
	}
	if len(members) == 0 {
		return SecretSetting{}
	}
	encoded, err := json.Marshal(members)
	if err != nil { // a map of texts always encodes
		r.faults = append(r.faults, fmt.Errorf("encode %s: %w", join(r.section, "Jwk"), err))
	}
	return SecretSetting{Value: secret.New(string(encoded)), Origin: origin}
}

// MaskinportenSections returns the paths of the sections that look like a
// Maskinporten client, in order: those with a setting that nothing else has, or
// with ClientId next to one that such sections have.
func (c *Configuration) MaskinportenSections() []string {
	var sections []string
	var walk func(path string)
	walk = func(path string) {
		children := c.Children(path)
		if path != "" && looksLikeMaskinporten(children) {
			sections = append(sections, path)
			return
		}
		for _, child := range children {
			if child != "" { // below the root it would be the root again
				walk(join(path, child))
			}
		}
	}
	walk("")
	return sections
}

func looksLikeMaskinporten(children []string) bool {
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			return slices.ContainsFunc(children, func(child string) bool { return fold(child) == fold(name) })
		})
	}
	return has("EncodedJwk", "JwkBase64", "ExhangeToAltinnToken", "ExchangeToAltinnToken") ||
		has("ClientId") && has("Jwk", "Authority", "Scope", "Environment", "ConsumerOrgNo")
}
