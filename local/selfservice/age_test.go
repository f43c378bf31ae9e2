package selfservice_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stafett/stafett/local/selfservice"
)

func TestAge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create()
	w.ok("POST", "/clients/"+id+"/jwks", keySet(key("a"), key("b", "exp", fmt.Sprint(w.clock.now().Unix()+3600))), nil)
	before, err := w.registry.Registration(id)
	w.must(err)
	expires := before.Keys.Keys[0].Expires

	const by = 364 * 24 * time.Hour
	aged, err := w.registry.Age(id, by)
	w.must(err)
	var made selfservice.Client
	w.ok("GET", "/clients/"+id, "", &made)
	var set selfservice.KeySet
	w.ok("GET", "/clients/"+id+"/jwks", "", &set)
	then := w.clock.now().Add(-by)
	for what, got := range map[string]time.Time{
		"client created": made.Created.Time, "client changed": made.LastUpdated.Time,
		"keys created": set.Created.Time, "keys changed": set.LastUpdated.Time,
	} {
		if !got.Equal(then) {
			t.Errorf("%s: %s, want %s", what, got, then)
		}
	}
	day := int64(24 * 60 * 60)
	if set.Keys[0].Expires != w.clock.now().Unix()+day || set.Keys[1].Expires != w.clock.now().Unix()+3600-364*day {
		t.Errorf("keys are %v", set.Keys)
	}
	if aged.Keys.Keys[0].Expires != set.Keys[0].Expires || before.Keys.Keys[0].Expires != expires {
		t.Error("the answer is not what is stored, or a registration that was handed out has changed")
	}
	// Maskinporten knows it whatever the delay.
	if got := w.registry.RegistrationAsOf(id, w.clock.now().Add(-time.Minute)); got == nil || got.Keys.Keys[0].Expires != set.Keys[0].Expires {
		t.Errorf("a minute ago it was %v", got)
	}

	if _, err := w.registry.Age("x", by); !errors.Is(err, selfservice.ErrNotFound) {
		t.Errorf("unknown client: %v", err)
	}
	for _, wrong := range []time.Duration{0, -time.Hour} {
		if _, err := w.registry.Age(id, wrong); err == nil {
			t.Errorf("aged by %s", wrong)
		}
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, other := w.create(), w.create()
	w.ok("POST", "/clients/"+id+"/jwks", keySet(key("a"), key("b")), nil)
	for _, kid := range []string{"a", "b"} {
		w.must(w.registry.SetKeyExpiry(id, kid, w.clock.now().Add(time.Hour)))
	}
	w.must(w.registry.SetKeyExpiry(id, "b", w.clock.now().Add(-time.Hour)))

	rules := selfservice.Rules{KeepExpiryOnRepost: true, KeyIDsPerClient: true}
	w.registry.SetRules(rules)
	if w.registry.Rules() != rules {
		t.Errorf("rules are %+v", w.registry.Rules())
	}
	// The same keys keep their end, an expired one too; a new one has a year.
	var set selfservice.KeySet
	w.ok("POST", "/clients/"+id+"/jwks", keySet(key("a"), key("b"), key("c")), &set)
	for i, want := range []time.Time{w.clock.now().Add(time.Hour), w.clock.now().Add(-time.Hour), w.clock.now().AddDate(1, 0, 0)} {
		if set.Keys[i].Expires != want.Unix() {
			t.Errorf("key %s ends %d, want %d", set.Keys[i].KeyID, set.Keys[i].Expires, want.Unix())
		}
	}
	w.ok("POST", "/clients/"+other+"/jwks", keySet(key("a")), nil)

	w.registry.SetRules(selfservice.Rules{})
	w.ok("POST", "/clients/"+id+"/jwks", keySet(key("d")), &set)
	if got := w.send("POST", "/clients/"+id+"/jwks", keySet(key("a"))); got.Code != 409 {
		t.Errorf("a kid of another client: %d", got.Code)
	}
}
