package maskinporten_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/front"
	"github.com/stafett/stafett/maskinporten"
)

// The local platform has a table of its own of the names that are gone, so that
// a mistake in one is not hidden by the same in the other. What both have must
// agree.
func TestRetiredHostsAreThoseOfTheLocalPlatform(t *testing.T) {
	t.Parallel()
	when := regexp.MustCompile(`before|after|20[0-9]{2}|never`)
	hosts := maskinporten.RetiredHosts()
	for host, closed := range hosts {
		refused := (&front.NotServedError{Name: host}).Error()
		said, got := when.FindAllString(closed, -1), when.FindAllString(refused, -1)
		if !strings.Contains(refused, "closed") || len(said) == 0 || !slices.Equal(said, got) {
			t.Errorf("%s: closed %s here; the local platform says: %s", host, closed, refused)
		}
		_, err := maskinporten.New(maskinporten.Config{Issuer: "https://" + strings.ToUpper(host) + "/", ClientID: clientID, Key: aKey()})
		retired, ok := errors.AsType[*maskinporten.RetiredError](err)
		if !ok || retired.Name != host || retired.Closed != closed {
			t.Errorf("%s: %v", host, err)
		}
	}
	// The other way: every name of Maskinporten's that the local platform knows to
	// be gone, and no name that lives.
	for _, host := range []string{
		"ver2.maskinporten.no", "ver1.maskinporten.no", "oidc-ver1.difi.no", "oidc-ver2.difi.no", "oidc.difi.no", "oidc-test1.difi.eon.no", "oidc-yt2.difi.eon.no",
	} {
		if _, known := hosts[host]; !known {
			t.Errorf("%s is not known to be gone", host)
		}
	}
	for _, host := range []string{"test.maskinporten.no", "maskinporten.no"} {
		if _, known := hosts[host]; known {
			t.Errorf("%s lives", host)
		}
	}
}
