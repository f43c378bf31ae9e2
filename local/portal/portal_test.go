package portal_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/loopback"
	"github.com/stafett/stafett/local/portal"
	"github.com/stafett/stafett/local/selfservice"
)

// TestByHand goes the way that Digdir's instructions tell: log in, create a
// client, paste the key, add a scope, and later take it all away.
func TestByHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("before the login", w.get("/"), 200, "Logg inn", "Jørn Lillevik, forvalter integrasjonene til Ferdselstilsynet", "Máret Eksempel, uten rettigheter")
	w.says("the list", w.login(manager, agency), 200, "Jørn Lillevik for Ferdselstilsynet (313547264)", "har ingen klienter")
	w.says("the types", w.get("/clients/new"), 200, "Maskinporten")
	w.says("the form", w.get("/clients/new/maskinporten"), 200, readScope+" Lese instanser", openScope+" (åpent for alle)")
	if strings.Contains(w.get("/clients/new/maskinporten").html, shutScope) {
		t.Error("a scope that the organisation may not use can be chosen")
	}

	page := w.post("/clients/new/maskinporten", "name", " skjema-test ", "description", "Leser <skjemaer>")
	id := strings.TrimPrefix(page.path, "/clients/")
	w.says("the client", page, 200, "Klienten er opprettet", "skjema-test", id, "Leser <skjemaer>", "Scopes ingen")
	if strings.Contains(w.get(page.path).text(), "er opprettet") {
		t.Error("the notice is shown twice")
	}
	made, err := w.registry.Registration(id)
	must(t, err)
	if c := made.Client; c.Name != "skjema-test" || c.OrgNumber != agency || c.IntegrationType != "maskinporten" || c.TokenEndpointAuthMethod != "private_key_jwt" || len(c.Scopes) != 0 {
		t.Errorf("registered %+v", c)
	}

	key, err := json.Marshal(selfservice.NewKey("fts-1", publicKey()))
	must(t, err)
	w.says("the keys", w.post("/clients/"+id+"/keys/new", "key", string(key)), 200, "Nøkkelen fts-1 er lagt til", "fts-1 RS256, 2048 bit 22.11.2027 13:00", "to minutter")
	w.says("the scopes", w.post("/clients/"+id+"/scopes", "scope", readScope, "scope", openScope), 200, "Scopes er lagt til", "Ingen flere scopes")
	w.says("one less", w.post("/clients/"+id+"/scopes/remove", "scope", openScope), 200, "Scopet "+openScope+" er fjernet")
	made, err = w.registry.Registration(id)
	must(t, err)
	if _, ok := made.Keys.Key("fts-1"); !ok || !slices.Equal(made.Client.Scopes, []string{readScope}) {
		t.Errorf("registered %+v", made)
	}

	w.says("asked before", w.get("/clients/"+id+"/keys/remove?kid=fts-1"), 200, "Slett nøkkelen fts-1?")
	w.says("the key is gone", w.post("/clients/"+id+"/keys/remove", "kid", "fts-1"), 200, "Nøkkelen fts-1 er slettet", "Klienten har ingen nøkler")
	w.says("asked before", w.get("/clients/"+id+"/deactivate"), 200, "Deaktiver klienten skjema-test?")
	w.says("deactivated", w.post("/clients/"+id+"/deactivate"), 200, "Klienten skjema-test er deaktivert", "har ingen klienter")
	w.says("with the inactive", w.get("/?inactive=true"), 200, "skjema-test", "deaktivert")
	w.says("no change after", w.post("/clients/"+id+"/keys/new", "key", string(key)), 409, "deaktivert og kan ikke endres")
	w.says("out", w.post("/logout"), 200, "Logg inn")
	if page := w.get("/clients/" + id); page.path != "/login" {
		t.Errorf("after the logout: %s", page.path)
	}
}

// A supplier can choose a scope that its customers delegate in Altinn.
func TestScopesThatAreDelegated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const name = "fts:kart/ruter.read"
	must(t, w.registry.AddScope(selfservice.Scope{Name: name, OwnerOrgNumber: agency, DelegationSource: "https://tt02.altinn.no/"}))
	w.login(leader, club)
	w.says("the form", w.get("/clients/new/maskinporten"), 200, name+" (bare på vegne av andre, når de har delegert det i Altinn)")
	page := w.post("/clients/new/maskinporten", "name", "leverandør", "description", "Henter ruter", "scope", name)
	w.says("the client", page, 200, "Klienten er opprettet", name)
}

func TestFormsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("no choice", w.post("/login"), 422, "Velg en person og en virksomhet")
	w.says("no such person", w.login("7", agency), 422, "Velg en person")
	w.says("no such organisation", w.login(manager, "991825827"), 422, "Velg en person")
	w.login(manager, agency)
	page := w.post("/clients/new/maskinporten", "name", " ", "description", "Kladd", "scope", openScope)
	w.says("no name", page, 422, "Feil: Opprett klient", "Skriv et visningsnavn", "Kladd")
	if !strings.Contains(page.html, `value="`+openScope+`" checked`) || !strings.Contains(page.html, `role="alert"`) {
		t.Errorf("what was filled in is lost, or the fault is not told: %s", page.html)
	}
	w.says("no description", w.post("/clients/new/maskinporten", "name", "x"), 422, "Skriv en beskrivelse")
	w.says("a scope without access", w.post("/clients/new/maskinporten", "name", "x", "description", "y", "scope", shutScope), 422,
		"Ikke godtatt: the organisation has no access to the scope "+shutScope)
	if clients := w.registry.Clients(agency, true); len(clients) != 0 {
		t.Errorf("created %v", clients)
	}
	id := w.create()
	w.says("no scope chosen", w.post("/clients/"+id+"/scopes"), 422, "Velg minst ett scope")
	w.says("a scope without access", w.post("/clients/"+id+"/scopes", "scope", shutScope), 422, "no access to the scope")
	w.says("a scope that it has not", w.post("/clients/"+id+"/scopes/remove", "scope", openScope), 404)
	w.says("a key that it has not", w.post("/clients/"+id+"/keys/remove", "kid", "x"), 404)
	w.says("a key that it has not", w.get("/clients/"+id+"/keys/remove?kid=x"), 404)
	w.says("too large", w.post("/clients/"+id+"/keys/new", "key", strings.Repeat("x", 70<<10)), 400, "for stort")
	w.says("no such page", w.get("/nothing"), 404, "Siden finnes ikke")
	w.says("no such organisation", w.post("/organisation", "organisation", "1"), 422)

	// A scope that the owner has taken back stays on the client, and others can
	// still be added.
	must(t, w.registry.RevokeAccess(readScope, agency))
	w.says("beside a denied scope", w.post("/clients/"+id+"/scopes", "scope", openScope), 200, "Scopes er lagt til")
}

// Nobody sees or changes what belongs to others, or without the right.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login(manager, agency)
	id := w.create()
	w.says("another organisation", w.post("/organisation", "organisation", club), 200, "Jørn Lillevik for Vidda turlag", "Du har ikke rettigheten")
	for _, path := range []string{"/clients/" + id, "/clients/" + id + "/keys", "/clients/new"} {
		w.says(path, w.get(path), 403, "Du har ikke rettigheten «Selvbetjening av integrasjoner i ID-porten/Maskinporten» for Vidda turlag")
	}
	others := newVisitor(t, w.base)
	others.login(leader, club)
	for _, path := range []string{"/clients/" + id, "/clients/" + id + "/deactivate"} {
		others.says(path, others.get(path), 404, "finnes ikke i Vidda turlag")
	}
	others.says("a change", others.post("/clients/"+id+"/deactivate"), 404)
	private := newVisitor(t, w.base)
	page := private.login(nobody, agency)
	private.says("a private person", page, 200, "Du har ikke rettigheten", "hovedadministrator")
	if strings.Contains(page.text(), "Opprett") || strings.Contains(page.text(), id) {
		t.Errorf("without the right: %s", page.text())
	}
	private.says("a change", private.post("/clients/new/maskinporten", "name", "x", "description", "y"), 403)
	if clients := w.registry.Clients(agency, false); len(clients) != 1 {
		t.Errorf("clients are %v", clients)
	}
}

// A page of another site can neither send forms nor reach the address by a name
// of its own, and what the page may load is nothing but its style.
func TestOtherSites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.login(manager, agency)
	send := func(edit func(*http.Request)) shown {
		request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, w.base+"/clients/new/maskinporten", strings.NewReader("name=x&description=y"))
		must(t, err)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		edit(request)
		response, err := w.client.Do(request)
		must(t, err)
		return w.read(response)
	}
	for name, c := range map[string]struct {
		edit func(*http.Request)
		want int
	}{
		"another site":          {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		"another port":          {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, 403},
		"another origin":        {func(r *http.Request) { r.Header.Set("Origin", "http://evil.example.com") }, 403},
		"a name of its own":     {func(r *http.Request) { r.Host = "evil.example.com" }, 421},
		"the page":              {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") }, 200},
		"the page, old browser": {func(r *http.Request) { r.Header.Set("Origin", w.base) }, 200},
	} {
		if page := send(c.edit); page.status != c.want {
			t.Errorf("%s: %d, want %d: %s", name, page.status, c.want, page.text())
		}
	}
	if clients := w.registry.Clients(agency, false); len(clients) != 2 {
		t.Errorf("%d clients were made, want 2", len(clients))
	}
	page := w.get("/")
	for header, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":  "nosniff", "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8",
	} {
		if got := page.header.Get(header); got != want {
			t.Errorf("%s is %q", header, got)
		}
	}
	if strings.Contains(page.html, "<script") || strings.Contains(page.html, "style=") {
		t.Error("the page needs what its policy forbids")
	}
	if style := w.get("/style.css"); style.status != 200 || !strings.HasPrefix(style.header.Get("Content-Type"), "text/css") {
		t.Errorf("the style is %d %s", style.status, style.header.Get("Content-Type"))
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	response, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.base+"/login", strings.NewReader("person=1&organisation="+agency))
	must(t, err)
	response.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	first, err := w.client.Do(response)
	must(t, err)
	cookie := first.Cookies()[0]
	_ = first.Body.Close()
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Secure || len(cookie.Value) < 26 {
		t.Errorf("the cookie is %+v", cookie)
	}
	// A new login ends the old session.
	w.login(manager, agency)
	fresh := newVisitor(t, w.base)
	fresh.client.Jar.SetCookies(w.address.URL(), []*http.Cookie{cookie})
	if page := fresh.get("/"); page.path != "/login" {
		t.Errorf("with the old cookie: %s", page.path)
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := now
	server, err := portal.New(portal.Config{
		Registry: w.registry, People: []portal.Person{{Name: "x"}}, Organisations: w.registry.Organisations(), Now: func() time.Time { return at },
	})
	must(t, err)
	address, err := loopback.Serve(t.Context(), "127.0.0.1:0", server)
	must(t, err)
	defer address.Close()
	v := newVisitor(t, address.URL().String())
	v.login("0", agency)
	for after, want := range map[time.Duration]string{time.Hour: "/", 9 * time.Hour: "/login"} {
		at = now.Add(after)
		if page := v.get("/"); page.path != want {
			t.Errorf("after %s: %s, want %s", after, page.path, want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	registry := selfservice.NewRegistry(nil)
	people, organisations := []portal.Person{{Name: "x"}}, []selfservice.Organisation{{Number: agency, Name: "y"}}
	for name, cfg := range map[string]portal.Config{
		"no registry":     {People: people, Organisations: organisations},
		"nobody":          {Registry: registry, Organisations: organisations},
		"no organisation": {Registry: registry, People: people},
	} {
		if _, err := portal.New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
