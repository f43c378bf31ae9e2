package apphost_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/apphost"
)

func TestInstanceEndpoints(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agency, maret := w.agency(), w.maret()
	in := w.create(maret, original, ownerOf(maretParty))
	path := original + "/instances/" + in.ID

	t.Run("null members are written", func(t *testing.T) {
		body := w.json(agency, http.MethodGet, path, "").want(http.StatusOK).body
		for _, want := range []string{`"dueBefore":null`, `"completeConfirmations":null`, `"organisationNumber":null`, `"substatus":null`, `"readStatus":1`, `"tags":[]`, `"filename":null`, `"validated":null`} {
			if !strings.Contains(body, want) {
				t.Errorf("%s is missing in %s", want, body)
			}
		}
	})
	t.Run("refused", func(t *testing.T) {
		w.json(w.person(ailoUser), http.MethodGet, path, "").wantEmpty(http.StatusForbidden)
		w.json("", http.MethodGet, path, "").wantEmpty(http.StatusUnauthorized)
		w.json(agency, http.MethodDelete, path, "").wantEmpty(http.StatusForbidden)
	})
	t.Run("substatus", func(t *testing.T) {
		w.json(maret, http.MethodPut, path+"/substatus", `{"label":"x"}`).wantEmpty(http.StatusForbidden)
		w.json(agency, http.MethodPut, path+"/substatus", `{"description":"x"}`).wantText(http.StatusBadRequest, "")
		got := w.json(agency, http.MethodPut, path+"/substatus", `{"label":"mottatt"}`).want(http.StatusOK).instance()
		if got.Status.Substatus == nil || got.Status.Substatus.Label != "mottatt" {
			t.Errorf("substatus %v", got.Status.Substatus)
		}
	})
	t.Run("complete", func(t *testing.T) {
		w.json(maret, http.MethodPost, path+"/complete", "").wantEmpty(http.StatusForbidden)
		for range 2 {
			if body := w.json(agency, http.MethodPost, path+"/complete", "").want(http.StatusOK).body; strings.Count(body, `"stakeholderId":"fts"`) != 1 {
				t.Errorf("body %s", body)
			}
		}
	})
	t.Run("active", func(t *testing.T) {
		var active []struct{ ID, LastChangedBy string }
		w.json(maret, http.MethodGet, original+"/instances/50100001/active", "").want(http.StatusOK).into(&active)
		if len(active) != 1 || active[0].ID != in.ID {
			t.Errorf("active %v", active)
		}
	})
	t.Run("file scan", func(t *testing.T) {
		if body := w.json(maret, http.MethodGet, path+"/filescanresult", "").want(http.StatusOK).body; !strings.Contains(body, `"fileScanResult":"NotApplicable"`) {
			t.Errorf("body %s", body)
		}
	})
	t.Run("delete", func(t *testing.T) {
		soft := w.json(maret, http.MethodDelete, path, "").want(http.StatusOK).instance()
		if !soft.Status.IsSoftDeleted || soft.Status.IsHardDeleted {
			t.Errorf("status %+v", soft.Status)
		}
		w.json(maret, http.MethodDelete, path+"?hard=maybe", "").want(http.StatusBadRequest)
		hard := w.json(maret, http.MethodDelete, path+"?hard=true", "").want(http.StatusOK).instance()
		if !hard.Status.IsHardDeleted {
			t.Errorf("status %+v", hard.Status)
		}
	})
}

// TestReadStatus: reading marks as read, unless the reader owns the application.
func TestReadStatus(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	in := w.create(w.agency(), original, ownerNumber(clubNumber))
	if in.Status.ReadStatus != 0 || w.get(w.agency(), original, in.ID).Status.ReadStatus != 0 {
		t.Error("an instance of the agency's is read")
	}
	if got := w.get(w.person(ailoUser), original, in.ID); got.Status.ReadStatus != 1 {
		t.Errorf("read status %d", got.Status.ReadStatus)
	}
	if w.get(w.agency(), original, in.ID).Status.ReadStatus != 1 {
		t.Error("the status was not stored")
	}
}

func TestMetaEndpoints(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	for path, want := range map[string]string{
		"/api/v1/applicationmetadata?checkOrgApp=false": `"fts/saksmottak"`,
		"/api/v1/meta/authorizationpolicy":              "xacml",
		"/api/v1/meta/process":                          "StartEvent_1",
		"/api/v1/texts/nb":                              `"language":"nb"`,
		"/":                                             "<h1>Saksmottak</h1>",
	} {
		r := w.json("", http.MethodGet, receiving+path, "").want(http.StatusOK)
		if !strings.Contains(r.body, want) {
			t.Errorf("%s: %s is missing", path, want)
		}
		for name, value := range map[string]string{
			"X-Frame-Options": "deny", "X-Content-Type-Options": "nosniff", "X-Xss-Protection": "0",
			"Referrer-Policy": "no-referrer", "Cache-Control": "no-store, no-cache",
		} {
			if got := r.header.Get(name); got != value {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
	// A language without texts gets those in bokmål.
	if body := w.json("", http.MethodGet, receiving+"/api/v1/texts/se", "").want(http.StatusOK).body; !strings.Contains(body, `"language":"nb"`) {
		t.Errorf("body %s", body)
	}
	w.json("", http.MethodGet, receiving+"/api/v1/texts/norsk", "").wantText(http.StatusBadRequest, "The language code norsk ")
	w.json("", http.MethodGet, receiving+"/nowhere", "").want(http.StatusNotFound)

	lookup := w.json(w.maret(), http.MethodGet, receiving+"/api/v1/lookup/organisation/"+agencyNumber, "").want(http.StatusOK)
	if lookup.body != `{"success":true,"organisationDetails":{"orgNr":"313547264","name":"Ferdselstilsynet"}}` {
		t.Errorf("body %s", lookup.body)
	}
	if got := w.json(w.maret(), http.MethodGet, receiving+"/api/v1/lookup/organisation/311111119", "").want(http.StatusOK).body; got != `{"success":false,"organisationDetails":null}` {
		t.Errorf("body %s", got)
	}
}

// TestCookie: a cookie needs the antiforgery pair for what changes something.
func TestCookie(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cookies := map[string]string{}
	page := w.json("", http.MethodGet, original+"/", "").want(http.StatusOK)
	for _, line := range page.header["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		must(t, err)
		cookies[c.Name] = c.Value
		if c.HttpOnly != (c.Name == "AS-XSRF-TOKEN") || !c.Secure {
			t.Errorf("cookie %s", line)
		}
	}
	post := func(header http.Header) reply {
		header.Set("Content-Type", "application/json")
		return w.send("", http.MethodPost, original+"/instances/create", header, strings.NewReader(ownerOf(maretParty)))
	}
	login := "AltinnStudioRuntime=" + w.maret()
	pair := login + "; AS-XSRF-TOKEN=" + cookies["AS-XSRF-TOKEN"]
	post(http.Header{"Cookie": {login}}).wantEmpty(http.StatusBadRequest)
	post(http.Header{"Cookie": {pair}}).wantEmpty(http.StatusBadRequest)
	post(http.Header{"Cookie": {pair}, "X-Xsrf-Token": {cookies["AS-XSRF-TOKEN"]}}).wantEmpty(http.StatusBadRequest)
	post(http.Header{"Cookie": {pair}, "X-Xsrf-Token": {cookies["XSRF-TOKEN"]}}).want(http.StatusCreated)
	w.send("", http.MethodGet, original+"/instances/50100001/active", http.Header{"Cookie": {login}}, nil).want(http.StatusOK)
}

// TestAPIScopes: an application may demand scopes; the check comes first of all.
func TestAPIScopes(t *testing.T) {
	t.Parallel()
	const scopes = `{"apiScopes":{"users":{"write":"fts:[app].write"},"serviceOwners":{"read":"altinn:serviceowner/instances.read","write":"fts:[app].write","errorMessageTextResourceKey":"mangler"},"errorMessageTextResourceKey":"annet"}}`
	w := newWorld(t, withFolder(receiving, func(f *app.Folder) { f.MetadataJSON = []byte(scopes) }), withFolder(original, func(f *app.Folder) {
		f.MetadataJSON = []byte(scopes)
		f.Texts = map[string]app.Texts{"nb": {Resources: []app.Text{{ID: "mangler", Value: "Du mangler et scope"}}}}
	}))
	refused := func(r reply) {
		t.Helper()
		p := r.wantProblem(http.StatusForbidden, "Forbidden")
		if p["detail"] != "Insufficient scope" || p["instance"] != "/fts/saksmottak/instances/create" {
			t.Errorf("problem %v", p)
		}
	}
	refused(w.json(w.agency(), http.MethodPost, receiving+"/instances/create", "no JSON"))
	w.create(w.org("fts", agencyNumber, bothScopes+" fts:saksmottak.write"), receiving, ownerNumber(agencyNumber))
	// The application may word the refusal itself; the word of the kind of caller goes first.
	if p := w.json(w.agency(), http.MethodPost, original+"/instances/create", "{}").wantProblem(http.StatusForbidden, "Forbidden"); p["detail"] != "Du mangler et scope" {
		t.Errorf("problem %v", p)
	}
	// A person from the portal passes the check of users, and is refused later.
	w.json(w.maret(), http.MethodPost, receiving+"/instances/create", ownerNumber(agencyNumber)).wantEmpty(http.StatusForbidden)
}

func TestNewNeedsItsParts(t *testing.T) {
	t.Parallel()
	folder := &app.Folder{}
	for name, cfg := range map[string]apphost.Config{
		"folder":   {},
		"platform": {Folder: folder},
		"verifier": {Folder: folder, Platform: "https://" + platformHost},
	} {
		if _, err := apphost.New(cfg); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}
