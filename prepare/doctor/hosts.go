package doctor

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/stafett/stafett/appsettings"
)

// goneHosts are hosts that old settings name, with what has taken their place
// (docs.digdir.no, change logs of Maskinporten, ID-porten and the self-service
// interface).
var goneHosts = map[string]string{
	"ver1.maskinporten.no":                 "test.maskinporten.no",
	"ver2.maskinporten.no":                 "test.maskinporten.no",
	"oidc-ver1.difi.no":                    "test.maskinporten.no",
	"oidc-ver2.difi.no":                    "test.maskinporten.no",
	"oidc-test1.difi.eon.no":               "test.maskinporten.no",
	"oidc-yt2.difi.eon.no":                 "test.maskinporten.no",
	"oidc.difi.no":                         "maskinporten.no",
	"integrasjon-ver1.difi.no":             "api.test.samarbeid.digdir.no",
	"integrasjon-ver2.difi.no":             "api.test.samarbeid.digdir.no",
	"integrasjon.difi.no":                  "api.samarbeid.digdir.no",
	"selvbetjening-samarbeid-ver2.difi.no": "sjolvbetjening.test.samarbeid.digdir.no",
	"minside-samarbeid.digdir.no":          "sjolvbetjening.samarbeid.digdir.no",
}

// environmentHosts tell an environment of Maskinporten by the end of a host's
// name, the longer ones first.
var environmentHosts = []struct{ end, environment string }{
	{"test.maskinporten.no", "test"},
	{"maskinporten.no", "prod"},
	{"test.samarbeid.digdir.no", "test"},
	{"samarbeid.digdir.no", "prod"},
	{"apps.tt02.altinn.no", "test"},
	{"platform.tt02.altinn.no", "test"},
	{"apps.altinn.no", "prod"},
	{"platform.altinn.no", "prod"},
	{"altinn.cloud", "test"},
}

// localHost is this machine's own in the settings of Altinn's template, which
// what is deployed gets its host from elsewhere in place of.
const localHost = "local.altinn.cloud"

// hostEnvironment tells to which environment a host belongs, "test" or "prod";
// "" is any other.
func hostEnvironment(host string) string {
	if host == localHost || strings.HasSuffix(host, "."+localHost) {
		return ""
	}
	for _, known := range environmentHosts {
		if host == known.end || strings.HasSuffix(host, "."+known.end) {
			return known.environment
		}
	}
	return ""
}

// hostName is a name with dots that stands by itself, and not in a mail address.
var hostName = regexp.MustCompile(`(^|[^A-Za-z0-9.@_-])([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)`)

// hostsIn returns the host names in a text, in lower case.
func hostsIn(text string) []string {
	var hosts []string
	for _, match := range hostName.FindAllStringSubmatch(text, -1) {
		hosts = append(hosts, strings.ToLower(match[2]))
	}
	return hosts
}

// settingsHosts looks at every setting of both applications.
func settingsHosts(ctx context.Context, f *facts) findings {
	found := f.badHosts(f.configuration, "")
	count := len(texts(f.configuration, ""))
	if f.receiving != nil {
		options := f.settingsOptions()
		options.Dir = f.project.Applications.Receiving
		configuration, err := appsettings.Load(ctx, options)
		if err != nil {
			return append(found, finding{
				status: Fail, evidence: err.Error(), cause: "the receiving application would not start",
				remedy: remedyOf(err, by("mend the file that is named")),
			})
		}
		found = append(found, f.badHosts(configuration, f.receiving.ID+": ")...)
		count += len(texts(configuration, ""))
	}
	if found == nil {
		return ok("%d settings were looked at", count)
	}
	return found
}

// badHosts tells each setting that names a host which does not fit.
func (f *facts) badHosts(configuration *appsettings.Configuration, where string) findings {
	var found findings
	for _, value := range texts(configuration, "") {
		text, _ := value.Text()
		for _, host := range hostsIn(text) {
			shown := fmt.Sprintf("%s%s (%s) names %s", where, value.Key, value.Origin, host)
			change := fmt.Sprintf("%s in %s", value.Origin, configuration.Dir())
			if instead, gone := goneHosts[host]; gone {
				found = append(found, finding{
					status: Fail, evidence: shown, cause: "that host is gone; " + instead + " has taken its place",
					remedy: by("name %s in %s", instead, change),
				})
				continue
			}
			if strings.HasSuffix(host, ".apps.tt02") {
				found = append(found, finding{
					status: Fail, evidence: shown, cause: "there is no such host; the end of its name is missing",
					remedy: by("name %s.altinn.no in %s", host, change),
				})
				continue
			}
			if environment := hostEnvironment(host); environment != "" && environment != f.issuer.Name {
				found = append(found, finding{
					status: Warn, evidence: shown, cause: fmt.Sprintf("it belongs to %s, and the project is for %s", environment, f.altinn.Name),
					remedy: by("set it in appsettings.%s.json to the host of this environment", f.environmentName()),
				})
			}
		}
	}
	return found
}

// texts returns the settings at and below a path that are no secrets and no
// environment variable has set: this machine's variables are not the
// application's.
func texts(configuration *appsettings.Configuration, path string) []appsettings.Value {
	var all []appsettings.Value
	for _, value := range configuration.Values(path) {
		if value.Origin.Kind != appsettings.File || slices.Contains(strings.Split(value.Key, ":"), "") {
			continue // what has an empty name is nobody's
		}
		if text, plain := value.Text(); plain && text != "" {
			all = append(all, value)
		}
	}
	return all
}
