package authentication_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/stafett/stafett/local/authentication"
)

func TestVerifyRefusesWhatAltinnDidNotSign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, altinn := get(w.server, exchangePath, w.token(nil))
	header, claims := parts(t, altinn)
	for name, token := range map[string]string{
		"raw Maskinporten token":    w.token(nil),
		"same kid, other key":       sign(t, testKeys()[2], header.KeyID, jose.RS256, claims),
		"same key, other algorithm": sign(t, testKeys()[0], header.KeyID, jose.RS512, claims),
		"shared secret":             sign(t, []byte(strings.Repeat("k", 64)), header.KeyID, jose.HS256, claims),
		"no exp":                    sign(t, testKeys()[0], header.KeyID, jose.RS256, map[string]any{"urn:altinn:org": "fts"}),
		"nothing":                   "",
		"unsigned":                  "eyJhbGciOiJub25lIn0.eyJ1cm46YWx0aW5uOm9yZyI6ImZ0cyJ9.",
		"user id that is not a number": sign(t, testKeys()[0], header.KeyID, jose.RS256,
			map[string]any{"exp": w.clock.now().Unix() + 60, "urn:altinn:userid": "kari"}),
	} {
		_, err := w.server.Verify(token)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if token != "" && strings.Contains(err.Error(), token) {
			t.Errorf("%s: the error holds the token", name)
		}
	}
}

func TestVerifyGrantsNoSkew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, token := get(w.server, exchangePath, w.token(nil))
	w.clock.advance(30*time.Minute - time.Second)
	if _, err := w.server.Verify(token); err != nil {
		t.Errorf("one second before exp: %v", err)
	}
	w.clock.advance(time.Second)
	if _, err := w.server.Verify(token); err == nil {
		t.Error("accepted at exp")
	}
	w.clock.advance(-31 * time.Minute)
	if _, err := w.server.Verify(token); err == nil {
		t.Error("accepted before nbf")
	}
}

func TestAuthenticateReadsHeaderThenCookie(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := authentication.Person{UserID: 20011, PartyID: 50011, PartyUUID: "u"}
	token, err := w.server.PersonToken(t.Context(), kari, 2)
	if err != nil {
		t.Fatal(err)
	}
	plain := httptest.NewRequest(http.MethodGet, "/", nil)
	if _, _, err := authentication.Authenticate(w.server, plain); !errors.Is(err, authentication.ErrNoToken) {
		t.Errorf("no token: %v", err)
	}
	cookie := httptest.NewRequest(http.MethodGet, "/", nil)
	cookie.AddCookie(&http.Cookie{Name: "AltinnStudioRuntime", Value: token})
	p, got, err := authentication.Authenticate(w.server, cookie)
	if err != nil || got != token || p.UserID != 20011 {
		t.Errorf("cookie: %+v, %v", p, err)
	}
	cookie.Header.Set("Authorization", "bearer broken")
	if _, _, err := authentication.Authenticate(w.server, cookie); err == nil {
		t.Error("a broken header was passed over for the cookie")
	}
}

func TestPersonTokenClaims(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	res, token := get(w.server.LoginHandler(), "/Home/GetTestUserToken/20011?authenticationLevel=4", "")
	if res.StatusCode != http.StatusOK {
		t.Fatalf("status %d, want 200", res.StatusCode)
	}
	_, claims := parts(t, token)
	for name, want := range map[string]any{
		"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier": "20011",
		"urn:altinn:userid": "20011", "urn:altinn:username": "Kari Fjell", "urn:altinn:partyid": 50011.0,
		"urn:altinn:party:uuid": "6f0d3a1e-0000-8000-8000-000000050011", "urn:altinn:authenticatemethod": "BankID",
		"urn:altinn:authlevel": 4.0, "scope": "altinn:portal/enduser", "iss": w.server.Issuer(),
	} {
		if claims[name] != want {
			t.Errorf("%s = %v, want %v", name, claims[name], want)
		}
	}
	for name := range claims {
		if strings.HasPrefix(name, "urn:altinn:org") || name == "consumer" || name == "pid" {
			t.Errorf("a person's token has the claim %s", name)
		}
	}
	p, err := w.server.Verify(token)
	if err != nil {
		t.Fatal(err)
	}
	if p.UserID != 20011 || p.PartyID != 50011 || p.AuthLevel != 4 || p.Org != "" || p.Actor() != "20011" {
		t.Errorf("principal %+v", p)
	}
	if _, err := w.server.PersonToken(t.Context(), authentication.Person{}, 5); err == nil {
		t.Error("level 5 accepted")
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	login := w.server.LoginHandler()
	for _, tc := range []struct {
		path   string
		status int
	}{
		{"/Home/GetTestUserToken/20011", 200},
		{"/Home/GetTestUserToken/50011", 200}, // party id
		{"/Home/GetTestUserToken/1", 404},
		{"/Home/GetTestUserToken/kari", 400},
		{"/Home/GetTestUserToken/20011?authenticationLevel=5", 400},
		{"/Home/GetTestOrgToken/fts", 200},
		{"/Home/GetTestOrgToken?org=fts&orgNumber=" + ferdsel, 200},
		{"/Home/GetTestOrgToken/nobody", 404},
		{"/Home/GetTestOrgToken/nobody?orgNumber=" + turlag, 200},
	} {
		if res, _ := get(login, tc.path, ""); res.StatusCode != tc.status {
			t.Errorf("%s: %d, want %d", tc.path, res.StatusCode, tc.status)
		}
	}
	if res, body := get(login, "/Home/Localtest/Version", ""); res.StatusCode != 200 || body != "6" {
		t.Errorf("version %d %q, want 6", res.StatusCode, body)
	}
}

func TestTestOrgTokenKeepsItsScopeApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	login := w.server.LoginHandler()
	_, token := get(login, "/Home/GetTestOrgToken/fts", "")
	_, claims := parts(t, token)
	if claims["urn:altinn:scope"] != "altinn:serviceowner/instances.read" || claims["scope"] != nil {
		t.Errorf("scopes %v and %v", claims["urn:altinn:scope"], claims["scope"])
	}
	p, err := w.server.Verify(token)
	if err != nil || p.Org != "fts" || p.OrgNumber != ferdsel || p.AuthLevel != 3 || !p.HasScope("altinn:serviceowner/instances.read") {
		t.Errorf("principal %+v, %v", p, err)
	}
	_, token = get(login, "/Home/GetTestOrgToken/fts?scopes=a+b&authenticationLevel=2", "")
	if p, err := w.server.Verify(token); err != nil || p.Scope != "a b" || p.AuthLevel != 2 {
		t.Errorf("principal %+v, %v", p, err)
	}
}

func TestOrgListDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	res, body := get(w.orgs, "https://altinncdn.no/orgs/altinn-orgs.json", "")
	var doc struct {
		Orgs map[string]struct {
			Name         map[string]string `json:"name"`
			Number       string            `json:"orgnr"`
			Environments []string          `json:"environments"`
		} `json:"orgs"`
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil || res.StatusCode != 200 {
		t.Fatalf("%d, %v", res.StatusCode, err)
	}
	if got := doc.Orgs["fts"]; got.Number != ferdsel || got.Name["nb"] != "Ferdselstilsynet" || !slices.Equal(got.Environments, []string{"tt02", "production"}) || len(doc.Orgs) != 2 {
		t.Errorf("document %s", body)
	}
	rec := httptest.NewRecorder()
	w.orgs.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/", nil))
	if rec.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d, want 405", rec.Code)
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.token(nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, altinn := get(w.server, exchangePath, token)
			if _, err := w.server.Verify(altinn); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := w.maskinporten.fetched(); got != 1 {
		t.Errorf("%d fetches, want 1", got)
	}
}

func TestNewWantsAPlatform(t *testing.T) {
	t.Parallel()
	if _, err := authentication.New(authentication.Config{}); err == nil {
		t.Error("no platform address, and no error")
	}
}

func FuzzVerify(f *testing.F) {
	server, err := authentication.New(authentication.Config{Platform: platform, Key: testKeys()[0]})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("")
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJSUzI1NiJ9.e30.AA")
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := server.Verify(token); err == nil {
			t.Errorf("accepted %q", token)
		}
	})
}
