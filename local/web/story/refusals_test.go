package story_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/fault"
)

// TestRefusalsExplainThemselves is the table of why something was refused.
func TestRefusalsExplainThemselves(t *testing.T) {
	t.Parallel()
	const grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	shared := newWorld(t)
	for _, tc := range []struct {
		name string
		do   func(*world) (status int)
		want int
		says []string
	}{
		{"a person in the receiving application", func(w *world) int {
			status, _ := w.ask(http.MethodPost, receiving+"/instances/create", w.person("3"), w.agency())
			return status
		}, http.StatusForbidden, []string{
			"kunne ikke opprette en instans av fts/saksmottak",
			"Ingen regel i tilgangsreglene for fts/saksmottak gir Máret Čáhppe Eksempel lov til «instantiate».",
			"Nærmest er regel 2 i fts/saksmottak. Den gjelder bare for tjenesteeier «fts». Den som spurte, har ingen verdi for tjenesteeier.",
		}},
		{"a level too low", func(w *world) int {
			status, _ := w.ask(http.MethodPost, original+"/instances/create", w.person("1"), w.own())
			return status
		}, http.StatusForbidden, []string{
			"Tilgangsreglene tillater «instantiate», men krever sikkerhetsnivå 2. Innloggingen er på nivå 1.",
			"Logg inn på sikkerhetsnivå 2 eller høyere.",
		}},
		{"no token", func(w *world) int {
			status, _ := w.ask(http.MethodPost, original+"/instances/create", "", w.own())
			return status
		}, http.StatusUnauthorized, []string{
			"Noen uten innlogging kunne ikke opprette en instans av fts/barmarkskjoring", "hadde ikke noe token", "Authorization: Bearer",
		}},
		{"a token of somebody else", func(w *world) int {
			status, _ := w.ask(http.MethodPost, original+"/instances/create", "abc", w.own())
			return status
		}, http.StatusUnauthorized, []string{
			"Noen med legitimasjon som ikke gjelder kunne ikke opprette en instans av fts/barmarkskjoring", "fts/barmarkskjoring godtok ikke tokenet.",
		}},
		{"a scope too few", func(w *world) int {
			_, token := w.ask(http.MethodGet, "https://local.altinn.cloud/Home/GetTestOrgToken/fts?scopes=altinn:serviceowner/instances.read", "", "")
			instance := w.begun(w.person("3"))
			status, _ := w.ask(http.MethodPut, platform+"/storage/api/v1/instances/"+instance+"/substatus", token, `{"label":"x"}`)
			return status
		}, http.StatusForbidden, []string{
			"Ferdselstilsynet kunne ikke sette understatus på instansen",
			"Tokenet mangler scopet altinn:serviceowner/instances.write. Det har: altinn:serviceowner/instances.read.",
		}},
		{"a grant that is none", func(w *world) int {
			status, _ := w.ask(http.MethodPost, "https://test.maskinporten.no/token", "", url.Values{"grant_type": {grantType}, "assertion": {"abc"}}.Encode())
			return status
		}, http.StatusBadRequest, []string{"kunne ikke få et token fra Maskinporten", "Tokenforespørselen kan ikke leses"}},
		{"a wrong client secret", func(w *world) int {
			seed := w.platform.Seed()
			status, _ := w.ask(http.MethodPost, "https://login.microsoftonline.com/"+seed.TenantID+"/oauth2/v2.0/token", "", url.Values{
				"grant_type": {"client_credentials"}, "client_id": {seed.AzureClientID}, "client_secret": {"guessed"},
				"scope": {"https://vault.azure.net/.default"},
			}.Encode())
			return status
		}, http.StatusUnauthorized, []string{"kunne ikke logge inn i Entra ID", "Klienthemmeligheten er feil.", "AZURE_CLIENT_SECRET"}},
		{"a vault with a token of somebody else", func(w *world) int {
			status, _ := w.ask(http.MethodGet, w.platform.Seed().Vault+"/secrets/x?api-version=7.4", "abc", "")
			return status
		}, http.StatusUnauthorized, []string{"kunne ikke hente hemmeligheten x fra Key Vault", "Key Vault godtok ikke tokenet."}},
		{"Samarbeidsportalen without a token", func(w *world) int {
			status, _ := w.ask(http.MethodPost, "https://api.test.samarbeid.digdir.no/api/v1/clients", "abc", `{}`)
			return status
		}, http.StatusUnauthorized, []string{"kunne ikke opprette en integrasjon hos Samarbeidsportalen", "Samarbeidsportalen godtok ikke tokenet."}},
		{"a fault that was put in the way", func(w *world) int {
			if _, err := w.platform.Faults().Add(fault.Rule{Host: "fts.apps.tt02.altinn.no", Status: 503, Times: 1}); err != nil {
				w.Fatal(err)
			}
			status, _ := w.ask(http.MethodPost, original+"/instances/create", w.person("3"), w.own())
			return status
		}, http.StatusServiceUnavailable, []string{"stafett local fault", "svarte i stedet for fts/barmarkskjoring", "Noen med legitimasjon som ingen så på kunne ikke"}},
		{"a connection that was cut", func(w *world) int {
			if _, err := w.platform.Faults().Add(fault.Rule{Host: "fts.apps.tt02.altinn.no", Method: "POST", Reset: true, Times: 1}); err != nil {
				w.Fatal(err)
			}
			status, _ := w.ask(http.MethodPost, original+"/instances/create", w.person("3"), w.own())
			return status
		}, 0, []string{"Ikke noe svar", "brøt forbindelsen til fts/barmarkskjoring"}},
		{"a path that nobody knows", func(w *world) int {
			status, _ := w.ask(http.MethodGet, platform+"/storage/api/v1/nothing", "", "")
			return status
		}, http.StatusNotFound, []string{"GET /storage/api/v1/nothing", "Det som ble spurt om, finnes ikke."}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := &world{t, shared.platform, shared.console}
			before := lines(w.page("/story?refused=1"))
			if got := tc.do(w); got != tc.want {
				t.Fatalf("it answers %d, not %d", got, tc.want)
			}
			refused := lines(w.page("/story?refused=1&language=nb"))
			if len(refused) != len(before)+1 || refused[0].kind != "refused" {
				t.Fatalf("%d lines are told after %d: %+v", len(refused), len(before), refused)
			}
			details := plain(w.page("/story/" + refused[0].id + "?language=nb"))
			for _, want := range tc.says {
				if !strings.Contains(refused[0].rest, want) {
					t.Errorf("the timeline does not say %q:\n%s", want, refused[0].rest)
				}
				if !strings.Contains(details, want) {
					t.Errorf("the page does not say %q:\n%s", want, details)
				}
			}
		})
	}
}

// TestARefusalShowsWhatWasDecided holds that the page of a refusal shows what was
// sent, each rule that was tried and where it stopped.
func TestARefusalShowsWhatWasDecided(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ask(http.MethodPost, receiving+"/instances/create", w.person("3"), w.agency())
	refused := lines(w.page("/story?refused=1&language=en"))
	if len(refused) != 1 {
		t.Fatalf("%d refusals are told", len(refused))
	}
	page := w.page("/story/" + refused[0].id + "?language=en")
	said := plain(page)
	for _, want := range []string{
		"“instantiate” in fts/saksmottak: not permitted by any rule",
		"who asks user urn:altinn:userid " + text(w.platform.Seed().Persons[0].UserID),
		"who asks authentication level urn:altinn:authlevel 3",
		"the action action urn:oasis:names:tc:xacml:1.0:action:action-id instantiate",
		"the resource application urn:altinn:app saksmottak",
		"rule 1 of fts/saksmottak",
		"What was asked for is action “instantiate”.",
		"rule 2 of fts/saksmottak nearest",
		"Does not apply stopped at who asks It is only for service owner “fts”.",
		"The request POST " + receiving + "/instances/create",
		"The answer 403 Forbidden",
		"Authorization Bearer [redacted]",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("the page does not say %q:\n%s", want, said)
		}
	}
	if !strings.Contains(page, `class="ds-details story-decision" open`) {
		t.Error("the decision is not opened")
	}
}

// TestHostileTextIsText holds that nothing which a program sends becomes a part
// of a page.
func TestHostileTextIsText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const script = `<script>alert(1)</script>`
	w.ask(http.MethodPost, original+"/instances/"+url.PathEscape(script)+"?x="+url.QueryEscape(script), "", `{"a":"`+script+`"}`, "User-Agent", script, "X-Odd", script)
	for _, path := range []string{"/story?all=1", "/story/1", "/story?instance=" + url.QueryEscape(script), "/story?system=" + url.QueryEscape(script) + "&trace=" + url.QueryEscape(`"><script>`)} {
		if page := w.page(path); strings.Contains(page, "<script>") {
			t.Errorf("%s takes text for markup:\n%s", path, page)
		}
	}
	if page := w.page("/story/1"); !strings.Contains(page, "&lt;script&gt;alert(1)") {
		t.Error("the text is not told")
	}
}

func TestPagesThatDoNotExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, want := range map[string]int{
		"/story/1": http.StatusNotFound, "/story/x": http.StatusNotFound, "/story/-1": http.StatusNotFound,
		"/story?before=x": http.StatusBadRequest, "/story": http.StatusOK, "/story/events?before=x": http.StatusBadRequest,
	} {
		if status, _ := fetch(t, http.DefaultClient, w.console, path); status != want {
			t.Errorf("%s answers %d, not %d", path, status, want)
		}
	}
}
