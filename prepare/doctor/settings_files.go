package doctor

import (
	"cmp"
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
)

// overlay is the form of a settings file that belongs to one environment.
var overlay = regexp.MustCompile(`(?i)^appsettings\.([^.]+)\.json$`)

// environmentNames are those under which an application runs, and Local, which
// is read everywhere: Altinn deploys to its test environments as Staging and to
// production as Production, and a developer's machine says Development.
var environmentNames = []string{"Development", "Staging", "Production", "Local"}

// settingsNames finds settings files that no deployed application reads.
func settingsNames(_ context.Context, f *facts) findings {
	entries, err := os.ReadDir(f.configuration.Dir())
	if err != nil {
		return fault(Fail, err.Error(), "the folder cannot be read", by("look at the rights of the folder"))
	}
	var found findings
	var names []string
	for _, entry := range entries {
		match := overlay.FindStringSubmatch(entry.Name())
		switch {
		case match == nil:
			if strings.EqualFold(entry.Name(), "appsettings.json") {
				names = append(names, entry.Name())
			}
		case slices.Contains(environmentNames, match[1]) && entry.Name() == "appsettings."+match[1]+".json":
			names = append(names, entry.Name())
		default:
			found = append(found, unread(entry.Name(), match[1], f.configuration.Dir()))
		}
	}
	if found == nil {
		return ok("%s", cmp.Or(strings.Join(names, ", "), "there is none"))
	}
	return found
}

// unread tells why a file is not read, and what it was probably meant to be.
func unread(name, environment, dir string) finding {
	for _, known := range environmentNames {
		if strings.EqualFold(name, "appsettings."+known+".json") {
			return finding{
				status: Warn, evidence: name + " in " + dir, cause: "applications run on Linux, where the case of letters counts: it is not read",
				remedy: by("rename it to appsettings.%s.json", known),
			}
		}
	}
	meant := "Staging"
	if strings.HasPrefix(strings.ToLower(environment), "pro") {
		meant = "Production"
	}
	return finding{
		status: Warn, evidence: name + " in " + dir,
		cause:  "Altinn runs applications as Staging in its test environments and as Production in production: it is not read",
		remedy: by("rename it to appsettings.%s.json, or move its settings there", meant),
	}
}
