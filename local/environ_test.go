package local_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/secret"
)

func TestEnviron(t *testing.T) {
	t.Parallel()
	at := local.Whereabouts{
		Proxy: "http://127.0.0.1:4321", CA: "/x/trusted/ca.pem", TrustStore: "/x/my store.jks", Vault: "https://kv.vault.azure.net",
		TenantID: "tenant", ClientID: "client", ClientSecret: secret.New("credential"), FederatedTokenFile: "/x/federated", PDF: "http://localhost:5300/pdf", StateDir: "/state",
	}
	ambient := []string{
		"PATH=/bin", "LANG=nb_NO.UTF-8", "EMPTY=", "AZURESQL=kept", "STAFETT_PROJECT=p.yaml", "JAVA_TOOL_OPTIONS=-Xmx1g",
		"AZURE_AUTHORITY_HOST=https://real", "azure_client_id=real", "IDENTITY_ENDPOINT=http://real", "MSI_SECRET=real", "IMDS_ENDPOINT=http://real",
		"AzureServicesAuthConnectionString=real", "kvsetting__secreturi=real", "kvSetting:ClientId=real", "ASPNETCORE_environment=Production",
		"http_proxy=http://real", "FTP_PROXY=http://real", "All_Proxy=http://real", "NO_PROXY=*", "SSL_CERT_DIR=/etc/ssl/certs", "STAFETT_LOCAL=0",
		"platformsettings__apipdf2endpoint=http://real", "PlatformSettings__ApiStorageEndpoint=http://localhost:5101/storage/api/v1/",
		"ARM_CLIENT_SECRET=real", "AZD_CONFIG_DIR=/real", "ARMY=kept", "_JAVA_OPTIONS=-Dhttps.proxyHost=real", "JDK_JAVA_OPTIONS=",
	}
	want := `PATH=/bin
LANG=nb_NO.UTF-8
EMPTY=
AZURESQL=kept
STAFETT_PROJECT=p.yaml
ARMY=kept
JDK_JAVA_OPTIONS=
ALL_PROXY=http://127.0.0.1:4321
ASPNETCORE_ENVIRONMENT=Staging
AZD_CONFIG_DIR=/x/azd
AZURE_CLIENT_ID=client
AZURE_CLIENT_SECRET=credential
AZURE_CONFIG_DIR=/x/azure
AZURE_FEDERATED_TOKEN_FILE=/x/federated
AZURE_TENANT_ID=tenant
AppSettings__OpenIdWellKnownEndpoint=https://platform.tt02.altinn.no/authentication/api/v1/openid/
CURL_CA_BUNDLE=/x/trusted/ca.pem
DOTNET_ENVIRONMENT=Staging
GeneralSettings__ExternalAppBaseUrl=https://{org}.apps.{hostName}/{org}/{app}/
GeneralSettings__HostName=tt02.altinn.no
HTTPS_PROXY=http://127.0.0.1:4321
HTTP_PROXY=http://127.0.0.1:4321
JAVA_TOOL_OPTIONS=-Xmx1g -Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=4321 -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=4321 "-Dhttp.nonProxyHosts=localhost|127.*|[::1]" "-Djavax.net.ssl.trustStore=/x/my store.jks" -Djavax.net.ssl.trustStoreType=JKS
NODE_EXTRA_CA_CERTS=/x/trusted/ca.pem
NODE_USE_ENV_PROXY=1
NO_PROXY=localhost,127.0.0.1,::1,[::1]
PlatformSettings__ApiAuthenticationEndpoint=https://platform.tt02.altinn.no/authentication/api/v1/
PlatformSettings__ApiAuthorizationEndpoint=https://platform.tt02.altinn.no/authorization/api/v1/
PlatformSettings__ApiEventsEndpoint=https://platform.tt02.altinn.no/events/api/v1/
PlatformSettings__ApiPdf2Endpoint=http://localhost:5300/pdf
PlatformSettings__ApiProfileEndpoint=https://platform.tt02.altinn.no/profile/api/v1/
PlatformSettings__ApiRegisterEndpoint=https://platform.tt02.altinn.no/register/api/v1/
PlatformSettings__ApiStorageEndpoint=https://platform.tt02.altinn.no/storage/api/v1/
REQUESTS_CA_BUNDLE=/x/trusted/ca.pem
SSL_CERT_DIR=/x/trusted
SSL_CERT_FILE=/x/trusted/ca.pem
STAFETT_LOCAL=1
STAFETT_STATE_DIR=/state
_JAVA_OPTIONS=-Dhttps.proxyHost=real -Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=4321 -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=4321 "-Dhttp.nonProxyHosts=localhost|127.*|[::1]" "-Djavax.net.ssl.trustStore=/x/my store.jks" -Djavax.net.ssl.trustStoreType=JKS
all_proxy=http://127.0.0.1:4321
http_proxy=http://127.0.0.1:4321
https_proxy=http://127.0.0.1:4321
kvSetting__ClientId=client
kvSetting__ClientSecret=credential
kvSetting__SecretUri=https://kv.vault.azure.net
kvSetting__TenantId=tenant
no_proxy=localhost,127.0.0.1,::1,[::1]`
	before := slices.Clone(ambient)
	if got := strings.Join(at.Environ(ambient), "\n"); got != want {
		t.Errorf("environment:\n%s\n\nwant:\n%s", got, want)
	}
	at.PDF = ""
	if own := ambient[len(ambient)-1]; !slices.Contains(at.Environ(ambient), own) {
		t.Errorf("without a PDF service of the platform, %s is gone", own)
	}
	if !slices.Equal(ambient, before) {
		t.Error("the ambient environment was changed")
	}
}
