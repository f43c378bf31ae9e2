package integration

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/maskinporten"
)

// environmentName reads Environment, as Altinn.ApiClients.Maskinporten has it.
func (b *builder) environmentName() {
	set := b.section.Environment
	environment, err := maskinporten.LookupEnvironment(set.Text)
	var retired *maskinporten.RetiredError
	switch {
	case err == nil:
		b.environment = environment
	case errors.As(err, &retired) && (retired.Name == "ver1" || retired.Name == "ver2"):
		b.readAs(retired.Use)
		b.warning("Environment", set.Origin, fmt.Sprintf("is %q, read here as %q: the application itself would fail, for it asks a host that is gone (closed: %s)",
			set.Text, retired.Use, retired.Closed))
	case set.Text == "":
		b.fault("Environment", set.Origin, errors.New("has no value; the application would not start"), `set it to "test" or "prod"`)
	default:
		b.fault("Environment", set.Origin, fmt.Errorf("%w; the application would not start", err), `set it to "test" or "prod"`)
	}
}

// readAs uses the environment that has taken over from a closed one.
func (b *builder) readAs(name string) {
	environment, err := maskinporten.LookupEnvironment(name)
	if err != nil {
		b.faults = append(b.faults, err)
		return
	}
	b.environment = environment
}

// authority reads Authority, as the application library's own client has it: the
// issuer, with or without the slash at the end.
func (b *builder) authority() {
	set := b.section.Authority
	issuer := strings.TrimRight(set.Text, "/") + "/"
	parsed, err := url.Parse(issuer)
	if err != nil || parsed.Scheme != "https" || parsed.Host == "" {
		b.fault("Authority", set.Origin, fmt.Errorf("%q is not the address of Maskinporten", set.Text), `set it to "https://test.maskinporten.no/" or "https://maskinporten.no/"`)
		return
	}
	for _, name := range []string{"test", "prod"} {
		if known, err := maskinporten.LookupEnvironment(name); err == nil && known.Issuer == issuer {
			b.environment = known
			return
		}
	}
	// ver2.maskinporten.no was the environment ver2, and so on.
	label, _, _ := strings.Cut(parsed.Hostname(), ".")
	var retired *maskinporten.RetiredError
	if _, err := maskinporten.LookupEnvironment(label); errors.As(err, &retired) {
		b.readAs(retired.Use)
		b.warning("Authority", set.Origin, fmt.Sprintf("is a host that is gone, read here as %s: the application itself would fail", b.environment.Issuer))
		return
	}
	b.environment = maskinporten.Environment{Issuer: issuer, TokenURL: issuer + "token"}
}

// altinnFor gives the Altinn environment that goes with one of Maskinporten, as
// the libraries have it; one with no name is a test environment.
var altinnFor = map[string]string{"test": "tt02", "prod": "prod", "": "tt02"}

// testPlatforms are Altinn's environments for its own development. Applications
// can be set to them, although nothing else here is.
var testPlatforms = []string{"at21", "at22", "at23", "at24", "yt01"}

// altinnEnvironment settles where tokens are exchanged: where the section says,
// else in the environment that goes with Maskinporten's.
func (b *builder) altinnEnvironment() {
	set, wanted := b.section.TokenExchangeEnvironment, b.options.Altinn
	asked := wanted != altinn.Environment{}
	switch {
	case asked && (set.Text == "" || set.Text == wanted.Name):
		b.altinn = wanted
	case asked:
		remedy := "remove it"
		if wanted.Name != "" {
			remedy = fmt.Sprintf("set it to %q, or remove it", wanted.Name)
		}
		b.fault("TokenExchangeEnvironment", set.Origin, fmt.Errorf("tokens are exchanged in %s, but %s is asked for", set.Text, named(wanted)), remedy)
		return
	default:
		name := set.Text
		if name == "" {
			name = altinnFor[b.environment.Name]
		}
		environment, err := lookupAltinn(name)
		if err != nil {
			b.fault("TokenExchangeEnvironment", set.Origin, err, `set it to "tt02" or "prod", or remove it`)
			return
		}
		b.altinn = environment
	}
	if b.environment.Name != "" && b.environment.Name != b.altinn.MaskinportenEnvironment {
		where, origin := "Environment", b.section.Environment.Origin
		if b.section.Authority.Text != "" && b.section.Environment.Text == "" {
			where, origin = "Authority", b.section.Authority.Origin
		}
		b.fault(where, origin, fmt.Errorf("is Maskinporten's %s, whose tokens Altinn's %s does not accept", b.environment.Name, named(b.altinn)),
			"nothing crosses between test and prod: use the settings of one environment for both")
	}
}

// named is what a caller's own environment is called, which need not have a name.
func named(e altinn.Environment) string { return cmp.Or(e.Name, e.Platform) }

// lookupAltinn knows the environments that a section can name, those of Altinn's
// own development too.
func lookupAltinn(name string) (altinn.Environment, error) {
	for _, known := range testPlatforms {
		if name == known {
			domain := name + ".altinn.cloud"
			return altinn.Environment{Name: name, Platform: "https://platform." + domain, AppsDomain: domain, MaskinportenEnvironment: "test"}, nil
		}
	}
	return altinn.LookupEnvironment(name)
}
