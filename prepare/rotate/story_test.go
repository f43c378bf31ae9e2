package rotate_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/rotate"
)

// A key made 364 days ago is warned of and renewed, with the real clients.
func TestOldKeyIsRenewedInTime(t *testing.T) {
	t.Parallel()
	p := startPlatform(t, nil)
	p.makeOlder(t, days(364))
	p.target.Within = days(30)
	plan := ok(rotate.NewRenewal(ok(rotate.Read(t.Context(), p.systems, p.target))(t)))(t)
	if plan.Key.Alert != 1 || plan.Key.DaysLeft != 1 || len(plan.Actions) != 2 {
		t.Errorf("%+v\n%s", plan.Key, plan)
	}
	before := ok(p.vault.Versions(t.Context(), keySecret))(t)
	result := ok(rotate.Apply(t.Context(), p.systems, plan, nil))(t)
	if result.Key.DaysLeft < 364 || result.Key.Alert != -1 {
		t.Errorf("%+v", result.Key)
	}
	if after := ok(p.vault.Versions(t.Context(), keySecret))(t); len(after) != len(before) {
		t.Error("the secret has a new version")
	}
	stored := ok(p.vault.Get(t.Context(), keySecret))(t)
	if !stored.Expires.Equal(result.Key.Expires) || stored.Tags["kid"] != result.Key.KeyID {
		t.Errorf("dated %s, tags %v", stored.Expires, stored.Tags)
	}
	if plan = ok(rotate.NewRenewal(ok(rotate.Read(t.Context(), p.systems, p.target))(t)))(t); !plan.IsEmpty() {
		t.Errorf("another run would do:\n%s", plan)
	}
}

// A key past its year fails with MP-121, and a rotation mends it; so does a renewal.
func TestExpiredKeyIsMended(t *testing.T) {
	t.Parallel()
	p := startPlatform(t, nil)
	must(t, p.SetPropagation(100*time.Millisecond))
	p.target.Within = days(7)
	for _, kind := range []func(rotate.State) (rotate.Plan, error){rotate.NewRenewal, rotate.NewRotation} {
		p.makeOlder(t, days(366))
		if refused, ok := errors.AsType[*maskinporten.Error](p.gives(t, p.key(t))); !ok || refused.MPCode != "MP-121" {
			t.Fatalf("%v", refused)
		}
		plan := ok(kind(ok(rotate.Read(t.Context(), p.systems, p.target))(t)))(t)
		if plan.Key.Alert != 0 {
			t.Errorf("%+v", plan.Key)
		}
		result := ok(rotate.Apply(t.Context(), p.systems, plan, nil))(t)
		if !result.Proved || result.Key.DaysLeft < 364 || p.gives(t, p.key(t)) != nil {
			t.Errorf("%+v", result)
		}
	}
	if got := p.registered(t); !slices.Equal(got, []string{p.key(t).KeyID()}) {
		t.Errorf("registered are %v", got)
	}
}

// Digdir's documentation can be read so that posting a key again does not move its
// end. Then that is said, and rotating helps.
func TestEndThatDoesNotMove(t *testing.T) {
	t.Parallel()
	p := startPlatform(t, nil)
	p.SetKeyRules(control.KeyRules{KeepExpiryOnRepost: true})
	p.makeOlder(t, days(340))
	plan := ok(rotate.NewRenewal(ok(rotate.Read(t.Context(), p.systems, p.target))(t)))(t)
	result, err := rotate.Apply(t.Context(), p.systems, plan, nil)
	if !as[*rotate.RenewalError](err) || result.Key.Alert != 30 || len(result.Remaining) != len(plan.Actions) {
		t.Errorf("%+v, %v", result, err)
	}
	p.target.Within = days(30)
	if result, err = rotateOnce(t.Context(), p.systems, p.target); !as[*rotate.AwaitError](err) || result.Key.DaysLeft < 364 {
		t.Errorf("%+v, %v", result, err)
	}
}

// The whole of it against the real clients, and then the systems are asked.
func TestExampleIsRotated(t *testing.T) {
	t.Parallel()
	p := startPlatform(t, nil)
	first := p.key(t)
	foreign := secondKey().Public()
	set := ok(p.portal.Keys(t.Context(), p.clientID))(t)
	ok(p.portal.ReplaceKeys(t.Context(), p.clientID, jwk.Set{Keys: append(set.Keys, foreign)}))(t)

	_, err := rotateOnce(t.Context(), p.systems, p.target)
	if !as[*rotate.AwaitError](err) {
		t.Fatal(err)
	}
	second := p.key(t)
	if p.gives(t, first) != nil || p.gives(t, second) != nil || second.KeyID() == first.KeyID() {
		t.Error("both keys must work")
	}
	stored := ok(p.vault.Get(t.Context(), keySecret))(t)
	registered, _ := ok(p.portal.Keys(t.Context(), p.clientID))(t).Find(second.KeyID())
	if stored.Expires.Unix() != *registered.Expires || stored.Tags["replaced-kid"] != first.KeyID() || stored.Tags["kid"] != second.KeyID() {
		t.Errorf("dated %s, tags %v", stored.Expires, stored.Tags)
	}
	// Preparing finds nothing to mend in the middle of it.
	if plan := ok(prepare.NewPlan(ok(prepare.Read(t.Context(), p.systems, p.target.Target))(t)))(t); !plan.IsEmpty() {
		t.Errorf("preparing would do:\n%s", plan)
	}
	p.target.Finish = true
	ok(rotateOnce(t.Context(), p.systems, p.target))(t)
	if got := p.registered(t); !slices.Equal(got, []string{foreign.KeyID, second.KeyID()}) {
		t.Errorf("registered are %v", got)
	}
	if err := p.gives(t, first); err == nil {
		t.Error("the old key still works")
	}
	if plan := ok(rotate.NewRotation(ok(rotate.Read(t.Context(), p.systems, p.target))(t)))(t); !plan.IsEmpty() {
		t.Errorf("another run would do:\n%s", plan)
	}
}

// Of rotations that begin at once, at most one publishes its key, whoever reads the
// vault has a key that works, and going on comes to an end.
func TestRotationsAtOnce(t *testing.T) {
	t.Parallel()
	p := startPlatform(t, nil)
	old := p.key(t)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			systems := p.systems
			systems.PropagationLimit = time.Second
			_, err := rotateOnce(t.Context(), systems, p.target)
			if !as[*rotate.AwaitError](err) && !as[*prepare.StaleError](err) && !as[*prepare.ProofError](err) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	p.target.OlderThan, p.target.Finish = days(1), true
	var err error
	for range 3 {
		if _, err = rotateOnce(t.Context(), p.systems, p.target); err == nil {
			break
		}
		if p.gives(t, old) != nil || p.gives(t, p.key(t)) != nil {
			t.Error("somebody has a key that does not work")
		}
	}
	must(t, err)
	if current := p.key(t); p.gives(t, current) != nil || p.gives(t, old) == nil || !slices.Contains(p.registered(t), current.KeyID()) {
		t.Errorf("registered are %v", p.registered(t))
	}
}
