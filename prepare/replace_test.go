package prepare_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

const nextSecret = "stafett--replacement--MaskinportenSettings--EncodedJwk"

// replacing has everything in place, for another key than the one that tests make
// room for, and the integration to be replaced.
func replacing(w *world) {
	w.secrets[clientSecret] = "client-old"
	w.secrets[keySecret] = another().Encoded().Reveal()
	w.existing(selfservice.Integration{ClientID: "client-old", Name: name, Scopes: []string{readScope, writeScope}}, another().Public())
	w.target.Replace = "client-old"
}

// The intent of each plan on the way from one integration to another.
func TestPlansOfReplacement(t *testing.T) {
	t.Parallel()
	begun := func(w *world) {
		replacing(w)
		w.secrets[nextSecret] = aKey().Encoded().Reveal()
	}
	registered := func(w *world) {
		begun(w)
		w.existing(selfservice.Integration{ClientID: "client-new", Name: name, Scopes: []string{readScope, writeScope}}, aKey().Public())
	}
	bridge := func(w *world) {
		w.keys["client-old"] = setOf(another().Public(), aKey().Public())
	}
	for _, test := range []struct {
		name   string
		guided bool
		world  func(w *world)
	}{
		{"replace", false, replacing},
		{"replace-begun", false, begun},
		{"replace-registered", false, registered},
		{"replace-bridged", false, func(w *world) {
			registered(w)
			bridge(w)
		}},
		{"replace-key-promoted", false, func(w *world) {
			registered(w)
			bridge(w)
			w.secrets[keySecret] = w.secrets[nextSecret]
		}},
		{"replace-client-id-stored", false, func(w *world) {
			registered(w)
			w.secrets[keySecret], w.secrets[clientSecret] = w.secrets[nextSecret], "client-new"
		}},
		{"replace-done", false, func(w *world) {
			registered(w)
			w.secrets[keySecret], w.secrets[clientSecret] = w.secrets[nextSecret], "client-new"
			w.secrets[nextSecret] = "no key is waiting here"
		}},
		{"replace-given-up", false, func(w *world) {
			begun(w)
			w.target.Replace = ""
		}},
		{"replace-client-that-is-gone", false, func(w *world) {
			replacing(w)
			w.integrations, w.keys = nil, map[string]jwk.Set{}
		}},
		{"replace-client-of-another-type", false, func(w *world) {
			replacing(w)
			w.integrations[0].IntegrationType = "idporten"
		}},
		{"replace-client-with-a-full-key-set", false, func(w *world) {
			replacing(w)
			w.keys["client-old"] = setOf(another().Public(), other("b"), other("c"), other("d"), other("e"))
		}},
		{"replace-client-with-an-expired-key-of-five", false, func(w *world) {
			replacing(w)
			w.keys["client-old"] = setOf(another().Public(), other("b"), other("c"), other("d"), expired())
		}},
		{"replace-client-whose-key-is-lost", false, func(w *world) {
			replacing(w)
			w.secrets[keySecret] = "hemmelig"
		}},
		{"replace-another-than-the-vault-has", false, func(w *world) {
			replacing(w)
			w.target.Replace = "client-before"
		}},
		{"replace-guided", true, replacing},
		{"replace-guided-client-that-is-gone", true, func(w *world) {
			replacing(w)
			w.integrations = nil
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fitted)
			test.world(w)
			if test.guided {
				w.guided()
			}
			w.checkPlan(test.name)
		})
	}
}

// works reports whether Maskinporten gives a token for what the vault holds.
func (w *world) works() error {
	key, err := jwk.ParseEncoded(secret.New(w.secrets[keySecret]))
	if err != nil {
		return err
	}
	return fakeMaskinporten{w}.check(w.secrets[clientSecret], key, []string{readScope, writeScope})
}

// From the first change to the last, what the vault holds gives a token, however
// far the replacement has come; one that is stopped anywhere is ended by another
// run, and a run after that has nothing to do.
func TestReplacementKeepsTheApplicationWorking(t *testing.T) {
	t.Parallel()
	for _, guided := range []bool{false, true} {
		changes := 7 // key, integration, its key, bridge, promotion, client id, first place
		if guided {
			changes = 4 // those of the vault
		}
		for at := 0; at <= changes; at++ {
			for _, late := range []bool{false, true} {
				t.Run(fmt.Sprintf("guided %v, stopped at %d, took effect %v", guided, at, late), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, fitted)
					w.poll = time.Microsecond
					replacing(w)
					if guided {
						w.guided().instead = func(_ int, errand prepare.Errand) (string, error, bool) {
							if len(w.integrations) == 2 && errand.Kind == prepare.RegisterIntegration {
								return w.integrations[1].ClientID, nil, true // made already
							}
							return "", nil, false
						}
					}
					w.crashAt, w.crashLate = at, late
					w.changed = func(entry string) {
						if err := w.works(); err != nil {
							t.Errorf("after %q: %v", entry, err)
						}
					}
					_, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil)
					if stopped := at > 0; errors.Is(err, errCrash) != stopped || err != nil && !stopped {
						t.Fatal(err)
					}
					w.crashAt = 0
					result, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil)
					if err != nil || len(result.Warnings) != 0 {
						t.Fatal(err, result.Warnings)
					}
					if plan := w.mustPlan(); !plan.IsEmpty() {
						t.Errorf("still to do: %s", plan)
					}
					if w.secrets[clientSecret] != "client-2" || len(w.integrations) != 2 || w.secrets[nextSecret] != "no key is waiting here" || w.works() != nil {
						t.Errorf("client id %s of %d, %v", w.secrets[clientSecret], len(w.integrations), w.works())
					}
					if w.disabled[nextSecret] {
						t.Error("a secret is disabled that an application may have listed and is about to read")
					}
					if set := w.keys["client-2"]; len(set.Keys) != 1 {
						t.Errorf("the new integration has %d keys", len(set.Keys))
					}
				})
			}
		}
	}
}

// refusingPortal takes no second integration with the same key.
type refusingPortal struct{ fakePortal }

func (p refusingPortal) ReplaceKeys(ctx context.Context, id string, set jwk.Set) (jwk.Set, error) {
	if id == "client-old" {
		return jwk.Set{}, &selfservice.Error{Status: 409, Code: "conflict"}
	}
	return p.fakePortal.ReplaceKeys(ctx, id, set)
}

// Where the old integration cannot have the new key, the window is told with its
// length, and is the only time at which the vault holds what does not work.
func TestReplacementWithoutABridge(t *testing.T) {
	t.Parallel()
	for name, prepareWorld := range map[string]func(w *world, systems *prepare.Systems){
		"the portal refuses": func(w *world, systems *prepare.Systems) { systems.Integrations = refusingPortal{fakePortal{w}} },
		"a full key set": func(w *world, _ *prepare.Systems) {
			w.keys["client-old"] = setOf(another().Public(), other("b"), other("c"), other("d"), other("e"))
		},
		"the person skips it": func(w *world, systems *prepare.Systems) {
			w.guided().instead = func(_ int, errand prepare.Errand) (string, error, bool) {
				return "", prepare.ErrSkipped, errand.MaySkip
			}
			*systems = w.systems()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fitted)
			replacing(w)
			systems := w.systems()
			prepareWorld(w, &systems)
			state, err := prepare.Read(t.Context(), systems, w.target)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := prepare.NewPlan(state)
			if err != nil {
				t.Fatal(err)
			}
			var broken []string
			w.changed = func(entry string) {
				if w.works() != nil {
					broken = append(broken, entry)
				}
			}
			result, err := prepare.Apply(t.Context(), systems, plan, nil)
			if err != nil || len(result.Warnings) != 1 || !strings.HasPrefix(result.Warnings[0], "for ") {
				t.Fatalf("%v, %q", err, result.Warnings)
			}
			if !slices.Equal(broken, []string{"set " + keySecret}) {
				t.Errorf("the vault held what gives no token after %q", broken)
			}
		})
	}
}

// An old integration that gives no token as it is needs no bridge, and is not
// given the new key.
func TestReplacementOfWhatDoesNotWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fitted)
	replacing(w)
	w.integrations[0].Scopes = nil
	result, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil)
	if err != nil || len(result.Warnings) != 0 || len(w.keys["client-old"].Keys) != 1 || w.works() != nil {
		t.Errorf("%+v, %v", result, err)
	}
}

// A new key has another id than the one that the settings give whatever key is in
// the vault, so the application would get no token with it from either integration.
func TestReplacementUnderAFixedKeyID(t *testing.T) {
	t.Parallel()
	fixed := strings.Replace(fitted, `"ClientId"`, `"Kid": "from-the-web-page", "ClientId"`, 1)
	for _, test := range []struct {
		settings, inVault, where string
		guided                   bool
	}{
		{fixed, "", "appsettings.json:5", false},
		{fixed, "", "appsettings.json:5", true},
		{fitted, "MaskinportenSettings--Kid", "the secret MaskinportenSettings--Kid", false},
	} {
		w := newWorld(t, test.settings)
		replacing(w)
		if test.inVault != "" {
			w.secrets[test.inVault] = "from-the-web-page"
		}
		old := another().Public()
		old.KeyID = "from-the-web-page"
		w.keys["client-old"] = setOf(old)
		if test.guided {
			w.guided()
		}
		_, err := w.plan()
		refused, ok := errors.AsType[*prepare.KeyIDOverrideError](err)
		if !ok || !strings.Contains(refused.Error(), test.where+" sets MaskinportenSettings:Kid") || !strings.Contains(refused.Remedy(), "remove Kid there") {
			t.Errorf("%+v: %v", test, err)
		}
	}
}

func TestReplacementIsDoneByOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fitted)
	replacing(w)
	w.target.Leg, w.target.Registration = prepare.KeyLeg, w.dir+"/registration.json"
	if _, err := w.plan(); err == nil || !strings.Contains(err.Error(), "cannot be replaced in legs") {
		t.Error(err)
	}
}

// A key is not put beside another client id than the one that it was bridged for.
func TestReplacementOfAnotherMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fitted)
	replacing(w)
	_, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), func(e prepare.Event) {
		if _, bridged := e.Action.(prepare.BridgeKey); bridged && e.Stage == prepare.Done {
			w.secrets[clientSecret] = "client-of-another"
		}
	})
	if !as[*prepare.StaleError](err) || w.secrets[keySecret] != another().Encoded().Reveal() {
		t.Errorf("%v; the application's key is the old one: %v", err, w.secrets[keySecret] == another().Encoded().Reveal())
	}
}
