package prepare_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

// holdsTogether checks that everything is in place and belongs together.
func (w *world) holdsTogether() {
	w.t.Helper()
	key, err := jwk.ParseEncoded(secret.New(w.secrets[keySecret]))
	if err != nil {
		w.t.Fatalf("the vault's key: %v", err)
	}
	if len(w.integrations) != 1 {
		w.t.Fatalf("%d integrations", len(w.integrations))
	}
	integration := w.integrations[0]
	if w.secrets[clientSecret] != integration.ClientID || integration.Name != name || !slices.Equal(integration.Scopes, []string{readScope, writeScope}) {
		w.t.Errorf("client id %q, integration %+v", w.secrets[clientSecret], integration)
	}
	if !strings.Contains(integration.Description, thumbprint(w.t, key)) {
		w.t.Errorf("the description %q does not carry the key", integration.Description)
	}
	set := w.keys[integration.ClientID]
	if registered, found := set.Find(key.KeyID()); !found || len(set.Keys) != 1 || registered.Modulus != key.Public().Modulus {
		w.t.Errorf("the key set is %+v", set)
	}
	if got := w.settings(); got != fitted {
		w.t.Errorf("appsettings.json is\n%s", got)
	}
	if len(w.secrets) != 2 {
		w.t.Errorf("%d secrets", len(w.secrets))
	}
	plan := w.mustPlan()
	if !plan.IsEmpty() {
		w.t.Errorf("a second run would do:\n%s", plan)
	}
}

func TestApplyFromNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, guideSection)
	var events []string
	var made string
	result, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), func(e prepare.Event) {
		action := ""
		if e.Action != nil {
			action = fmt.Sprintf(" %T", e.Action)
		}
		events = append(events, string(e.Stage)+action)
		if _, ok := e.Action.(prepare.MakeKey); ok && e.Stage == prepare.Done {
			made = e.Detail
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	w.holdsTogether()
	if result.ClientID != "client-1" || !result.Proved || len(result.Done) != 5 || len(result.Remaining) != 0 ||
		!strings.HasPrefix(result.KeyID, "fts-tt02-") || !strings.Contains(made, result.Thumbprint) {
		t.Errorf("%+v", result)
	}
	want := []string{
		"started prepare.MakeKey", "done prepare.MakeKey",
		"started prepare.CreateIntegration", "done prepare.CreateIntegration",
		"started prepare.PublishKey", "done prepare.PublishKey",
		"proving", "proved",
		"started prepare.StoreClientID", "done prepare.StoreClientID",
		"started prepare.EditFile", "done prepare.EditFile",
	}
	if !slices.Equal(events, want) {
		t.Errorf("events %q", events)
	}
	// The first thing that is written anywhere is the vault.
	first := slices.IndexFunc(w.log, func(entry string) bool {
		return strings.HasPrefix(entry, "set ") || strings.HasPrefix(entry, "create ")
	})
	if w.log[first] != "set "+keySecret {
		t.Errorf("the first change is %q", w.log[first])
	}
	info, err := os.Stat(filepath.Join(w.dir, "appsettings.json"))
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(w.dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("files left behind: %v, %v", entries, err)
	}

	again, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil)
	if err != nil || again.ClientID != "client-1" || again.KeyID != result.KeyID || len(again.Done) != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
}

// A stop at any change, whether or not it still took effect, is healed by
// planning and applying again.
func TestStopAtAnyChangeIsHealed(t *testing.T) {
	t.Parallel()
	const changes = 5
	for at := 1; at <= changes; at++ {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprintf("change %d, took effect %v", at, late), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, guideSection)
				w.crashAt, w.crashLate = at, late
				result, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil)
				if !errors.Is(err, errCrash) || len(result.Done) != at-1 || len(result.Remaining) != changes-at+1 {
					t.Fatalf("%v, %d done, %d remaining", err, len(result.Done), len(result.Remaining))
				}
				w.crashAt = 0
				if _, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil); err != nil {
					t.Fatal(err)
				}
				w.holdsTogether()
			})
		}
	}
}

// A plan may be applied a part at a time, each part planned from the state that
// the one before left.
func TestFirstActionsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, guideSection)
	systems := w.systems()
	systems.PropagationLimit = time.Millisecond
	for i := range 5 {
		plan := w.mustPlan()
		plan.Actions = plan.Actions[:1]
		result, err := prepare.Apply(t.Context(), systems, plan, nil)
		// The integration has no key when it has just been created.
		if created := i == 1; (err != nil) != created || len(result.Done) != 1 {
			t.Errorf("part %d: %v, %+v", i, err, result)
		}
	}
	w.holdsTogether()
}

// What other tools have on the integration stays.
func TestWhatOthersHaveStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, guideSection)
	w.secrets[clientSecret] = "oidc_fts_api"
	w.secrets[keySecret] = aKey().Encoded().Reveal()
	w.existing(selfservice.Integration{ClientID: "oidc_fts_api", Name: "barmark", Scopes: []string{"fts:arkiv"}}, other("studio-1"))
	plan := w.mustPlan()
	// Another tool adds a key and a scope while the plan is looked at.
	w.keys["oidc_fts_api"] = jwk.Set{Keys: []jwk.Public{other("studio-1"), other("studio-2")}}
	w.integrations[0].Scopes = []string{"fts:arkiv", "fts:kart"}
	if _, err := prepare.Apply(t.Context(), w.systems(), plan, nil); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, key := range w.keys["oidc_fts_api"].Keys {
		ids = append(ids, key.KeyID)
	}
	if !slices.Equal(ids, []string{"studio-1", "studio-2", aKey().KeyID()}) {
		t.Errorf("keys %v", ids)
	}
	if got := w.integrations[0]; got.Name != "barmark" || !slices.Equal(got.Scopes, []string{"fts:arkiv", "fts:kart", readScope, writeScope}) {
		t.Errorf("%+v", got)
	}
}

func TestWorldThatChangedSinceThePlan(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(w *world)
		want   string
	}{
		{"another made a key", func(w *world) { w.secrets[keySecret] = another().Encoded().Reveal() }, "the secret " + keySecret},
		{"another made the integration", func(w *world) { w.existing(selfservice.Integration{ClientID: "x", Name: name}) }, "the list of integrations"},
		{"another stored a client id", func(w *world) { w.secrets[clientSecret] = "x" }, "the secret " + clientSecret},
		{"the file was edited", func(w *world) { w.write("appsettings.json", guideSection+"\n") }, "appsettings.json"},
		{"the file was removed", func(w *world) { _ = os.Remove(filepath.Join(w.dir, "appsettings.json")) }, "appsettings.json"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, guideSection)
			plan := w.mustPlan()
			test.change(w)
			_, err := prepare.Apply(t.Context(), w.systems(), plan, nil)
			stale, ok := errors.AsType[*prepare.StaleError](err)
			if !ok || !strings.HasSuffix(stale.What, test.want) || stale.Remedy() == "" {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// Of two preparations that begin at the same time, the one whose key the vault
// does not keep goes no further: the application never gets the client id of one
// key with another.
func TestKeyThatIsReplacedMeanwhile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		after func(prepare.Event) bool
		done  int
	}{
		{"before the integration is created", func(e prepare.Event) bool {
			_, made := e.Action.(prepare.MakeKey)
			return made && e.Stage == prepare.Done
		}, 1},
		{"before the key is registered", func(e prepare.Event) bool {
			_, created := e.Action.(prepare.CreateIntegration)
			return created && e.Stage == prepare.Done
		}, 2},
		{"before the client id is stored", func(e prepare.Event) bool { return e.Stage == prepare.Proved }, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, guideSection)
			result, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), func(e prepare.Event) {
				if test.after(e) {
					w.secrets[keySecret] = another().Encoded().Reveal()
				}
			})
			stale, ok := errors.AsType[*prepare.StaleError](err)
			if !ok || !strings.HasSuffix(stale.What, keySecret) || len(result.Done) != test.done {
				t.Errorf("%d done, error %v", len(result.Done), err)
			}
			if _, stored := w.secrets[clientSecret]; stored || len(w.integrations) != min(test.done-1, 1) || len(w.keys["client-1"].Keys) != max(test.done-2, 0) {
				t.Errorf("client id stored: %v; %d integrations; keys %+v", stored, len(w.integrations), w.keys)
			}
		})
	}
}

var (
	errUnknownKey   = &maskinporten.Error{Status: 400, Code: "invalid_grant", Description: "Unknown key identifier (kid) for client."}
	errNoClient     = &maskinporten.Error{Status: 400, Code: "invalid_grant", Description: "Client not found"}
	errInvalidScope = &maskinporten.Error{Status: 400, Code: "invalid_scope", MPCode: "MP-200"}
	errNotGranted   = &maskinporten.Error{Status: 403, Code: "forbidden", MPCode: "MP-250"}
)

// Only what a change under way explains is waited for, and not for ever. Until
// there is a token, the application gets no client id.
func TestProofWaitsForTheChangeToComeThrough(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		prover func(attempt int) error
		waits  time.Duration
		fails  error
	}{
		{"at once", func(int) error { return nil }, 0, nil},
		{"after a minute", func(attempt int) error {
			return []error{errNoClient, errUnknownKey, errInvalidScope, nil}[min(attempt-1, 12)/4]
		}, time.Minute, nil},
		{"never", func(int) error { return errUnknownKey }, 3 * time.Minute, errUnknownKey},
		{"refused for good", func(int) error { return errNotGranted }, 0, errNotGranted},
		{"refused for good after a while", func(attempt int) error {
			if attempt == 1 {
				return errUnknownKey
			}
			return errNotGranted
		}, 5 * time.Second, errNotGranted},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, guideSection)
				w.prover = test.prover
				start := time.Now()
				result, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil)
				if !errors.Is(err, test.fails) || time.Since(start) != test.waits {
					t.Errorf("%v after %v, want %v", err, time.Since(start), test.waits)
				}
				if test.fails == nil {
					w.prover = nil
					w.holdsTogether()
					return
				}
				proof, ok := errors.AsType[*prepare.ProofError](err)
				if !ok || proof.ClientID != "client-1" || proof.Waited != test.waits || proof.Remedy() == "" {
					t.Errorf("%+v", proof)
				}
				if _, stored := w.secrets[clientSecret]; stored || w.settings() != guideSection || len(result.Remaining) != 2 {
					t.Error("the application was changed without a token")
				}
			})
		})
	}
}

func TestEndOfContext(t *testing.T) {
	t.Parallel()
	stopped := errors.New("stopped by hand")
	t.Run("between two actions", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, guideSection)
		ctx, cancel := context.WithCancelCause(t.Context())
		result, err := prepare.Apply(ctx, w.systems(), w.mustPlan(), func(e prepare.Event) {
			if _, ok := e.Action.(prepare.CreateIntegration); ok && e.Stage == prepare.Started {
				cancel(stopped)
			}
		})
		if !errors.Is(err, stopped) || len(result.Done) != 2 || len(w.integrations) != 1 {
			t.Errorf("%v, %d done", err, len(result.Done))
		}
	})
	t.Run("while waiting", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, guideSection)
			w.prover = func(int) error { return errUnknownKey }
			ctx, cancel := context.WithCancelCause(t.Context())
			_, err := prepare.Apply(ctx, w.systems(), w.mustPlan(), func(e prepare.Event) {
				if e.Stage == prepare.Waiting && e.Elapsed >= 20*time.Second {
					cancel(stopped)
				}
			})
			if !errors.Is(err, stopped) {
				t.Error(err)
			}
		})
	})
}

// Settings alone need no token to be changed.
func TestSettingsAloneAreNotProved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, guideSection)
	ready(w)
	result, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil)
	if err != nil || result.Proved || w.proofs != 0 || w.settings() != fitted {
		t.Errorf("%+v, %v", result, err)
	}
}

// sloppyPortal takes changes with thanks, and makes something else of them.
type sloppyPortal struct{ fakePortal }

func (sloppyPortal) ReplaceKeys(context.Context, string, jwk.Set) (jwk.Set, error) {
	return jwk.Set{}, nil
}

func (p sloppyPortal) Update(_ context.Context, changed selfservice.Integration) (selfservice.Integration, error) {
	changed.Scopes = []string{readScope}
	return changed, nil
}

// What Samarbeidsportalen says that it has is looked at before anything is built
// on it.
func TestChangesThatWereTakenAndNotMade(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		keys []jwk.Public
		want string
	}{
		{"the key", nil, "but does not have key " + aKey().KeyID()},
		{"the scope", []jwk.Public{aKey().Public()}, "but does not have " + writeScope},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, guideSection)
			w.secrets[keySecret] = aKey().Encoded().Reveal()
			w.secrets[clientSecret] = "client-a"
			w.existing(selfservice.Integration{ClientID: "client-a", Name: name, Scopes: []string{readScope}}, test.keys...)
			systems := w.systems()
			systems.Integrations = sloppyPortal{fakePortal{w}}
			_, err := prepare.Apply(t.Context(), systems, w.mustPlan(), nil)
			if err == nil || !strings.Contains(err.Error(), test.want) || w.settings() != guideSection {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// A key set that others have filled since the plan was made is not posted.
func TestKeySetThatFilledMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, guideSection)
	w.secrets[keySecret] = aKey().Encoded().Reveal()
	w.secrets[clientSecret] = "client-a"
	w.existing(selfservice.Integration{ClientID: "client-a", Name: name, Scopes: []string{readScope, writeScope}})
	plan := w.mustPlan()
	var full jwk.Set
	for i := range selfservice.MaximumKeys {
		full.Keys = append(full.Keys, other(fmt.Sprintf("studio-%d", i)))
	}
	w.keys["client-a"] = full
	_, err := prepare.Apply(t.Context(), w.systems(), plan, nil)
	if _, ok := errors.AsType[*prepare.KeySetFullError](err); !ok || len(w.keys["client-a"].Keys) != selfservice.MaximumKeys {
		t.Errorf("error %v", err)
	}
}

func TestKeyAddedToALivingIntegrationIsProved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fitted)
	w.secrets[clientSecret] = "client-a"
	w.existing(selfservice.Integration{ClientID: "client-a", Name: name, Scopes: []string{readScope, writeScope}}, other("old"))
	result, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil)
	if err != nil || !result.Proved || len(w.keys["client-a"].Keys) != 2 {
		t.Errorf("%+v, %v", result, err)
	}
}

// Digdir refuses a whole set for one end that is past, so a key that has expired is
// left out when the set is posted, and takes no room; what lives stays, with its end.
func TestExpiredKeyDoesNotKeepOthersOut(t *testing.T) {
	t.Parallel()
	for name, neighbours := range map[string][]jwk.Public{
		"one of two":  {expired()},
		"one of five": {other("b"), other("c"), other("d"), expired()},
	} {
		w := newWorld(t, fitted)
		w.secrets[clientSecret], w.secrets[keySecret] = "client-a", aKey().Encoded().Reveal()
		ending := other("ending")
		ending.Expires = in(100)
		w.existing(selfservice.Integration{ClientID: "client-a", Name: name, Scopes: []string{readScope, writeScope}}, append(neighbours, ending)...)
		if _, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		set := w.keys["client-a"]
		kept, _ := set.Find("ending")
		if _, has := set.Find("expired"); has || len(set.Keys) != len(neighbours)+1 || kept.Expires == nil || *kept.Expires != *in(100) || w.works() != nil {
			t.Errorf("%s: %+v", name, set)
		}
	}
}
