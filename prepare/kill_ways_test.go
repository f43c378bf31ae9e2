package prepare_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/selfservice"
)

// readingTime is longer than an application of these tests takes to read its two
// secrets.
const readingTime = 150 * time.Millisecond

// portalPerson does what a guide asks at the portal of the local platform. Asked
// for an integration of which there is one, the person tells that one's id.
type portalPerson struct{ portal *selfservice.Client }

func (p portalPerson) Ask(ctx context.Context, errand prepare.Errand) (string, error) {
	id := errand.ClientID
	if errand.Kind == prepare.RegisterIntegration {
		all, err := p.portal.List(ctx)
		if err != nil {
			return "", err
		}
		if at := slices.IndexFunc(all, func(i selfservice.Integration) bool { return i.Description == errand.Description }); at >= 0 {
			return all[at].ClientID, nil
		}
		created, err := p.portal.Create(ctx, selfservice.NewIntegration{Name: errand.Name, Description: errand.Description, Scopes: errand.Scopes})
		if err != nil {
			return "", err
		}
		id = created.ClientID
	}
	var public jwk.Public
	if err := json.Unmarshal([]byte(errand.PublicKey), &public); err != nil {
		return "", err
	}
	set, err := p.portal.Keys(ctx, id)
	if err != nil {
		return "", err
	}
	if _, has := set.Find(public.KeyID); !has {
		set.Keys = append(set.Keys, public)
		if _, err := p.portal.ReplaceKeys(ctx, id, set); err != nil {
			return "", err
		}
	}
	if errand.Kind == prepare.RegisterIntegration {
		return id, nil
	}
	return "", nil
}

func startVictims(t *testing.T) *victims {
	t.Helper()
	k := &killer{}
	v := &victims{t: t, platform: startPlatform(t, k.wrap), killer: k}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	var err error
	if v.proxy, err = v.platform.ServeProxy(ctx, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	return v
}

// ending is a request at which a victim is killed.
type ending struct {
	what string
	at   int
	late bool
}

func (e ending) String() string {
	return fmt.Sprintf("%s, request %d, took effect %v", e.what, e.at, e.late)
}

// endings are one for each state in which a killed victim can leave the systems:
// before the first request that changes something, and after each.
func endings(writes map[int]string) []ending {
	var all []ending
	for _, at := range slices.Sorted(maps.Keys(writes)) {
		if all == nil {
			all = append(all, ending{writes[at], at, false})
		}
		all = append(all, ending{writes[at], at, true})
	}
	return all
}

// systems are the platform's, as a victim's.
func (v *victims) systems(guided bool) prepare.Systems {
	systems := v.platform.systems
	systems.ReadingTime = readingTime
	if guided {
		systems.Integrations, systems.Guide = nil, portalPerson{v.platform.portal}
	}
	return systems
}

// apply prepares in this process, and checks that then there is nothing left.
func (v *victims) apply(t *testing.T, target prepare.Target, guided bool) prepare.Result {
	t.Helper()
	plan, err := planFor(t.Context(), v.systems(guided), target)
	if err != nil {
		t.Fatal(err)
	}
	result, err := prepare.Apply(t.Context(), v.systems(guided), plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := planFor(t.Context(), v.systems(guided), target); err != nil || !again.IsEmpty() {
		t.Fatalf("another run would do:\n%s%v", again, err)
	}
	return result
}

// token asks for one with what the vault holds, read as an application reads it:
// one secret after the other.
func (v *victims) token(ctx context.Context, target prepare.Target, keyFirst bool) error {
	names := prepare.NamesOf(target.Family, target.Section)
	order := []string{names.ClientID, names.Key}
	if keyFirst {
		slices.Reverse(order)
	}
	values := map[string]string{}
	var key *jwk.Key
	for _, name := range order {
		found, err := v.platform.vault.Get(ctx, name)
		if err != nil {
			return err
		}
		if name == names.ClientID {
			values[name] = found.Value.Reveal()
		} else if key, err = jwk.ParseEncoded(found.Value); err != nil {
			return err
		}
	}
	return v.platform.systems.Prover.Prove(ctx, values[names.ClientID], key, target.Scopes)
}

// An application that asks for tokens all the time, with what the vault holds at
// that time, gets every one, whenever the process that replaces its integration is
// killed; and another run ends the replacement.
func TestKilledReplacementIsHealed(t *testing.T) {
	v := startVictims(t)
	v.platform.SetKeyRules(control.KeyRules{KeyIDsPerClient: true}) // else there is no bridge
	for _, guided := range []bool{false, true} {
		try := func(t *testing.T, o orders, at int, late bool) map[int]string {
			t.Helper()
			o.Target, o.Guided = v.target(), guided
			old := v.apply(t, o.Target, false)
			o.Target.Replace = old.ClientID
			o.Target.Integration += "-new"

			var asking sync.WaitGroup
			ctx, stop := context.WithCancel(t.Context())
			tokens := 0
			asking.Go(func() {
				// With a pause, or the asking is most of what the machine does.
				for ; ctx.Err() == nil; tokens++ {
					select {
					case <-ctx.Done():
					case <-time.After(20 * time.Millisecond):
					}
					if err := v.token(t.Context(), o.Target, tokens%2 == 0); err != nil {
						t.Errorf("token %d: %v", tokens+1, err)
						return
					}
				}
			})
			defer func() {
				stop()
				asking.Wait()
			}()
			killed := v.start(o, at, late)
			writes := maps.Clone(v.killer.writes)
			if wanted := at > 0 || o.PauseAt != ""; killed != wanted {
				t.Errorf("killed: %v, want %v", killed, wanted)
			}
			result := v.apply(t, o.Target, guided)
			stop()
			asking.Wait()
			if result.ClientID == old.ClientID || tokens == 0 {
				t.Errorf("the integration is %s still, %d tokens", result.ClientID, tokens)
			}
			if err := v.token(t.Context(), o.Target, false); err != nil {
				t.Error(err)
			}
			return writes
		}
		writes := try(t, orders{}, 0, false)
		if want := map[bool]int{false: 7, true: 4}[guided]; len(writes) != want {
			t.Fatalf("guided %v: the requests that change something are %v, want %d", guided, writes, want)
		}
		for _, end := range endings(writes) {
			t.Run(fmt.Sprintf("guided %v, %s", guided, end), func(t *testing.T) { try(t, orders{}, end.at, end.late) })
		}
		t.Run(fmt.Sprintf("guided %v, during the pause", guided), func(t *testing.T) {
			try(t, orders{PauseAt: prepare.Done, PauseOn: "prepare.PromoteKey"}, 0, false)
		})
	}
}

// A guided preparation that is killed anywhere goes on with the same key and, as
// far as the person remembers it, the same integration.
func TestKilledGuidedPreparationIsHealed(t *testing.T) {
	v := startVictims(t)
	try := func(t *testing.T, o orders, at int, late bool) {
		t.Helper()
		o.Target, o.Guided = v.target(), true
		if killed := v.start(o, at, late); killed != (at > 0 || o.PauseAt != "") {
			t.Fatal("killed:", killed)
		}
		v.apply(t, o.Target, true)
		v.heals(t, o.Target) // one with an admin client finds nothing to do, and looks at all of it
	}
	try(t, orders{}, 0, false)
	writes := maps.Clone(v.killer.writes)
	if len(writes) != 2 {
		t.Fatalf("the requests that change something are %v; the key and the client id are wanted", writes)
	}
	for _, end := range endings(writes) {
		t.Run(end.String(), func(t *testing.T) { try(t, orders{}, end.at, end.late) })
	}
	for _, action := range []string{"prepare.RegisterByHand", "prepare.EditFile"} {
		for _, stage := range []prepare.Stage{prepare.Started, prepare.Done} {
			t.Run(action+" "+string(stage), func(t *testing.T) { try(t, orders{PauseAt: stage, PauseOn: action}, 0, false) })
		}
	}
}

// A leg that is killed at any change is ended by running it again, and the others
// go on from there.
func TestKilledLegIsHealed(t *testing.T) {
	v := startVictims(t)
	legs := []prepare.Leg{prepare.KeyLeg, prepare.PortalLeg, prepare.StoreLeg}
	try := func(t *testing.T, o orders, leg prepare.Leg, at int, late bool) map[int]string {
		t.Helper()
		var writes map[int]string
		target := v.target()
		target.Registration = filepath.Join(t.TempDir(), "registration.json")
		for _, target.Leg = range legs {
			if target.Leg == leg {
				o.Target = target
				if killed := v.start(o, at, late); killed != (at > 0 || o.PauseAt != "") {
					t.Fatal("killed:", killed)
				}
				writes = maps.Clone(v.killer.writes)
			}
			v.apply(t, target, target.Leg == prepare.StoreLeg)
		}
		target.Leg = prepare.Whole
		v.heals(t, target)
		return writes
	}
	for i, leg := range legs {
		writes := try(t, orders{}, leg, 0, false)
		if want := []int{1, 2, 1}[i]; len(writes) != want {
			t.Fatalf("the requests of leg %s that change something are %v, want %d", leg, writes, want)
		}
		for _, end := range endings(writes) {
			t.Run(fmt.Sprintf("leg %s, %s", leg, end), func(t *testing.T) { try(t, orders{}, leg, end.at, end.late) })
		}
		action := []string{"prepare.WriteRegistration", "prepare.WriteRegistration", "prepare.EditFile"}[i]
		for _, stage := range []prepare.Stage{prepare.Started, prepare.Done} {
			t.Run(fmt.Sprintf("leg %s, %s %s", leg, action, stage), func(t *testing.T) {
				try(t, orders{PauseAt: stage, PauseOn: action}, leg, 0, false)
			})
		}
	}
}
