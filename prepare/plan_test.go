package prepare_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/selfservice"
)

// ready puts everything in place.
func ready(w *world) {
	w.secrets[clientSecret] = "client-a"
	w.secrets[keySecret] = aKey().Encoded().Reveal()
	w.existing(selfservice.Integration{ClientID: "client-a", Name: name, Scopes: []string{readScope, writeScope}}, aKey().Public())
}

func in(days int) *int64 {
	at := now.AddDate(0, 0, days).Unix()
	return &at
}

// withEnd returns the public part of the test key with an end.
func withEnd(days int) jwk.Public {
	public := aKey().Public()
	public.Expires = in(days)
	return public
}

// expired is a key of somebody else that nobody can use any more.
func expired() jwk.Public {
	public := other("expired")
	public.Modulus, public.Expires = "AQAC", in(-3)
	return public
}

func setOf(keys ...jwk.Public) jwk.Set { return jwk.Set{Keys: keys} }

func other(id string) jwk.Public {
	return jwk.Public{KeyType: "RSA", Use: "sig", Algorithm: "RS256", KeyID: id, Modulus: "AQAB", Exponent: "AQAB"}
}

// The intent of a plan, for each state that the world can be in.
func TestPlans(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		settings string
		world    func(w *world)
	}{
		{"nothing-yet", guideSection, func(*world) {}},
		{"all-is-well", fitted, ready},
		{"settings-only", guideSection, ready},
		{"crashed-after-the-key", guideSection, func(w *world) { w.secrets[keySecret] = aKey().Encoded().Reveal() }},
		{"crashed-after-creating", guideSection, func(w *world) {
			w.secrets[keySecret] = aKey().Encoded().Reveal()
			w.existing(selfservice.Integration{
				ClientID: "client-a", Name: name, Scopes: []string{readScope, writeScope}, Description: "Key thumbprint (RFC 7638): " + thumbprint(t, aKey()),
			})
		}},
		{"crashed-after-publishing", guideSection, func(w *world) {
			w.secrets[keySecret] = aKey().Encoded().Reveal()
			w.existing(selfservice.Integration{ClientID: "client-a", Name: name, Scopes: []string{readScope, writeScope}}, aKey().Public())
		}},
		{"crashed-after-the-client-id", guideSection, ready},
		{"made-by-hand", guideSection, func(w *world) {
			w.secrets[clientSecret] = "oidc_fts_api"
			w.secrets[keySecret] = aKey().Encoded().Reveal()
			w.existing(selfservice.Integration{ClientID: "oidc_fts_api", Name: "barmark", Scopes: []string{readScope, "fts:arkiv"}}, other("old"), aKey().Public())
		}},
		{"made-by-hand-with-no-key", fitted, func(w *world) {
			w.secrets[clientSecret] = "client-a"
			w.existing(selfservice.Integration{ClientID: "client-a", Name: name, Scopes: []string{readScope, writeScope}}, other("old"))
		}},
		{"made-by-hand-with-an-expired-key-of-five", fitted, func(w *world) {
			w.secrets[clientSecret], w.secrets[keySecret] = "client-a", aKey().Encoded().Reveal()
			w.existing(selfservice.Integration{ClientID: "client-a", Name: name, Scopes: []string{readScope, writeScope}},
				other("a"), other("b"), other("c"), other("d"), expired())
		}},
		{"name-is-taken-but-the-vault-says-which", fitted, func(w *world) {
			ready(w)
			w.existing(selfservice.Integration{ClientID: "client-b", Name: name}, another().Public())
		}},
		{"client-id-with-a-line-break", fitted, func(w *world) {
			ready(w)
			w.secrets[clientSecret] = "client-a\n"
		}},
		{"client-id-of-a-removed-integration-whose-key-is-elsewhere", fitted, func(w *world) {
			ready(w)
			w.secrets[clientSecret] = "client-gone"
		}},
		{"key-near-its-end", fitted, func(w *world) {
			ready(w)
			w.keys["client-a"] = jwk.Set{Keys: []jwk.Public{withEnd(29)}}
		}},
		{"key-past-its-end", fitted, func(w *world) {
			ready(w)
			w.keys["client-a"] = jwk.Set{Keys: []jwk.Public{withEnd(-1)}}
		}},
		{"key-under-another-id", fitted, func(w *world) {
			ready(w)
			public := withEnd(300)
			public.KeyID = "from-the-web-page"
			w.keys["client-a"] = jwk.Set{Keys: []jwk.Public{public}}
		}},
		{"key-under-the-id-that-the-settings-say", strings.Replace(fitted, `"ClientId"`, `"Kid": "from-the-web-page", "ClientId"`, 1), func(w *world) {
			ready(w)
			public := withEnd(300)
			public.KeyID = "from-the-web-page"
			w.keys["client-a"] = jwk.Set{Keys: []jwk.Public{public}}
		}},
		{"settings-give-the-new-key-another-id", strings.Replace(fitted, `"ClientId"`, `"Kid": "gammel", "ClientId"`, 1), func(*world) {}},
		{"secrets-that-override", fitted, func(w *world) {
			ready(w)
			w.secrets["MaskinportenSettings--Scope"] = "altinn:serviceowner"
			w.secrets["Other--ClientId"] = "x"
		}},
		{"overlay-decides", guideSection, func(w *world) {
			ready(w)
			w.write("appsettings.Staging.json", `{"maskinportensettings": {"environment": "ver1", "scope": "`+writeScope+` fts:arkiv"}}`)
			w.write("appsettings.Production.json", `{"MaskinportenSettings": {"Environment": "prod"}}`)
		}},
		{"file-serves-production-too", strings.Replace(fitted, `"test"`, `"prod"`, 1), ready},
		{"no-environment-and-no-scope", `{"MaskinportenSettings": {"ClientId": "", "EncodedJwk": ""}}`, ready},
		{"settings-that-do-nothing", strings.Replace(fitted, "ExhangeToAltinnToken", "ExchangeToAltinnToken", 1), ready},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.settings)
			test.world(w)
			w.checkPlan(test.name)
		})
	}
}

// checkPlan holds the plan of the world as it is against a golden file.
func (w *world) checkPlan(name string) {
	t := w.t
	t.Helper()
	plan := w.mustPlan()
	if w.changes != 0 {
		t.Errorf("planning changed something: %v", w.log)
	}
	hide := strings.NewReplacer(thumbprint(t, aKey()), "[thumbprint]", w.dir, "[dir]")
	text := plan.String()
	for _, change := range plan.Changes() {
		text += fmt.Sprintf("\n%s (%s)\n", change.System, change.Name)
		for _, line := range change.Lines {
			text += fmt.Sprintf("  %c %s\n", line.Sign, line.Text)
		}
		for _, file := range change.Files {
			text += fmt.Sprintf("  %c %s\n", file.Sign, file.Name)
			for _, line := range file.Diff {
				text += fmt.Sprintf("    %c%s\n", line.Operation, line.Text)
			}
			for _, reason := range file.Reasons {
				text += fmt.Sprintf("    # %s\n", reason)
			}
		}
	}
	golden(t, name+".golden", hide.Replace(text))
	for _, leak := range []string{aKey().Encoded().Reveal()[:40], aKey().PrivateKey().D.Text(16)[:20]} {
		if strings.Contains(text+fmt.Sprintf("%+v %#v", plan, plan), leak) {
			t.Error("the plan shows key material")
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and read the diff. Got:\n%s", path, got)
	}
}

// What cannot be planned round is one clear error with a remedy, and the world
// is as it was.
func TestWhatCannotBePlannedRound(t *testing.T) {
	t.Parallel()
	five := []jwk.Public{other("a"), other("b"), other("c"), other("d"), other("e")}
	for _, test := range []struct {
		name     string
		settings string
		world    func(w *world)
		is       func(error) bool
		want     []string // in the error and its remedy
	}{
		{"name taken", guideSection, func(w *world) {
			w.existing(selfservice.Integration{ClientID: "client-b", Name: name}, another().Public())
		}, as[*prepare.NameTakenError], []string{"client-b", "maskinporten.integration", clientSecret}},
		{"name taken, with a key in the vault", guideSection, func(w *world) {
			w.secrets[keySecret] = aKey().Encoded().Reveal()
			w.existing(selfservice.Integration{ClientID: "client-b", Name: name, Description: "en annens"}, another().Public())
			w.existing(selfservice.Integration{ClientID: "client-c", Name: name})
		}, as[*prepare.NameTakenError], []string{"client-b, client-c"}},
		{"name taken, and the client id is of neither", guideSection, func(w *world) {
			w.secrets[clientSecret] = "client-gone"
			w.existing(selfservice.Integration{ClientID: "client-b", Name: name}, another().Public())
		}, as[*prepare.NameTakenError], []string{"client-b"}},
		{"client id of nothing", guideSection, func(w *world) { w.secrets[clientSecret] = "client-gone" },
			as[*prepare.UnknownClientError], []string{"client-gone", "test environment", clientSecret}},
		{"secrets swapped", guideSection, func(w *world) { w.secrets[clientSecret] = aKey().Encoded().Reveal() },
			as[*prepare.UnknownClientError], []string{"holds a value that is no client id"}},
		{"another type", guideSection, func(w *world) {
			w.secrets[clientSecret] = "client-b"
			w.existing(selfservice.Integration{ClientID: "client-b", IntegrationType: "idporten"})
		}, as[*prepare.UnfitError], []string{"type idporten"}},
		{"another organisation", guideSection, func(w *world) {
			w.secrets[clientSecret] = "client-b"
			w.existing(selfservice.Integration{ClientID: "client-b", OrgNumber: "312008459"})
		}, as[*prepare.UnfitError], []string{"312008459", orgNumber}},
		{"public key", guideSection, func(w *world) {
			w.secrets[keySecret] = "eyJrdHkiOiJSU0EiLCJuIjoiQVFBQiIsImUiOiJBUUFCIiwidXNlIjoic2lnIiwia2lkIjoiYSIsImFsZyI6IlJTMjU2In0="
		}, as[*prepare.KeyError], []string{keySecret, "public part", "private key"}},
		{"truncated key", guideSection, func(w *world) { w.secrets[keySecret] = aKey().Encoded().Reveal()[:800] },
			as[*prepare.KeyError], []string{"cut off", "again"}},
		{"something else", guideSection, func(w *world) { w.secrets[keySecret] = "hemmelig" },
			as[*prepare.KeyError], []string{keySecret}},
		{"full key set", guideSection, func(w *world) {
			w.secrets[clientSecret] = "client-b"
			w.existing(selfservice.Integration{ClientID: "client-b"}, five...)
		}, as[*prepare.KeySetFullError], []string{"a, b, c, d, e", "none of them has expired"}},
		{"key id taken", guideSection, func(w *world) {
			ready(w)
			w.keys["client-a"] = jwk.Set{Keys: []jwk.Public{other(aKey().KeyID())}}
		}, as[*prepare.KeyIDTakenError], []string{aKey().KeyID()}},
		{"soft-deleted key", guideSection, func(w *world) { w.deleted[keySecret] = true },
			as[*keyvault.SoftDeletedError], []string{keySecret}},
		{"soft-deleted client id", guideSection, func(w *world) { w.deleted[clientSecret] = true },
			as[*keyvault.SoftDeletedError], []string{clientSecret}},
		{"section misspelt", strings.Replace(guideSection, "MaskinportenSettings", "MaskinportenSetings", 1), func(*world) {},
			as[*appsettings.SectionError], []string{`did you mean "MaskinportenSetings"`}},
		{"section missing", `{}`, func(*world) {}, as[*appsettings.SectionError], []string{`no section "MaskinportenSettings"`}},
		{"not JSON", `{"MaskinportenSettings": {`, func(*world) {}, as[*appsettings.FileError], []string{"appsettings.json"}},
		{"damaged key of the other client", guideSection, func(w *world) { w.secrets["MaskinportenSettings--JwkBase64"] = "hemmelig" },
			as[*prepare.KeyError], []string{"MaskinportenSettings--JwkBase64"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, test.settings)
			test.world(w)
			_, err := w.plan()
			if err == nil || !test.is(err) {
				t.Fatalf("error %T: %v", err, err)
			}
			text := err.Error()
			if advised, ok := errors.AsType[interface {
				error
				Remedy() string
			}](err); ok {
				text += " " + advised.Remedy()
				if first := advised.Remedy()[0]; first < 'a' || first > 'z' || strings.HasSuffix(advised.Remedy(), ".") {
					t.Errorf("remedy %q is no clause", advised.Remedy())
				}
			}
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q lacks %q", text, want)
				}
			}
			if w.changes != 0 || w.settings() != test.settings {
				t.Errorf("the world is not as it was: %v", w.log)
			}
		})
	}
}

func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// The vault is listed before anything else is looked at, and read before
// anything is asked of Samarbeidsportalen.
func TestVaultIsReadFirst(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]string{
		`not JSON`:   "list vault",
		guideSection: "list vault, get " + clientSecret + ", get " + keySecret + ", list integrations",
	} {
		w := newWorld(t, settings)
		_, _ = w.plan()
		if got := strings.Join(w.log, ", "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestSamePlanForSameState(t *testing.T) {
	t.Parallel()
	w := newWorld(t, guideSection)
	state, err := prepare.Read(t.Context(), w.systems(), w.target)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for range 2 {
		plan, err := prepare.NewPlan(state)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, plan.String())
	}
	if texts[0] != texts[1] {
		t.Errorf("%s\nand then\n%s", texts[0], texts[1])
	}
}

// States and plans cannot be made by hand, and the zero values do no harm.
func TestZeroStateAndZeroPlanAreRefused(t *testing.T) {
	t.Parallel()
	if plan, err := prepare.NewPlan(prepare.State{}); err == nil {
		t.Errorf("planned %s", plan)
	}
	w := newWorld(t, guideSection)
	byHand := prepare.Plan{Target: w.target, Actions: w.mustPlan().Actions}
	w.log = nil
	for _, plan := range []prepare.Plan{{}, byHand} {
		if result, err := prepare.Apply(t.Context(), w.systems(), plan, nil); err == nil || len(w.log) != 0 {
			t.Errorf("applied: %+v, %q", result, w.log)
		}
	}
}
