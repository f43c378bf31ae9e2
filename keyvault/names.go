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
