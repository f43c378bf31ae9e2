package local

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/local/entra"
	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/local/loopback"
	"github.com/stafett/stafett/secret"
)

// workload is the program in a cluster that may be the seeded service principal.
func workload(tenantID string) entra.Workload {
	return entra.Workload{
		Issuer:  "https://norwayeast.oic.prod-aks.azure.com/" + tenantID + "/",
		Subject: "system:serviceaccount:default:stafett",
	}
}

// WorkloadToken makes the token of a program in a Kubernetes cluster that may be
// the seeded service principal (workload identity): the content of the file that
// AZURE_FEDERATED_TOKEN_FILE names, besides AZURE_TENANT_ID and AZURE_CLIENT_ID.
func (p *Platform) WorkloadToken(lifetime time.Duration) (secret.String, error) {
	return p.entra.WorkloadToken(p.seed.AzureClientID, lifetime)
}

// ServeIdentity opens an address at which a program learns that it is the seeded
// service principal, as a managed identity in Azure App Service does; it stops with
// [Platform.Close]. The program finds it by IDENTITY_ENDPOINT and IDENTITY_HEADER,
// which are what is returned.
func (p *Platform) ServeIdentity(ctx context.Context) (endpoint *url.URL, header secret.String, err error) {
	header = secret.New(rand.Text())
	address, err := loopback.Serve(ctx, "127.0.0.1:0", p.entra.AppService(p.seed.AzureClientID, header))
	if err != nil {
		return nil, secret.String{}, fmt.Errorf("serve the managed identity: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serving = append(p.serving, address)
	return address.URL().JoinPath("msi/token"), header, nil
}

// VaultSettings tells how the vault behaves.
func (p *Platform) VaultSettings() control.VaultSettings {
	settings, err := p.keyvault.Settings(p.vault)
	if err != nil { // the vault is there from the start
		return control.VaultSettings{}
	}
	return control.VaultSettings(settings)
}

// SetVaultSettings changes it for what comes after.
func (p *Platform) SetVaultSettings(settings control.VaultSettings) error {
	return p.keyvault.SetSettings(p.vault, keyvault.Settings(settings))
}

// DemandVaultClaims makes the vault refuse the next so many tokens with a claims
// challenge; see [keyvault.Server.DemandClaims].
func (p *Platform) DemandVaultClaims(tokens int) error {
	return p.keyvault.DemandClaims(p.vault, tokens)
}

// VaultPermissions lists what the seeded service principal may do with the
// vault's secrets, in the words of Azure's access policies.
func (p *Platform) VaultPermissions() []string {
	granted, err := p.keyvault.Permissions(p.vault, p.principal)
	if err != nil { // the vault is there from the start
		return nil
	}
	names := make([]string, len(granted))
	for n, permission := range granted {
		names[n] = string(permission)
	}
	return names
}

// SetVaultPermissions makes these the permissions of the seeded service
// principal, and no others.
func (p *Platform) SetVaultPermissions(names []string) error {
	var permissions []keyvault.Permission
	for _, name := range names {
		permission := keyvault.Permission(name)
		if !slices.Contains(keyvault.AllPermissions(), permission) {
			return fmt.Errorf("%q is not a permission to secrets; there are %q", name, keyvault.AllPermissions())
		}
		permissions = append(permissions, permission)
	}
	return p.keyvault.SetPermissions(p.vault, p.principal, permissions...)
}
