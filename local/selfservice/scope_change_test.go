package selfservice_test

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/selfservice"
)

// owner sends requests as the agency with the right to change its scopes.
func (w *world) owner(method, path, body string) *httptest.ResponseRecorder {
	w.Helper()
	return w.sendAs("Bearer "+w.issue(map[string]any{"scope": "idporten:scopes.write"}), method, path, body)
}

const newScope = `{"prefix":"fts","subscope":"arkiv/dokument.read","description":"Read documents","at_max_age":30}`

func TestScopesAreChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	named := "/scopes?scope=fts%3Aarkiv%2Fdokument.read"
	want := `{"prefix":"fts","description":"Read documents","subscope":"arkiv/dokument.read","active":true,"created":"2026-11-22T12:00:00.118Z",` +
		`"last_updated":"2026-11-22T12:00:00.118Z","allowed_integration_types":[],"owner_orgno":"313547264",` +
		`"token_type":"SELF_CONTAINED","visibility":"PUBLIC","requires_user_consent":false,"requires_user_authentication":false,` +
		`"requires_pseudonymous_tokens":false,"at_max_age":30,"authorization_max_lifetime":0,"accessible_for_all":false,` +
		`"name":"fts:arkiv/dokument.read","protected":false,"supports_european_businesses":false}`
	for what, got := range map[string]*httptest.ResponseRecorder{
		"1 create": w.owner("POST", "/scopes", newScope), "2 read": w.owner("GET", named, ""),
	} {
		if got.Code != 200 || strings.TrimSpace(got.Body.String()) != want {
			t.Errorf("%s: %d %s\nwant %s", what, got.Code, got.Body, want)
		}
	}
	w.refused("twice", w.owner("POST", "/scopes", newScope), 409, problem("409", "conflict", "the scope fts:arkiv/dokument.read is there already", ""))

	// What is left out of a change gets its default.
	changed := strings.Replace(newScope, `"at_max_age":30`, `"accessible_for_all":true,"allowed_integration_types":["maskinporten"],`+
		`"descriptions":{"en":"Read documents"},"enforced_aud_for_access_token":null,"supports_european_businesses":true`, 1)
	if got := w.owner("PUT", named, changed); got.Code != 200 || !w.registry.MayUse("fts:arkiv/dokument.read", club) ||
		!strings.Contains(got.Body.String(), `"supports_european_businesses":true,"descriptions":{"en":"Read documents"}}`) {
		t.Errorf("change: %d %s", got.Code, got.Body)
	}
	if scope, _ := w.registry.Scope("fts:arkiv/dokument.read"); scope.TokenMaxAge != 0 || !slices.Equal(scope.AllowedIntegrationTypes, []string{"maskinporten"}) {
		t.Errorf("changed to %+v", scope)
	}

	// Deactivated, it is of no use but reserved; a change brings it back.
	if got := w.owner("DELETE", named, ""); got.Code != 200 || w.registry.MayUse("fts:arkiv/dokument.read", club) {
		t.Errorf("deactivate: %d %s", got.Code, got.Body)
	}
	list := func(query string) int {
		return strings.Count(w.owner("GET", "/scopes"+query, "").Body.String(), `"name"`)
	}
	if all, active := list("?inactive=true"), list(""); all != 2 || active != 1 {
		t.Errorf("%d scopes, of which %d active", all, active)
	}
	w.refused("created again", w.owner("POST", "/scopes", newScope), 409,
		problem("409", "conflict", "the scope fts:arkiv/dokument.read is there and deactivated; a change with active true brings it back", ""))
	if w.owner("PUT", named, changed); w.registry.MayUse("fts:arkiv/dokument.read", club) {
		t.Error("a change without active brings it back")
	}
	if got := w.owner("PUT", named, strings.Replace(changed, "{", `{"active":true,`, 1)); got.Code != 200 || !w.registry.MayUse("fts:arkiv/dokument.read", club) {
		t.Errorf("reactivate: %d %s", got.Code, got.Body)
	}
}

func TestScopeChangesThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const form = "must be lower-case letters and digits between slashes, with at most one word after a dot at the end"
	for name, c := range map[string]struct {
		change, into string
		fields       [2]string
	}{
		"another's prefix": {`"prefix":"fts"`, `"prefix":"digdir"`, [2]string{"prefix", "the organisation does not have the prefix digdir"}},
		"upper case":       {"arkiv/", "Arkiv/", [2]string{"subscope", form}},
		"no subscope":      {"arkiv/dokument.read", "", [2]string{"subscope", form}},
		"two dots":         {"dokument.read", "dokument.read.x", [2]string{"subscope", form}},
		"another name":     {`{"prefix"`, `{"name":"fts:x","prefix"`, [2]string{"name", "must be prefix:subscope"}},
		"no description":   {"Read documents", " ", [2]string{"description", "must not be blank"}},
		"visibility":       {`{"prefix"`, `{"visibility":"SECRET","prefix"`, [2]string{"visibility", "must be one of PUBLIC, PRIVATE, INTERNAL"}},
		"token type":       {`{"prefix"`, `{"token_type":"x","prefix"`, [2]string{"token_type", "must be one of SELF_CONTAINED, OPAQUE"}},
		"age":              {"30", "-1", [2]string{"at_max_age", "must not be negative"}},
		"integration type": {`{"prefix"`, `{"allowed_integration_types":["x"],"prefix"`, [2]string{"allowed_integration_types[0]",
			"must be one of ansattporten, api_klient, eformidling, idporten, idporten_saml2, krr, maskinporten"}},
		"read-only":       {`{"prefix"`, `{"created":"2026-11-22T13:00:00.118+01:00","prefix"`, [2]string{"created", "is read-only and must be left out"}},
		"another's scope": {`{"prefix"`, `{"owner_orgno":"312008459","prefix"`, [2]string{"owner_orgno", "must be the organisation of the token"}},
	} {
		body := strings.Replace(newScope, c.change, c.into, 1)
		w.refused(name, w.owner("POST", "/scopes", body), 400, invalid("scope", c.fields))
	}
	w.refused("no object", w.owner("POST", "/scopes", `{"at_max_age":"x"}`), 400, problem("400", "bad_request", "The body is not a scope", ""))
	forbidden := problem("403", "forbidden", "The scope belongs to another organisation", "")
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		w.refused(method, w.owner(method, "/scopes?scope="+shutScope, newScope), 403, forbidden)
		w.refused(method, w.owner(method, "/scopes?scope=fts:x", newScope), 404, problem("404", "not_found", "No such scope", ""))
	}
	w.refused("another name", w.owner("PUT", "/scopes?scope="+openScope, newScope), 400, invalid("scope", [2]string{"name", "cannot be changed"}))
	w.refused("without the right", w.send("POST", "/scopes", newScope), 403, problem("403", "forbidden", "The token lacks the scope idporten:scopes.write", ""))
}

func TestAccessIsGivenAndTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if got := w.owner("POST", "/scopes", newScope); got.Code != 200 {
		t.Fatalf("create: %d %s", got.Code, got.Body)
	}
	const name = "fts:arkiv/dokument.read"
	at := "/scopes/access/" + club + "?scope=fts%3Aarkiv%2Fdokument.read"
	w.refused("nothing to take", w.owner("DELETE", at, ""), 404, problem("404", "not_found", "No such access", ""))
	entry := `{"scope":"` + name + `","state":"APPROVED","owner_orgno":"313547264","owner_organization_name":"Ferdselstilsynet",` +
		`"consumer_orgno":"312008459","consumer_organization_name":"Vidda turlag",` +
		`"created":"2026-11-22T13:00:00.118+01:00","last_updated":"2026-11-22T13:00:00.118+01:00"}`
	if got := w.owner("PUT", at, ""); got.Code != 200 || strings.TrimSpace(got.Body.String()) != entry || !w.registry.MayUse(name, club) {
		t.Errorf("give: %d %s\nwant %s", got.Code, got.Body, entry)
	}
	for _, query := range []string{"?scope=fts%3Aarkiv%2Fdokument.read", "?consumer_orgno=" + club} {
		if got := w.owner("GET", "/scopes/access"+query, ""); strings.TrimSpace(got.Body.String()) != "["+entry+"]" {
			t.Errorf("%s: %s", query, got.Body)
		}
	}
	if got := w.sendAs("Bearer "+w.of(club), "GET", "/scopes/access/all", ""); strings.TrimSpace(got.Body.String()) != "["+entry+"]" {
		t.Errorf("the club sees %s", got.Body)
	}
	if got := w.owner("DELETE", at, ""); got.Code != 200 || !strings.Contains(got.Body.String(), "DENIED") || w.registry.MayUse(name, club) {
		t.Errorf("take: %d %s", got.Code, got.Body)
	}
	// What others have given the organisation is not the agency's to see.
	if got := w.owner("GET", "/scopes/access?consumer_orgno="+agency, ""); strings.TrimSpace(got.Body.String()) != "[]" {
		t.Errorf("the agency has given itself %s", got.Body)
	}

	w.refused("letters", w.owner("PUT", "/scopes/access/x?scope="+name, ""), 400, problem("400", "bad_request", "The organisation number is not nine digits", ""))
	w.refused("nobody", w.owner("PUT", "/scopes/access/310000001?scope="+name, ""), 400, invalid("access", [2]string{"consumer_orgno", "no such organisation"}))
	w.refused("no scope", w.owner("PUT", "/scopes/access/"+club, ""), 404, problem("404", "not_found", "No such scope", ""))
	w.refused("another's scope", w.owner("PUT", "/scopes/access/"+agency+"?scope="+shutScope, ""), 403,
		problem("403", "forbidden", "The scope belongs to another organisation", ""))
	w.refused("nothing named", w.owner("GET", "/scopes/access", ""), 400, problem("400", "bad_request", "Name a scope, or nine digits in consumer_orgno", ""))
	// A number that climbs in the path does not deactivate a scope.
	if got := w.owner("DELETE", "/scopes/access/..?scope="+name, ""); got.Code != 404 {
		t.Errorf("climbing: %d %s", got.Code, got.Body)
	}
	if scope, _ := w.registry.Scope(name); !scope.Active {
		t.Error("the scope is gone")
	}

	// Maskinporten asks for what was a while ago.
	w.clock.advance(time.Minute)
	given := w.clock.now()
	w.owner("PUT", at, "")
	w.clock.advance(time.Minute)
	taken := w.clock.now()
	w.owner("DELETE", at, "")
	for when, want := range map[time.Time]bool{
		given.Add(-time.Nanosecond): false, given: true, taken.Add(-time.Nanosecond): true, taken: false,
	} {
		if w.registry.MayUseAsOf(name, club, when) != want {
			t.Errorf("at %s the club may use it: %t", when, !want)
		}
	}

	// Entries stay when the scope goes out of use.
	before := w.registry.AccessTo(name)
	if got := w.owner("DELETE", "/scopes?scope="+name, ""); got.Code != 200 || len(before) != 1 || !slices.Equal(before, w.registry.AccessTo(name)) {
		t.Errorf("deactivated: %d, and the entries are %v", got.Code, w.registry.AccessTo(name))
	}
}

// A scope that consumers delegate in Altinn can be put on a supplier's client,
// to which its owner gives no access.
func TestScopesThatAreDelegated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const name = "fts:kart/ruter.read"
	w.must(w.registry.AddScope(selfservice.Scope{Name: "digdir:skjult", OwnerOrgNumber: digdir, Visibility: "PRIVATE", DelegationSource: "https://tt02.altinn.no/"}))
	made := w.owner("POST", "/scopes", `{"prefix":"fts","subscope":"kart/ruter.read","description":"Ruter","delegation_source":"https://tt02.altinn.no/"}`)
	if made.Code != 200 || !strings.Contains(made.Body.String(), `"delegation_source":"https://tt02.altinn.no/"`) || w.registry.MayUse(name, club) {
		t.Fatalf("create: %d %s", made.Code, made.Body)
	}
	client := strings.Replace(minimal, readScope, name, 1)
	if got := w.sendAs("Bearer "+w.of(club), "POST", "/clients", client); got.Code != 200 {
		t.Errorf("a supplier's client: %d %s", got.Code, got.Body)
	}
	var usable []string
	for _, scope := range w.registry.Usable(club) {
		usable = append(usable, scope.Name)
	}
	if want := []string{openScope, name}; !slices.Equal(usable, want) {
		t.Errorf("a supplier can choose %v, want %v", usable, want)
	}
}

func TestPrefixes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.registry.AssignPrefix("vidda", club))
	if _, err := w.registry.CreateScope(selfservice.Scope{Prefix: "vidda", Subscope: "tur", Description: "x", OwnerOrgNumber: club}); err != nil {
		t.Error(err)
	}
	if w.registry.AssignPrefix("vidda", agency) == nil || w.registry.AssignPrefix("x", "310000001") == nil {
		t.Error("a prefix was given twice, or to nobody")
	}
}
