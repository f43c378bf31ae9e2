package rotate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/internal/keys"
)

// Digdir's API replaces whole key sets and has no compare-and-swap. So each change
// is made to what the set is at that moment, others' keys go back as they came, with
// their ends, and the answer is looked at.

// addKey appends the new key to what the set holds now.
func (r *run) addKey(ctx context.Context) (string, error) {
	if err := r.nextUnchanged(ctx, r.target.nextSecret()); err != nil {
		return "", err
	}
	_, err := r.append(ctx, *r.next)
	return keys.Text(r.next.key.KeyID(), r.next.thumbprint), err
}

// restoreKey appends a key that is in use, and had been taken out.
func (r *run) restoreKey(ctx context.Context, a RestoreKey) (string, error) {
	at := slices.IndexFunc(r.current, func(one held) bool { return one.thumbprint == a.Thumbprint })
	if err := r.restore(context.WithoutCancel(ctx), r.current[at]); err != nil {
		return "", err
	}
	if r.status.Thumbprint == a.Thumbprint {
		r.status = statusOf(a.KeyID, a.Thumbprint, r.endOf(a.Thumbprint), now(r.systems))
	}
	return keys.Text(a.KeyID, a.Thumbprint), r.prove(ctx, r.current[at].key, maskinporten.UnknownKeyID)
}

func (r *run) restore(ctx context.Context, one held) error {
	ctx, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	if err := r.inUse(ctx); err != nil {
		return err
	}
	_, err := r.append(ctx, one)
	return err
}

// putBack is for a run that has posted the key set. If another one has published its
// key meanwhile, and that key was added between this run's reading of the set and its
// posting, it is out again.
func (r *run) putBack(ctx context.Context) error {
	for _, one := range r.current {
		published, err := getKey(ctx, r.systems.Vault, one.Name)
		if err != nil {
			return err
		}
		lost, err := r.append(ctx, published)
		if err != nil {
			return err
		}
		if lost {
			r.warnings = append(r.warnings, fmt.Sprintf("key %s, which another run has published, had been taken out of the key set of %s by this one, and is put back",
				published.key.KeyID(), r.clientID))
		}
	}
	return nil
}

// append adds a key to the set, unless it is there.
func (r *run) append(ctx context.Context, one held) (added bool, err error) {
	set, err := r.systems.Integrations.Keys(ctx, r.clientID)
	if err != nil {
		return false, err
	}
	registered, found := keys.Find(set, one.thumbprint)
	if !found {
		now := now(r.systems)
		if err := checkRoom(r.clientID, set, now); err != nil {
			return false, err
		}
		wanted := keys.Living(set, now)
		wanted.Keys = append(wanted.Keys, one.key.Public())
		r.posted = true
		stored, err := r.systems.Integrations.ReplaceKeys(ctx, r.clientID, wanted)
		if err != nil {
			return false, err
		}
		if registered, added = keys.Find(stored, one.thumbprint); !added {
			return false, fmt.Errorf("samarbeidsportalen took the key set of %s, but does not have key %s", r.clientID, one.key.KeyID())
		}
	}
	if registered.Expires != nil {
		r.ends[one.thumbprint] = keys.End(registered)
	}
	return added, nil
}

// removeKey takes one key out of what the set holds now, if the keys that are read
// from the vault are there without it.
func (r *run) removeKey(ctx context.Context, a RemoveKey) error {
	if err := r.inUse(ctx); err != nil {
		return err
	}
	set, err := r.systems.Integrations.Keys(ctx, r.clientID)
	if err != nil {
		return err
	}
	rest := keys.Living(set, now(r.systems))
	rest.Keys = slices.DeleteFunc(rest.Keys, func(key jwk.Public) bool {
		thumbprint, err := key.Thumbprint()
		return err == nil && thumbprint == a.Thumbprint
	})
	for _, one := range r.current {
		if _, found := keys.Find(rest, one.thumbprint); !found {
			return &prepare.StaleError{What: "the key set of " + r.clientID}
		}
	}
	if _, found := keys.Find(set, a.Thumbprint); !found {
		return nil
	}
	stored, err := r.systems.Integrations.ReplaceKeys(ctx, r.clientID, rest)
	if err != nil {
		return err
	}
	if _, found := keys.Find(stored, a.Thumbprint); found {
		return fmt.Errorf("samarbeidsportalen took the key set of %s, but still has key %s", r.clientID, a.KeyID)
	}
	return r.putBack(ctx)
}

// renew posts the set as it is, without the end of one key, and reads that end back.
func (r *run) renew(ctx context.Context, a RenewKey) (string, error) {
	end, err := r.post(context.WithoutCancel(ctx), a)
	if err != nil {
		return "", err
	}
	r.ends[a.Thumbprint] = end
	r.status = statusOf(r.status.KeyID, r.status.Thumbprint, end, now(r.systems))
	if a.Expires.After(now(r.systems)) {
		return "until " + end.Format(time.DateOnly), nil
	}
	// It was refused until now, and is so until the change has come through. Its own
	// id need not be the one that it is registered under.
	key, err := r.keyOf(a.Thumbprint).WithKeyID(a.KeyID)
	if err != nil {
		return "", err
	}
	return "until " + end.Format(time.DateOnly), r.prove(ctx, key, maskinporten.ExpiredKey, maskinporten.UnknownKeyID)
}

func (r *run) post(ctx context.Context, a RenewKey) (end time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	set, err := r.systems.Integrations.Keys(ctx, r.clientID)
	if err != nil {
		return end, err
	}
	before, found := keys.Find(set, a.Thumbprint)
	if !found {
		return end, &prepare.StaleError{What: "the key set of " + r.clientID}
	}
	wanted := keys.Living(set, now(r.systems))
	wanted.Keys = slices.DeleteFunc(wanted.Keys, func(key jwk.Public) bool { return key.KeyID == before.KeyID })
	again := before
	again.Expires = nil // with it, the end is kept
	wanted.Keys = append(wanted.Keys, again)
	if _, err := r.systems.Integrations.ReplaceKeys(ctx, r.clientID, wanted); err != nil {
		return end, err
	}
	if set, err = r.systems.Integrations.Keys(ctx, r.clientID); err != nil {
		return end, err
	}
	after, found := keys.Find(set, a.Thumbprint)
	if !found {
		return end, fmt.Errorf("samarbeidsportalen took the key set of %s, but does not have key %s", r.clientID, a.KeyID)
	}
	if before.Expires != nil && !keys.End(after).After(keys.End(before)) {
		return end, &RenewalError{ClientID: r.clientID, KeyID: a.KeyID, Expires: keys.End(before)}
	}
	return keys.End(after), r.putBack(ctx)
}

// keyOf is the section's key with a thumbprint.
func (r *run) keyOf(thumbprint string) *jwk.Key {
	for _, one := range r.current {
		if one.thumbprint == thumbprint {
			return one.key
		}
	}
	return r.current[0].key
}
