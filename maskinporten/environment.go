package maskinporten

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Environment is one of Maskinporten's environments. Nothing crosses between
// two: an integration, key or grant of scope made in one does not exist in the
// other.
type Environment struct {
	Name string
	// Issuer is the exact text that an assertion names as its audience. It ends
	// in a slash.
	Issuer string
	// TokenURL is the token endpoint.
	TokenURL string
}

var environments = []Environment{
	{Name: "test", Issuer: "https://test.maskinporten.no/", TokenURL: "https://test.maskinporten.no/token"}, //nolint:gosec // G101: an address, not a credential
	{Name: "prod", Issuer: "https://maskinporten.no/", TokenURL: "https://maskinporten.no/token"},           //nolint:gosec // G101: an address, not a credential
}

// retired has the names that old settings hold, and the host behind each. Until
// January 2020 Maskinporten was a part of ID-porten, on hosts of difi.no
// (docs.digdir.no, Maskinporten: environments and change log).
var retired = []struct {
	RetiredError
	host string // empty where it is not known
}{
	{RetiredError{Name: "ver2", Closed: "10 June 2024", Use: "test"}, "ver2.maskinporten.no"},
	{RetiredError{Name: "ver1", Closed: "before June 2024", Use: "test"}, "ver1.maskinporten.no"},
	{RetiredError{Name: "oidc-ver2.difi.no", Closed: "after January 2020", Use: "test"}, "oidc-ver2.difi.no"},
	{RetiredError{Name: "oidc-ver1.difi.no", Closed: "after January 2020", Use: "test"}, "oidc-ver1.difi.no"},
	{RetiredError{Name: "oidc.difi.no", Closed: "after January 2020", Use: "prod"}, "oidc.difi.no"},
	{RetiredError{Name: "test1", Closed: "it never was public", Use: "test"}, "oidc-test1.difi.eon.no"},
	{RetiredError{Name: "yt2", Closed: "it never was public", Use: "test"}, "oidc-yt2.difi.eon.no"},
	{RetiredError{Name: "systest", Closed: "it never was public", Use: "test"}, ""},
}

// RetiredError says that settings name an environment which is closed. Altinn's
// .NET client still accepts ver1 and ver2, and then calls hosts that are gone.
type RetiredError struct {
	Name   string // what was asked for
	Closed string // when it closed, such as "10 June 2024"
	Use    string // the environment to name instead
}

// Error names the environment, when it closed and what to use instead.
func (e *RetiredError) Error() string {
	return fmt.Sprintf("maskinporten environment %q is closed (%s); use %q", e.Name, e.Closed, e.Use)
}

// LookupEnvironment returns the environment of that exact name, "test" or
// "prod". For a name of a closed one the error is a [*RetiredError].
func LookupEnvironment(name string) (Environment, error) {
	for _, environment := range environments {
		if environment.Name == name {
			return environment, nil
		}
	}
	for _, closed := range retired {
		if closed.Name == name {
			return Environment{}, &closed.RetiredError
		}
	}
	return Environment{}, fmt.Errorf("maskinporten has no environment %q; there are test and prod", name)
}

// LookupIssuer returns the environment of an issuer's address, with or without the
// slash at its end. For the address of a closed one the error is a
// [*RetiredError].
func LookupIssuer(address string) (Environment, error) {
	parsed, err := url.Parse(strings.TrimSpace(address))
	if err != nil || parsed.Scheme != "https" || parsed.Host == "" {
		return Environment{}, errors.New("maskinporten's address begins with https://")
	}
	if err := retiredHost(parsed.Hostname()); err != nil {
		return Environment{}, err
	}
	for _, environment := range environments {
		if strings.TrimRight(parsed.String(), "/")+"/" == environment.Issuer {
			return environment, nil
		}
	}
	return Environment{}, fmt.Errorf("maskinporten has no address %q; there are %s and %s", parsed.Host, environments[0].Issuer, environments[1].Issuer)
}

// retiredHost returns the error for a host name that is gone.
func retiredHost(host string) error {
	for _, closed := range retired {
		if closed.host != "" && strings.EqualFold(closed.host, host) {
			return &RetiredError{Name: closed.host, Closed: closed.Closed, Use: closed.Use}
		}
	}
	return nil
}
