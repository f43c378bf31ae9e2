package redact

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// secretHeaders carry credentials, and so do those whose names have one of
// secretWords in them.
var secretHeaders = []string{"Cookie", "Set-Cookie", "X-Identity-Header", "Ocp-Apim-Subscription-Key"}

var secretWords = []string{"token", "secret", "password", "apikey", "privatekey", "session", "assertion"}

// plainName is a name as it is compared: in lower case, and without what stands
// between its words.
func plainName(name string) string { return betweenWords.Replace(strings.ToLower(name)) }

var betweenWords = strings.NewReplacer("_", "", "-", "")

func isSecretHeader(canonical string) bool {
	name := plainName(canonical)
	return slices.Contains(secretHeaders, canonical) ||
		slices.ContainsFunc(secretWords, func(word string) bool { return strings.Contains(name, word) })
}

// schemes of an Authorization header that are told; what stands before the
// credentials otherwise may be part of them.
var schemes = []string{"basic", "bearer", "digest", "negotiate", "pop"}

// Header gives a header field's value without what is secret in it.
func Header(name, value string) string {
	canonical := http.CanonicalHeaderKey(name)
	switch {
	case canonical == "Authorization" || canonical == "Proxy-Authorization":
		scheme, _, found := strings.Cut(value, " ")
		if !found || !slices.Contains(schemes, strings.ToLower(scheme)) {
			return redacted
		}
		return scheme + " " + redacted
	case isSecretHeader(canonical):
		return redacted
	}
	return Text(value)
}

// secretNames are members of JSON and parameters, as plainName writes them, that
// are secret wherever they stand. "value" is Key Vault's name for the content of a
// secret; other documents that use the name lose it here as well, which is the
// safer mistake.
var secretNames = map[string]bool{
	"value": true, "secret": true, "password": true, "token": true,
	"accesstoken": true, "idtoken": true, "refreshtoken": true, "locktoken": true,
	"clientsecret": true, "azureclientsecret": true, "subscriptionkey": true, "apikey": true,
	"assertion": true, "clientassertion": true, "sessionid": true,
	"encodedjwk": true, "jwkbase64": true, "jwk": true, "privatekey": true,
	"d": true, "p": true, "q": true, "dp": true, "dq": true, "qi": true, "k": true, "oth": true,
	"personnumber": true, "nationalidentitynumber": true, "ssn": true, "pid": true,
}

// secretParameters are secret in an address or a form only: elsewhere, a code
// tells what went wrong.
var secretParameters = map[string]bool{"code": true, "sig": true, "key": true}

func isSecretParameter(name string) bool {
	name = plainName(name)
	return secretNames[name] || secretParameters[name]
}

// Target gives path and query of a request as they came, but for what is
// secret in them once it is decoded.
func Target(target *url.URL) string {
	path := target.EscapedPath()
	if clean := Text(target.Path); clean != target.Path {
		path = clean
	}
	if target.RawQuery == "" {
		return path
	}
	return path + "?" + cleanQuery(target.RawQuery)
}

// cleanQuery does it for a query or a form. The parameters keep their order
// and, where nothing is secret, their form.
func cleanQuery(query string) string {
	pairs := strings.Split(query, "&")
	for n, pair := range pairs {
		rawName, rawValue, found := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(rawName)
		value, err2 := url.QueryUnescape(rawValue)
		switch {
		case err1 != nil || err2 != nil || Text(name) != name:
			pairs[n] = redacted
		case !found:
		case isSecretParameter(name):
			pairs[n] = rawName + "=" + redacted
		default:
			if clean := document(value); clean != value {
				pairs[n] = rawName + "=" + clean
			}
		}
	}
	return strings.Join(pairs, "&")
}

// document is for a text that may be a document of its own.
func document(text string) string {
	if trimmed := strings.TrimSpace(text); trimmed != "" && strings.IndexByte(`{["`, trimmed[0]) >= 0 {
		if clean, ok := JSON(text); ok {
			return clean
		}
	}
	return Text(text)
}

// cleanTyped cleans a text of a media type; ok is false when it is not what it
// is called, so that nothing can be said about what is secret in it.
func cleanTyped(mediaType, body string) (clean string, ok bool) {
	switch {
	case mediaType == "application/x-www-form-urlencoded":
		return cleanQuery(body), true
	case strings.HasSuffix(mediaType, "json"):
		return JSON(body)
	case strings.HasSuffix(mediaType, "xml") || mediaType == "text/html":
		if plain := html.UnescapeString(body); Text(plain) != plain {
			return Text(plain), true
		}
		return body, true
	default:
		return document(body), true
	}
}

// JSON cleans JSON documents, names and nested documents included, as
// they read when decoded. What is not secret is the same, but for white space.
func JSON(text string) (clean string, ok bool) {
	r := jsonRedactor{in: json.NewDecoder(strings.NewReader(text))}
	r.in.UseNumber()
	r.encoder = json.NewEncoder(&r.out)
	r.encoder.SetEscapeHTML(false)
	for n := 0; ; n++ {
		token, err := r.in.Token()
		if errors.Is(err, io.EOF) {
			return r.out.String(), n > 0
		}
		if n > 0 {
			r.out.WriteByte('\n')
		}
		if err != nil || !r.value(token, place{}) {
			return "", false
		}
	}
}

type jsonRedactor struct {
	in      *json.Decoder
	out     bytes.Buffer
	encoder *json.Encoder // to out
}

// hostOf leaves out what follows the host of an address: an end point for events
// is known by it to be called by the platform.
func hostOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" {
		return redacted
	}
	return Text(parsed.Scheme+"://"+parsed.Host) + "/" + redacted
}

const deepestJSON = 100

// place is where in a document a value stands.
type place struct {
	name   string // under which it stands, or the list that it is in, as plainName writes it
	list   bool   // it is in a list
	secret bool   // all of it is, by the name of something around it
	depth  int
}

// within is the place of what a list or an object at a place holds, but for names.
func (at place) within(open json.Delim) place {
	secret := at.secret || secretNames[at.name]
	if at.name == "value" && !at.secret {
		// A list in Key Vault's form has the name of a secret's content, and so has
		// none of the objects in it.
		secret = open == '{' && !at.list
	}
	return place{name: at.name, list: open == '[', secret: secret, depth: at.depth + 1}
}

// attributeLists are, in questions to the decision point and its answers, the lists
// of objects whose value is what their attribute says, and known by its form where
// it is secret.
var attributeLists = []string{"attribute", "attributeassignment"}

// value writes the value that begins with a token.
func (r *jsonRedactor) value(token json.Token, at place) bool {
	if at.depth > deepestJSON {
		return false
	}
	switch token := token.(type) {
	case json.Delim:
		return r.composite(token, at)
	case nil:
		r.out.WriteString("null")
	case bool:
		r.write(token)
	case string:
		switch {
		case at.secret || secretNames[at.name]:
			r.write(redacted)
		case at.name == "endpoint":
			r.write(hostOf(token))
		default:
			r.write(document(token))
		}
	case json.Number:
		if at.secret || secretNames[at.name] || Text(token.String()) != token.String() {
			r.write(redacted)
		} else {
			r.out.WriteString(token.String())
		}
	}
	return true
}

// composite writes the rest of an array or object at a place.
func (r *jsonRedactor) composite(open json.Delim, at place) bool {
	r.out.WriteString(open.String())
	ofAttribute := at.list && slices.Contains(attributeLists, at.name)
	attribute := false
	for n := 0; r.in.More(); n++ {
		if n > 0 {
			r.out.WriteByte(',')
		}
		token, err := r.in.Token()
		if err != nil {
			return false
		}
		within := at.within(open)
		if open == '{' {
			name := token.(string) // an object's members begin with a name
			r.write(Text(name))
			r.out.WriteByte(':')
			if token, err = r.in.Token(); err != nil {
				return false
			}
			within.name = plainName(name)
			attribute = attribute || within.name == "attributeid"
			if ofAttribute && attribute && within.name == "value" {
				within.name = ""
			}
		}
		if !r.value(token, within) {
			return false
		}
	}
	end, err := r.in.Token()
	if err != nil {
		return false
	}
	r.out.WriteString(end.(json.Delim).String()) // More has seen it
	return true
}

// write encodes a text or a truth value without the encoder's line break.
func (r *jsonRedactor) write(v any) {
	_ = r.encoder.Encode(v) // neither can fail
	r.out.Truncate(r.out.Len() - 1)
}
