package local

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"

	"golang.org/x/sync/errgroup"
)

const signingKeyBits = 2048

// Keys are the private keys of a platform: those that Maskinporten, Altinn's
// authentication and Entra sign tokens with, and that of the admin client, which
// [Seed.SelfServiceKey] is. Platforms with the same keys take each other's tokens.
type Keys struct {
	Maskinporten, Authentication, Entra, Admin *rsa.PrivateKey
}

// NewKeys makes all of them, for several platforms in one process: it is nearly all of
// the time that a start takes.
func NewKeys(ctx context.Context) (Keys, error) { return Keys{}.complete(ctx) }

// complete makes those that are missing, in parallel.
func (k Keys) complete(ctx context.Context) (Keys, error) {
	group, ctx := errgroup.WithContext(ctx)
	for _, key := range []**rsa.PrivateKey{&k.Maskinporten, &k.Authentication, &k.Entra, &k.Admin} {
		if *key != nil {
			continue
		}
		group.Go(func() error {
			made, err := rsa.GenerateKey(rand.Reader, signingKeyBits)
			if err != nil {
				return fmt.Errorf("make signing key: %w", err)
			}
			*key = made
			return ctx.Err()
		})
	}
	err := group.Wait()
	return k, err
}
