package cli

import (
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// Names of variables, in upper case, that a program in the local platform must
// not inherit: they hold real credentials or lead past the platform. The first
// are beginnings.
var (
	foreignFamilies = []string{"AZURE_", "IDENTITY_", "MSI_", "KVSETTING__", "KVSETTING:"}
	foreignNames    = []string{"IMDS_ENDPOINT", "AZURESERVICESAUTHCONNECTIONSTRING", "FTP_PROXY", "SSL_CERT_DIR"}
)

// loopbackNames are reached without the proxy. Some programs know an IPv6 address
// with brackets, some without.
const loopbackNames = "localhost,127.0.0.1,::1,[::1]"

// environmentInside returns the environment of a program that is to live in the
// local platform: the ambient one, without real credentials, with all that leads
// the program to the platform and makes it trust the platform's certificates.
// What it says goes for children of the program too.
func environmentInside(ambient []string, ready readyDocument, stateDir string) []string {
	inside := map[string]string{
		"STAFETT_LOCAL":     "1",
		"STAFETT_STATE_DIR": stateDir, // whatever folder or home the program has

		"SSL_CERT_FILE":       ready.CA, // Go, OpenSSL, and what builds on it: Python, Ruby, .NET
		"NODE_EXTRA_CA_CERTS": ready.CA,
		"CURL_CA_BUNDLE":      ready.CA,
		"REQUESTS_CA_BUNDLE":  ready.CA,
		// Without it Go and others read the system's folder beside the file.
		"SSL_CERT_DIR": filepath.Dir(ready.CA),
		// Node.js heeds the proxy variables from 22.21 and 24.5 on, and only if told to.
		"NODE_USE_ENV_PROXY": "1",

		"AZURE_TENANT_ID":     ready.Seed.TenantID,
		"AZURE_CLIENT_ID":     ready.Seed.AzureClientID,
		"AZURE_CLIENT_SECRET": ready.Seed.AzureClientSecret,
		// Azure's command line keeps tokens of the real world in its own folder.
		"AZURE_CONFIG_DIR": filepath.Join(filepath.Dir(ready.TrustStore), "azure"),

		"ASPNETCORE_ENVIRONMENT":  "Staging", // Altinn's name for tt02
		"DOTNET_ENVIRONMENT":      "Staging",
		"kvSetting__SecretUri":    ready.Seed.Vault,
		"kvSetting__TenantId":     ready.Seed.TenantID,
		"kvSetting__ClientId":     ready.Seed.AzureClientID,
		"kvSetting__ClientSecret": ready.Seed.AzureClientSecret,
	}
	for name, value := range map[string]string{"HTTPS_PROXY": ready.Proxy, "HTTP_PROXY": ready.Proxy, "ALL_PROXY": ready.Proxy, "NO_PROXY": loopbackNames} {
		inside[name], inside[strings.ToLower(name)] = value, value
	}
	var options string
	taken := make(map[string]bool, len(inside))
	for name := range inside {
		taken[strings.ToUpper(name)] = true
	}
	environ := slices.DeleteFunc(slices.Clone(ambient), func(entry string) bool {
		name, value, _ := strings.Cut(entry, "=")
		if name == javaOptions {
			options = value + " "
		}
		name = strings.ToUpper(name)
		return taken[name] || name == javaOptions || slices.Contains(foreignNames, name) ||
			slices.ContainsFunc(foreignFamilies, func(family string) bool { return strings.HasPrefix(name, family) })
	})
	inside[javaOptions] = options + javaInside(ready)
	for _, name := range slices.Sorted(maps.Keys(inside)) {
		environ = append(environ, name+"="+inside[name])
	}
	return environ
}

// javaOptions is read by every Java virtual machine, which says so on stderr.
const javaOptions = "JAVA_TOOL_OPTIONS"

// javaInside are the system properties that stand for proxy and trust in Java,
// which reads neither the variables for proxies nor PEM files.
func javaInside(ready readyDocument) string {
	proxy, err := url.Parse(ready.Proxy)
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
	add("javax.net.ssl.trustStore", ready.TrustStore)
	add("javax.net.ssl.trustStoreType", "JKS")
	return strings.Join(properties, " ")
}
