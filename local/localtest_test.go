package local_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/apphost"
	"github.com/stafett/stafett/local/authentication"
)

// development verifies tokens as an application in Development does, by what the
// OpenID configuration at a plain address leads to.
type development struct{ configuration string }

func (d development) Verify(token string) (authentication.Principal, error) {
	var principal authentication.Principal
	var metadata struct {
		JWKS string `json:"jwks_uri"`
	}
	var keys jose.JSONWebKeySet
	if err := getJSON(d.configuration, &metadata); err != nil {
		return principal, err
	}
	if err := getJSON(metadata.JWKS, &keys); err != nil {
		return principal, err
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return principal, err
	}
	content, err := signed.Verify(keys)
	if err != nil {
		return principal, err
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	if err := decoder.Decode(&principal.All); err != nil {
		return principal, err
	}
	number := func(claim string) int {
		n, _ := strconv.Atoi(fmt.Sprint(principal.All[claim]))
		return n
	}
	principal.UserID, principal.PartyID, principal.AuthLevel = number("urn:altinn:userid"), number("urn:altinn:partyid"), number("urn:altinn:authlevel")
	return principal, nil
}

func getJSON(address string, into any) error {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return json.NewDecoder(response.Body).Decode(into)
}

// plainly sends a request over plain http, with the host header that a browser
// would send, and follows nothing.
func plainly(t *testing.T, method, address, host, contentType, body string, change func(*http.Request)) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		request.Host = host
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	if change != nil {
		change(request)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(content)
}

// An application in Development, which knows plain addresses on this machine and
// nothing else, lives beside one that is served from its folder.
func TestInPlaceOfLocaltest(t *testing.T) {
	t.Parallel()
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	apps := folders(t, nil)
	var process http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Host", r.Host)
		if process == nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		process.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	up := make(chan error, 2)
	platform := start(t, local.Config{
		Apps: apps[1:], Original: apps[0].ID,
		// It registers its real port itself.
		Remotes: []local.Remote{{ID: apps[0].ID, URL: "http://localhost:1"}, {ID: "fts/annet", URL: "http://localhost:2"}},
		RemoteTold: func(asked local.Remote, err error) {
			if asked.ID == apps[0].ID {
				up <- err
			}
		},
	})
	addresses, err := platform.ServeLocaltest(t.Context(), local.LocaltestPorts{})
	if err != nil {
		t.Fatal(err)
	}
	base := strings.TrimSuffix(addresses.Platform.String(), "/")
	verifier := development{base + "/authentication/api/v1/openid/.well-known/openid-configuration"}
	if process, err = apphost.New(apphost.Config{Folder: apps[0], Platform: base, HTTPClient: http.DefaultClient, Verifier: verifier}); err != nil {
		t.Fatal(err)
	}
	if err := <-up; err == nil {
		t.Fatal("it answers before it is up")
	}
	port := addresses.Front.Port()
	front, frontHost := "http://127.0.0.1:"+port, "local.altinn.cloud:"+port
	seed := platform.Seed()
	person := seed.Persons[0]

	register := func(contentType, body string) (*http.Response, string) {
		return plainly(t, http.MethodPost, base+"/Home/Localtest/Register", "", contentType, body, nil)
	}
	at, _ := url.Parse(server.URL)
	for name, c := range map[string]struct {
		contentType, body string
		status            int
		text              string
	}{
		"an application that nobody named": {"application/json", `{"appId":"ttd/annet","port":5006}`, http.StatusBadRequest, "start the local platform with --app ttd/annet=http://localhost:5006"},
		"no application":                   {"application/json", `{"port":5006}`, http.StatusBadRequest, "AppId is required"},
		"no port":                          {"application/json", `{"appId":"fts/barmarkskjoring","port":70000}`, http.StatusBadRequest, "Invalid port number"},
		"a form of another page":           {"text/plain", `{"appId":"fts/barmarkskjoring","port":5006}`, http.StatusUnsupportedMediaType, ""},
	} {
		if response, body := register(c.contentType, c.body); response.StatusCode != c.status || !strings.Contains(body, c.text) {
			t.Errorf("%s registers: %d %s", name, response.StatusCode, body)
		}
	}
	if response, body := register("application/json; charset=utf-8", fmt.Sprintf(`{"appId":%q,"port":%s,"hostname":null}`, apps[0].ID, at.Port())); response.StatusCode != http.StatusOK || !strings.Contains(body, `"port":`+at.Port()) {
		t.Fatalf("the application registers: %d %s", response.StatusCode, body)
	}
	if err := <-up; err != nil {
		t.Fatal(err)
	}

	t.Run("the version is a plain integer, at each name", func(t *testing.T) {
		t.Parallel()
		for _, c := range [][2]string{{base, ""}, {front, frontHost}, {"http://[::1]:" + port, ""}} {
			if response, body := plainly(t, http.MethodGet, c[0]+"/Home/Localtest/Version", c[1], "", "", nil); response.StatusCode != http.StatusOK || body != "6" {
				t.Errorf("%v: %d %q", c, response.StatusCode, body)
			}
		}
		if status, body := send(t, platform, http.MethodGet, "http://local.altinn.cloud/Home/Localtest/Version", "", ""); status != http.StatusOK || body != "6" {
			t.Errorf("through the proxy: %d %q", status, body)
		}
		if response, _ := plainly(t, http.MethodGet, base+"/Home/Localtest/Version", "evil.example.com", "", "", nil); response.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("under a name of somebody's own: %d", response.StatusCode)
		}
	})
	t.Run("tokens", func(t *testing.T) {
		t.Parallel()
		user, party := strconv.Itoa(person.UserID), strconv.Itoa(person.PartyID)
		manager := seed.Persons[1]
		for path, want := range map[string]map[string]string{
			"/Home/GetTestUserToken/" + user + "?authenticationLevel=3":                                          {"urn:altinn:userid": user, "urn:altinn:authlevel": "3"},
			"/Home/auth/user?userId=" + user:                                                                     {"urn:altinn:partyid": party, "scope": "altinn:portal/enduser", "actual_iss": "localtest", "urn:altinn:authlevel": "2"},
			"/Home/auth/user?userId=" + strconv.Itoa(manager.UserID) + "&partyId=50700001&authenticationLevel=4": {"urn:altinn:partyid": "50700001", "urn:altinn:authlevel": "4"},
			"/Home/auth/org":                                    {"urn:altinn:orgNumber": seed.OrgNumber, "urn:altinn:org": "<nil>", "scope": "altinn:instances.read altinn:instances.write"},
			"/Home/auth/serviceowner?org=fts":                   {"urn:altinn:orgNumber": seed.OrgNumber, "urn:altinn:org": "fts", "scope": "altinn:serviceowner/instances.read altinn:serviceowner/instances.write", "urn:altinn:authenticatemethod": "maskinporten"},
			"/Home/auth/generate?type=5&org=fts&scope=a":        {"urn:altinn:org": "fts", "scope": "a"},
			"/Home/GetTestOrgToken?org=fts&orgNumber=991825827": {"urn:altinn:orgNumber": "991825827", "urn:altinn:scope": "altinn:serviceowner/instances.read"},
			"/authentication/api/v1/orgToken?org=fts":           {"urn:altinn:org": "fts", "urn:altinn:authenticatemethod": "fake-local-maskinporten"},
			"/authentication/api/v1/appToken?userId=" + user:    {"urn:altinn:userid": user, "urn:altinn:authenticatemethod": "fake-local-test"},
		} {
			response, token := plainly(t, http.MethodGet, base+path, "", "", "", nil)
			principal, err := verifier.Verify(token)
			if response.StatusCode != http.StatusOK || err != nil {
				t.Errorf("%s: %d, %v", path, response.StatusCode, err)
				continue
			}
			for claim, value := range want {
				if got := fmt.Sprint(principal.All[claim]); got != value {
					t.Errorf("%s: %s is %s, want %s", path, claim, got, value)
				}
			}
		}
		for path, want := range map[string]string{
			"/Home/auth/user?userId=1":                             "User with ID 1 not found in test data.",
			"/Home/auth/user?userId=x":                             "is not an integer",
			"/Home/auth/user?userId=" + user + "&partyId=50700001": "cannot represent PartyId 50700001",
			"/Home/auth/org?orgNumber=999999999":                   "Organization with number '999999999' not found",
			"/Home/auth/serviceowner":                              "Org code must be provided for service owner tokens",
			"/Home/auth/systemuser?systemUserId=a&systemId=b":      "SystemUser with ID 'a' not found",
			"/Home/auth/selfidentifieduser?username=b":             "User with username 'b' not found",
			"/Home/auth/systemuser?systemId=b":                     "Name a system user with ?systemUserId= and its system with systemId=",
			"/Home/auth/selfidentifieduser":                        "Name somebody without a national identity number with ?username=",
			"/Home/auth/generate?type=9":                           "Unsupported token type: 9",
		} {
			if response, body := plainly(t, http.MethodGet, base+path, "", "", "", nil); response.StatusCode != http.StatusBadRequest || !strings.Contains(body, want) || !strings.Contains(body, `"title":"Failed to generate `) {
				t.Errorf("%s: %d %s, want %q", path, response.StatusCode, body, want)
			}
		}
	})
	t.Run("a form is made, and printed for the application", func(t *testing.T) {
		t.Parallel()
		_, token := plainly(t, http.MethodGet, fmt.Sprintf("%s/Home/auth/user?userId=%d&authenticationLevel=3", front, person.UserID), frontHost, "", "", nil)
		bearer := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
		response, body := plainly(t, http.MethodPost, front+"/"+apps[0].ID+"/instances/create", frontHost, "application/json", fmt.Sprintf(`{"instanceOwner":{"partyId":"%d"}}`, person.PartyID), bearer)
		var made struct{ ID string }
		if err := json.Unmarshal([]byte(body), &made); err != nil || response.StatusCode != http.StatusCreated || response.Header.Get("X-Host") != frontHost {
			t.Fatalf("create: %d %s, at the host %s", response.StatusCode, body, response.Header.Get("X-Host"))
		}
		if response, body := plainly(t, http.MethodGet, base+"/storage/api/v1/instances/"+made.ID, "", "", "", bearer); response.StatusCode != http.StatusOK {
			t.Errorf("Storage over plain http: %d %s", response.StatusCode, body)
		}
		for name, c := range map[string]struct {
			address, page string
			token         string
			status        int
			text          string
		}{
			"the page of today's applications": {addresses.PDF.String(), "/#/instance/" + made.ID + "?pdf=1&lang=nb", token, http.StatusOK, "%PDF-"},
			"the page of newer ones":           {front + "/pdfservice/pdf", "/instance/" + made.ID + "/Task_1/?pdf=1&lang=en&task=Task_1", token, http.StatusOK, "%PDF-"},
			"for somebody unknown":             {addresses.PDF.String(), "/#/instance/" + made.ID + "?pdf=1", "word", http.StatusInternalServerError, "401"},
			"a page that is no instance's":     {addresses.PDF.String(), "/#/start", token, http.StatusBadRequest, "not that of an instance"},
		} {
			request := fmt.Sprintf(`{"url":"http://local.altinn.cloud/%s%s","waitFor":"#readyForPrint","options":{"format":"A4"},"cookies":[{"name":"AltinnStudioRuntime","value":%q,"sameSite":"Lax"}]}`, apps[0].ID, c.page, c.token)
			response, body := plainly(t, http.MethodPost, c.address, "", "application/json", request, nil)
			if response.StatusCode != c.status || !strings.Contains(body, c.text) {
				t.Errorf("%s: %d %.200s", name, response.StatusCode, body)
			}
			if c.status == http.StatusOK && (response.Header.Get("Content-Type") != "application/pdf" || len(body) < 1000) {
				t.Errorf("%s: %s of %d bytes", name, response.Header.Get("Content-Type"), len(body))
			}
		}
	})
	t.Run("a person logs in on the page", func(t *testing.T) {
		t.Parallel()
		response, page := plainly(t, http.MethodGet, front+"/?goto="+url.QueryEscape("http://"+frontHost+"/fts/barmarkskjoring/?x=1"), frontHost, "", "", nil)
		choice := fmt.Sprintf("%d.50700001", seed.Persons[1].UserID)
		if response.StatusCode != http.StatusOK || !strings.Contains(page, `value="`+choice+`">Jørn Čáppa Lillevik for Ferdselstilsynet<`) || !strings.Contains(page, `name="RedirectUrl" value="/fts/barmarkskjoring/?x=1"`) {
			t.Errorf("the page: %d %s", response.StatusCode, page)
		}
		form := func(fields ...string) string {
			values := url.Values{"UserSelect": {choice}, "AuthenticationLevel": {"3"}, "AppPathSelection": {"fts/barmarkskjoring"}, "action": {"start"}}
			for n := 0; n < len(fields); n += 2 {
				values.Set(fields[n], fields[n+1])
			}
			return values.Encode()
		}
		for name, c := range map[string]struct {
			form, origin string
			status       int
			location     string
			cookies      int
		}{
			"into the application":   {form(), "http://" + frontHost, http.StatusFound, "/fts/barmarkskjoring/", 3},
			"back to a page":         {form("RedirectUrl", "/fts/saksmottak/?a=b"), "", http.StatusFound, "/fts/saksmottak/?a=b", 3},
			"not to another machine": {form("RedirectUrl", "//evil.example.com/"), "", http.StatusFound, "/fts/barmarkskjoring/", 3},
			"without logging in":     {form("AuthenticationLevel", "-1"), "", http.StatusFound, "/fts/barmarkskjoring/", 0},
			"once more":              {form("action", "reauthenticate"), "", http.StatusNoContent, "", 3},
			"as nobody":              {form("UserSelect", "1.2"), "", http.StatusBadRequest, "", 0},
			"at level five":          {form("AuthenticationLevel", "5"), "", http.StatusBadRequest, "", 0},
			"from another page":      {form(), "https://evil.example.com", http.StatusForbidden, "", 0},
		} {
			response, body := plainly(t, http.MethodPost, front+"/Home/LogInTestUser", frontHost, "application/x-www-form-urlencoded", c.form, func(r *http.Request) {
				if c.origin != "" {
					r.Header.Set("Origin", c.origin)
				}
			})
			if response.StatusCode != c.status || response.Header.Get("Location") != c.location || len(response.Cookies()) != c.cookies {
				t.Errorf("%s: %d to %q with %d cookies: %s", name, response.StatusCode, response.Header.Get("Location"), len(response.Cookies()), body)
			}
			for _, cookie := range response.Cookies() {
				if cookie.Name == authentication.CookieName {
					if principal, err := verifier.Verify(cookie.Value); err != nil || principal.AuthLevel != 3 || cookie.Domain != "local.altinn.cloud" || !cookie.HttpOnly {
						t.Errorf("%s: the cookie is %v, %v", name, cookie.Domain, err)
					}
				}
			}
		}
		if response, _ := plainly(t, http.MethodGet, base+"/authentication/api/v1/authentication?goto=http%3A%2F%2Fx", "", "", "", nil); response.StatusCode != http.StatusFound || response.Header.Get("Location") != "/?goto=http%3A%2F%2Fx" {
			t.Errorf("sent to log in: %d %s", response.StatusCode, response.Header.Get("Location"))
		}
	})
	t.Run("a registration is listed, and taken back", func(t *testing.T) {
		t.Parallel()
		if _, body := plainly(t, http.MethodGet, base+"/Home/Localtest/Register", "", "", "", nil); !strings.Contains(body, `"fts/barmarkskjoring":{"appId":"fts/barmarkskjoring","port":`+at.Port()) {
			t.Errorf("listed: %s", body)
		}
		goes := func(want string) {
			t.Helper()
			if response, body := plainly(t, http.MethodGet, base+"/fts/annet/", "", "", "", nil); !strings.Contains(body+response.Header.Get("X-Host"), want) {
				t.Errorf("a request: %d %s, want %q", response.StatusCode, body, want)
			}
		}
		if response, body := register("application/json", `{"appId":"fts/annet","port":`+at.Port()+`}`); response.StatusCode != http.StatusOK {
			t.Fatalf("registered: %d %s", response.StatusCode, body)
		}
		goes(addresses.Platform.Host)
		for _, status := range []int{http.StatusOK, http.StatusNotFound} {
			if response, body := plainly(t, http.MethodDelete, base+"/Home/Localtest/Register/fts%2Fannet", "", "", "", nil); response.StatusCode != status {
				t.Errorf("taken back: %d %s, want %d", response.StatusCode, body, status)
			}
		}
		goes("does not answer at http://localhost:2")
	})
}
