package serve

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
)

const (
	keysLast       = time.Hour        // how long a key set is used before it is read again
	keysPause      = 30 * time.Second // between two reads for keys that are not known
	keysTimeout    = 10 * time.Second
	maxKeySet      = 1 << 20 // bytes
	minKeyBits     = 2048
	unreachableKey = "the keys of Altinn's tokens cannot be read just now"
)

// errUnknownKey reports a key id that Altinn does not publish.
var errUnknownKey = errors.New("the token is signed with a key that Altinn does not publish")

// signingKeys are the public keys of Altinn's tokens, as Altinn publishes them.
// A set is read when it is first needed, each hour, and for a key id that it does
// not hold, but for those not more often than each half minute. It is safe for
// concurrent use.
type signingKeys struct {
	address string
	client  *http.Client
	now     func() time.Time

	flight singleflight.Group
	mu     sync.Mutex
	set    jose.JSONWebKeySet
	read   time.Time // when set was read
	tried  time.Time // when a read last ended; whoever comes before that waits for it
}

// find returns the key with an id.
func (k *signingKeys) find(ctx context.Context, id string) (*rsa.PublicKey, error) {
	key, known, due := k.look(id)
	if known && !due {
		return key, nil
	}
	if due {
		// Whoever waits may leave; the read goes on for the others.
		wait := k.flight.DoChan("", func() (any, error) {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keysTimeout)
			defer cancel()
			return nil, k.refresh(ctx)
		})
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case done := <-wait:
			if done.Err != nil && !known {
				return nil, done.Err
			}
		}
		if fresh, ok, _ := k.look(id); ok {
			return fresh, nil
		}
	}
	return nil, errUnknownKey
}

// look finds a key among those that are held, and tells whether the set is to be
// read before the answer counts.
func (k *signingKeys) look(id string) (key *rsa.PublicKey, known, due bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, candidate := range k.set.Key(id) {
		public, ok := candidate.Key.(*rsa.PublicKey)
		if ok && (candidate.Use == "" || candidate.Use == "sig") && public.N.BitLen() >= minKeyBits {
			key, known = public, true
		}
	}
	now := k.now()
	due = now.Sub(k.read) >= keysLast || !known
	return key, known, due && now.Sub(k.tried) >= keysPause
}

func (k *signingKeys) refresh(ctx context.Context) error {
	set, err := k.fetch(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if err != nil {
		if !k.read.IsZero() { // as long as nothing is known, the next caller tries again
			k.tried = now
		}
		return fmt.Errorf("read the keys of Altinn's tokens: %w", err)
	}
	k.set, k.read, k.tried = set, now, now
	return nil
}

func (k *signingKeys) fetch(ctx context.Context) (jose.JSONWebKeySet, error) {
	var set jose.JSONWebKeySet
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.address, nil)
	if err != nil {
		return set, err
	}
	resp, err := k.client.Do(req)
	if err != nil {
		return set, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return set, fmt.Errorf("altinn answered %d", resp.StatusCode)
	}
	err = json.NewDecoder(io.LimitReader(resp.Body, maxKeySet)).Decode(&set)
	return set, err
}
