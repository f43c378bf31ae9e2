package rotate_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/rotate"
)

// days is a duration of so many days.
func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// waiting puts the second key where it waits to be published.
func waiting(w *world) { w.store(nextSecret, secondKey().Encoded().Reveal()) }

// published makes the second key the one that is read, an hour ago.
func published(w *world) {
	publishedIn(w, keySecret)
	w.register(secondKey(), 365)
}

func publishedIn(w *world, name string) {
	w.store(name, secondKey().Encoded().Reveal())
	stored := w.secrets[name]
	stored.Created = w.now.Add(-time.Hour)
	stored.Expires = w.now.AddDate(1, 0, 0)
	stored.Tags = map[string]string{
		"made-by": "stafett", "kid": secondKey().KeyID(), "thumbprint": thumbprint(secondKey()),
		"replaced-kid": firstKey().KeyID(), "replaced-thumbprint": thumbprint(firstKey()),
	}
	w.secrets[name] = stored
}

// takenOut is what a key set becomes when somebody posts it as it was before the
// second key was added.
func takenOut(w *world) { w.keys.Keys = w.keys.Keys[:1] }

// waitingToo is the key of another rotation that began at the same time.
func waitingToo(w *world) { w.store(nextSecret, foreignKey().Encoded().Reveal()) }

// disable disables a secret.
func disable(w *world, name string) {
	found := w.secrets[name]
	found.Enabled = false
	w.secrets[name] = found
}

// foreign registers keys of somebody else.
func foreign(w *world, days ...int) {
	for i, left := range days {
		end := w.now.AddDate(0, 0, left).Unix()
		public := foreignKey().Public()
		public.KeyID, public.Modulus, public.Expires = fmt.Sprintf("foreign-%d", i+1), fmt.Sprintf("AQA%c", 'B'+i), &end
		w.keys.Keys = append(w.keys.Keys, public)
	}
}

func rereads(every time.Duration) []rotate.Reader {
	return []rotate.Reader{{Name: "stafett serve", Rereads: every}}
}

// The intent of a rotation, for each state that the world can be in: those between
// any two of its requests among them.
func TestRotations(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		world func(w *world)
	}{
		{"now", func(*world) {}},
		{"young enough", func(w *world) { w.target.Within = days(30) }},
		{"near its end", func(w *world) { w.target.Within = days(30); w.now = w.now.Add(days(340)) }},
		{"younger than", func(w *world) { w.target.OlderThan = days(180) }},
		{"older than", func(w *world) { w.target.OlderThan = days(180); w.now = w.now.Add(days(181)) }},
		{"past its end", func(w *world) { w.target.Within = days(30); w.now = w.now.Add(days(370)) }},
		{"not registered", func(w *world) { w.target.Within = days(30); w.keys = jwk.Set{}; foreign(w, 100) }},
		{"finish of nothing", func(w *world) { w.target.Finish = true }},
		{"key waits", waiting},
		{"key waits though it is young", func(w *world) { waiting(w); w.target.Within = days(30) }},
		{"key waits and finish", func(w *world) { waiting(w); w.target.Finish = true }},
		{"published and another key waits", func(w *world) { published(w); waitingToo(w) }},
		{"published and another key waits and finish", func(w *world) { published(w); waitingToo(w); w.target.Finish = true }},
		{"key is registered", func(w *world) { waiting(w); w.register(secondKey(), 365) }},
		{"key is published and still waits", func(w *world) { waiting(w); published(w) }},
		{"key is published in one of two", func(w *world) {
			w.store(builtIn, firstKey().Encoded().Reveal())
			waiting(w)
			published(w)
		}},
		{"two secrets", func(w *world) { w.store(builtIn, firstKey().Encoded().Reveal()) }},
		{"two secrets with two keys", func(w *world) {
			w.store(builtIn, foreignKey().Encoded().Reveal())
			w.register(foreignKey(), 100)
		}},
		{"published to a start-up reader", published},
		{"published to a start-up reader that has been deployed", func(w *world) { published(w); w.target.Finish = true }},
		{"published to a reader that reads again", func(w *world) { published(w); w.target.Readers = rereads(time.Hour) }},
		{"published to a reader that has read again", func(w *world) { published(w); w.target.Readers = rereads(5 * time.Minute) }},
		{"published to both of whom one is deployed", func(w *world) {
			published(w)
			w.target.Readers = append(rereads(time.Hour), rotate.Reader{Name: "fts/barmarkskjoring"})
			w.target.Finish = true
		}},
		{"published and others have expired since", func(w *world) { published(w); foreign(w, -1, 10); w.target.Finish = true }},
		{"finished", func(w *world) { published(w); w.keys.Keys = w.keys.Keys[1:]; w.target.Within = days(30) }},
		{"published long ago and never finished", func(w *world) { published(w); w.now = w.now.Add(days(364)); w.keys.Keys[0].Expires = before(w) }},
		{"published long ago never finished and young", func(w *world) {
			published(w)
			w.keys.Keys[0].Expires = before(w)
			w.target.Within = days(30)
		}},
		{"another section has the key", func(w *world) {
			published(w)
			w.target.Finish = true
			w.store("annenapp--MaskinportenSettings--EncodedJwk", firstKey().Encoded().Reveal())
			w.store("tredjeapp--MaskinportenSettings--EncodedJwk", foreignKey().Encoded().Reveal())
		}},
		{"self-service signs with the key", func(w *world) {
			published(w)
			w.target.Finish, w.target.Keep = true, []string{thumbprint(firstKey())}
		}},
		{"set is full of what has expired", func(w *world) { foreign(w, 10, 10, 10, 10); w.now = w.now.Add(days(20)) }},
		{"key that waits has expired", func(w *world) { waiting(w); w.register(secondKey(), 10); w.now = w.now.Add(days(20)) }},
		{"next secret holds something else", func(w *world) { w.store(nextSecret, "no key is waiting here"); w.target.Within = days(30) }},
		{"next secret is disabled", func(w *world) { waiting(w); disable(w, nextSecret); w.target.Within = days(30) }},
		{"names in other cases", func(w *world) {
			w.store(strings.ToUpper(keySecret), w.secrets[keySecret].Value.Reveal())
			delete(w.secrets, keySecret)
		}},
		{"published and taken out of the set", func(w *world) { published(w); takenOut(w) }},
		{"published and taken out of the set while another waits", func(w *world) {
			published(w)
			takenOut(w)
			foreign(w, -1)
			waitingToo(w)
			w.target.Readers = rereads(5 * time.Minute)
		}},
		{"key replaced by hand afterwards", func(w *world) {
			published(w)
			stored := w.secrets[keySecret]
			stored.Value = foreignKey().Encoded()
			w.secrets[keySecret] = stored
			w.register(foreignKey(), 300)
			w.target.Within = days(30)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.world(w)
			plan, err := w.rotation()
			if err != nil {
				t.Fatal(err)
			}
			if w.changes != 0 {
				t.Errorf("planning changed something: %v", w.log)
			}
			golden(t, test.name, told(w, plan))
		})
	}
}

// before is just before now.
func before(w *world) *int64 {
	at := w.now.Add(-time.Second).Unix()
	return &at
}

// told is a plan as text, without what differs from run to run.
func told(w *world, plan rotate.Plan) string {
	w.t.Helper()
	text := plan.String()
	for _, change := range plan.Changes() {
		text += fmt.Sprintf("\n%s (%s)\n", change.System, change.Name)
		for _, line := range change.Lines {
			text += fmt.Sprintf("  %c %s\n", line.Sign, line.Text)
		}
	}
	key := plan.Key
	text += fmt.Sprintf("\nin use: %s until %s, %d days left, alert %d\n", key.KeyID, key.Expires.Format(time.DateOnly), key.DaysLeft, key.Alert)
	for _, one := range []*jwk.Key{firstKey(), secondKey(), foreignKey()} {
		for _, leak := range []string{one.Encoded().Reveal()[:40], one.PrivateKey().D.Text(16)[:20]} {
			if strings.Contains(text+fmt.Sprintf("%+v %#v", plan, plan), leak) {
				w.t.Error("the plan shows key material")
			}
		}
		text = strings.ReplaceAll(text, thumbprint(one), "[thumbprint of "+one.KeyID()+"]")
	}
	return strings.ReplaceAll(text, w.target.AppDir, "[dir]")
}

// What cannot be planned round is one clear error with a remedy.
func TestWhatCannotBeRotated(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		world func(w *world)
		is    func(error) bool
		want  []string // in the error and its remedy
	}{
		{"no client id", func(w *world) { delete(w.secrets, clientSecret) }, as[*rotate.NotPreparedError], []string{clientSecret, "stafett prepare"}},
		{"no key", func(w *world) { delete(w.secrets, keySecret) }, as[*rotate.NotPreparedError], []string{keySecret, "stafett prepare"}},
		{"disabled key", func(w *world) { disable(w, keySecret) }, as[*rotate.NotPreparedError], []string{keySecret, "disabled"}},
		{"no key, but text", func(w *world) { w.store(keySecret, "hemmelig") }, as[*prepare.KeyError], []string{keySecret}},
		{"secrets swapped", func(w *world) { w.store(clientSecret, firstKey().Encoded().Reveal()) }, as[*prepare.ClientIDError], []string{clientSecret}},
		{"full key set", func(w *world) { foreign(w, 10, 10, 10, 10) }, as[*prepare.KeySetFullError], []string{"fts-tt02-first, foreign-1", "none of them has expired"}},
		{"full key set that a published key was taken out of", func(w *world) { published(w); takenOut(w); foreign(w, 10, 10, 10, 10) },
			as[*prepare.KeySetFullError], []string{"foreign-4"}},
		{"full key set and a key that waits", func(w *world) { foreign(w, 10, 10, 10, 10); waiting(w) }, as[*prepare.KeySetFullError], []string{"foreign-4"}},
		{"key id in a file", func(w *world) { w.write(strings.Replace(settings, `"Scope"`, `"Kid": "gammel", "Scope"`, 1)) },
			as[*prepare.KeyIDOverrideError], []string{"appsettings.json", "MaskinportenSettings:Kid", "remove Kid"}},
		{"key id in the vault", func(w *world) { w.store("MaskinportenSettings--Kid", "gammel") },
			as[*prepare.KeyIDOverrideError], []string{"the secret MaskinportenSettings--Kid"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.world(w)
			_, err := w.rotation()
			if err == nil || !test.is(err) {
				t.Fatalf("error %T: %v", err, err)
			}
			text := err.Error() + "\n" + remedyOf(t, err)
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in:\n%s", want, text)
				}
			}
			if strings.Contains(text, firstKey().Encoded().Reveal()[:40]) {
				t.Error("the error shows key material")
			}
		})
	}
}

func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func remedyOf(t *testing.T, err error) string {
	t.Helper()
	var remedied interface{ Remedy() string }
	if !errors.As(err, &remedied) || remedied.Remedy() == "" {
		t.Fatalf("%v has no remedy", err)
	}
	return remedied.Remedy()
}

// A State or Plan that was not made by this package is refused.
func TestZeroValues(t *testing.T) {
	t.Parallel()
	if _, err := rotate.NewRotation(rotate.State{}); err == nil {
		t.Error("a rotation was planned from nothing")
	}
	if _, err := rotate.NewRenewal(rotate.State{}); err == nil {
		t.Error("a renewal was planned from nothing")
	}
	if _, err := rotate.Apply(t.Context(), prepare.Systems{}, rotate.Plan{}, nil); err == nil {
		t.Error("nothing was applied")
	}
}

// The days that are left, and the alert that goes with them.
func TestAlerts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		left        time.Duration
		days, alert int
	}{
		{days(365), 365, -1},
		{days(60) + time.Second, 61, -1},
		{days(60), 60, 60},
		{days(30) + time.Hour, 31, 60},
		{days(30), 30, 30},
		{days(8), 8, 30},
		{days(7), 7, 7},
		{days(1) + time.Hour, 2, 7},
		{days(1), 1, 1},
		{time.Second, 1, 1},
		{0, 0, 0},
		{-time.Hour, 0, 0},
		{-days(3), -3, 0},
	} {
		w := newWorld(t)
		w.target.Within = days(1)
		w.now = start.AddDate(0, 0, 365).Add(-test.left)
		plan, err := w.rotation()
		if err != nil {
			t.Fatal(err)
		}
		if plan.Key.DaysLeft != test.days || plan.Key.Alert != test.alert || plan.Key.KeyID != firstKey().KeyID() {
			t.Errorf("%s before its end: %+v", test.left, plan.Key)
		}
		if due := test.left <= days(1); due == plan.IsEmpty() {
			t.Errorf("%s before its end:\n%s", test.left, plan)
		}
	}
}
