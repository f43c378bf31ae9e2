package prepare_test

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/selfservice"
)

// The intent of a plan without an admin client, for each answer of Maskinporten.
func TestGuidedPlans(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		world func(w *world)
	}{
		{"guided-nothing-yet", func(*world) {}},
		{"guided-all-is-well", ready},
		{"guided-stopped-after-the-key", func(w *world) { w.secrets[keySecret] = aKey().Encoded().Reveal() }},
		{"guided-client-id-alone", func(w *world) { w.secrets[clientSecret] = "client-a" }},
		{"guided-client-id-with-a-line-break", func(w *world) {
			ready(w)
			w.secrets[clientSecret] = "client-a\n"
		}},
		{"guided-key-not-registered", func(w *world) {
			ready(w)
			w.keys["client-a"] = setOf(other("old"))
		}},
		{"guided-another-key-of-that-id", func(w *world) {
			ready(w)
			w.keys["client-a"] = setOf(other(aKey().KeyID()))
		}},
		{"guided-scope-missing", func(w *world) {
			ready(w)
			w.integrations[0].Scopes = []string{readScope}
		}},
		{"guided-key-past-its-end", func(w *world) {
			ready(w)
			w.keys["client-a"] = setOf(withEnd(-1))
			w.items[keySecret] = dated(w.item(keySecret), now.AddDate(0, 0, -1))
		}},
		{"guided-undated", func(w *world) {
			ready(w)
			w.items[keySecret] = keyvault.Item{Name: keySecret, Created: now.AddDate(0, -2, 0), Tags: map[string]string{"team": "skjema"}}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fitted)
			test.world(w)
			w.guided()
			w.checkPlan(test.name)
			if len(w.person.errands) != 0 {
				t.Error("a person was asked for a plan")
			}
		})
	}
}

func dated(item keyvault.Item, at time.Time) keyvault.Item {
	item.Expires = at
	return item
}

// What no person of the organisation can mend at the portal is told, with who
// can.
func TestGuidedRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		world func(w *world)
		is    func(error) bool
		want  []string
	}{
		{"not granted", func(w *world) { w.notGranted = writeScope },
			as[*prepare.ScopeGrantError], []string{orgNumber, writeScope, "Digdir", "test environment"}},
		{"no such client", func(w *world) { w.secrets[clientSecret] = "client-gone" },
			as[*prepare.UnknownClientError], []string{"client-gone", "--replace-client client-gone"}},
		{"taken out of use", func(w *world) { w.integrations[0].Active = false },
			as[*prepare.UnknownClientError], []string{"--replace-client client-a"}},
		{"another type", func(w *world) { w.integrations[0].IntegrationType = "idporten" },
			as[*prepare.UnfitError], []string{"type", "--replace-client client-a"}},
		{"secrets swapped", func(w *world) {
			w.secrets[clientSecret], w.secrets[keySecret] = w.secrets[keySecret], w.secrets[clientSecret]
		},
			as[*prepare.KeyError], []string{keySecret}},
		{"a clock that is wrong", func(w *world) {
			w.prover = func(int) error {
				return &maskinporten.Error{Status: 400, Code: "invalid_grant", Description: "Issue time is after now"}
			}
		}, as[*prepare.ProofError], []string{"NTP"}},
		{"Maskinporten out of order", func(w *world) {
			w.prover = func(int) error { return &maskinporten.Error{Status: 503} }
		}, as[*maskinporten.Error], []string{"503"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fitted)
			ready(w)
			test.world(w)
			w.guided()
			_, err := w.plan()
			if err == nil || !test.is(err) {
				t.Fatalf("%T: %v", err, err)
			}
			text := err.Error()
			if advised, ok := errors.AsType[interface {
				error
				Remedy() string
			}](err); ok {
				text += " " + advised.Remedy()
			}
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q lacks %q", text, want)
				}
			}
		})
	}
}

// Whatever state the vault and the portal are in, doing as the guide asks ends
// with everything in place.
func TestGuidedFromEachState(t *testing.T) {
	t.Parallel()
	for name, world := range map[string]func(w *world){
		"nothing": func(*world) {}, "the key": func(w *world) { w.secrets[keySecret] = aKey().Encoded().Reveal() },
		"not registered": func(w *world) {
			ready(w)
			w.keys["client-a"] = setOf(other("old"))
		},
		"another key": func(w *world) {
			ready(w)
			w.keys["client-a"] = setOf(other(aKey().KeyID()))
		},
		"no scopes": func(w *world) {
			ready(w)
			w.integrations[0].Scopes = nil
		},
		"past its end": func(w *world) {
			ready(w)
			w.keys["client-a"] = setOf(withEnd(-1))
		},
		"past its end, and a scope is missing": func(w *world) {
			ready(w)
			w.keys["client-a"] = setOf(withEnd(-1))
			w.integrations[0].Scopes = []string{readScope}
		},
		"client id alone": func(w *world) {
			ready(w)
			delete(w.secrets, keySecret)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, guideSection)
			w.poll = time.Microsecond
			world(w)
			w.guided()
			result, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil)
			if err != nil || !result.Proved || len(w.person.errands) == 0 {
				t.Fatalf("%+v, %v, %d errands", result, err, len(w.person.errands))
			}
			again := w.mustPlan()
			if !again.IsEmpty() || w.settings() != fitted || w.secrets[clientSecret] != w.integrations[0].ClientID {
				t.Errorf("still to do: %s", again)
			}
		})
	}
}

// The person is given what the portal asks for, and nothing secret.
func TestGuidedErrand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, guideSection)
	w.secrets[keySecret] = aKey().Encoded().Reveal()
	w.guided()
	if _, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil); err != nil {
		t.Fatal(err)
	}
	errand := w.person.errands[0]
	if errand.Kind != prepare.RegisterIntegration || errand.Page != prepare.TestPortal || errand.Name != name || len(errand.Scopes) != 2 ||
		!strings.Contains(errand.Description, thumbprint(t, aKey())) || errand.Thumbprint != thumbprint(t, aKey()) || errand.KeyID != aKey().KeyID() || errand.Refused != nil {
		t.Errorf("%+v", errand)
	}
	if !strings.HasPrefix(errand.PublicKey, `{"kty":"RSA",`) || strings.Contains(errand.PublicKey, `"d":`) || strings.Contains(errand.PublicKey, "\n") {
		t.Errorf("the key is shown as %s", errand.PublicKey)
	}
}

// A wrong client id is refused by its form at once and else by Maskinporten, and
// asked for again with the reason; nothing is stored meanwhile.
func TestGuidedWrongClientID(t *testing.T) {
	t.Parallel()
	w := newWorld(t, guideSection)
	w.poll = time.Microsecond
	w.existing(selfservice.Integration{ClientID: "client-of-others", Name: "annet", Scopes: []string{readScope, writeScope}}, other("old"))
	person := w.guided()
	made := ""
	person.instead = func(n int, errand prepare.Errand) (string, error, bool) {
		if _, stored := w.secrets[clientSecret]; stored {
			t.Error("a client id is stored before it is proved")
		}
		switch n {
		case 1:
			made, _ = person.does(errand)
			return "https://sjolvbetjening.test.samarbeid.digdir.no/" + made, nil, true
		case 2:
			return "client-2x", nil, true
		case 3:
			return "client-of-others", nil, true
		}
		return "  " + made + "\n", nil, true
	}
	if _, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil); err != nil {
		t.Fatal(err)
	}
	if w.secrets[clientSecret] != "client-2" || len(person.errands) != 4 {
		t.Errorf("stored %s after %d errands", w.secrets[clientSecret], len(person.errands))
	}
	for i, want := range []string{"", "an address", "Client not found", "Unknown key"} {
		if refused := person.errands[i].Refused; (refused == nil) != (want == "") || refused != nil && !strings.Contains(refused.Error(), want) {
			t.Errorf("errand %d: %v, want %q", i+1, refused, want)
		}
	}
}

// Whoever stops and comes back goes on with the same key.
func TestGuidedStoppedAndContinued(t *testing.T) {
	t.Parallel()
	w := newWorld(t, guideSection)
	person := w.guided()
	person.instead = func(n int, errand prepare.Errand) (string, error, bool) {
		if n == 1 {
			_, _ = person.does(errand) // the integration is made, and its id not told
			return "", prepare.ErrStopped, true
		}
		return "client-1", nil, true
	}
	result, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil)
	if !errors.Is(err, prepare.ErrStopped) || len(result.Done) != 1 || len(w.secrets) != 1 || w.settings() != guideSection {
		t.Fatalf("%v, %+v, %d secrets", err, result, len(w.secrets))
	}
	before := maps.Clone(w.secrets)
	if _, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil); err != nil {
		t.Fatal(err)
	}
	if w.secrets[keySecret] != before[keySecret] || person.errands[0].PublicKey != person.errands[1].PublicKey {
		t.Error("another key was made")
	}
	w.holdsTogether()
}

// A scope that turns out not to be granted ends the errand: the person cannot
// mend it.
func TestGuidedNotGranted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, guideSection)
	w.notGranted = writeScope
	person := w.guided()
	_, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil)
	if !as[*prepare.ScopeGrantError](err) || len(person.errands) != 1 || len(w.secrets) != 1 {
		t.Errorf("%v after %d errands, %d secrets", err, len(person.errands), len(w.secrets))
	}
}

// The vault is the first thing written: one that may only be read is found out
// before a person is sent anywhere, or an integration is made.
func TestReadOnlyVaultIsFoundOutFirst(t *testing.T) {
	t.Parallel()
	for _, guided := range []bool{true, false} {
		w := newWorld(t, guideSection)
		w.readOnly = true
		if guided {
			w.guided()
		}
		_, err := prepare.Apply(t.Context(), w.systems(), w.mustPlan(), nil)
		access, ok := errors.AsType[*keyvault.AccessError](err)
		if !ok || access.Permission() != "secrets set" || access.Remedy() == "" {
			t.Errorf("guided %v: %v", guided, err)
		}
		if w.changes != 0 || guided && len(w.person.errands) != 0 || w.settings() != guideSection {
			t.Errorf("guided %v: changed %v", guided, w.log)
		}
	}
}

func TestNobodyToAsk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, guideSection)
	w.guided()
	systems := w.systems()
	systems.Guide = nil
	result, err := prepare.Apply(t.Context(), systems, w.mustPlan(), nil)
	if !as[*prepare.NobodyToAskError](err) || len(result.Done) != 1 {
		t.Errorf("%+v, %v", result, err)
	}
}
