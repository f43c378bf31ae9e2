package keyvault

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/stafett/stafett/secret"
)

// CredentialOptions tells who asks for secrets.
type CredentialOptions struct {
	// HTTPClient sends the requests for tokens; nil is http.DefaultClient.
	// Redirects are never followed.
	HTTPClient *http.Client
	// TenantID is the Microsoft Entra tenant; with ClientSecret it is required.
	TenantID string
	// ClientID and ClientSecret are those of an application registered in Entra,
	// such as kvSetting in an Altinn application's settings. They are of Azure's
	// public cloud, and no AZURE_… environment variable has a say. Without
	// ClientSecret the usual order of Azure's tools applies: AZURE_… environment variables,
	// workload identity, managed identity, Azure CLI, Azure Developer CLI, Azure
	// PowerShell. The last three are programs, which send requests of their own.
	ClientID     string
	ClientSecret secret.String
}

// NewCredential makes a credential for [Open]. It asks for no token yet. Its
// errors when it does are of type [*CredentialError].
func NewCredential(o CredentialOptions) (azcore.TokenCredential, error) {
	options := policy.ClientOptions{Transport: newTransport(o.HTTPClient, "")}
	if err := checkRegion(os.Getenv(regionVariable), !o.ClientSecret.IsEmpty()); err != nil {
		return nil, err
	}
	if !o.ClientSecret.IsEmpty() {
		if o.TenantID == "" || o.ClientID == "" {
			return nil, errors.New("make key vault credential: a client secret needs a tenant id and a client id")
		}
		options.Cloud = cloud.AzurePublic
		// Signing in is several requests, each of which is repeated this often.
		options.Retry = policy.RetryOptions{MaxRetries: 2, RetryDelay: 500 * time.Millisecond, MaxRetryDelay: 10 * time.Second, TryTimeout: 30 * time.Second}
		inner, err := azidentity.NewClientSecretCredential(o.TenantID, o.ClientID, o.ClientSecret.Reveal(),
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options})
		if err != nil {
			return nil, fmt.Errorf("make key vault credential: %w", err)
		}
		return credential{inner}, nil
	}
	inner, err := azidentity.NewDefaultAzureCredential(
		&azidentity.DefaultAzureCredentialOptions{ClientOptions: options, TenantID: o.TenantID})
	if err != nil {
		return nil, fmt.Errorf("make key vault credential: %w", err)
	}
	return credential{inner}, nil
}

// regionVariable moves sign-in to an address in an Azure region. The library
// reads it for every credential and has no option that goes before it.
const regionVariable = "AZURE_REGIONAL_AUTHORITY_NAME"

// checkRegion refuses a region where it would break what NewCredential promises.
func checkRegion(region string, clientSecret bool) error {
	switch {
	case region != "" && clientSecret:
		return fmt.Errorf("make key vault credential: %s would send the client secret to another address; unset it", regionVariable)
	case region == "TryAutoDetect":
		// The library asks for the region with a client of its own.
		return fmt.Errorf("make key vault credential: %s asks to find the region out; name the region, or unset it", regionVariable)
	}
	return nil
}

// credential gives the errors of a credential their type.
type credential struct{ inner azcore.TokenCredential }

// GetToken implements azcore.TokenCredential.
func (c credential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := c.inner.GetToken(ctx, o)
	switch {
	case err == nil:
		return token, nil
	case ctx.Err() != nil:
		return azcore.AccessToken{}, ctx.Err()
	}
	return azcore.AccessToken{}, newCredentialError(err, o.TenantID)
}
