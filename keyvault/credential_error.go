package keyvault

import (
	"fmt"
	"regexp"
	"strings"
)

// CredentialError is returned when Microsoft Entra gives no token, before the
// vault is asked for anything.
type CredentialError struct {
	// Code is Entra's own ("AADSTS7000215"), "" when Entra was not reached or
	// gave none.
	Code string
	// Tenant is the tenant that the vault belongs to.
	Tenant string
	// WrongTenant is set when the credential is for another tenant than Tenant.
	WrongTenant bool
	// Attempts tells, where several ways were tried, why each gave no token.
	Attempts []string
}

// explanations of the codes that people meet, each a cause and a remedy.
var explanations = map[string][2]string{
	"AADSTS7000215": {"the client secret is wrong", "check that it is the secret's value and not its id, and that it belongs to this client id"},
	"AADSTS7000222": {"the client secret has expired", "make a new one in Microsoft Entra (App registrations → Certificates & secrets)"},
	"AADSTS700016":  {"the client id is not known in this tenant", "check client id and tenant id; they may be from another environment"},
	"AADSTS90002":   {"the tenant is not known", "check the tenant id"},
	"AADSTS900023":  {"the tenant id is malformed", "check the tenant id"},
	"AADSTS700027":  {"the signature of the client's assertion was refused", "check the certificate or the federated token of this client"},
	"AADSTS50034":   {"the user is not known in this tenant", "sign in with an account of the vault's tenant"},
	"AADSTS50076":   {"multi-factor authentication is required", "sign in again: az login"},
	"AADSTS700082":  {"the sign-in has expired", "sign in again: az login"},
}

// Error says what failed, and why where that is known.
func (e *CredentialError) Error() string {
	message := "sign in to azure: "
	switch {
	case e.WrongTenant:
		return message + fmt.Sprintf("the vault belongs to tenant %s, which this credential is not for", e.Tenant)
	case e.Code != "" && explanations[e.Code][0] != "":
		return message + fmt.Sprintf("%s (%s)", explanations[e.Code][0], e.Code)
	case e.Code != "":
		return message + "refused with " + e.Code
	case len(e.Attempts) == 1:
		return message + e.Attempts[0]
	case len(e.Attempts) > 1:
		return message + "no credential was found"
	}
	return message + "no token was given"
}

// Remedy says what to do about it.
func (e *CredentialError) Remedy() string {
	if remedy := explanations[e.Code][1]; remedy != "" {
		return remedy
	}
	if e.WrongTenant {
		return "sign in to the vault's tenant: az login --tenant " + e.Tenant
	}
	if e.Code != "" {
		return "look the code up: https://login.microsoftonline.com/error?code=" + strings.TrimPrefix(e.Code, "AADSTS")
	}
	return "sign in with az login, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
}

// NonRetriable tells Azure's retry policy that asking again does not help: the
// credential has done that itself.
func (*CredentialError) NonRetriable() {}

var (
	entraCode = regexp.MustCompile(`AADSTS[0-9]+`)
	attempt   = regexp.MustCompile(`^\s*(\w+Credential)(?:: | authentication failed\. ?)(.*)$`)
	helpText  = regexp.MustCompile(`\s*(?:To troubleshoot|For more information|See https?:).*$`)
	// dump begins where a message goes over to the response that it is about.
	dump = regexp.MustCompile(`^\s*-{10,}|[Rr]eply status code was|[Rr]esponse body`)
)

// newCredentialError takes from the library's message what tells a person
// something, and leaves the response that it quotes.
func newCredentialError(err error, tenant string) *CredentialError {
	message := err.Error()
	return &CredentialError{
		Tenant:      tenant,
		Code:        entraCode.FindString(message),
		WrongTenant: strings.Contains(message, "to acquire tokens for tenant"),
		Attempts:    attempts(message),
	}
}

// attempts takes apart a message that tells of one credential, or of several, one
// after the other. A credential's text may go over lines.
func attempts(message string) []string {
	var (
		all    []string
		inDump bool
	)
	for line := range strings.Lines(message) {
		found := attempt.FindStringSubmatch(strings.TrimRight(line, "\n"))
		isChain := found != nil && found[1] == "DefaultAzureCredential"
		switch {
		case isChain:
			continue
		case found != nil:
			inDump = false
			all = append(all, found[1]+":")
			line = found[2]
		case len(all) == 0:
			continue
		}
		if at := dump.FindStringIndex(line); at != nil && !inDump {
			line, inDump = line[:at[0]], true
		} else if inDump {
			continue
		}
		if text := strings.TrimSpace(helpText.ReplaceAllString(line, "")); text != "" {
			all[len(all)-1] += " " + text
		}
	}
	const longest = 300
	for i, text := range all {
		all[i] = strings.TrimSuffix(strings.ToValidUTF8(text[:min(len(text), longest)], ""), ":")
	}
	return all
}
