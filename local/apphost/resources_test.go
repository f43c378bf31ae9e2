package apphost_test

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"reflect"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local/apphost"
)

// What an application shows of its files is their own bytes.
func TestFilesAreShownAsWritten(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	for path, file := range map[string]string{
		"/api/layoutsets":                  "ui/layout-sets.json",
		"/api/layoutsettings/form":         "ui/form/Settings.json",
		"/api/jsonschema/skjema":           "models/skjema.schema.json",
		"/api/validationconfig/nothing":    "",
		"/api/layoutsettings":              "",
		"/api/layoutsettings/none":         "",
		"/api/rulehandler/form":            "",
		"/api/ruleconfiguration/form":      "",
		"/api/v1/footer":                   "",
		"/api/validationconfig/..%2F..%2F": "",
	} {
		r := w.json("", http.MethodGet, original+path, "")
		if file == "" {
			r.wantEmpty(http.StatusNoContent)
			continue
		}
		content, err := fs.ReadFile(examples.Files(), examples.OriginalForm+"/"+file)
		must(t, err)
		if r.want(http.StatusOK).body != string(content) {
			t.Errorf("%s is not the file", path)
		}
		if got := r.header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
			t.Errorf("%s: content type %q", path, got)
		}
		// A string of ASP.NET Core becomes one of JSON for those who want nothing else.
		quoted := w.send("", http.MethodGet, original+path, http.Header{"Accept": {"application/json"}}, nil)
		if quoted.wantText(http.StatusOK, "{") != string(content) {
			t.Errorf("%s: the string is not the file", path)
		}
		browser := w.send("", http.MethodGet, original+path, http.Header{"Accept": {"application/json, text/plain, */*"}}, nil)
		if browser.body != string(content) {
			t.Errorf("%s: the browser does not get the file", path)
		}
	}
	w.json("", http.MethodGet, original+"/api/jsonschema/none", "").wantEmpty(http.StatusInternalServerError)
}

func TestLayouts(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	var layouts map[string]any
	w.json("", http.MethodGet, original+"/api/layouts/form", "").want(http.StatusOK).into(&layouts)
	if len(layouts) != 5 {
		t.Fatalf("%d layouts", len(layouts))
	}
	for name, got := range layouts {
		content, err := fs.ReadFile(examples.Files(), examples.OriginalForm+"/ui/form/layouts/"+name+".json")
		must(t, err)
		var want any
		must(t, json.Unmarshal(content, &want))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the layout %s is not the file", name)
		}
	}
	for _, path := range []string{"/api/layouts", "/api/layouts/none"} {
		if body := w.json("", http.MethodGet, original+path, "").want(http.StatusOK).body; body != "{}" {
			t.Errorf("%s: %s", path, body)
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	body := w.json("", http.MethodGet, receiving+"/api/options/status?language=nb", "").want(http.StatusOK).body
	options, err := app.ParseOptions([]byte(body))
	must(t, err)
	want := loadExample(t, examples.ReceivingApp).Options["status"]
	if len(want) == 0 || !reflect.DeepEqual(options, want) {
		t.Errorf("options %s, want %v", body, want)
	}
	w.json("", http.MethodGet, receiving+"/api/options/none", "").wantEmpty(http.StatusNotFound)

	// Lists in files are not those of an instance, which only code makes.
	in := w.create(w.maret(), original, `{"instanceOwner":{"partyId":"50100001"}}`)
	path := original + "/instances/" + in.ID + "/options/"
	w.json(w.maret(), http.MethodGet, path+"formaal", "").wantEmpty(http.StatusNotFound)
	w.json(w.person(ailoUser), http.MethodGet, path+"formaal", "").wantEmpty(http.StatusForbidden)
	w.json("", http.MethodGet, path+"formaal", "").wantEmpty(http.StatusUnauthorized)
}

func TestLanguagesAndSettings(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	w.json("", http.MethodGet, original+"/api/v1/applicationlanguages", "").wantEmpty(http.StatusUnauthorized)
	r := w.json(w.maret(), http.MethodGet, original+"/api/v1/applicationlanguages", "").want(http.StatusOK)
	if r.body != `[{"language":"en"},{"language":"nb"},{"language":"nn"}]` {
		t.Errorf("languages %s", r.body)
	}
	if body := w.json("", http.MethodGet, original+"/api/v1/applicationsettings", "").want(http.StatusOK).body; body != "{}" {
		t.Errorf("settings %s", body)
	}
}

func TestPartiesOfAUser(t *testing.T) {
	t.Parallel()
	// Only organisations may own an instance of the receiving application.
	w := sharedWorld(t)
	ids := func(token, appID, query string) []int {
		var list []struct {
			PartyID int `json:"partyId"`
		}
		w.json(token, http.MethodGet, appID+"/api/v1/parties"+query, "").want(http.StatusOK).into(&list)
		var out []int
		for _, p := range list {
			out = append(out, p.PartyID)
		}
		return out
	}
	ailo := w.person(ailoUser)
	for _, c := range []struct {
		appID, query string
		want         []int
	}{
		{receiving, "", []int{ailoParty, clubParty}},
		{receiving, "?allowedToInstantiateFilter=false", []int{ailoParty, clubParty}},
		{receiving, "?allowedToInstantiateFilter=true", []int{clubParty}},
	} {
		if got := ids(ailo, c.appID, c.query); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s%s: %v, want %v", c.appID, c.query, got, c.want)
		}
	}
	w.json(ailo, http.MethodGet, original+"/api/v1/parties?allowedToInstantiateFilter=perhaps", "").want(http.StatusBadRequest)
	w.json("", http.MethodGet, original+"/api/v1/parties", "").wantEmpty(http.StatusUnauthorized)
	if got := ids(w.agency(), original, "?allowedToInstantiateFilter=true"); !reflect.DeepEqual(got, []int{agencyParty}) {
		t.Errorf("an organisation acts for %v", got)
	}

	current := func(token, cookie string) string {
		header := http.Header{}
		if cookie != "" {
			header.Set("Cookie", cookie)
		}
		return w.send(token, http.MethodGet, original+"/api/authorization/parties/current", header, nil).want(http.StatusOK).body
	}
	chosen := w.json(ailo, http.MethodPut, original+"/api/v1/parties/50000002", "")
	chosen.wantText(http.StatusOK, "Party successfully")
	if got := chosen.header.Get("Set-Cookie"); got != "AltinnPartyId=50000002; Path=/; Domain=tt02.altinn.no" {
		t.Errorf("cookie %q", got)
	}
	w.json(ailo, http.MethodPut, original+"/api/v1/parties/50000001", "").wantText(http.StatusBadRequest, "20002 cannot")
	w.json(ailo, http.MethodPut, original+"/api/v1/parties/x", "").want(http.StatusBadRequest)
	for _, c := range []struct{ token, cookie, want string }{
		{ailo, "AltinnPartyId=50000002", "50000002"},
		{ailo, "AltinnPartyId=50000001", "50100002"}, // not Áilo's to act for
		{ailo, "", "50100002"},
		{w.agency(), "", "50000001"},
	} {
		if got := current(c.token, c.cookie); got != c.want {
			t.Errorf("current party with %q: %s, want %s", c.cookie, got, c.want)
		}
	}
}

// Whether a party suits is told without asking the policy.
func TestValidateInstantiation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ailo, club := w.person(ailoUser), w.org("", clubNumber, "altinn:instances.read")
	for _, c := range []struct {
		who, token, party string
		valid             bool
		validParties      int
	}{
		{"a user for the organisation they manage", ailo, "50000002", true, 0},
		{"a user for themselves", ailo, "50100002", false, 1}, // the application is for organisations
		{"a user for another", ailo, "50000001", false, 1},
		{"a service owner for anybody", w.agency(), "50100001", true, 0},
		{"an organisation for itself", club, "50000002", true, 0},
		{"an organisation for another", club, "50000001", false, 1},
	} {
		var got struct {
			Valid        bool    `json:"valid"`
			Message      *string `json:"message"`
			ValidParties []any   `json:"validParties"`
		}
		w.json(c.token, http.MethodPost, receiving+"/api/v1/parties/validateInstantiation?partyId="+c.party, "").want(http.StatusOK).into(&got)
		if got.Valid != c.valid || (got.Message == nil) != c.valid || got.ValidParties == nil || len(got.ValidParties) != c.validParties {
			t.Errorf("%s: %+v", c.who, got)
		}
	}
	w.json(ailo, http.MethodPost, receiving+"/api/v1/parties/validateInstantiation?partyId=x", "").want(http.StatusBadRequest)
	w.json("", http.MethodPost, receiving+"/api/v1/parties/validateInstantiation?partyId=1", "").wantEmpty(http.StatusUnauthorized)
	w.failing("GET /authorization/api/v1/parties", http.StatusBadGateway, "")
	w.json(ailo, http.MethodGet, receiving+"/api/v1/parties", "").want(http.StatusBadGateway)
}

func TestProfile(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	var profile struct {
		UserID  int `json:"userId"`
		PartyID int `json:"partyId"`
		Party   struct {
			Name string `json:"name"`
		} `json:"party"`
		Preference struct {
			Language string `json:"language"`
		} `json:"profileSettingPreference"`
	}
	w.json(w.maret(), http.MethodGet, original+"/api/v1/profile/user", "").want(http.StatusOK).into(&profile)
	if profile.UserID != maretUser || profile.PartyID != maretParty || profile.Party.Name != "Máret Čáhppe Eksempel" || profile.Preference.Language != "nb" {
		t.Errorf("profile %+v", profile)
	}
	w.json(w.agency(), http.MethodGet, original+"/api/v1/profile/user", "").wantText(http.StatusBadRequest, "Unknown authentication context")
	w.json(w.person(ailoUser), http.MethodGet, "https://"+platformHost+"/profile/api/v1/users/20001", "").wantEmpty(http.StatusForbidden)
}

// Layouts in the older and newer forms of application folders are found where
// callers look for them.
func TestLayoutsWithoutAList(t *testing.T) {
	t.Parallel()
	folder := *loadExample(t, examples.OriginalForm)
	set := folder.LayoutSets[0]
	set.ID = ""
	folder.LayoutSets, folder.LayoutSetsJSON = []app.LayoutSet{set}, nil
	w := newWorld(t, func(s *settings) { s.folders[original] = &folder; s.host = apphost.Config{} })
	w.json("", http.MethodGet, original+"/api/layoutsets", "").wantEmpty(http.StatusNoContent)
	var layouts map[string]any
	w.json("", http.MethodGet, original+"/api/layouts", "").want(http.StatusOK).into(&layouts)
	if len(layouts) != 5 {
		t.Errorf("%d layouts", len(layouts))
	}
}
