package prepare_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/prepare"
)

// A key whose id the settings override is proved under the id that the application
// gives it, when it is registered under that one.
func TestKeyIsProvedUnderTheIDThatTheSettingsSay(t *testing.T) {
	t.Parallel()
	for _, guided := range []bool{false, true} {
		w := newWorld(t, strings.Replace(fitted, `"ClientId"`, `"Kid": "from-the-web-page", "ClientId"`, 1))
		w.poll = time.Microsecond
		ready(w)
		public := withEnd(300)
		public.KeyID = "from-the-web-page"
		w.keys["client-a"] = jwk.Set{Keys: []jwk.Public{public}}
		w.secrets[clientSecret] = "client-a\n" // is stored anew, which needs a proof
		if guided {
			w.guided()
		}
		result, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil)
		if err != nil || !result.Proved || w.secrets[clientSecret] != "client-a" {
			t.Errorf("guided %v: %+v, %v", guided, result, err)
		}
		if guided && len(w.person.errands) != 0 {
			t.Error("a person was sent to the portal with a key that works")
		}
	}
}

// The key's leg asks nothing of Maskinporten, though the vault has a client id: the
// new key is still to be registered.
func TestKeyLegOfAKnownClientIsNotProved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fitted)
	w.poll = time.Microsecond
	ready(w)
	delete(w.secrets, keySecret)
	w.guided()
	w.leg(prepare.KeyLeg)
	if w.mustApply(); w.proofs != 0 {
		t.Errorf("%d proofs", w.proofs)
	}
}
