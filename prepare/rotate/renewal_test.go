package rotate_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/prepare/rotate"
)

// The intent of a renewal, for each state that the world can be in.
func TestRenewals(t *testing.T) {
	t.Parallel()
	dated := func(w *world, name string) {
		stored := w.secrets[name]
		stored.Expires = w.now.AddDate(1, 0, 0)
		w.secrets[name] = stored
	}
	for _, test := range []struct {
		name  string
		world func(w *world)
	}{
		{"renew now", func(w *world) { dated(w, keySecret); w.now = w.now.Add(days(2)) }},
		{"renew just after posting", func(w *world) { dated(w, keySecret) }},
		{"renew young enough", func(w *world) { dated(w, keySecret); w.target.Within = days(30); w.now = w.now.Add(days(300)) }},
		{"renew near its end", func(w *world) { dated(w, keySecret); w.target.Within = days(30); w.now = w.now.Add(days(364)) }},
		{"renew beside others that have expired", func(w *world) { dated(w, keySecret); foreign(w, 1, 10); w.now = w.now.Add(days(2)) }},
		{"renew past its end", func(w *world) { dated(w, keySecret); w.target.Within = days(30); w.now = w.now.Add(days(366)) }},
		{"renewed and not dated", func(w *world) { w.target.Within = days(30) }},
		{"renew two secrets", func(w *world) { w.store(builtIn, firstKey().Encoded().Reveal()); w.now = w.now.Add(days(2)) }},
		{"renew two keys", func(w *world) {
			w.store(builtIn, foreignKey().Encoded().Reveal())
			w.register(foreignKey(), 20)
			w.target.Within = days(30)
		}},
		{"renew while a rotation waits", func(w *world) { published(w); w.now = w.now.Add(days(2)) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.world(w)
			plan, err := w.plan(rotate.NewRenewal)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, test.name, told(w, plan))
		})
	}
}

// The same key lasts a year more, everybody else's as long as before, and no secret
// has a new value.
func TestRenewal(t *testing.T) {
	t.Parallel()
	for _, old := range []int{2, 364, 366} {
		w := newWorld(t)
		foreign(w, 500)
		version := w.secrets[keySecret].Version
		w.now = w.now.Add(days(old))
		if w.works(firstKey()) != (old < 365) {
			t.Fatalf("after %d days", old)
		}
		result, err := w.apply(rotate.NewRenewal)
		end := w.now.AddDate(1, 0, 0)
		if err != nil || !result.Key.Expires.Equal(end) || result.Key.Alert != -1 || len(result.Done) != 2 || len(result.Warnings) != 0 {
			t.Errorf("%+v, %v", result, err)
		}
		if result.Proved != (old > 365) {
			t.Error("a key that was refused is proved, and no other: ", result.Proved)
		}
		stored := w.secrets[keySecret]
		if stored.Version != version || !stored.Expires.Equal(end) || !w.works(firstKey()) {
			t.Errorf("stored %s until %s", stored.Version, stored.Expires)
		}
		if registered, _ := w.keys.Find("foreign-1"); *registered.Expires != start.AddDate(0, 0, 500).Unix() {
			t.Error("somebody else's key ends at another time now")
		}
		if plan, err := w.plan(rotate.NewRenewal); err != nil || !plan.IsEmpty() {
			t.Errorf("another run would do:\n%s%v", plan, err)
		}
	}
}

// Where the end does not move, that is said, and nothing else claims that it did.
func TestRenewalThatDoesNotMoveTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keeps = true
	w.now = w.now.Add(days(340))
	result, err := w.apply(rotate.NewRenewal)
	unmoved, ok := errors.AsType[*rotate.RenewalError](err)
	if !ok || !unmoved.Expires.Equal(start.AddDate(1, 0, 0)) || !strings.Contains(err.Error(), "still ends on 2027-11-22") || !strings.Contains(unmoved.Remedy(), "stafett rotate") {
		t.Errorf("%v", err)
	}
	if result.Key.DaysLeft != 25 || result.Key.Alert != 30 || !w.secrets[keySecret].Expires.IsZero() || !w.works(firstKey()) {
		t.Errorf("%+v, the secret is dated %s", result, w.secrets[keySecret].Expires)
	}
}

// A crash after the key was posted leaves the date on the secret, and no more.
func TestRenewalStopsAnywhere(t *testing.T) {
	t.Parallel()
	for at := 1; at <= 2; at++ {
		for _, late := range []bool{false, true} {
			w := newWorld(t)
			w.target.Within = days(30)
			w.now = w.now.Add(days(364))
			w.crashAt, w.crashLate = at, late
			if _, err := w.apply(rotate.NewRenewal); !errors.Is(err, errCrash) {
				t.Fatalf("change %d: %v", at, err)
			}
			if !w.works(firstKey()) {
				t.Errorf("change %d: the key does not work", at)
			}
			if _, err := w.apply(rotate.NewRenewal); err != nil {
				t.Errorf("change %d: %v", at, err)
			}
			if end := w.now.AddDate(1, 0, 0); !w.secrets[keySecret].Expires.Equal(end) || time.Unix(*w.keys.Keys[0].Expires, 0).UTC() != end {
				t.Errorf("change %d: dated %s", at, w.secrets[keySecret].Expires)
			}
		}
	}
}

// Whoever may not write to the vault can renew all the same.
func TestRenewalWithoutWriteAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.now = w.now.Add(days(364))
	w.refused[keySecret] = true
	result, err := w.apply(rotate.NewRenewal)
	if err != nil || len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0], keySecret) || result.Key.DaysLeft < 365 {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestRenewalOfAKeyThatIsNotRegistered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keys = jwk.Set{}
	_, err := w.plan(rotate.NewRenewal)
	if !as[*rotate.NotRegisteredError](err) || !strings.Contains(remedyOf(t, err), "stafett prepare") {
		t.Errorf("%v", err)
	}
}

// A key past its end is mended by a rotation, and by a renewal.
func TestRotationOfAnExpiredKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.now = w.now.Add(days(366))
	w.target.Within = days(30)
	result, err := w.rotate()
	if err != nil || !result.Proved || result.Key.DaysLeft < 365 {
		t.Errorf("%+v, %v", result, err)
	}
	if key := w.inVault(keySecret); !w.works(key) || len(w.keys.Keys) != 1 {
		t.Errorf("registered are %v", w.registered())
	}
}

// A key whose id the settings override is proved under the id that it is registered
// under.
func TestRenewalUnderAnotherID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write(strings.Replace(settings, `"Scope"`, `"Kid": "gammel", "Scope"`, 1))
	w.keys.Keys[0].KeyID = "gammel"
	w.now = w.now.Add(days(366))
	plan, err := w.plan(rotate.NewRenewal)
	if err != nil {
		t.Fatal(err)
	}
	systems := w.systems()
	systems.PropagationLimit = 10 * time.Millisecond
	if result, err := rotate.Apply(t.Context(), systems, plan, nil); err != nil || !result.Proved {
		t.Errorf("%+v, %v", result, err)
	}
}
