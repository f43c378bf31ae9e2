package maskinporten_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/maskinporten"
)

// The request as it is on the wire, over a real socket. Values that change from
// one request to the next are checked by the authority and named here.
func TestTokenRequestOnTheWire(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	server := httptest.NewTLSServer(a)
	defer server.Close()
	client := server.Client()
	transport := client.Transport.(*http.Transport)
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	transport.TLSClientConfig.ServerName = "example.com" // the name in httptest's certificate
	defer transport.CloseIdleConnections()

	maskinportenClient, err := maskinporten.New(maskinporten.Config{Issuer: issuer, ClientID: clientID, Key: aKey(), KeyID: "from-the-web-page", HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	source := maskinportenClient.Source(maskinporten.Grant{
		Scopes: []string{write + "  " + readOnly, write}, Resource: "https://api.fts.example/arkiv", ConsumerOrg: "312008459",
	})
	token, err := source.Token()
	if err != nil {
		t.Fatal(err)
	}
	if token.AccessToken != "token-1" || token.Type() != "Bearer" || token.Extra("scope") != readOnly+" "+write {
		t.Errorf("token %q, type %q, scope %v", token.AccessToken, token.Type(), token.Extra("scope"))
	}

	request := a.requests()[0]
	request.claims["iat"], request.claims["exp"], request.claims["jti"] = "now", "now+120", "a new UUID"
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s\n", request.method, request.path)
	for _, name := range []string{"Accept", "Authorization", "Content-Type", "Cookie"} {
		if value := request.header.Get(name); value != "" {
			fmt.Fprintf(&text, "%s: %s\n", name, value)
		}
	}
	request.form.Set("assertion", "header.claims.signature")
	fmt.Fprintf(&text, "\n%s\n", request.form.Encode())
	for _, part := range []map[string]any{request.jose, request.claims} {
		encoded, err := json.MarshalIndent(part, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "\n%s\n", encoded)
	}
	golden(t, "token-request.golden", text.String())
}

func TestRetriesWithANewAssertionEachTime(t *testing.T) {
	t.Parallel()
	down := answer(http.StatusServiceUnavailable, "upstream connect error")
	for _, test := range []struct {
		name     string
		answers  []http.HandlerFunc
		requests int
		after    time.Duration
		fails    bool
	}{
		{"at once", nil, 1, 0, false},
		{"unavailable once", []http.HandlerFunc{down}, 2, 250 * time.Millisecond, false},
		{"unavailable thrice", []http.HandlerFunc{down, answer(500, ""), answer(502, "<html>")}, 4, 1750 * time.Millisecond, false},
		{"unavailable", []http.HandlerFunc{down, down, down, down, down}, 4, 1750 * time.Millisecond, true},
		{"asked to wait", []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "3")
			answer(http.StatusTooManyRequests, "")(w, r)
		}}, 2, 3 * time.Second, false},
		{"asked to wait for an hour", []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "3600")
			answer(http.StatusServiceUnavailable, "")(w, r)
		}}, 2, 10 * time.Second, false},
		{"no answer", []http.HandlerFunc{func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}, 2, 30*time.Second + 250*time.Millisecond, false},
		{"refused", []http.HandlerFunc{answer(400, `{"error":"invalid_grant"}`)}, 1, 0, true},
		{"not JSON", []http.HandlerFunc{answer(200, `<html>`)}, 1, 0, true},
		{"no token", []http.HandlerFunc{answer(200, `{"expires_in":120}`)}, 1, 0, true},
		{"another type of token", []http.HandlerFunc{answer(200, `{"access_token":"x","token_type":"DPoP","expires_in":120}`)}, 1, 0, true},
		{"endless", []http.HandlerFunc{answer(200, `{"access_token":"`+strings.Repeat("x", 2<<20)+`"}`)}, 1, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			aKey() // outside the bubble
			synctest.Test(t, func(t *testing.T) {
				a := newAuthority(t, test.answers...)
				start := time.Now()
				token, err := newSource(t, a).TokenContext(t.Context())
				if (err != nil) != test.fails || (token == nil) != test.fails {
					t.Errorf("token %v, error %v", token != nil, err)
				}
				if got := len(a.requests()); got != test.requests {
					t.Errorf("%d requests, want %d", got, test.requests)
				}
				if got := time.Since(start); got != test.after {
					t.Errorf("took %v, want %v", got, test.after)
				}
			})
		})
	}
}

// transportFunc answers with an error of the transport.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRetriesAfterErrorsOfTheConnection(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err      error
		requests int
	}{
		{&net.OpError{Op: "dial", Err: errors.New("connection refused")}, 4},
		{&net.DNSError{Err: "no such host", Name: "test.maskinporten.no", IsNotFound: true}, 1},
		{&net.DNSError{Err: "server misbehaving", IsTemporary: true}, 4},
	} {
		t.Run(test.err.Error(), func(t *testing.T) {
			t.Parallel()
			aKey()
			synctest.Test(t, func(t *testing.T) {
				var requests int
				client := newClient(t, transportFunc(func(*http.Request) (*http.Response, error) {
					requests++
					return nil, test.err
				}))
				_, err := client.Source(maskinporten.Grant{Scopes: []string{readOnly}}).TokenContext(t.Context())
				if !errors.Is(err, test.err) {
					t.Errorf("error %v, want %v in it", err, test.err)
				}
				if requests != test.requests {
					t.Errorf("%d requests, want %d", requests, test.requests)
				}
			})
		})
	}
}

func TestEndOfContextStopsRetries(t *testing.T) {
	t.Parallel()
	aKey()
	synctest.Test(t, func(t *testing.T) {
		down := answer(http.StatusServiceUnavailable, "")
		a := newAuthority(t, down, down, down, down)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		_, err := newSource(t, a).TokenContext(ctx)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		time.Sleep(time.Minute) // of the bubble's own clock
		if got := len(a.requests()); got != 2 {
			t.Errorf("%d requests, want 2: the flight went on with nobody waiting", got)
		}
	})
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var elsewhere int
	a := newAuthority(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://elsewhere.example/token", http.StatusTemporaryRedirect)
	})
	client := newClient(t, inMemory{
		"test.maskinporten.no": a,
		"elsewhere.example":    http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }),
	})
	_, err := client.Source(maskinporten.Grant{Scopes: []string{readOnly}}).TokenContext(t.Context())
	refusal, ok := errors.AsType[*maskinporten.Error](err)
	if !ok || refusal.Status != http.StatusTemporaryRedirect || refusal.Fault() != maskinporten.Redirected {
		t.Errorf("error %v", err)
	}
	if elsewhere != 0 {
		t.Error("the assertion went to another host")
	}
}

// Nothing that is signed or issued may be in an error.
func TestErrorsHoldNoAssertion(t *testing.T) {
	t.Parallel()
	var assertion string
	client := newClient(t, transportFunc(func(r *http.Request) (*http.Response, error) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		assertion = r.PostForm.Get("assertion")
		return nil, &net.DNSError{Err: "no such host", Name: r.URL.Host, IsNotFound: true}
	}))
	_, err := client.Source(maskinporten.Grant{Scopes: []string{readOnly}}).TokenContext(t.Context())
	if err == nil || assertion == "" || strings.Contains(err.Error(), assertion[len(assertion)-20:]) {
		t.Errorf("error %v", err)
	}
	if want := "get token at https://test.maskinporten.no/token"; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %q, want it to start with %q", err, want)
	}
}

func TestGrantThatCannotBeAskedFor(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	client := newClient(t, inMemory{"test.maskinporten.no": a})
	for _, test := range []struct {
		grant maskinporten.Grant
		want  string
	}{
		{maskinporten.Grant{}, "no scope"},
		{maskinporten.Grant{Scopes: []string{"", "  "}}, "no scope"},
		{maskinporten.Grant{Scopes: []string{readOnly + "," + write}}, "separated by spaces"},
		{maskinporten.Grant{Scopes: []string{readOnly}, Resource: "arkiv"}, "not an absolute URI"},
		{maskinporten.Grant{Scopes: []string{readOnly}, Resource: "https://fts.example/#a"}, "without a fragment"},
		{maskinporten.Grant{Scopes: []string{readOnly}, ConsumerOrg: "0192:312008459"}, "nine digits"},
	} {
		_, err := client.Source(test.grant).TokenContext(t.Context())
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: error %v, want %q", test.grant, err, test.want)
		}
	}
	if len(a.requests()) != 0 {
		t.Error("something was sent")
	}
}

func TestSourceIsSharedByGrantsThatAreTheSame(t *testing.T) {
	t.Parallel()
	client := newClient(t, inMemory{})
	one := client.Source(maskinporten.Grant{Scopes: []string{readOnly, write}})
	for _, same := range [][]string{{write, readOnly}, {write + " " + readOnly}, {readOnly, write, write}} {
		if client.Source(maskinporten.Grant{Scopes: same}) != one {
			t.Errorf("%q has another source", same)
		}
	}
	for _, other := range []maskinporten.Grant{
		{Scopes: []string{readOnly}},
		{Scopes: []string{readOnly, write}, Resource: "https://api.fts.example"},
		{Scopes: []string{readOnly, write}, ConsumerOrg: "312008459"},
	} {
		if client.Source(other) == one {
			t.Errorf("%+v has the same source", other)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	whole := maskinporten.Config{Issuer: issuer, ClientID: clientID, Key: aKey()}
	change := func(f func(*maskinporten.Config)) maskinporten.Config {
		cfg := whole
		f(&cfg)
		return cfg
	}
	for _, test := range []struct {
		cfg  maskinporten.Config
		want string
	}{
		{change(func(c *maskinporten.Config) { c.Issuer = "" }), "issuer"},
		{change(func(c *maskinporten.Config) { c.Issuer = "http://test.maskinporten.no/" }), "not an https URL"},
		{change(func(c *maskinporten.Config) { c.TokenURL = "/token" }), "token endpoint"},
		{change(func(c *maskinporten.Config) { c.Issuer = "https://ver2.maskinporten.no/" }), `closed (10 June 2024); use "test"`},
		{change(func(c *maskinporten.Config) { c.ClientID = "" }), "client id"},
		{change(func(c *maskinporten.Config) { c.Key = nil }), "no key"},
		{change(func(c *maskinporten.Config) { c.Key = new(jwk.Key) }), "no key"},
	} {
		_, err := maskinporten.New(test.cfg)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
	if _, err := maskinporten.New(whole); err != nil {
		t.Error(err)
	}
}

func TestNewDoesNotChangeTheGivenClient(t *testing.T) {
	t.Parallel()
	given := &http.Client{Transport: inMemory{}}
	if _, err := maskinporten.New(maskinporten.Config{Issuer: issuer, ClientID: clientID, Key: aKey(), HTTPClient: given}); err != nil {
		t.Fatal(err)
	}
	if given.CheckRedirect != nil {
		t.Error("the given client no longer follows redirects")
	}
}
