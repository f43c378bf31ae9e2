package authentication_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stafett/stafett/local/authentication"
)

const (
	systemUserID = "f58fe166-bc22-4899-beb7-c3e8e3332f43"
	systemID     = ferdsel + "_regnskap"
)

func newWorldOfOthers(t *testing.T) *world {
	return newWorld(t, func(cfg *authentication.Config) {
		cfg.SelfIdentified = func(name string) (authentication.Person, bool) {
			return authentication.Person{UserID: 20099, PartyID: 50099, UserName: name, SelfIdentified: true}, name == "turgåer"
		}
		cfg.SystemUser = func(id string) (authentication.SystemUser, bool) {
			return authentication.SystemUser{SystemID: systemID, OrgNumber: turlag}, id == systemUserID
		}
	})
}

// TestTokensOfOtherUsers: users without a national identity number, and system
// users, as Altinn's localtest makes their tokens.
func TestTokensOfOtherUsers(t *testing.T) {
	t.Parallel()
	w := newWorldOfOthers(t)
	login := w.server.LoginHandler()
	username, system := "username="+url.QueryEscape("turgåer"), "systemUserId="+systemUserID+"&systemId="+systemID
	for path, want := range map[string]int{
		"/Home/auth/selfidentifieduser?" + username:                        200,
		"/Home/auth/generate?type=2&" + username:                           200,
		"/Home/auth/selfidentifieduser?username=nobody":                    400,
		"/Home/auth/systemuser?" + system:                                  200,
		"/Home/auth/generate?type=4&" + system:                             200,
		"/Home/auth/systemuser?systemId=" + systemID:                       400,
		"/Home/auth/systemuser?systemUserId=" + systemUserID:               400,
		"/Home/auth/systemuser?" + system + "&scope=altinn:serviceowner/x": 400,
	} {
		if res, body := get(login, path, ""); res.StatusCode != want {
			t.Errorf("%s: %d %s, want %d", path, res.StatusCode, body, want)
		}
	}
	_, token := get(login, "/Home/auth/selfidentifieduser?"+username, "")
	_, claims := parts(t, token)
	p, err := w.server.Verify(token)
	if err != nil || p.UserID != 20099 || p.AuthLevel != 0 || p.Method != "SelfIdentified" || claims["urn:altinn:username"] != "turgåer" {
		t.Errorf("self-identified user: %+v, %v", p, err)
	}
	if token, err = w.server.PersonToken(t.Context(), authentication.Person{UserID: 20099, SelfIdentified: true}, 3); err != nil {
		t.Fatal(err)
	}
	if p, err := w.server.Verify(token); err != nil || p.AuthLevel != 0 {
		t.Errorf("log-in at another level: %+v, %v", p, err)
	}
	_, token = get(login, "/Home/auth/systemuser?"+system, "")
	p, err = w.server.Verify(token)
	if err != nil || p.SystemUserID != systemUserID || p.SystemUserOrg != turlag || p.OrgNumber != ferdsel || p.Org != "" || p.UserID != 0 || p.Actor() != systemUserID {
		t.Errorf("system user: %+v, %v", p, err)
	}
}

// TestExchangeOfASystemUsersToken: the platform writes Maskinporten's list of one
// as an object.
func TestExchangeOfASystemUsersToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	res, token := get(w.server, exchangePath, w.token(map[string]any{"authorization_details": []any{map[string]any{
		"type": "urn:altinn:systemuser", "systemuser_id": []string{systemUserID}, "system_id": systemID,
		"systemuser_org": map[string]string{"authority": "iso6523-actorid-upis", "ID": "0192:" + turlag},
	}}}))
	p, err := w.server.Verify(token)
	if res.StatusCode != http.StatusOK || err != nil || p.SystemUserID != systemUserID || p.SystemUserOrg != turlag {
		t.Fatalf("%d %+v, %v", res.StatusCode, p, err)
	}
	if _, claims := parts(t, token); claims["authorization_details"].(map[string]any)["system_id"] != systemID {
		t.Errorf("details %v", claims["authorization_details"])
	}
	for name, details := range map[string]any{"none": nil, "another kind": []any{map[string]any{"type": "urn:altinn:consent"}}, "nonsense": "x"} {
		_, token := get(w.server, exchangePath, w.token(map[string]any{"authorization_details": details}))
		if p, err := w.server.Verify(token); err != nil || p.SystemUserID != "" || p.Actor() != ferdsel {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func TestReadPlatformToken(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	for name, c := range map[string]struct {
		values []string
		want   authentication.PlatformToken
		ok     bool
	}{
		"an application's": {[]string{"e30.eyJpc3MiOiJmdHMiLCJ1cm46YWx0aW5uOmFwcCI6InNha3Ntb3R0YWsiLCJleHAiOjE4MDAwMDAwMDF9.c2ln"}, authentication.PlatformToken{Issuer: "fts", App: "saksmottak"}, true},
		"one that is over": {[]string{"e30.eyJpc3MiOiJmdHMiLCJ1cm46YWx0aW5uOmFwcCI6InNha3Ntb3R0YWsiLCJleHAiOjE4MDAwMDAwMDB9.c2ln"}, authentication.PlatformToken{}, false},
		"any word":         {[]string{"platform"}, authentication.PlatformToken{}, true},
		"no JSON":          {[]string{"e30.e30x.c2ln"}, authentication.PlatformToken{}, false},
		"no base64":        {[]string{"e30.!.c2ln"}, authentication.PlatformToken{}, false},
		"none":             {nil, authentication.PlatformToken{}, false},
		"two":              {[]string{"a", "b"}, authentication.PlatformToken{}, false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.Header[http.CanonicalHeaderKey(authentication.PlatformTokenHeader)] = c.values
		if got, err := authentication.ReadPlatformToken(r, now); got != c.want || (err == nil) != c.ok {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
