package cli

import (
	"context"
	"time"

	"github.com/stafett/stafett/local"
)

// workloadLifetime is as long as the platform's certificate lives. A cluster would
// write a new token to the file every hour or so.
const workloadLifetime = 72 * time.Hour

// offerIdentities tells the ready document how a program can be the seeded service
// principal without a secret: by a service account's token in a file, and, when the
// platform is to be a machine in Azure, by a managed identity.
func offerIdentities(ctx context.Context, platform *local.Platform, managed bool, ready *readyDocument) error {
	token, err := platform.WorkloadToken(workloadLifetime)
	if err != nil {
		return err
	}
	if err := writePrivate(ready.Seed.FederatedTokenFile, []byte(token.Reveal())); err != nil {
		return err
	}
	if !managed {
		return nil
	}
	endpoint, header, err := platform.ServeIdentity(ctx)
	if err != nil {
		return err
	}
	ready.Seed.IdentityEndpoint, ready.Seed.IdentityHeader = endpoint.String(), header.Reveal()
	return nil
}
