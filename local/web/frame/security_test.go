package frame_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/web/frame"
)

func TestNoPageOfOthersCanDriveTheConsole(t *testing.T) {
	t.Parallel()
	changed := 0
	area := page("GET /page", "page", show)
	area.Open["POST /change"] = func(*frame.Call) (frame.Answer, error) {
		changed++
		return frame.Redirect("/page"), nil
	}
	s := serve(t, config(area))
	own := strings.TrimSuffix(s.at.String(), "/")
	for name, attack := range map[string]struct {
		method, path string
		header       map[string]string
		want         int
	}{
		"a form of another site":           {"POST", "/change", map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403},
		"a form in an old browser":         {"POST", "/change", map[string]string{"Origin": "https://evil.example"}, 403},
		"a sandboxed page":                 {"POST", "/change", map[string]string{"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403},
		"another port of this machine":     {"POST", "/change", map[string]string{"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, 403},
		"a name that leads here":           {"GET", "/page", map[string]string{"Host": "evil.example"}, 421},
		"a name that leads here, a change": {"POST", "/change", map[string]string{"Host": "evil.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}, 421},
		"a picture":                        {"GET", "/page", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403},
		"a script of another port":         {"GET", "/page", map[string]string{"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, 403},
		"a link from elsewhere":            {"GET", "/page", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200},
		"an address that was typed":        {"GET", "/page", map[string]string{"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, 200},
		"the console's own form":           {"POST", "/change", map[string]string{"Origin": own, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}, 303},
		"curl":                             {"POST", "/change", nil, 303},
	} {
		before := changed
		got := s.do(attack.method, attack.path, "", attack.header)
		if got.status != attack.want {
			t.Errorf("%s: status %d, want %d", name, got.status, attack.want)
		}
		if refused := attack.want >= 400; refused && changed != before {
			t.Errorf("%s: refused, and yet something was changed", name)
		}
		if got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: another origin may read the answer", name)
		}
	}
}

func TestEveryAnswerForbidsFramesAndForeignContent(t *testing.T) {
	t.Parallel()
	area := page("GET /page", "page", show)
	area.Open["GET /fails"] = func(*frame.Call) (frame.Answer, error) { return frame.Answer{}, errors.New("disk is full") }
	s := serve(t, config(area))
	asset := strings.Split(strings.SplitAfter(s.get("/page").body, `href="/assets/`)[1], `"`)[0]
	for _, path := range []string{"/page", "/fails", "/none", "/assets/" + asset, "/assets/none.css"} {
		header := s.get(path).header
		policy := header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: the policy %q lacks %s", path, policy, part)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %s", path, policy)
		}
		if header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: the content type may be guessed", path)
		}
	}
	if got := s.get("/assets/" + asset).header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("a style sheet is asked for each time: %q", got)
	}
	if got := s.get("/page").header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("a page may be kept: %q", got)
	}
}

func TestASessionIsHeldInACookieThatScriptsAndOthersCannotUse(t *testing.T) {
	t.Parallel()
	private := page("GET /page", "{{.Person.Name}} {{.Level}}", show)
	private.Routes, private.Open = private.Open, nil
	private.Routes["POST /change"] = show
	s := serve(t, config(private))

	if got := s.get("/page?a=1&b=2"); got.status != http.StatusSeeOther || got.header.Get("Location") != "/?next=%2Fpage%3Fa%3D1%26b%3D2" {
		t.Errorf("without a person: %d to %q", got.status, got.header.Get("Location"))
	}
	if got := s.do(http.MethodPost, "/change", "", nil); got.status != http.StatusUnauthorized {
		t.Errorf("a change without a person: %d", got.status)
	}
	chosen := s.do(http.MethodPost, "/person", "", nil)
	cookie := chosen.header.Get("Set-Cookie")
	for _, part := range []string{"HttpOnly", "SameSite=Strict", "Path=/", s.at.Port()} {
		if !strings.Contains(cookie, part) {
			t.Errorf("the cookie %q lacks %s", cookie, part)
		}
	}
	if got := s.get("/page"); got.status != http.StatusOK || !strings.Contains(got.body, "Kari Prøve 3") {
		t.Errorf("with a person: %d %s", got.status, got.body)
	}
	old, _, _ := strings.Cut(cookie, ";")
	s.do(http.MethodPost, "/leave", "", nil)
	if got := s.get("/page"); got.status != http.StatusSeeOther {
		t.Errorf("after leaving: %d", got.status)
	}
	if got := s.do(http.MethodGet, "/page", "", map[string]string{"Cookie": old}); got.status != http.StatusSeeOther {
		t.Errorf("a session that has ended is still good: %d", got.status)
	}
}

// Going on to where a form says never leads away from the console. Browsers leave
// out tabs and ends of lines, and take \ for /.
func TestGoingOnStaysInTheConsole(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/fill/a?b=c#d": "/fill/a?b=c#d", "/": "/", "/a%09/b": "/a%09/b", "/søk": "/søk",
		"": "/", "fill": "/", "//evil.example": "/", "/\\evil.example": "/", "https://evil.example": "/",
		"/\t/evil.example": "/", "/\n/evil.example": "/", "/\r/evil.example": "/", "\t//evil.example": "/", "/a\x00b": "/",
	} {
		if got := frame.Local(path); got != want {
			t.Errorf("%q leads to %q", path, got)
		}
	}
}

func TestARequestIsBoundedUnlessItsAreaSaysOtherwise(t *testing.T) {
	t.Parallel()
	read := func(c *frame.Call) (frame.Answer, error) {
		if err := c.ParseForm(); err != nil {
			return frame.Answer{}, err
		}
		return frame.Redirect("/page"), nil
	}
	area := page("POST /small", "", read)
	area.Open["POST /large"] = func(c *frame.Call) (frame.Answer, error) {
		n, err := io.Copy(io.Discard, c.Body)
		if err != nil {
			return frame.Answer{}, err
		}
		return frame.JSON(http.StatusOK, n), nil
	}
	area.Large = []string{"POST /large"}
	s := serve(t, config(area))
	body := "a=" + strings.Repeat("x", 2<<20)
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	if got := s.do(http.MethodPost, "/small", body, form); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("2 MiB: status %d", got.status)
	}
	if got := s.do(http.MethodPost, "/large", body, form); strings.TrimSpace(got.body) != "2097154" {
		t.Errorf("2 MiB where much is welcome: %q", got.body)
	}
}
