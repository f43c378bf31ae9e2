package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/selfservice"
)

func checkRegistered(ctx context.Context, f *facts) findings {
	id := f.portal.integration.ClientID
	set, err := f.portal.client.Keys(ctx, id)
	if err != nil {
		return portalFault(err)
	}
	thumbprint, err := f.key.Public().Thumbprint()
	if err != nil {
		return fault(Fail, err.Error(), "the vault's key cannot be compared", running("have a new key made", rotating...))
	}
	f.portal.keys = set
	if f.portal.registered = findKey(set, thumbprint); f.portal.registered != nil {
		return ok("thumbprint %s", thumbprint)
	}
	evidence := fmt.Sprintf("no key of %s has the thumbprint of the vault's, %s", id, thumbprint)
	if other, taken := set.Find(f.keyID); taken {
		registered, _ := other.Thumbprint() // empty for what is no RSA key
		return fault(Fail, evidence, fmt.Sprintf("under the key id %s another key is registered, with thumbprint %s: the vault's was replaced, or comes from another integration", f.keyID, registered),
			by("make the version of the secret current again whose key has that thumbprint, which Key Vault keeps; or remove key %s from %s at Samarbeidsportalen and run: stafett prepare", f.keyID, id))
	}
	if len(set.Keys) >= selfservice.MaximumKeys {
		return fault(Fail, evidence, fmt.Sprintf("it was never registered, or has been removed; and there are %d keys already, which is the most", len(set.Keys)),
			by("remove a key that nothing uses from %s at Samarbeidsportalen, then run: stafett prepare", id))
	}
	return fault(Fail, evidence, "it was never registered on this integration, or has been removed: Maskinporten does not know it", running("register the vault's key", preparing...))
}

func findKey(set jwk.Set, thumbprint string) *jwk.Public {
	for i, key := range set.Keys {
		if got, err := key.Thumbprint(); err == nil && got == thumbprint {
			return &set.Keys[i]
		}
	}
	return nil
}

func checkKeyID(_ context.Context, f *facts) findings {
	registered := f.portal.registered.KeyID
	if registered == f.keyID {
		return ok("%s", registered)
	}
	evidence := fmt.Sprintf("the key is registered as %s, and the application calls it %s", registered, f.keyID)
	const cause = "Maskinporten looks a key up by its id alone"
	if set := f.section.KeyID; set.Text != "" && f.key.KeyID() == registered {
		return fault(Fail, evidence, cause, by("remove Kid from section %s (%s)", f.section.Name, set.Origin))
	}
	return fault(Fail, evidence, cause+"; the portal gives a key that was uploaded as PEM an id of its own",
		by("set Kid to %q in section %s of the original application's appsettings.json", registered, f.section.Name))
}

// reminders are how many days before its end a key is warned of; the same as
// those of rotating.
var reminders = []int{1, 7, 30, 60}

func checkKeyExpiry(_ context.Context, f *facts) findings {
	if f.portal.registered.Expires == nil {
		return ok("no end is told; Digdir keeps a key for a year at most")
	}
	end := time.Unix(*f.portal.registered.Expires, 0).UTC()
	left := end.Sub(f.now())
	if left <= 0 {
		return fault(Fail, fmt.Sprintf("key %s expired on %s", f.portal.registered.KeyID, end.Format(time.DateOnly)), "Maskinporten refuses an expired key (MP-121); Digdir keeps one for a year at most",
			running("have a new key put in its place; then deploy the application again, and run: stafett rotate --finish", rotating...))
	}
	for _, days := range reminders {
		if left <= time.Duration(days)*24*time.Hour {
			within := fmt.Sprintf("%d days", days)
			if days == 1 {
				within = "a day"
			}
			return fault(Warn, fmt.Sprintf("key %s expires on %s, within %s", f.portal.registered.KeyID, end.Format(time.DateOnly), within), "Maskinporten refuses it from then on (MP-121)",
				running("register the same key for another year", renewing...))
		}
	}
	return ok("until %s", end.Format(time.DateOnly))
}

func checkKeyRoom(_ context.Context, f *facts) findings {
	if len(f.portal.keys.Keys) < selfservice.MaximumKeys {
		return ok("%d of %d keys", len(f.portal.keys.Keys), selfservice.MaximumKeys)
	}
	return fault(Warn, fmt.Sprintf("%s has %d keys", f.portal.integration.ClientID, len(f.portal.keys.Keys)), "there is no room for a new one, so the key cannot be rotated",
		by("remove a key that nothing uses from %s at Samarbeidsportalen", f.portal.integration.ClientID))
}
