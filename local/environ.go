package local

import (
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stafett/stafett/secret"
)

// Names of variables, in upper case, that a program in the local platform must
// not inherit: they hold real credentials or lead past the platform. The first
// are beginnings.
var (
	foreignFamilies = []string{"AZURE_", "ARM_", "IDENTITY_", "MSI_", "KVSETTING__", "KVSETTING:"}
	foreignNames    = []string{"IMDS_ENDPOINT", "AZURESERVICESAUTHCONNECTIONSTRING", "FTP_PROXY", "SSL_CERT_DIR"}
)

// loopbackNames are reached without the proxy. Some programs know an IPv6 address
// with brackets, some without.
const loopbackNames = "localhost,127.0.0.1,::1,[::1]"

// Whereabouts are what a program must be told to live in a running platform. What is
// empty of the service principal is not told.
type Whereabouts struct {
	// Proxy is the address of the forward proxy, CA the file with the certificate of
	// the platform's authority, alone in its folder, and TrustStore the same as Java
	// reads it; see [Platform.TrustStore].
	Proxy, CA, TrustStore string
	// Vault is the URL of the owner's vault; the others are the service principal
	// that may use it, with and without a secret; see [Seed] and
	// [Platform.WorkloadToken].
	Vault, TenantID, ClientID string
	ClientSecret              secret.String
	FederatedTokenFile        string
	// PDF is where a PDF service answers; see [Platform.ServeLocaltest].
	PDF string
	// StateDir is the folder by which Stafett's own commands find the platform.
	StateDir string
}

// Environ returns the environment of a program that is to live in the platform: the
// ambient one, without real credentials, with all that leads the program to the
// platform and makes it trust the platform's certificates. What it says goes for
// children of the program too. It holds the client secret.
func (at Whereabouts) Environ(ambient []string) []string {
	inside := map[string]string{
		"STAFETT_LOCAL":     "1",
		"STAFETT_STATE_DIR": at.StateDir, // whatever folder or home the program has

		"SSL_CERT_FILE":       at.CA, // Go, OpenSSL, and what builds on it: Python, Ruby, .NET
		"NODE_EXTRA_CA_CERTS": at.CA,
		"CURL_CA_BUNDLE":      at.CA,
		"REQUESTS_CA_BUNDLE":  at.CA,
		// Without it Go and others read the system's folder beside the file.
		"SSL_CERT_DIR": filepath.Dir(at.CA),
		// Node.js heeds the proxy variables from 22.21 and 24.5 on, and only if told to.
		"NODE_USE_ENV_PROXY": "1",

		"AZURE_TENANT_ID":            at.TenantID,
		"AZURE_CLIENT_ID":            at.ClientID,
		"AZURE_CLIENT_SECRET":        at.ClientSecret.Reveal(),
		"AZURE_FEDERATED_TOKEN_FILE": at.FederatedTokenFile,
		// Azure's command lines keep tokens of the real world in folders of their own.
		"AZURE_CONFIG_DIR": filepath.Join(filepath.Dir(at.TrustStore), "azure"),
		"AZD_CONFIG_DIR":   filepath.Join(filepath.Dir(at.TrustStore), "azd"),

		"ASPNETCORE_ENVIRONMENT":  "Staging", // Altinn's name for tt02
		"DOTNET_ENVIRONMENT":      "Staging",
		"kvSetting__SecretUri":    at.Vault,
		"kvSetting__TenantId":     at.TenantID,
		"kvSetting__ClientId":     at.ClientID,
		"kvSetting__ClientSecret": at.ClientSecret.Reveal(),
	}
	maps.Copy(inside, altinnSettings())
	if at.PDF != "" { // otherwise what somebody has set for a service of their own stays
		inside["PlatformSettings__ApiPdf2Endpoint"] = at.PDF
	}
	for name, value := range map[string]string{"HTTPS_PROXY": at.Proxy, "HTTP_PROXY": at.Proxy, "ALL_PROXY": at.Proxy, "NO_PROXY": loopbackNames} {
		inside[name], inside[strings.ToLower(name)] = value, value
	}
	inside[javaOptions] = at.java()
	taken := make(map[string]bool, len(inside))
	for name := range inside {
		taken[strings.ToUpper(name)] = true
	}
	environ := slices.DeleteFunc(slices.Clone(ambient), func(entry string) bool {
		name, value, _ := strings.Cut(entry, "=")
		if slices.Contains(javaVariables, name) && value != "" {
			inside[name] = value + " " + at.java()
			return true
		}
		name = strings.ToUpper(name)
		return taken[name] || slices.Contains(foreignNames, name) ||
			slices.ContainsFunc(foreignFamilies, func(family string) bool { return strings.HasPrefix(name, family) })
	})
	for _, name := range slices.Sorted(maps.Keys(inside)) {
		if inside[name] == "" {
			continue
		}
		environ = append(environ, name+"="+inside[name])
	}
	return environ
}

// altinnSettings are where an application in tt02 is told the platform is, by the
// names of the settings that Altinn's application library reads. What its template
// of appsettings.json has for them are the addresses of localtest, without which the
// application ends.
func altinnSettings() map[string]string {
	settings := map[string]string{
		"AppSettings__OpenIdWellKnownEndpoint": platformURL + "/authentication/api/v1/openid/",
		"GeneralSettings__HostName":            "tt02.altinn.no",
		// The application fills it in.
		"GeneralSettings__ExternalAppBaseUrl": "https://{org}.apps.{hostName}/{org}/{app}/",
	}
	for _, part := range []string{"Authentication", "Authorization", "Events", "Profile", "Register", "Storage"} {
		settings["PlatformSettings__Api"+part+"Endpoint"] = platformURL + "/" + strings.ToLower(part) + "/api/v1/"
	}
	return settings
}

// javaOptions is read by every Java virtual machine, which says so on stderr.
const javaOptions = "JAVA_TOOL_OPTIONS"

// javaVariables are what Java reads; the others go before javaOptions where they
// are set, and what stands last in one of them counts.
var javaVariables = []string{javaOptions, "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"}

// java are the system properties that stand for proxy and trust in Java,
// which reads neither the variables for proxies nor PEM files.
func (at Whereabouts) java() string {
	proxy, err := url.Parse(at.Proxy)
	if err != nil {
		return ""
	}
	var properties []string
	add := func(name, value string) {
		property := "-D" + name + "=" + value
		if strings.ContainsAny(value, " \t|") {
			property = `"` + property + `"`
		}
		properties = append(properties, property)
	}
	for _, scheme := range []string{"http", "https"} {
		add(scheme+".proxyHost", proxy.Hostname())
		add(scheme+".proxyPort", proxy.Port())
	}
	add("http.nonProxyHosts", "localhost|127.*|[::1]")
	add("javax.net.ssl.trustStore", at.TrustStore)
	add("javax.net.ssl.trustStoreType", "JKS")
	return strings.Join(properties, " ")
}
