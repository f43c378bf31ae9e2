package rotate_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
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

// Of rotations that begin at once, at most one publishes its key, and going on comes
// to an end. One that posts the key set as it was before another's key was added
// takes that key out, and puts it back.
func TestRotationsAtOnce(t *testing.T) {
	t.Parallel()
	p := startPlatform(t, nil)
	old := p.key(t)
	var all sync.WaitGroup
	p.systems.PropagationLimit = time.Second
	for range 3 {
		all.Go(func() {
			_, err := rotateOnce(t.Context(), p.systems, p.target)
			if !as[*rotate.AwaitError](err) && !as[*prepare.StaleError](err) && !as[*prepare.ProofError](err) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	p.target.OlderThan, p.target.Finish = days(1), true
	p.systems.PropagationLimit = 10 * time.Second
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

// The worst that two rotations can do to each other, step by step: both find that no
// key waits, the one that stores its key first is the last to post the key set, and so
// takes out the key that the other has published; and puts it back.
func TestRotationThatPostsTheKeySetAsItWas(t *testing.T) {
	t.Parallel()
	var nextStored, setPosted gate
	p := startPlatform(t, func(_ string, next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodPut && strings.EqualFold(r.URL.Path, "/secrets/"+nextSecret):
				nextStored.pass()
			case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/jwks"):
				setPosted.pass()
			}
			next.ServeHTTP(w, r)
		})
	})
	old := p.key(t)
	first, firstIsHeld := nextStored.hold()
	second, secondIsHeld := setPosted.hold()
	type ending struct {
		rotate.Result
		error
	}
	rotation := func() <-chan ending {
		ended := make(chan ending, 1)
		go func() {
			result, err := rotateOnce(t.Context(), p.systems, p.target)
			ended <- ending{result, err}
		}()
		return ended
	}
	firstEnd := rotation()
	<-firstIsHeld
	secondEnd := rotation()
	<-secondIsHeld
	close(first)
	if end := <-firstEnd; !as[*rotate.AwaitError](end.error) {
		t.Fatal(end.error)
	}
	close(second)
	end := <-secondEnd
	if !as[*prepare.StaleError](end.error) || len(end.Warnings) != 1 || !strings.Contains(end.Warnings[0], "key "+p.key(t).KeyID()) {
		t.Fatalf("%v\n%q", end.error, end.Warnings)
	}
	if p.gives(t, old) != nil || p.gives(t, p.key(t)) != nil {
		t.Error("both keys must work")
	}

	if _, err := rotateOnce(t.Context(), p.systems, p.target); !as[*rotate.AwaitError](err) {
		t.Fatal(err)
	}
	if p.gives(t, old) != nil || p.gives(t, p.key(t)) != nil {
		t.Error("both keys must work")
	}
	p.target.Finish = true
	ok(rotateOnce(t.Context(), p.systems, p.target))(t)
	if p.gives(t, old) == nil || p.gives(t, p.key(t)) != nil {
		t.Errorf("registered are %v", p.registered(t))
	}
}

// gate holds one request, and lets all others pass.
type gate struct {
	mu   sync.Mutex
	held chan struct{}
	open chan struct{}
}

// hold lets the next request wait until open is closed; held is closed when it waits.
func (g *gate) hold() (open chan<- struct{}, held <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open, g.held = make(chan struct{}), make(chan struct{})
	return g.open, g.held
}

func (g *gate) pass() {
	g.mu.Lock()
	open, held := g.open, g.held
	g.open, g.held = nil, nil
	g.mu.Unlock()
	if open != nil {
		close(held)
		<-open
	}
}
