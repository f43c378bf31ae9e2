package rotate_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/rotate"
)

// A rotation with a reader at start-up: it stops before the old key goes, says what
// is awaited, and ends when it is told.
func TestRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	foreign(w, 100)
	w.unheard = 2
	noted := w.secrets[keySecret]
	noted.Tags = map[string]string{"kostnadssted": "4711"}
	w.secrets[keySecret] = noted

	result, err := w.rotate()
	awaited, ok := errors.AsType[*rotate.AwaitError](err)
	if !ok || len(awaited.Awaited) != 1 || !awaited.Awaited[0].Until.IsZero() || !awaited.Awaited[0].Since.Equal(start) {
		t.Fatalf("%v", err)
	}
	if remedy := awaited.Remedy(); remedy != "deploy or restart the application; then run: stafett rotate --finish" {
		t.Error(remedy)
	}
	second := w.inVault(keySecret)
	if result.Key.KeyID != second.KeyID() || result.Key.Alert != -1 || !result.Proved || len(result.Done) != 4 || len(result.Remaining) != 1 || len(result.Awaiting) != 1 {
		t.Errorf("%+v", result)
	}
	if !w.works(firstKey()) || !w.works(second) || second.KeyID() == firstKey().KeyID() {
		t.Error("both keys must work")
	}
	stored := w.secrets[keySecret]
	want := map[string]string{
		"made-by": "stafett", "kid": second.KeyID(), "thumbprint": thumbprint(second), "kostnadssted": "4711",
		"replaced-kid": firstKey().KeyID(), "replaced-thumbprint": thumbprint(firstKey()),
	}
	if fmt.Sprint(stored.Tags) != fmt.Sprint(want) || !stored.Expires.Equal(start.AddDate(1, 0, 0)) || stored.ContentType != "application/jwk+json;base64" {
		t.Errorf("stored with %v until %s as %q", stored.Tags, stored.Expires, stored.ContentType)
	}
	if _, err := jwk.ParseEncoded(w.secrets[nextSecret].Value); err == nil {
		t.Error("a key still waits to be published")
	}

	if _, err := w.rotate(); !errors.As(err, &awaited) {
		t.Errorf("a second run: %v", err)
	}
	w.target.Finish = true
	if result, err = w.rotate(); err != nil || len(result.Done) != 1 || len(result.Awaiting) != 0 {
		t.Errorf("%+v, %v", result, err)
	}
	if got := w.registered(); !slices.Equal(got, []string{"foreign-1", second.KeyID()}) {
		t.Errorf("registered are %v", got)
	}
	if end := time.Unix(*w.keys.Keys[0].Expires, 0).UTC(); !end.Equal(start.AddDate(0, 0, 100)) {
		t.Errorf("somebody else's key ends on %s now", end)
	}
	if plan, err := w.rotation(); err != nil || !plan.IsEmpty() || len(plan.Warnings) != 0 {
		t.Errorf("another run would do:\n%s%v", plan, err)
	}
}

// Digdir's API has no compare-and-swap: whoever read the key set before the new key
// was added, and posts it afterwards, takes it out again. The next run puts it back,
// and only then takes out the old one.
func TestKeyThatWasTakenOutIsPutBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := slices.Clone(w.keys.Keys)
	if _, err := w.rotate(); !as[*rotate.AwaitError](err) {
		t.Fatal(err)
	}
	second := w.inVault(keySecret)
	w.keys.Keys = before
	if w.works(second) {
		t.Fatal("the new key is still registered")
	}
	w.unheard = 2
	result, err := w.rotate()
	if !as[*rotate.AwaitError](err) || !result.Proved || len(result.Done) != 1 || !w.works(second) || !w.works(firstKey()) {
		t.Errorf("%+v, %v", result, err)
	}
	w.keys.Keys, w.target.Finish = before, true
	result, err = w.rotate()
	if err != nil || !result.Proved || len(result.Done) != 2 || result.Key.KeyID != second.KeyID() || result.Key.Alert != -1 {
		t.Errorf("%+v, %v", result, err)
	}
	if got := w.registered(); !slices.Equal(got, []string{second.KeyID()}) || !w.works(second) {
		t.Errorf("registered are %v", got)
	}
}

// Each who is awaited is told with what ends the waiting.
func TestAwaitErrorRemedies(t *testing.T) {
	t.Parallel()
	app, service := rotate.Reader{Name: "fts/barmarkskjoring"}, rotate.Reader{Name: "stafett serve"}
	every := rotate.Awaited{Reader: rotate.Reader{Name: "en", Rereads: 5 * time.Minute}, Since: start, Until: start.Add(12 * time.Minute)}
	for _, test := range []struct {
		awaited      []rotate.Awaited
		text, remedy string
	}{
		{[]rotate.Awaited{{Reader: app, Since: start}, {Reader: service, Since: start}},
			"fts/barmarkskjoring reads the secrets when it starts, and must be started after 2026-11-22T12:00:00Z; stafett serve reads",
			"deploy or restart fts/barmarkskjoring and stafett serve; then run: stafett rotate --finish"},
		{[]rotate.Awaited{every}, "en reads the secrets every 5m, and has surely done so by 2026-11-22T12:12:00Z",
			"after 2026-11-22T12:12:00Z, run: stafett rotate"},
		{[]rotate.Awaited{{Secret: "b--EncodedJwk", Since: start}, {Reader: app, Since: start}, every}, "the secret b--EncodedJwk holds the same key",
			"rotate the key of the section that b--EncodedJwk belongs to; then deploy or restart fts/barmarkskjoring; then after 2026-11-22T12:12:00Z, run: stafett rotate --finish"},
	} {
		err := &rotate.AwaitError{ClientID: clientID, KeyIDs: []string{"gammel"}, Awaited: test.awaited}
		if text := err.Error(); !strings.HasPrefix(text, "key gammel stays on integration "+clientID+" for now: ") || !strings.Contains(text, test.text) {
			t.Error(text)
		}
		if err.Remedy() != test.remedy {
			t.Error(err.Remedy())
		}
	}
}

// --finish is about what was published before, not by the same run.
func TestFinishDoesNotReachWhatItPublishes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store(builtIn, firstKey().Encoded().Reveal())
	waiting(w)
	published(w)
	w.target.Finish = true
	if _, err := w.rotate(); !as[*rotate.AwaitError](err) {
		t.Errorf("%v", err)
	}
	if !w.works(firstKey()) {
		t.Error("the old key is gone, and nobody can have read the new one")
	}
}

// Readers that read again are waited for as long as allowed, then the old key goes.
func TestRotationWaitsForReaders(t *testing.T) {
	for _, test := range []struct {
		wait time.Duration
		ends bool
	}{{12 * time.Minute, true}, {12*time.Minute - 1, false}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.target.Readers, w.target.Wait = rereads(5*time.Minute), test.wait
			before := time.Now()
			_, err := w.rotate()
			if ended := err == nil; ended != test.ends {
				t.Fatalf("allowed to wait for %s: %v", test.wait, err)
			}
			if test.ends != !w.works(firstKey()) {
				t.Error("the old key works", w.works(firstKey()))
			}
			if waited := time.Since(before).Round(time.Second); test.ends && waited != 12*time.Minute {
				t.Errorf("waited for %s", waited)
			}
			if awaited, ok := errors.AsType[*rotate.AwaitError](err); !test.ends && (!ok || !strings.HasPrefix(awaited.Remedy(), "after 2026-11-22T12:12:00Z, run: stafett rotate")) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A rotation that is stopped while it waits leaves the old key.
func TestStoppedWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.target.Readers, w.target.Wait = rereads(5*time.Minute), time.Hour
		plan, err := w.rotation()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errCrash)
		defer cancel()
		if _, err = rotate.Apply(ctx, w.systems(), plan, nil); !errors.Is(err, errCrash) || !w.works(firstKey()) {
			t.Errorf("%v", err)
		}
	})
}

// Wherever it stops, before a change or after it, both those who have read the vault
// before and those who read it then have a key that works; and going on ends with one
// new key, whatever others have done meanwhile left alone.
func TestRotationStopsAnywhere(t *testing.T) {
	t.Parallel()
	for _, families := range [][]string{{keySecret}, {keySecret, builtIn}} {
		changes := 4 + len(families)
		for at := 1; at <= changes; at++ {
			for _, late := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d secrets, change %d, late %v", len(families), at, late), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t)
					delete(w.secrets, keySecret)
					for _, name := range families {
						w.store(name, firstKey().Encoded().Reveal())
					}
					w.target.Readers, w.target.OlderThan = rereads(time.Minute), days(1)
					w.now = w.now.Add(days(2))
					begun := w.now
					w.crashAt, w.crashLate = at, late
					for attempt := 0; ; attempt++ {
						if attempt == 5 {
							t.Fatal("it does not come to an end")
						}
						_, err := w.rotate()
						for _, name := range families {
							if !w.works(w.inVault(name)) {
								t.Fatalf("after %v the key in %s does not work", w.log, name)
							}
						}
						if err == nil {
							break
						}
						if !w.works(firstKey()) && w.now.Equal(begun) {
							t.Fatalf("after %v the old key does not work", w.log)
						}
						if as[*rotate.AwaitError](err) {
							w.now = w.now.Add(time.Hour)
						} else if !errors.Is(err, errCrash) {
							t.Fatal(err)
						}
					}
					again := 0
					if !late {
						again = 1
					}
					if w.changes != changes+again {
						t.Errorf("%d changes: %v", w.changes, w.log)
					}
					key := w.inVault(families[0])
					if got := w.registered(); !slices.Equal(got, []string{key.KeyID()}) || key.KeyID() == firstKey().KeyID() {
						t.Errorf("registered are %v", got)
					}
					for _, name := range families {
						if w.inVault(name).KeyID() != key.KeyID() {
							t.Error("the secrets hold different keys")
						}
					}
					if plan, err := w.rotation(); err != nil || !plan.IsEmpty() {
						t.Errorf("another run would do:\n%s%v", plan, err)
					}
				})
			}
		}
	}
}

// What somebody else changes meanwhile is found before it is built on.
func TestRotationMeetsOthers(t *testing.T) {
	t.Parallel()
	finishing := func(w *world) { published(w); w.target.Finish = true }
	for _, test := range []struct {
		name      string
		world     func(w *world)
		meanwhile func(w *world)
		is        func(error) bool
	}{
		{"another rotation has made a key", func(*world) {}, waiting, as[*prepare.StaleError]},
		{"another rotation has made another key", waiting, func(w *world) { w.store(nextSecret, foreignKey().Encoded().Reveal()) }, as[*prepare.StaleError]},
		{"another key was stored", func(w *world) { waiting(w); w.register(secondKey(), 365) },
			func(w *world) { w.store(keySecret, foreignKey().Encoded().Reveal()) }, as[*prepare.StaleError]},
		{"the client was replaced", func(w *world) { waiting(w); w.register(secondKey(), 365) },
			func(w *world) { w.store(clientSecret, "another-client") }, as[*prepare.StaleError]},
		{"the client was replaced before the old key goes", finishing,
			func(w *world) { w.store(clientSecret, "another-client") }, as[*prepare.StaleError]},
		{"the set is full now", waiting, func(w *world) { foreign(w, 1, 2, 3, 4) }, as[*prepare.KeySetFullError]},
		{"another key was stored before the old one goes", finishing,
			func(w *world) { w.store(keySecret, firstKey().Encoded().Reveal()) }, as[*prepare.StaleError]},
		{"the new key has left the set", finishing, func(w *world) { w.keys.Keys = w.keys.Keys[:1] }, as[*prepare.ProofError]},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.world(w)
			plan, err := w.rotation()
			if err != nil {
				t.Fatal(err)
			}
			test.meanwhile(w)
			systems := w.systems()
			systems.PropagationLimit = 10 * time.Millisecond
			if _, err = rotate.Apply(t.Context(), systems, plan, nil); err == nil || !test.is(err) {
				t.Errorf("%v", err)
			}
			remedyOf(t, err)
			if w.changes != 0 || !w.works(firstKey()) {
				t.Errorf("it went on: %v", w.log)
			}
		})
	}
}

// Another run adds its key to the set, and publishes it, when this one has read the set
// and not yet posted it. What it takes out so is put back.
func TestKeyThatIsTakenOutByThisRun(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		world func(w *world)
		plan  func(rotate.State) (rotate.Plan, error)
	}{
		{"by removing the old key", func(w *world) { published(w); w.target.Finish = true }, rotate.NewRotation},
		{"by renewing the key", func(w *world) { w.now = w.now.Add(days(340)) }, rotate.NewRenewal},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.world(w)
			w.between = func() {
				w.register(foreignKey(), 365)
				dated := w.secrets[keySecret] // a renewal dates the version that it has read
				dated.Value = foreignKey().Encoded()
				w.secrets[keySecret] = dated
			}
			result, err := w.apply(test.plan)
			if !w.works(foreignKey()) || len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0], "key somebody-elses, which another run has published,") {
				t.Errorf("registered are %v, told is %q, %v", w.registered(), result.Warnings, err)
			}
		})
	}
}

// Somebody who had read the key set before, and posts it afterwards, takes the new key
// out again. That is found, and going on registers it again.
func TestNewKeyIsLostToAnotherPost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	waiting(w)
	plan, err := w.rotation()
	if err != nil {
		t.Fatal(err)
	}
	_, err = rotate.Apply(t.Context(), w.systems(), plan, func(e prepare.Event) {
		if _, stored := e.Action.(rotate.StoreKey); stored && e.Stage == prepare.Done {
			w.keys.Keys = w.keys.Keys[:1]
		}
	})
	if !as[*prepare.StaleError](err) {
		t.Fatalf("%v", err)
	}
	if _, err := w.rotate(); !as[*rotate.AwaitError](err) || !w.works(w.inVault(keySecret)) || !w.works(firstKey()) {
		t.Errorf("%v, registered are %v", err, w.registered())
	}
}

// A refusal leaves all as it is; the vault is the first to be written.
func TestVaultThatRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.refused[nextSecret] = true
	if _, err := w.rotate(); err == nil || w.changes != 0 {
		t.Errorf("%v after %v", err, w.log)
	}
}

// Whoever is told sees each step, the proof, and no key.
func TestEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.unheard = 1
	w.target.Readers = rereads(time.Nanosecond)
	w.target.Margin = time.Nanosecond
	w.target.Wait = time.Second
	plan, err := w.rotation()
	if err != nil {
		t.Fatal(err)
	}
	var stages []prepare.Stage
	var text strings.Builder
	if _, err := rotate.Apply(t.Context(), w.systems(), plan, func(e prepare.Event) {
		stages = append(stages, e.Stage)
		fmt.Fprintf(&text, "%+v\n", e)
	}); err != nil {
		t.Fatal(err)
	}
	done := func(n int) []prepare.Stage {
		return slices.Repeat([]prepare.Stage{prepare.Started, prepare.Done}, n)
	}
	want := slices.Concat(done(2), []prepare.Stage{prepare.Proving, prepare.Waiting, prepare.Proved}, done(2), []prepare.Stage{prepare.Waiting}, done(1))
	if !slices.Equal(stages, want) {
		t.Errorf("told %v", stages)
	}
	if strings.Contains(text.String(), w.inVault(keySecret).Encoded().Reveal()[:40]) {
		t.Error("an event shows the key")
	}
}
