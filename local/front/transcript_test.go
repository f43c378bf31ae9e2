package front_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/front"
)

func TestTranscriptRedacts(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	transcript := front.NewTranscript(&out)
	const token = "eyJhbGciOiJSUzI1NiJ9.eyJzY29wZSI6IngifQ.c2lnbmF0dXJl"
	handler := transcript.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Set-Cookie", "AltinnStudioRuntime="+token)
		fmt.Fprintf(w, `{"access_token":"%s","value":"c2VjcmV0IGNvbnRlbnQ=","instanceOwner":{"personNumber":"12345678901"},"text":"fnr 12345678901","name":"Ánde"}`, token)
	}))
	network, err := front.New(front.Config{Hosts: []front.Host{{Name: "test.maskinporten.no", Handler: handler}}})
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	c := client(t, network.Transport())
	form := url.Values{"grant_type": {"g"}, "assertion": {token}, "client_secret": {"hush hush"}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://test.maskinporten.no/token?ssn=12345678901", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := c.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	if err := network.Close(); err != nil {
		t.Fatal(err)
	}

	text := out.String()
	for _, leak := range []string{token, "eyJ", "hush", "c2VjcmV0", "12345678901"} {
		if strings.Contains(text, leak) {
			t.Errorf("the transcript shows %q:\n%s", leak, text)
		}
	}
	for _, want := range []string{"POST https://test.maskinporten.no/token?ssn=[redacted]", "Authorization: Bearer [redacted]", "grant_type=g", "200 OK", "Ánde"} {
		if !strings.Contains(text, want) {
			t.Errorf("the transcript lacks %q:\n%s", want, text)
		}
	}
}

// recorded gives what a transcript says of one exchange.
func recorded(t *testing.T, request *http.Request, answer http.HandlerFunc) string {
	t.Helper()
	var out bytes.Buffer
	transcript := front.NewTranscript(&out)
	transcript.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if answer != nil {
			answer(w, r)
		}
	})).ServeHTTP(httptest.NewRecorder(), request)
	if err := transcript.Err(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func post(address, contentType, body string) *http.Request {
	request := httptest.NewRequest(http.MethodPost, address, strings.NewReader(body))
	request.Header.Set("Content-Type", contentType)
	return request
}

// hush is a secret without a form by which it could be known.
const hush = "hush-hush-9Zx"

// Each is a way in which a secret could slip through: it is known by the name
// under which it stands, or by its form, once what holds it has been decoded.
func TestNothingSlipsIntoTheTranscript(t *testing.T) {
	t.Parallel()
	key := `{"kty":"RSA","d":"` + strings.Repeat("k9_", 60) + `"}`
	encoded := base64.StdEncoding.EncodeToString([]byte(key))
	header := func(name, value string) *http.Request {
		request := httptest.NewRequest(http.MethodGet, "https://kv-fts.vault.azure.net/secrets", nil)
		request.Header.Set(name, value)
		return request
	}
	part := func(name, contentType, encoding, content string) *http.Request {
		var body bytes.Buffer
		parts := multipart.NewWriter(&body)
		fields := textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename*=UTF-8''123456%%2078901.txt`, name)},
			"Content-Type":        {contentType},
		}
		if encoding != "" {
			fields.Set("Content-Transfer-Encoding", encoding)
		}
		w, err := parts.CreatePart(fields)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, content)
		_ = parts.Close()
		return post("https://fts.apps.tt02.altinn.no/fts/saksmottak/instances", parts.FormDataContentType(), body.String())
	}
	const place = "https://test.maskinporten.no/token"
	for name, c := range map[string]struct {
		request *http.Request
		secrets []string
	}{
		"a token without scheme":         {header("Authorization", hush), nil},
		"a scheme that nobody knows":     {header("Authorization", hush+" x"), nil},
		"a cookie":                       {header("Cookie", "AltinnStudioRuntime="+hush), nil},
		"a lock token":                   {header("Altinn-Storage-Lock-Token", hush), nil},
		"a proxy's password":             {header("Proxy-Authorization", "Basic "+hush), nil},
		"an address in a header":         {header("Referer", "https://x.no/?access_token="+hush), nil},
		"a number in a header":           {header("X-Ai-NationalIdentityNumber", "12345678901"), nil},
		"a token in the query":           {post(place+"?a=1&assertion="+hush, "", ""), nil},
		"a name in the query, encoded":   {post(place+"?client%5Fsecret="+hush, "", ""), nil},
		"a token in the query, encoded":  {post(place+"?next=eyJhbGciOiJSUzI1NiJ9%2EeyJhIjoxfQ%2EAAAA", "", ""), []string{"eyJ"}},
		"a number in the query, encoded": {post(place+"?who=%31%32%33%34%35%36+78901", "", ""), nil},
		"a number in the path, encoded":  {post(place+"/123456%2078901", "", ""), []string{"123456%20"}},
		"JSON in the query":              {post(place+`?prefill=%7B%22personNumber%22%3A%22`+hush+`%22%7D`, "", ""), nil},
		"a form":                         {post(place, "application/x-www-form-urlencoded", "a=b&Client_Secret="+hush), nil},
		"JSON with escapes in the name":  {post(place, "application/json", `{"\u0061ccess_token":"`+hush+`"}`), nil},
		"JSON with escapes in the value": {post(place, "application/json", `{"fnr":"1234567890\u0031"}`), []string{"1234567890"}},
		"JSON with a number":             {post(place, "application/json", `{"fnr":12345678901}`), nil},
		"JSON that names a number":       {post(place, "application/json", `{"12345678901":true}`), nil},
		"JSON with a list of secrets":    {post(place, "application/json", `{"access_token":["`+hush+`"]}`), nil},
		"JSON with another case":         {post(place, "application/json", `{"EncodedJWK":"`+hush+`"}`), nil},
		"JSON in JSON":                   {post(place, "application/json", `{"x":"{\"d\":\"`+hush+`\"}"}`), nil},
		"JSON in JSON in JSON":           {post(place, "application/json", `{"x":"{\"y\":\"{\\\"d\\\":\\\"`+hush+`\\\"}\"}"}`), nil},
		"JSON that is a text":            {post(place, "application/json", `"https://x.no?access_token=`+hush+`"`), nil},
		"several documents":              {post(place, "application/json", `{} {"lockToken":"`+hush+`"}`), nil},
		"what only claims to be JSON":    {post(place, "application/json", `{"d":"`+hush+``), nil},
		"JSON too deep to look into":     {post(place, "application/json", strings.Repeat("[", 5000)+`{"d":"`+hush+`"}`+strings.Repeat("]", 5000)), nil},
		"JSON that is called text":       {post(place, "text/plain", `{"value":"`+hush+`"}`), nil},
		"JSON in UTF-16":                 {post(place, "application/json; charset=utf-16", strings.Join(strings.Split(`"12345678901"`, ""), "\x00")), []string{"1\x002"}},
		"JSON, compressed as it says": {func() *http.Request {
			r := post(place, "text/plain", hush)
			r.Header.Set("Content-Encoding", "gzip")
			return r
		}(), nil},
		"a key of a set":                    {post(place, "application/json", `{"keys":[{"kty":"RSA","n":"public","d":"`+hush+`","oth":[{"r":"`+hush+`"}]}]}`), nil},
		"an encoded key in JSON":            {post(place, "application/json", `{"text":"`+encoded+`"}`), []string{encoded[:40], encoded[60:120]}},
		"an encoded key in a part":          {part("instance", "application/json", "", `{"dataValues":{"x":"{\"y\":\"`+encoded+`\"}"}}`), []string{encoded[60:120], "123456%20", "123456 7"}},
		"a part with a secret name":         {part("client_secret", "text/plain", "", hush), nil},
		"a part in base64":                  {part("x", "text/plain", "base64", base64.StdEncoding.EncodeToString([]byte(hush))), []string{base64.StdEncoding.EncodeToString([]byte(hush))}},
		"XML with character references":     {post(place, "application/xml", `<a>&#49;2345678901</a>`), []string{"2345678901"}},
		"a number in the middle of an XML":  {post(place, "application/xml", `<a>12345678901</a>`), nil},
		"a number as the type of the body":  {post(place, "application/12345678901", "x"), nil},
		"a number in the form of a percent": {post(place+"?%zz="+hush, "", ""), nil},
	} {
		text := recorded(t, c.request, nil)
		for _, secret := range append(c.secrets, hush, "12345678901", "123456 78901", "k9_k9_") {
			if strings.Contains(text, secret) {
				t.Errorf("%s: the transcript shows %q:\n%s", name, secret, text)
			}
		}
	}
}

// What is no secret is shown as it came, or the transcript would prove nothing.
func TestTheTranscriptKeepsTheRest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		request *http.Request
		want    string
	}{
		"a query":    {post("https://platform.tt02.altinn.no/storage/api/v1/instances?appId=fts/saksmottak&lastChanged=gte%3A2026-11-22T10%3A00%3A00.1234567Z", "", ""), "?appId=fts/saksmottak&lastChanged=gte%3A2026-11-22T10%3A00%3A00.1234567Z\n"},
		"a form":     {post("https://x.no/", "application/x-www-form-urlencoded", "grant_type=urn%3Aietf&assertion=x"), "grant_type=urn%3Aietf&assertion=[redacted]\n"},
		"members":    {post("https://x.no/", "application/json", `{ "b": 1.50, "a": [true, null, "Ánde <&>"] }`), `{"b":1.50,"a":[true,null,"Ánde <&>"]}`},
		"an error":   {post("https://x.no/", "application/json", `{"error":{"code":"Forbidden"}}`), `{"error":{"code":"Forbidden"}}`},
		"a decision": {post("https://x.no/", "application/json", `{"attribute":[{"attributeId":"urn:altinn:org","value":"fts"}]}`), `{"attributeId":"urn:altinn:org","value":"fts"}`},
		"a list":     {post("https://x.no/", "application/json", `{"value":[{"id":"https://kv.vault.azure.net/secrets/a"}],"nextLink":null}`), `{"value":[{"id":"https://kv.vault.azure.net/secrets/a"}],"nextLink":null}`},
		"XML":        {post("https://x.no/", "application/xml", "<a>\n  <b>&amp;</b>\n</a>"), "<a>\n  <b>&amp;</b>\n</a>"},
		"bytes":      {post("https://x.no/", "application/pdf", "%PDF-1.7"), "(application/pdf, 8 bytes)"},
	} {
		if text := recorded(t, c.request, nil); !strings.Contains(text, c.want) {
			t.Errorf("%s: the transcript lacks %q:\n%s", name, c.want, text)
		}
	}
}

// However much passes, a transcript holds little of it and says how much it was.
func TestTranscriptBoundsBodies(t *testing.T) {
	t.Parallel()
	const size = 8 << 20
	text := recorded(t, post("https://x.no/", "text/plain", strings.Repeat("x", size)), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(bytes.Repeat([]byte(" "), size))
	})
	if len(text) > 1000 || strings.Count(text, fmt.Sprintf("%d bytes", size)) != 2 {
		t.Errorf("the transcript is %d bytes:\n%.500s", len(text), text)
	}
}

// A status is the one that the client got: an interim one before it and a
// mistaken one after it do not count, and a connection that was taken has none.
func TestTranscriptTellsTheOutcome(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	transcript := front.NewTranscript(&out)
	network, err := front.New(front.Config{Hosts: []front.Host{{Name: "x.no", Handler: transcript.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/twice":
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusNotFound)
		case "/abort":
			panic(http.ErrAbortHandler)
		case "/taken":
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close()
		}
	}))}}})
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, network.Transport())
	for _, path := range []string{"/twice", "/abort", "/taken"} {
		_, _, _ = fetch(t, c, http.MethodPost, "https://x.no"+path, http.NoBody)
	}
	if err := network.Close(); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{"/twice\n", "404 Not Found\n", "/abort\n", "/taken\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the transcript lacks %q:\n%s", want, text)
		}
	}
	if got := strings.Count(text, "(no answer: the connection was closed)"); got != 2 || strings.Contains(text, "200 OK") {
		t.Errorf("%d exchanges without an answer, want 2:\n%s", got, text)
	}
}
