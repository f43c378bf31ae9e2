package project

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/stafett/stafett/altinn"
)

// checkEnvironment explains the names that people try.
func checkEnvironment(name string) string {
	if _, err := altinn.LookupEnvironment(name); err == nil {
		return ""
	}
	const use = "the environments are tt02 (test) and prod"
	switch lower := strings.ToLower(name); lower {
	case "tt02", "prod":
		return fmt.Sprintf("write %s in lower case", lower)
	case "ver1", "ver2":
		return name + " was an environment of Maskinporten, which is closed; this is Altinn's environment, and its test environment is tt02"
	case "test", "tt2", "tt01":
		return "Altinn's test environment is called tt02"
	case "production", "produksjon":
		return "the production environment is called prod"
	case "local", "localtest":
		return "the local platform is no environment; keep tt02 and add --local to the command"
	case "at21", "at22", "at23", "at24", "yt01":
		return name + " is one of Altinn's own environments; " + use
	}
	return fmt.Sprintf("there is no environment %q; %s", name, use)
}

var orgForm = regexp.MustCompile(`^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$`)

func checkOrg(org string) string {
	if !orgForm.MatchString(org) {
		return fmt.Sprintf("%q is no organisation code; it is in lower case, such as ttd", org)
	}
	return ""
}

// checkOrganisationNumber checks the form and the check digit (modulus 11 with
// the weights 3 2 7 6 5 4 3 2; see brreg.no, "Organisasjonsnummeret").
func checkOrganisationNumber(number string) string {
	if len(number) != 9 || strings.Trim(number, "0123456789") != "" {
		return "an organisation number has nine digits, without spaces"
	}
	sum := 0
	for i, weight := range []int{3, 2, 7, 6, 5, 4, 3, 2} {
		sum += weight * int(number[i]-'0')
	}
	if check := (11 - sum%11) % 11; check != int(number[8]-'0') {
		return fmt.Sprintf("%s is not an organisation number: its check digit is wrong; is a digit mistyped?", number)
	}
	return ""
}

var partyForm = regexp.MustCompile(`^[1-9][0-9]{0,9}$`)

func checkPartyID(id string) string {
	if !partyForm.MatchString(id) {
		// Never repeat the value: an identity number may have been put here.
		return "a party id is a number of at most ten digits; identity numbers do not belong in this file"
	}
	return ""
}

var sectionForm = regexp.MustCompile(`^[A-Za-z0-9_-]+(?::[A-Za-z0-9_-]+)*$`)

func checkSection(section string) string {
	if !sectionForm.MatchString(section) {
		return fmt.Sprintf("%q is no section of appsettings.json; write its name, with ':' between levels", section)
	}
	return ""
}

// ValidSection reports whether a name can be that of a section of
// appsettings.json, with ':' between levels, as the file takes it.
func ValidSection(name string) bool { return checkSection(name) == "" }

// ValidVault reports whether an address is that of an Azure Key Vault, as the file
// takes it.
func ValidVault(address string) bool {
	_, wrong := parseVault(address)
	return wrong == ""
}

var scopeForm = regexp.MustCompile(`^[a-z0-9]+:[A-Za-z0-9/._-]+$`)

func checkScope(scope string) string {
	if !scopeForm.MatchString(scope) {
		return fmt.Sprintf("%q is no scope; one is such as altinn:serviceowner/instances.read", scope)
	}
	return ""
}

var vaultForm = regexp.MustCompile(`^[a-z](?:-?[a-z0-9])*\.vault\.azure\.net$`)

// parseVault returns the address of a key vault without a slash at the end, or
// what is wrong with it.
func parseVault(address string) (bare, wrong string) {
	const want = "want an address such as https://kv-fts-tt02.vault.azure.net"
	u, err := url.Parse(address)
	if err != nil {
		return "", want
	}
	host := strings.ToLower(u.Host)
	switch {
	case u.Scheme == "http":
		return "", "a vault is only reached with https; " + want
	case u.Scheme != "https" || u.Host == "":
		return "", want
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Port() != "" || strings.Trim(u.Path, "/") != "":
		return "", "the address of a vault ends after its name and domain; " + want
	case !strings.HasSuffix(host, ".vault.azure.net"):
		return "", fmt.Sprintf("%s is not in vault.azure.net; %s", u.Host, want)
	case !vaultForm.MatchString(host) || len(host) < len("abc.vault.azure.net") || len(host) > 24+len(".vault.azure.net"):
		return "", "a vault's name has 3 to 24 letters, digits and single hyphens; " + want
	}
	return "https://" + host, ""
}

var handoverForm = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$`)

func checkHandoverID(id string) string {
	if !handoverForm.MatchString(id) || len(id) > 80 {
		return fmt.Sprintf("%q is no id; use at most 80 of a-z, 0-9 and '-'", id)
	}
	return ""
}

func checkAppID(id string) string {
	if _, _, err := altinn.ParseAppID(id); err != nil {
		return fmt.Sprintf("%q is no application id; it is org/app in lower case, such as ttd/saksmottak", id)
	}
	return ""
}

func checkSource(path string) string {
	if !sourceForm.MatchString(path) {
		return fmt.Sprintf("%q is not the path of a field", path)
	}
	return ""
}

func checkList(path string) string {
	if wrong := checkSource(path); wrong != "" {
		return wrong
	}
	if strings.HasSuffix(path, "]") {
		return "it names a list, and not one item of it"
	}
	return ""
}

// Letters are those of Latin alphabets, those of the Sami languages among them; a
// class by its name, such as \pL, is not known to all who read the schema.
var (
	targetForm = regexp.MustCompile(`^[A-Za-zÀ-ÖØ-öø-ʹ_][A-Za-zÀ-ÖØ-öø-ʹ0-9_-]*(?:\.[A-Za-zÀ-ÖØ-öø-ʹ_][A-Za-zÀ-ÖØ-öø-ʹ0-9_-]*)*$`)
	sourceForm = regexp.MustCompile(`^[A-Za-zÀ-ÖØ-öø-ʹ_][A-Za-zÀ-ÖØ-öø-ʹ0-9_-]*(?:\[[0-9]{1,6}\])?(?:\.[A-Za-zÀ-ÖØ-öø-ʹ_][A-Za-zÀ-ÖØ-öø-ʹ0-9_-]*(?:\[[0-9]{1,6}\])?)*$`)
)
