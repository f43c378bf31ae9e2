package selfservice_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/selfservice"
)

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

func TestCreateClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.send("POST", "/clients", minimal)
	id := uuid.FindString(got.Body.String())
	want := `{"client_id":"` + id + `","client_name":"stafett-fts-tt02-barmarkskjoring","description":"Leser innsendte skjemaer",` +
		`"client_orgno":"313547264","supplier_orgno":null,"active":true,"integration_type":"maskinporten","application_type":"web",` +
		`"token_endpoint_auth_method":"private_key_jwt","grant_types":["urn:ietf:params:oauth:grant-type:jwt-bearer"],` +
		`"scopes":["altinn:serviceowner/instances.read"],"access_token_lifetime":120,"authorization_lifetime":7200,` +
		`"refresh_token_lifetime":600,"refresh_token_usage":"ONETIME","redirect_uris":[],"post_logout_redirect_uris":[],` +
		`"frontchannel_logout_session_required":false,"sso_disabled":false,"code_challenge_method":"none",` +
		`"jwks_uri":"/clients/` + id + `/jwks","created":"2026-11-22T13:00:00.118+01:00","last_updated":"2026-11-22T13:00:00.118+01:00"}`
	if got.Code != 200 || strings.TrimSpace(got.Body.String()) != want || id == "" {
		t.Errorf("create:\n got %d %s\nwant %s", got.Code, got.Body, want)
	}
	if got := w.send("GET", "/clients/"+id, ""); strings.TrimSpace(got.Body.String()) != want {
		t.Errorf("get: %s", got.Body)
	}
	if got := w.send("GET", "/clients", ""); strings.TrimSpace(got.Body.String()) != "["+want+"]" {
		t.Errorf("list: %s", got.Body)
	}
}

func TestCreateClientRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	tests := []struct {
		name, change, into string // in the minimal body
		member, message    string
	}{
		{"no name", `"client_name":"stafett-fts-tt02-barmarkskjoring",`, "", "client_name", "must not be blank"},
		{"blank description", `Leser innsendte skjemaer`, " ", "description", "must not be blank"},
		{"bad type", `"integration_type":"maskinporten"`, `"integration_type":"x"`, "integration_type",
			"must be one of ansattporten, api_klient, eformidling, idporten, idporten_saml2, krr, maskinporten"},
		{"bad application type", `"web"`, `"x"`, "application_type", "must be one of web, browser, native"},
		{"other auth method", `private_key_jwt`, `none`, "token_endpoint_auth_method", "must be private_key_jwt for integration type maskinporten"},
		{"other grant", bearer, "implicit", "grant_types", "must be " + bearer + " for integration type maskinporten"},
		{"no scope", `"altinn:serviceowner/instances.read"`, ``, "scopes", "must have at least one scope"},
		{"unknown scope", `instances.read"`, `instances.rea"`, "scopes[0]", "no such scope: altinn:serviceowner/instances.rea"},
		{"scope without access", readScope, shutScope, "scopes[0]", "the organisation has no access to the scope " + shutScope},
		{"scope twice", `]}`, `,"` + readScope + `"]}`, "scopes[1]", "the scope is given twice: " + readScope},
		{"negative lifetime", `{"client_name"`, `{"access_token_lifetime":-1,"client_name"`, "access_token_lifetime", "must be positive"},
		{"own id", `{"client_name"`, `{"client_id":"mine","client_name"`, "client_id", "is given by the server"},
		{"other owner", `{"client_name"`, `{"client_orgno":"` + club + `","client_name"`, "client_orgno", "must be the organisation of the token"},
		{"supplier", `{"client_name"`, `{"supplier_orgno":"` + club + `","client_name"`, "supplier_orgno", "needs the scope idporten:dcr.supplier"},
		{"read-only", `{"client_name"`, `{"created":"2026-11-22T13:00:00.118+01:00","client_name"`, "created", "is read-only and must be left out"},
	}
	for _, tt := range tests {
		body := strings.Replace(minimal, tt.change, tt.into, 1)
		if body == minimal {
			t.Fatalf("%s changes nothing", tt.name)
		}
		w.refused(tt.name, w.send("POST", "/clients", body), 400, invalid("client", [2]string{tt.member, tt.message}))
	}
	w.refused("several at once", w.send("POST", "/clients", `{"integration_type":"maskinporten"}`), 400, invalid("client",
		[2]string{"client_name", "must not be blank"}, [2]string{"description", "must not be blank"},
		[2]string{"application_type", "must be one of web, browser, native"},
		[2]string{"token_endpoint_auth_method", "must be one of client_secret_post, client_secret_basic, private_key_jwt, none"},
		[2]string{"grant_types", "must not be empty"},
		[2]string{"token_endpoint_auth_method", "must be private_key_jwt for integration type maskinporten"},
		[2]string{"grant_types", "must be " + bearer + " for integration type maskinporten"},
		[2]string{"scopes", "must have at least one scope"}))
	w.refused("wrong type", w.send("POST", "/clients", `{"client_name":5}`), 400,
		invalid("client", [2]string{"client_name", "has the wrong type"}))
	if got := w.send("GET", "/clients", ""); strings.TrimSpace(got.Body.String()) != "[]" {
		t.Errorf("clients were made: %s", got.Body)
	}
}

// editable returns what a client reads, without what it may not write.
func (w *world) editable(id string) map[string]any {
	w.Helper()
	var members map[string]any
	w.ok("GET", "/clients/"+id, "", &members)
	for _, name := range []string{"jwks_uri", "created", "last_updated"} {
		delete(members, name)
	}
	return members
}

func (w *world) put(id string, members map[string]any) string {
	w.Helper()
	body, err := json.Marshal(members)
	w.must(err)
	got := w.send("PUT", "/clients/"+id, string(body))
	return strings.TrimSpace(got.Body.String())
}

func TestUpdateClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create()
	w.ok("POST", "/clients/"+id+"/jwks", keySet(key("a")), nil)
	w.clock.advance(time.Minute)

	members := w.editable(id)
	members["scopes"] = []string{readScope, openScope}
	members["access_token_lifetime"] = 300
	members["logo_uri"], members["frontchannel_logout_uri"] = "https://fts.example.no/logo.png", "https://fts.example.no/ut"
	delete(members, "sso_disabled")
	w.put(id, members)
	var got selfservice.Client
	w.ok("GET", "/clients/"+id, "", &got)
	if got.LogoURI != members["logo_uri"] || got.LogoutURI != members["frontchannel_logout_uri"] {
		t.Errorf("addresses are %q and %q", got.LogoURI, got.LogoutURI)
	}
	if len(got.Scopes) != 2 || got.AccessTokenLifetime != 300 || !got.Active || got.JWKSURI != "/clients/"+id+"/jwks" {
		t.Errorf("client is %+v", got)
	}
	if got.LastUpdated.Sub(got.Created.Time) != time.Minute {
		t.Errorf("created %s, updated %s", got.Created, got.LastUpdated)
	}
	var keys selfservice.KeySet
	w.ok("GET", "/clients/"+id+"/jwks", "", &keys)
	if len(keys.Keys) != 1 {
		t.Errorf("an update left %d keys, want 1", len(keys.Keys))
	}

	// It is a full replace: what is left out goes back to its default.
	delete(members, "access_token_lifetime")
	w.put(id, members)
	w.ok("GET", "/clients/"+id, "", &got)
	if got.AccessTokenLifetime != 120 {
		t.Errorf("lifetime is %d", got.AccessTokenLifetime)
	}

	for name, tt := range map[string]struct {
		member string
		value  any
		want   string
	}{
		"integration type": {"integration_type", "krr", "cannot be changed"},
		"id":               {"client_id", "other", "is given by the server"},
		"jwks_uri":         {"jwks_uri", "/x", "is read-only and must be left out"},
		"no scopes":        {"scopes", []string{}, "must have at least one scope"},
		"a shut scope":     {"scopes", []string{shutScope}, "the organisation has no access to the scope " + shutScope},
	} {
		members := w.editable(id)
		members[tt.member] = tt.value
		if answer := w.put(id, members); !strings.Contains(answer, `"status":400`) || !strings.Contains(answer, tt.want) {
			t.Errorf("%s: %s", name, answer)
		}
	}
}

func TestDeactivateClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kept, gone := w.create(), w.create()
	if got := w.send("DELETE", "/clients/"+gone, ""); got.Code != 200 || got.Body.Len() != 0 {
		t.Errorf("delete: %d %s", got.Code, got.Body)
	}
	var client selfservice.Client
	w.ok("GET", "/clients/"+gone, "", &client)
	if client.Active {
		t.Error("the client is active")
	}
	var list []selfservice.Client
	w.ok("GET", "/clients", "", &list)
	if len(list) != 1 || list[0].ClientID != kept {
		t.Errorf("list is %v", list)
	}
	for query, want := range map[string]int{"true": 2, "TRUE": 2, "True": 2, "false": 1, "1": 1, "": 1} {
		list = nil
		w.ok("GET", "/clients?inactive="+query, "", &list)
		if len(list) != want {
			t.Errorf("list with inactive=%s is %v", query, list)
		}
	}
	conflict := problem("409", "conflict", "the client is deactivated", "")
	w.refused("delete again", w.send("DELETE", "/clients/"+gone, ""), 409, conflict)
	w.refused("new keys", w.send("POST", "/clients/"+gone+"/jwks", keySet(key("a"))), 409, conflict)
	w.refused("update", w.send("PUT", "/clients/"+gone, minimal), 409, conflict)
}

func TestListIsInOrderOfCreation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var want []string
	for range 5 {
		want = append(want, w.create())
		w.clock.advance(time.Second)
	}
	var list []selfservice.Client
	w.ok("GET", "/clients", "", &list)
	for i, client := range list {
		if client.ClientID != want[i] {
			t.Errorf("place %d has the wrong client", i)
		}
	}
}

func TestOtherOrganisations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create()
	foreign := "Bearer " + w.of(club)
	forbidden := problem("403", "forbidden", "The client belongs to another organisation", "")
	for _, request := range []struct{ method, path, body string }{
		{"GET", "/clients/" + id, ""}, {"PUT", "/clients/" + id, minimal}, {"DELETE", "/clients/" + id, ""},
		{"GET", "/clients/" + id + "/jwks", ""}, {"POST", "/clients/" + id + "/jwks", keySet(key("a"))}, {"DELETE", "/clients/" + id + "/jwks", ""},
	} {
		w.refused(request.method+request.path, w.sendAs(foreign, request.method, request.path, request.body), 403, forbidden)
	}
	if got := w.sendAs(foreign, "GET", "/clients", ""); strings.TrimSpace(got.Body.String()) != "[]" {
		t.Errorf("list of another organisation: %s", got.Body)
	}
	w.refused("unknown", w.send("GET", "/clients/x", ""), 404, problem("404", "not_found", "No such client", ""))
}

func TestRESTStatuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(cfg *selfservice.Config) { cfg.RESTStatuses = true })
	created := w.send("POST", "/clients", minimal)
	id := uuid.FindString(created.Body.String())
	for name, tt := range map[string]struct{ got, want int }{
		"create client": {created.Code, http.StatusCreated},
		"post keys":     {w.send("POST", "/clients/"+id+"/jwks", keySet(key("a"))).Code, http.StatusCreated},
		"delete keys":   {w.send("DELETE", "/clients/"+id+"/jwks", "").Code, http.StatusNoContent},
		"delete client": {w.send("DELETE", "/clients/"+id, "").Code, http.StatusNoContent},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: status %d, want %d", name, tt.got, tt.want)
		}
	}
}

func TestSeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin, err := w.registry.AddClient(selfservice.Client{
		ClientID: "oidc_fts_admin", Name: "admin", OrgNumber: agency, Scopes: []string{selfservice.ScopeRead, selfservice.ScopeWrite},
	}, selfservice.NewKey("admin", &clientKey().PublicKey))
	w.must(err)
	if admin.IntegrationType != "maskinporten" || !admin.Active {
		t.Errorf("admin is %+v", admin)
	}
	registered, err := w.registry.Registration(admin.ClientID)
	w.must(err)
	if k, ok := registered.Keys.Key("admin"); !ok || !k.PublicKey().Equal(&clientKey().PublicKey) {
		t.Error("the key is not registered")
	}
	if _, err := w.registry.Registration("nobody"); !errors.Is(err, selfservice.ErrNotFound) {
		t.Errorf("unknown client: %v", err)
	}
	weak := selfservice.NewKey("weak", &clientKey().PublicKey)
	weak.Use = ""
	bad := func(c selfservice.Client, keys ...selfservice.Key) error {
		_, err := w.registry.AddClient(c, keys...)
		return err
	}
	for name, err := range map[string]error{
		"organisation number":     w.registry.AddOrganisation(selfservice.Organisation{Number: "31354726", Name: "x"}),
		"scope name":              w.registry.AddScope(selfservice.Scope{Name: "x", OwnerOrgNumber: agency}),
		"scope owner":             w.registry.AddScope(selfservice.Scope{Name: "x:y", OwnerOrgNumber: "999999999"}),
		"scope twice":             w.registry.AddScope(selfservice.Scope{Name: openScope, OwnerOrgNumber: agency}),
		"access to unknown scope": w.registry.GrantAccess("x:y", agency),
		"access of unknown org":   w.registry.GrantAccess(openScope, "999999999"),
		"delegation of a scope without source": w.registry.AddDelegation(selfservice.Delegation{
			Scope: openScope, Consumer: club, Supplier: agency}),
		"delegation by nobody": w.registry.AddDelegation(selfservice.Delegation{Scope: openScope, Supplier: agency}),
		"client id twice":      bad(selfservice.Client{ClientID: "oidc_fts_admin", OrgNumber: agency}),
		"client of nobody":     bad(selfservice.Client{OrgNumber: "999999999"}),
		"client with bad key":  bad(selfservice.Client{OrgNumber: agency}, weak),
		"kid twice":            bad(selfservice.Client{OrgNumber: agency}, selfservice.NewKey("admin", &clientKey().PublicKey)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
