package apphost_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/apphost"
)

func TestCreateForOrganisation(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	r := w.json(w.agency(), http.MethodPost, receiving+"/instances/create", `{
		"instanceOwner": {"organisationNumber": "`+agencyNumber+`"},
		"dueBefore": "2027-06-01T12:00:00+02:00",
		"prefill": {"sak.tittel": "Barmarkskjøring ved Čohkolaš", "Sak.AntallTurer": "4", "Sak.FraDato": "2027-07-05", "Sak.Vilkar-Bekreftet": "true", "Sak.Ukjent": "x"}
	}`).want(http.StatusCreated)
	in := r.instance()
	if got := r.header.Get("Location"); got != in.SelfLinks.Apps || got != "https://"+appsHost+"/"+receiving+"/instances/"+in.ID {
		t.Errorf("Location %q, selfLinks.apps %q, id %q", got, in.SelfLinks.Apps, in.ID)
	}
	if in.InstanceOwner.PartyID != "50000001" || in.InstanceOwner.Party == nil || in.InstanceOwner.Party.TypeName != 2 {
		t.Errorf("owner %+v", in.InstanceOwner)
	}
	if in.CreatedBy != agencyNumber || in.Status.ReadStatus != 0 {
		t.Errorf("created by %q, read status %d", in.CreatedBy, in.Status.ReadStatus)
	}
	if task := in.Process.CurrentTask; task == nil || task.ElementID != "Task_1" || task.Flow != 2 {
		t.Errorf("current task %+v", task)
	}
	if in.DueBefore == nil || !in.DueBefore.Equal(time.Date(2027, 6, 1, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("due before %v", in.DueBefore)
	}
	if in.PresentationTexts["tittel"] != "Barmarkskjøring ved Čohkolaš" {
		t.Errorf("presentation texts %v", in.PresentationTexts)
	}

	form := w.form(w.agency(), receiving, in.ID, in.of(t, "sak").ID)
	sak, _ := form["Sak"].(map[string]any)
	want := map[string]any{
		"Tittel": "Barmarkskjøring ved Čohkolaš", "AntallTurer": 4.0, "FraDato": "2027-07-05",
		"VilkarBekreftet": true, "Kilde": nil,
	}
	for name, value := range want {
		if got, present := sak[name]; !present || got != value {
			t.Errorf("%s = %v (present %t), want %v", name, got, present, value)
		}
	}
	if _, known := sak["Ukjent"]; known {
		t.Error("an unknown prefill key reached the form")
	}
	if form["Behandling"] != nil {
		t.Errorf("Behandling = %v, want null", form["Behandling"])
	}
}

// form reads form data as JSON.
func (w *world) form(token, appID, id, dataID string) map[string]any {
	w.t.Helper()
	var form map[string]any
	w.send(token, http.MethodGet, appID+"/instances/"+id+"/data/"+dataID, http.Header{"Accept": {"application/json"}}, nil).
		want(http.StatusOK).into(&form)
	return form
}

func TestCreateTwiceMakesTwo(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	first := w.create(w.agency(), receiving, ownerNumber(agencyNumber))
	second := w.create(w.agency(), receiving, ownerNumber(agencyNumber))
	if first.ID == second.ID {
		t.Errorf("both have the id %s", first.ID)
	}
}

func TestCreateByPerson(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	in := w.create(w.maret(), original, ownerOf(maretParty))
	if in.Status.ReadStatus != 1 || in.CreatedBy != "20001" {
		t.Errorf("read status %d, created by %q", in.Status.ReadStatus, in.CreatedBy)
	}
	if in.InstanceOwner.PersonNumber == nil || in.InstanceOwner.Party == nil || in.InstanceOwner.Party.TypeName != 1 {
		t.Error("the owner is not written as a person")
	}
	// A person may fill in for an organisation that they manage.
	w.create(w.person(ailoUser), original, ownerOf(clubParty))
}

// TestCreateRefusals holds every refusal before anything is stored to its
// status and its kind of body.
func TestCreateRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agency := w.agency()
	post := func(token, body string) reply {
		return w.json(token, http.MethodPost, receiving+"/instances/create", body)
	}
	t.Run("no token", func(t *testing.T) { post("", ownerNumber(agencyNumber)).wantEmpty(http.StatusUnauthorized) })
	t.Run("token of somebody else", func(t *testing.T) {
		post("e30.e30.c2ln", ownerNumber(agencyNumber)).wantEmpty(http.StatusUnauthorized)
	})
	t.Run("private person", func(t *testing.T) {
		post(w.maret(), ownerNumber(agencyNumber)).wantEmpty(http.StatusForbidden)
	})
	t.Run("general manager of the owner", func(t *testing.T) {
		post(w.person(ailoUser), ownerNumber(clubNumber)).wantEmpty(http.StatusForbidden)
	})
	t.Run("another service owner", func(t *testing.T) {
		post(w.org("vtl", clubNumber, bothScopes), ownerNumber(clubNumber)).wantEmpty(http.StatusForbidden)
	})
	t.Run("party that the register does not show", func(t *testing.T) {
		post(w.maret(), ownerOf(agencyParty)).wantEmpty(http.StatusForbidden)
	})
	t.Run("unknown organisation", func(t *testing.T) {
		text := post(agency, ownerNumber("311111119")).wantText(http.StatusNotFound, "Cannot lookup party: ")
		if !strings.Contains(text, "311111119") {
			t.Errorf("%q does not repeat the number", text)
		}
	})
	t.Run("unknown party before authorisation", func(t *testing.T) {
		post(w.maret(), ownerNumber("311111119")).wantText(http.StatusNotFound, "Cannot lookup party: ")
	})
	t.Run("unknown party id", func(t *testing.T) {
		if text := post(agency, ownerOf(1)).wantText(http.StatusNotFound, ""); text != "Cannot lookup party: Unknown party" {
			t.Errorf("text %q", text)
		}
	})
	t.Run("party type", func(t *testing.T) {
		text := post(agency, ownerOf(maretParty)).wantText(http.StatusForbidden, "")
		if text != "Party 50100001 is not allowed to instantiate this application fts/saksmottak" {
			t.Errorf("text %q", text)
		}
	})
	t.Run("no owner", func(t *testing.T) { post(agency, `{"prefill":{}}`).wantText(http.StatusBadRequest, "") })
	t.Run("copy", func(t *testing.T) {
		post(agency, `{"instanceOwner":{"partyId":"50000001"},"sourceInstanceId":"50000001/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11"}`).
			wantText(http.StatusBadRequest, "")
	})
	t.Run("media type", func(t *testing.T) {
		w.send(agency, http.MethodPost, receiving+"/instances/create", http.Header{"Content-Type": {"text/plain"}}, strings.NewReader("{}")).
			wantProblem(http.StatusUnsupportedMediaType, "Unsupported Media Type")
	})
	for name, body := range map[string]string{
		"number as prefill":  `{"instanceOwner":{"partyId":"50000001"},"prefill":{"x":1}}`,
		"object as prefill":  `{"instanceOwner":{"partyId":"50000001"},"prefill":{"x":{}}}`,
		"number as party id": `{"instanceOwner":{"partyId":50000001}}`,
		"no time":            `{"instanceOwner":{"partyId":"50000001"},"dueBefore":"soon"}`,
		"no JSON":            `{"instanceOwner"`,
		"two values":         `{} {}`,
		"null":               `null`,
		"empty":              ` `,
	} {
		t.Run("binding: "+name, func(t *testing.T) {
			p := post(agency, body).wantProblem(http.StatusBadRequest, "One or more validation errors occurred.")
			if faults, _ := p["errors"].(map[string]any); len(faults) != 1 {
				t.Errorf("errors %v", p["errors"])
			}
		})
	}
	if left := w.stored(receiving); len(left) != 0 {
		t.Errorf("%d instances were stored", len(left))
	}
}

// TestOwnerPrecedence: of several identifiers the first in the order of the API
// counts, whatever the others are.
func TestOwnerPrecedence(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	for name, c := range map[string]struct{ owner, party string }{
		"party id first":            {`{"partyId":"50000001","organisationNumber":"312008459"}`, "50000001"},
		"external id before number": {`{"externalIdentifier":"urn:altinn:organization:identifier-no:313547264","organisationNumber":"312008459"}`, "50000001"},
		"organisation number":       {`{"organisationNumber":"312008459","username":"nobody"}`, "50000002"},
	} {
		t.Run(name, func(t *testing.T) {
			in := w.create(w.agency(), receiving, `{"instanceOwner":`+c.owner+`}`)
			if in.InstanceOwner.PartyID != c.party {
				t.Errorf("owner %s, want %s", in.InstanceOwner.PartyID, c.party)
			}
		})
	}
}

func TestOwnerByOtherIdentifiers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maret, _ := w.parties.ByID(maretParty)
	post := func(owner string) reply {
		t.Helper()
		return w.json(w.maret(), http.MethodPost, original+"/instances/create", `{"instanceOwner":`+owner+`}`)
	}
	for _, owner := range []string{
		`{"personNumber":"` + maret.SSN + `"}`,
		`{"externalIdentifier":"urn:altinn:person:identifier-no:` + maret.SSN + `"}`,
		`{"externalIdentifier":"urn:altinn:party:id:50100001"}`,
	} {
		if in := post(owner).want(http.StatusCreated).instance(); in.InstanceOwner.PartyID != "50100001" {
			t.Errorf("owner %s", in.InstanceOwner.PartyID)
		}
	}
	for _, owner := range []string{
		`{"externalIdentifier":"urn:altinn:robot:1"}`, `{"username":"epost:noen@example.com"}`, `{"partyId":"x"}`,
	} {
		if r := post(owner).wantText(http.StatusNotFound, "Cannot lookup party: "); strings.Contains(r, "epost:") {
			t.Errorf("looked for the prefix too: %s", r)
		}
	}
}

func TestUserInstantiationDisallowed(t *testing.T) {
	t.Parallel()
	disallow := func(production bool) option {
		return func(s *settings) {
			s.host = apphost.Config{Production: production}
			changed := *s.folders[original]
			changed.Metadata.DisallowUserInstantiation = true
			s.folders = map[string]*app.Folder{original: &changed}
		}
	}
	inProduction := newWorld(t, disallow(true))
	inProduction.json(inProduction.maret(), http.MethodPost, original+"/instances/create", ownerOf(maretParty)).
		wantText(http.StatusForbidden, "User instantiation is disabled for the application fts/barmarkskjoring")
	inProduction.json(inProduction.maret(), http.MethodPost, original+"/instances?instanceOwnerPartyId=50100001", "").
		wantText(http.StatusForbidden, "User instantiation")
	// Copies are exempt; this application offers none.
	inProduction.json(inProduction.maret(), http.MethodPost, original+"/instances/create", `{"instanceOwner":{"partyId":"50100001"},"sourceInstanceId":"1/2"}`).
		wantText(http.StatusBadRequest, "")
	inProduction.create(inProduction.agency(), original, ownerNumber(clubNumber))

	elsewhere := newWorld(t, disallow(false))
	elsewhere.create(elsewhere.maret(), original, ownerOf(maretParty))
}

// TestAuthenticationLevel: when only the level is missing, the answer says which.
func TestAuthenticationLevel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, _ := w.parties.Person(maretUser)
	token, err := w.auth.PersonToken(t.Context(), p, 0)
	must(t, err)
	r := w.json(token, http.MethodPost, original+"/instances/create", ownerOf(maretParty)).want(http.StatusForbidden)
	if r.body != `{"RequiredAuthenticationLevel":"2"}` && r.body != `{"RequiredAuthenticationLevel":"3"}` {
		t.Errorf("body %q", r.body)
	}
}
