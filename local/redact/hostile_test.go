package redact_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/redact"
)

// Nothing secret is shown because it stands where nobody would put it.
func TestSecretsInOddPlaces(t *testing.T) {
	t.Parallel()
	const (
		hush   = "hushhushhushhush"
		person = "01020312345"
		token  = "eyJhbGciOiJSUzI1NiJ9.eyJzY29wZSI6IngifQ.c2lnbmF0dXJl"
	)
	b64 := base64.StdEncoding.EncodeToString
	target := func(text string) string {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return redact.Target(u)
	}
	body := func(contentType, text string) string {
		shown, note := redact.Body(http.Header{"Content-Type": {contentType}}, []byte(text), int64(len(text)))
		return shown + note
	}
	const multi = "multipart/form-data; boundary=b"
	part := func(name, content string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + content + "\r\n--b--\r\n"
	}
	key := `{"kty":"RSA","n":"AQAB","d":"` + hush + `"}`
	for place, shown := range map[string]string{
		"path, encoded twice":             target("/a/0102031%2532345/b/"),
		"query, encoded twice":            target("/?a=0102031%2532345"),
		"address in a query":              target("/?to=" + url.QueryEscape("https://a.no/cb?code="+hush+"&state=1")),
		"address in a query, path":        target("/?to=" + url.QueryEscape("/cb?sig="+hush)),
		"camel case parameter":            target("/?accessToken=" + hush),
		"parameter of a matrix":           target("/a;client_secret=" + hush),
		"fragment":                        target("/?a=%23id_token%3D" + hush),
		"redirect":                        redact.Header("Location", "https://a.no/cb?state=1&code="+hush),
		"referer":                         redact.Header("Referer", "https://a.no/cb?state=1&code="+hush),
		"refresh":                         redact.Header("Refresh", "0; url=https://a.no/cb?code="+hush),
		"link":                            redact.Header("Link", "<https://a.no/?code="+hush+">; rel=next"),
		"header of another name":          redact.Header("X-Forwarded-Access-Token", hush),
		"header with a secret":            redact.Header("Client-Secret", hush),
		"header with a session":           redact.Header("X-Session-Id", hush),
		"header of a password":            redact.Header("X-Password", hush),
		"challenge":                       redact.Header("Www-Authenticate", `Bearer error_description="`+token+`"`),
		"header, encoded":                 redact.Header("X-Person", "%30%31020312345"),
		"camel case member":               body("application/json", `{"accessToken":"`+hush+`"}`),
		"member with hyphens":             body("application/json", `{"client-secret":"`+hush+`"}`),
		"private key member":              body("application/json", `{"privateKey":"`+hush+`"}`),
		"session id":                      body("application/json", `{"sessionId":"`+hush+`"}`),
		"value beside an attribute":       body("application/json", `{"attributeId":"x","value":"`+hush+`"}`),
		"value as an object":              body("application/json", `{"value":{"x":"`+hush+`"}}`),
		"value as a list":                 body("application/json", `{"value":["`+hush+`"]}`),
		"member's name":                   body("application/json", `{"`+person+`":1}`),
		"key in a text":                   body("text/plain", "cannot read "+key+" as a key"),
		"key in a member":                 body("application/json", `{"error":"cannot read `+strings.ReplaceAll(key, `"`, `\"`)+` as a key"}`),
		"secret in a text":                body("text/plain", `got {"client_secret": "`+hush+`"}, sorry`),
		"token in base64":                 body("text/plain", b64([]byte(token))),
		"number in base64":                body("text/plain", b64([]byte("fnr "+person+" takk"))),
		"list of keys in base64":          body("text/plain", b64([]byte("["+key+"]"))),
		"key in base64, indented":         body("text/plain", b64([]byte("\n  "+key))),
		"short key in base64":             body("text/plain", b64([]byte(`{"k":"`+hush+`"}`))),
		"key in base64 twice":             body("text/plain", b64([]byte(b64([]byte(key+strings.Repeat(" ", 80)))))),
		"key in address-safe base64":      body("text/plain", base64.RawURLEncoding.EncodeToString([]byte("["+key+"]"))),
		"form in base64":                  body("text/plain", b64([]byte("client_secret="+hush))),
		"code in a form's address":        body("application/x-www-form-urlencoded", "to="+url.QueryEscape("https://a.no/cb?code="+hush)),
		"code in a part":                  body(multi, part("code", hush)),
		"camel case part":                 body(multi, part("clientAssertion", hush)),
		"number in a part":                body(multi, part("x", person)),
		"number in a part's name":         body(multi, part(person, "x")),
		"number between others":           body("text/plain", "a_"+person+"_b"),
		"text that is said to be a table": body("text/html", "<td>0102031&#50;345</td>"),
	} {
		for _, secret := range []string{hush, person, token, b64([]byte(hush)), b64([]byte(token)), b64([]byte("fnr " + person + " takk")), "31%2532345",
			b64([]byte("[" + key + "]")), b64([]byte("\n  " + key)), b64([]byte(`{"k":"` + hush + `"}`)), b64([]byte(b64([]byte(key + strings.Repeat(" ", 80))))),
			base64.RawURLEncoding.EncodeToString([]byte("[" + key + "]")), b64([]byte("client_secret=" + hush)), "%30%31020312345"} {
			if strings.Contains(shown, secret) {
				t.Errorf("%s: %s", place, shown)
			}
		}
	}
}
