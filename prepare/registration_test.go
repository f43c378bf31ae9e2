package prepare_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/selfservice"
)

// leg makes the world's next plans those of one leg.
func (w *world) leg(leg prepare.Leg) {
	w.target.Leg, w.target.Registration = leg, filepath.Join(w.dir, "registration.json")
}

func (w *world) mustApply() prepare.Result {
	w.t.Helper()
	result, err := prepare.Apply(w.t.Context(), w.systems(), w.mustPlan(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if again := w.mustPlan(); !again.IsEmpty() {
		w.t.Fatalf("the same leg again would do: %s", again)
	}
	return result
}

// The intent of each leg's plan.
func TestPlansOfLegs(t *testing.T) {
	t.Parallel()
	keyed := func(w *world) {
		w.secrets[keySecret] = aKey().Encoded().Reveal()
		w.leg(prepare.KeyLeg)
		w.mustApply()
		w.changes = 0
	}
	registered := func(w *world) {
		keyed(w)
		w.leg(prepare.PortalLeg)
		w.mustApply()
		w.changes = 0
	}
	for _, test := range []struct {
		name   string
		guided bool
		leg    prepare.Leg
		world  func(w *world)
	}{
		{"leg-key", false, prepare.KeyLeg, func(*world) {}},
		{"leg-key-done", false, prepare.KeyLeg, keyed},
		{"leg-portal", false, prepare.PortalLeg, keyed},
		{"leg-portal-guided", true, prepare.PortalLeg, keyed},
		{"leg-portal-created-only", false, prepare.PortalLeg, func(w *world) {
			keyed(w)
			w.existing(selfservice.Integration{ClientID: "client-a", Name: name, Scopes: []string{readScope}, Description: thumbprint(t, aKey())})
		}},
		{"leg-portal-done", false, prepare.PortalLeg, registered},
		{"leg-portal-guided-done", true, prepare.PortalLeg, registered},
		{"leg-key-once-registered", false, prepare.KeyLeg, registered},
		{"leg-store", true, prepare.StoreLeg, registered},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, guideSection)
			test.world(w)
			if test.guided {
				w.guided()
			}
			w.leg(test.leg)
			w.checkPlan(test.name)
		})
	}
}

// Three people, each with the rights of one leg, have made everything ready when
// each has run theirs, with an admin client and without.
func TestLegs(t *testing.T) {
	t.Parallel()
	for _, guided := range []bool{false, true} {
		w := newWorld(t, guideSection)
		w.leg(prepare.KeyLeg)
		w.mustApply()
		if len(w.integrations) != 0 || w.proofs != 0 || w.settings() != guideSection {
			t.Error("the key's leg did more than its own")
		}

		content, err := os.ReadFile(w.target.Registration)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), `"d"`) || strings.Contains(string(content), w.secrets[keySecret][:40]) {
			t.Errorf("the file has the private key: %s", content)
		}
		registration, err := prepare.ParseRegistration(content)
		if err != nil {
			t.Fatal(err)
		}
		whole := w.target
		if w.target, err = registration.Target(w.target.Registration); err != nil {
			t.Fatal(err)
		}
		if guided {
			w.guided()
		}
		w.log, w.proofs = nil, 0
		if result := w.mustApply(); result.ClientID != "client-1" || result.Proved {
			t.Errorf("%+v", result)
		}
		if log := strings.Join(w.log, ", "); strings.Contains(log, "vault") || strings.Contains(log, "get "+keySecret) || w.proofs != 0 {
			t.Errorf("the portal's leg touched %s", log)
		}

		w.target, w.person = whole, nil
		w.guided() // who stores it has no right at the portal
		w.leg(prepare.StoreLeg)
		if result := w.mustApply(); !result.Proved {
			t.Error("the client id was stored without proof")
		}
		if len(w.person.errands) != 0 {
			t.Error("a person was sent to the portal")
		}
		w.target.Leg, w.person = prepare.Whole, nil
		w.holdsTogether()
	}
}

// A stop between any two changes of any leg is healed by running it again.
func TestStopInALegIsHealed(t *testing.T) {
	t.Parallel()
	legs := []prepare.Leg{prepare.KeyLeg, prepare.PortalLeg, prepare.StoreLeg}
	for i, changes := range []int{2, 3, 2} {
		for at := 1; at <= changes; at++ {
			for _, late := range []bool{false, true} {
				w := newWorld(t, guideSection)
				for j, leg := range legs {
					w.leg(leg)
					if i == j {
						w.changes, w.crashAt, w.crashLate = 0, at, late
						if _, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil); !errors.Is(err, errCrash) {
							t.Fatalf("%s, change %d: %v", leg, at, err)
						}
						w.crashAt = 0
					}
					w.mustApply()
				}
				w.target.Leg = prepare.Whole
				w.holdsTogether()
			}
		}
	}
}

// A file that is not this preparation's, or not as it was written, is refused with
// a remedy, and nothing is changed.
func TestRegistrationThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	edit := func(change func(map[string]any)) func(w *world) {
		return func(w *world) {
			var document map[string]any
			content, err := os.ReadFile(w.target.Registration)
			if err == nil {
				err = json.Unmarshal(content, &document)
			}
			if err != nil {
				w.t.Fatal(err)
			}
			change(document)
			if content, err = json.Marshal(document); err != nil {
				w.t.Fatal(err)
			}
			w.write("registration.json", string(content))
		}
	}
	set := func(name string, value any) func(w *world) { return edit(func(d map[string]any) { d[name] = value }) }
	for _, test := range []struct {
		name  string
		leg   prepare.Leg
		world func(w *world)
		want  string
	}{
		{"no file", prepare.PortalLeg, func(w *world) { _ = os.Remove(w.target.Registration) }, "there is none"},
		{"no file to store", prepare.StoreLeg, func(w *world) { _ = os.Remove(w.target.Registration) }, "there is none"},
		{"not JSON", prepare.PortalLeg, func(w *world) { w.write("registration.json", "{") }, "not as Stafett wrote it"},
		{"another schema", prepare.PortalLeg, set("schema", "stafett/registration/v2"), "schema"},
		{"a private key", prepare.PortalLeg, set("privateKey", "x"), "not as Stafett wrote it"},
		{"a private member", prepare.PortalLeg, edit(func(d map[string]any) { d["publicKey"].(map[string]any)["d"] = "AQAB" }), "not as Stafett wrote it"},
		{"a name that steers the terminal", prepare.PortalLeg, set("integration", "stafett\x1b[2J"), "control characters"},
		{"a scope that does", prepare.PortalLeg, set("scopes", []string{"a:b\r"}), "control characters"},
		{"a secret beside the key", prepare.PortalLeg, edit(func(d map[string]any) { d["publicKey"].(map[string]any)["note"] = "hemmelig" }), "its key"},
		{"a key with an end", prepare.PortalLeg, edit(func(d map[string]any) { d["publicKey"].(map[string]any)["exp"] = 4102444800 }), "its key"},
		{"a key without an id", prepare.PortalLeg, edit(func(d map[string]any) { delete(d["publicKey"].(map[string]any), "kid") }), "its key"},
		{"another key", prepare.PortalLeg, edit(func(d map[string]any) {
			public, _ := another().Public().MarshalJSON()
			d["publicKey"] = json.RawMessage(public)
		}), "and the file says"},
		{"no scopes", prepare.PortalLeg, set("scopes", []string{}), "missing"},
		{"another environment", prepare.PortalLeg, set("environment", "prod"), "for environment prod, and this is tt02"},
		{"no environment", prepare.PortalLeg, set("environment", "tt03"), "none of Altinn's"},
		{"another application", prepare.PortalLeg, set("application", "fts/annet"), "fts/annet"},
		{"another organisation", prepare.StoreLeg, set("organisationNumber", "312008459"), "312008459"},
		{"an address as client id", prepare.StoreLeg, set("clientId", "https://example.com/a"), "clientId"},
		{"not registered", prepare.StoreLeg, func(*world) {}, "nothing is registered yet"},
		{"registered as nothing", prepare.PortalLeg, set("clientId", "client-gone"), "client-gone, which is no active integration"},
		{"stale for the one who made it", prepare.KeyLeg, func(w *world) { w.secrets[keySecret] = another().Encoded().Reveal() }, "stale"},
		{"stale for the one who stores", prepare.StoreLeg, func(w *world) {
			set("clientId", "client-a")(w)
			w.secrets[keySecret] = another().Encoded().Reveal()
		}, "its key has thumbprint"},
		{"no key in the vault", prepare.StoreLeg, func(w *world) { delete(w.secrets, keySecret) }, "no key in secret"},
		{"another client in the vault", prepare.StoreLeg, func(w *world) {
			set("clientId", "client-a")(w)
			w.secrets[clientSecret] = "client-b"
		}, "names client-b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, guideSection)
			w.secrets[keySecret] = aKey().Encoded().Reveal()
			w.leg(prepare.KeyLeg)
			w.mustApply()
			test.world(w)
			w.changes = 0
			w.leg(test.leg)
			_, err := w.plan()
			refused, ok := errors.AsType[*prepare.RegistrationError](err)
			if !ok || refused.File != w.target.Registration || refused.Remedy() == "" || !strings.Contains(refused.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if w.changes != 0 {
				t.Error("something was changed")
			}
		})
	}
}

// A file that changes while the portal's leg is under way is not written over, and
// one whose client id is wrong is found out by Maskinporten.
func TestRegistrationThatChangesOrIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, guideSection)
	w.poll = time.Microsecond
	w.leg(prepare.KeyLeg)
	w.mustApply()
	w.leg(prepare.PortalLeg)
	plan := w.mustPlan()
	content, err := os.ReadFile(w.target.Registration)
	if err != nil {
		t.Fatal(err)
	}
	w.write("registration.json", string(content)+"\n")
	if _, err := prepare.Apply(t.Context(), w.systems(), plan, nil); !as[*prepare.StaleError](err) || len(w.integrations) != 0 {
		t.Error(err)
	}

	w.guided().instead = func(int, prepare.Errand) (string, error, bool) { return "client-typo", nil, true }
	w.mustApply()
	w.leg(prepare.StoreLeg)
	_, err = prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil)
	if _, stored := w.secrets[clientSecret]; !as[*prepare.ProofError](err) || stored || w.settings() != guideSection {
		t.Errorf("%v, stored %v", err, stored)
	}
}

func FuzzParseRegistration(f *testing.F) {
	f.Add([]byte(`{"schema":"stafett/registration/v1","org":"fts","publicKey":{"kty":"RSA","n":"AQAB","e":"AQAB"}}`))
	f.Add([]byte(`{"schema":"stafett/registration/v1","publicKey":{"kty":"RSA","d":"AQAB"}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		registration, err := prepare.ParseRegistration(content)
		if err != nil {
			return
		}
		again, err := registration.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := prepare.ParseRegistration(again); err != nil {
			t.Errorf("%s is read, and as %s it is not: %v", content, again, err)
		}
	})
}

// When the file that comes back names another key than the vault's, that key is
// registered for the organisation, and the remedy says to remove it.
func TestForeignKeyThatIsRegisteredIsToBeRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, guideSection)
	w.leg(prepare.KeyLeg)
	w.mustApply()
	w.leg(prepare.PortalLeg)
	w.mustApply()
	w.secrets[keySecret] = another().Encoded().Reveal()
	w.leg(prepare.StoreLeg)
	_, err := w.plan()
	refused, ok := errors.AsType[*prepare.RegistrationError](err)
	if !ok || !strings.Contains(refused.Remedy(), "remove key "+w.keys["client-1"].Keys[0].KeyID+" from integration client-1") {
		t.Errorf("%v: %q", err, refused.Remedy())
	}
}
