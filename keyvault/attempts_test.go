package keyvault

import (
	"errors"
	"slices"
	"testing"
)

// The messages are of azidentity 1.15.0, the answers in them made up.
func TestAttemptsLeaveTheAnswersThatAreQuoted(t *testing.T) {
	t.Parallel()
	const rule = "--------------------------------------------------------------------------------"
	tests := []struct {
		name, message string
		want          []string
	}{
		{"one, not reached", "ClientSecretCredential: unable to resolve an endpoint: server response error:\n Get \"https://login.microsoftonline.com/x\": no such host. To troubleshoot, visit https://aka.ms/x",
			[]string{"ClientSecretCredential: unable to resolve an endpoint: server response error: Get \"https://login.microsoftonline.com/x\": no such host."}},
		{"one, refused", "ClientSecretCredential authentication failed. \nPOST https://login.microsoftonline.com/t/oauth2/v2.0/token\n" + rule + "\nRESPONSE 401: 401 Unauthorized\n" + rule + "\n{\n  \"error\": \"s3cr3t\"\n}\n" + rule,
			[]string{"ClientSecretCredential: POST https://login.microsoftonline.com/t/oauth2/v2.0/token"}},
		{"discovery refused", "ClientSecretCredential: http call(https://x)(GET) error: reply status code was 400:\n{\"error\":\"s3cr3t\"}",
			[]string{"ClientSecretCredential: http call(https://x)(GET) error"}},
		{"several", "DefaultAzureCredential: failed to acquire a token.\nAttempted credentials:\n\tEnvironmentCredential: missing environment variable AZURE_TENANT_ID\n" +
			"\tManagedIdentityCredential authentication failed. \n\t\tGET http://169.254.169.254/metadata\n\t\t" + rule + "\n\t\tRESPONSE 400\n\t\t" + rule + "\n\t\ts3cr3t\n\tAzureCLICredential: Azure CLI not found on path",
			[]string{"EnvironmentCredential: missing environment variable AZURE_TENANT_ID", "ManagedIdentityCredential: GET http://169.254.169.254/metadata", "AzureCLICredential: Azure CLI not found on path"}},
		{"nothing to tell", "something else", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := newCredentialError(errors.New(test.message), "t").Attempts; !slices.Equal(got, test.want) {
				t.Errorf("attempts = %q\nwant       %q", got, test.want)
			}
		})
	}
}
