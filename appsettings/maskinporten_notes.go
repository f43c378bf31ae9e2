package appsettings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stafett/stafett/internal/nearest"
)

// namesOf lists what each family reads.
var namesOf = map[Family][]string{
	ClientLibrary: {
		"Environment", "ClientId", "Scope", "Resource", "ConsumerOrgNo", "EncodedJwk", "Kid",
		"CertificatePkcs12Path", "CertificatePkcs12Password", "CertificateStoreThumbprint", "EncodedX509",
		"ExhangeToAltinnToken", "TokenExchangeEnvironment", "UseAltinnTestOrg",
		"EnterpriseUserName", "EnterpriseUserPassword", "EnableDebugLogging", "OverwriteAuthorizationHeader",
	},
	BuiltIn: {"Authority", "ClientId", "Jwk", "JwkBase64"},
}

// Reads reports whether the family's client reads a setting of that name in its
// section; case does not count.
func (f Family) Reads(name string) bool { return contains(namesOf[f], name) }

// misspellings are names that people write and no library reads.
var misspellings = map[string]string{ //nolint:gosec // G101: names of settings and remarks on them, no values
	"EXCHANGETOALTINNTOKEN": "has no effect: the library's name for it is ExhangeToAltinnToken, without the first c",
	"ENABLEDEBUGLOG":        "has no effect: the library's name for it is EnableDebugLogging",
	// The platform's operator writes the previous keys there; only it reads them.
	"JWKS": "has no effect on the application, which reads Jwk",
}

// notes remarks on every setting of a section that does not do what it seems to.
func notes(c *Configuration, s MaskinportenSection) []Note {
	var all []Note
	add := func(name string, noEffect bool, text string) {
		v, _ := c.Get(join(s.Name, name))
		all = append(all, Note{Name: name, Origin: v.Origin, NoEffect: noEffect, Text: text})
	}
	for _, name := range c.Children(s.Name) {
		if text, ok := noEffect(name); ok {
			add(name, true, text)
			continue
		}
		if other, ok := otherFamily(name, s.Family); ok {
			add(name, false, fmt.Sprintf("is read by %s only, not by %s, which the section is written for", other, s.Family))
			all[len(all)-1].ReadBy = other
		}
	}
	if s.EnableDebugLogging.On {
		add("EnableDebugLogging", false, "writes every assertion in full to the application's log, where it can be used until it expires")
	}
	if v, ok := c.Get(join(s.Name, "EnterpriseUserName")); ok && !v.Secret().IsEmpty() {
		add("EnterpriseUserName", false, "makes every token exchange fail: Altinn has ended enterprise users")
	}
	if v, ok := c.Get(join(s.Name, "Jwk")); ok && !v.Secret().IsEmpty() {
		add("Jwk", false, "must be an object with the key's members; as a text it is not read (a text belongs in JwkBase64)")
	}
	if !s.JWK.Value.IsEmpty() && !s.JWKBase64.Value.IsEmpty() {
		add("JwkBase64", false, fmt.Sprintf("wins over Jwk (%s): the client id must belong to this key", s.JWK.Origin))
	}
	for _, m := range misunderstood(s) {
		add(m.name, false, m.text)
	}
	if id := s.ClientID.Text; id != strings.TrimSpace(id) {
		add("ClientId", false, "has white space at an end, which is sent to Maskinporten as it stands")
	}
	for _, name := range []string{"EncodedJwk", "JwkBase64"} {
		all = append(all, keysInFiles(c, s.Name, name)...)
	}
	slices.SortStableFunc(all, func(a, b Note) int { return cmp.Compare(fold(a.Name), fold(b.Name)) })
	return all
}

// misunderstanding is a setting whose value does not mean what it seems to.
type misunderstanding struct{ name, text string }

func misunderstood(s MaskinportenSection) []misunderstanding {
	var all []misunderstanding
	add := func(wrong bool, name, text string) {
		if wrong {
			all = append(all, misunderstanding{name, text})
		}
	}
	if s.Family == ClientLibrary {
		add(strings.ContainsAny(s.Scope.Text, ",;"), "Scope", "has other things than spaces between its scopes, and Maskinporten takes what they join for one unknown scope")
		add(slices.ContainsFunc(strings.Fields(s.Scope.Text), func(scope string) bool { return strings.HasPrefix(scope, "altinn:serviceowners") }),
			"Scope", "names altinn:serviceowners, which does not exist; it is altinn:serviceowner, without s at the end")
		exchanges := s.ExchangeToAltinnToken.On
		add(!exchanges && s.TokenExchangeEnvironment.Text != "", "TokenExchangeEnvironment", "changes nothing as long as ExhangeToAltinnToken is not true")
		add(!exchanges && s.UseAltinnTestOrg.On, "UseAltinnTestOrg", "changes nothing as long as ExhangeToAltinnToken is not true")
		add(exchanges && s.UseAltinnTestOrg.On && s.Environment.Text == "prod", "UseAltinnTestOrg", "asks for a test organisation's token in production")
	}
	authority := strings.ToLower(strings.TrimRight(s.Authority.Text, "/"))
	add(s.Family == BuiltIn && strings.HasSuffix(authority, "/token"), "Authority", "is the address of tokens; the client wants the one above it, and adds token itself")
	return all
}

// noEffect tells why no library reads a name.
func noEffect(name string) (text string, ok bool) {
	if text, ok := misspellings[fold(name)]; ok {
		return text, true
	}
	known := slices.Concat(namesOf[ClientLibrary], namesOf[BuiltIn])
	if contains(known, name) {
		return "", false
	}
	if near, ok := nearest.Name(name, known); ok {
		return fmt.Sprintf("has no effect: no library reads it; did you mean %s?", near), true
	}
	return "has no effect: no library reads it", true
}

// otherFamily returns the family that alone reads a name, when that is not the
// section's.
func otherFamily(name string, section Family) (Family, bool) {
	if section == UnknownFamily || contains(namesOf[section], name) {
		return "", false
	}
	for family, names := range namesOf {
		if contains(names, name) {
			return family, true
		}
	}
	return "", false
}

func contains(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return fold(n) == fold(name) })
}

// keysInFiles remarks on private keys in the files that lie next to the code,
// whether or not another layer hides them.
func keysInFiles(c *Configuration, section, name string) []Note {
	var found []Note
	for _, v := range c.All(join(section, name)) {
		file := strings.ToLower(v.Origin.Name)
		if v.Origin.Kind == File && strings.HasPrefix(file, "appsettings.") && !v.Secret().IsEmpty() {
			found = append(found, Note{
				Name:   name,
				Origin: v.Origin,
				Text:   "is a private key in a file beside the code; it belongs in Key Vault, and the key should be replaced if the file has been shared",
			})
		}
	}
	return found
}
