package keyvault

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// SecretNames returns the names of the two secrets of a settings section that a
// Maskinporten client reads: "a:b" gives "a--b--ClientId" and "a--b--EncodedJwk".
func SecretNames(section string) (clientID, encodedJWK string) {
	prefix := strings.ReplaceAll(section, ":", "--") + "--"
	return prefix + "ClientId", prefix + "EncodedJwk"
}

// SecretName returns the name of the secret that sets a setting of an ASP.NET
// Core application, whose Key Vault provider reads "--" as the separator of a
// path: "a:0:b" gives "a--0--b". A path that no secret can stand for gives a
// [*SettingNameError].
func SecretName(setting string) (string, error) {
	name := strings.ReplaceAll(setting, ":", "--")
	switch {
	case !legalName.MatchString(name):
		return "", &SettingNameError{Setting: setting, Problem: "a secret's name has up to 127 letters a-z, digits and hyphens, and nothing else"}
	case SettingPath(name) != setting:
		return "", &SettingNameError{Setting: setting, Problem: "an application would read the secret " + name + " as " + SettingPath(name)}
	}
	return name, nil
}

// SettingPath returns the path that an application reads a secret's name as. Each
// "--" counts, from the left, so that "a---b" is "a:-b".
func SettingPath(name string) string { return strings.ReplaceAll(name, "--", ":") }

// SettingNameError says that no secret can stand for a setting.
type SettingNameError struct {
	Setting string // its path
	Problem string // a clause
}

// Error names the setting and why.
func (e *SettingNameError) Error() string {
	return fmt.Sprintf("no secret can set %s: %s", e.Setting, e.Problem)
}

// Remedy says what to do about it.
func (e *SettingNameError) Remedy() string {
	return "give the section a path of letters, digits and single hyphens, with no hyphen at either end of a part"
}

var legalName = regexp.MustCompile(`^[0-9a-zA-Z-]{1,127}$`)

// checkName refuses what cannot be a secret's name, before it becomes a path.
func checkName(name string) error {
	if !legalName.MatchString(name) {
		return fmt.Errorf("%q cannot be the name of a secret: up to 127 letters a-z, digits and hyphens are allowed", name)
	}
	return nil
}

// parseID takes the name and the version, if it has one, out of a secret's id:
// https://{vault}/secrets/{name}[/{version}].
func parseID(id string) (name, version string, err error) {
	u, err := url.Parse(id)
	if err != nil {
		return "", "", &protocolError{"the id of a secret is malformed"}
	}
	segments := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(segments) < 2 || len(segments) > 3 || segments[0] != "secrets" || segments[1] == "" {
		return "", "", &protocolError{fmt.Sprintf("the id of a secret is %q", id)}
	}
	if len(segments) == 3 {
		version = segments[2]
	}
	return segments[1], version, nil
}
