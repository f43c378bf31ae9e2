package altinn_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/secret"
)

// machine is a Maskinporten that counts.
type machine struct {
	mu      sync.Mutex
	n       int
	dropped []string
}

func (m *machine) TokenContext(context.Context) (*oauth2.Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &oauth2.Token{AccessToken: fmt.Sprintf("machine-%d", m.n)}, nil
}

func (m *machine) Invalidate(token string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n++
	m.dropped = append(m.dropped, token)
}

func token(claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256"}`)) + "." + encode([]byte(claims)) + "." + encode([]byte("signature"))
}

func expiring(at time.Time) string { return token(fmt.Sprintf(`{"exp":%d}`, at.Unix())) }

// answering is an http.Client whose only server is f.
func answering(f func(*http.Request) (int, string)) *http.Client {
	return &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		status, body := f(req)
		return &http.Response{StatusCode: status, Header: http.Header{}, Request: req, Body: readCloser{strings.NewReader(body)}}, nil
	})}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func TestExchangeOnTheWire(t *testing.T) {
	t.Parallel()
	text := expiring(time.Now().Add(time.Hour))
	for name, body := range map[string]string{"bare": text, "quoted": `"` + text + `"`, "with a line end": text + "\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, reply(200, body))
			e := altinn.NewExchange(altinn.ExchangeConfig{Environment: tt02(t), HTTPClient: w.client, Maskinporten: &machine{}})
			got, err := e.Token(t.Context())
			if err != nil || got.Reveal() != text {
				t.Fatalf("got %v, %v", got, err)
			}
			w.golden("exchange")
		})
	}
	w := newWire(t, reply(200, text))
	e := altinn.NewExchange(altinn.ExchangeConfig{Environment: tt02(t), HTTPClient: w.client, Maskinporten: &machine{}, TestOrganisation: true})
	if _, err := e.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.golden("exchange-test-organisation")
}

func TestExchangeKeepsATokenUntilAMinuteBeforeItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var exchanges atomic.Int32
		e := altinn.NewExchange(altinn.ExchangeConfig{
			Environment: tt02(t), Maskinporten: &machine{},
			HTTPClient: answering(func(*http.Request) (int, string) {
				exchanges.Add(1)
				time.Sleep(time.Second)
				return 200, expiring(time.Now().Add(30 * time.Minute))
			}),
		})
		get := func() secret.String {
			got, err := e.Token(t.Context())
			if err != nil {
				t.Error(err)
			}
			return got
		}
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() { get() })
		}
		callers.Wait()
		if n := exchanges.Load(); n != 1 {
			t.Fatalf("50 callers made %d exchanges, want 1", n)
		}
		time.Sleep(28*time.Minute + 58*time.Second)
		first := get()
		if n := exchanges.Load(); n != 1 {
			t.Fatalf("%d exchanges before the last minute, want 1", n)
		}
		time.Sleep(2 * time.Second)
		second := get()
		if n := exchanges.Load(); n != 2 {
			t.Fatalf("%d exchanges in the last minute, want 2", n)
		}
		e.Invalidate(first) // another one is kept by now
		get()
		if n := exchanges.Load(); n != 2 {
			t.Error("invalidating an old token dropped the new one")
		}
		e.Invalidate(second)
		get()
		if n := exchanges.Load(); n != 3 {
			t.Error("invalidating the kept token did not drop it")
		}
	})
}

func TestExchangeOutlivesTheFirstCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var exchanges atomic.Int32
		e := altinn.NewExchange(altinn.ExchangeConfig{
			Environment: tt02(t), Maskinporten: &machine{},
			HTTPClient: &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				exchanges.Add(1)
				select {
				case <-time.After(10 * time.Second):
				case <-req.Context().Done():
					return nil, req.Context().Err()
				}
				return &http.Response{StatusCode: 200, Header: http.Header{}, Request: req, Body: readCloser{strings.NewReader(expiring(time.Now().Add(time.Hour)))}}, nil
			})},
		})
		hasty, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var hastyErr error
		var callers sync.WaitGroup
		callers.Go(func() { _, hastyErr = e.Token(hasty) })
		synctest.Wait()
		callers.Go(func() {
			if _, err := e.Token(t.Context()); err != nil {
				t.Errorf("the patient caller got %v", err)
			}
		})
		callers.Wait()
		if !errors.Is(hastyErr, context.DeadlineExceeded) {
			t.Errorf("the hasty caller got %v", hastyErr)
		}
		if n := exchanges.Load(); n != 1 {
			t.Errorf("%d exchanges, want 1", n)
		}
	})
}

func TestExchangeRefusals(t *testing.T) {
	t.Parallel()
	newExchange := func(m *machine, f func(*http.Request) (int, string)) *altinn.Exchange {
		return altinn.NewExchange(altinn.ExchangeConfig{Environment: tt02(t), Maskinporten: m, HTTPClient: answering(f)})
	}
	m := &machine{}
	e := newExchange(m, func(req *http.Request) (int, string) {
		if req.Header.Get("Authorization") == "Bearer machine-0" {
			return 401, ""
		}
		return 200, expiring(time.Now().Add(time.Hour))
	})
	if _, err := e.Token(t.Context()); err != nil || len(m.dropped) != 1 || m.dropped[0] != "machine-0" {
		t.Errorf("one refusal: got %v, dropped %v", err, m.dropped)
	}
	m = &machine{}
	e = newExchange(m, func(*http.Request) (int, string) { return 401, "" })
	if _, err := e.Token(t.Context()); !altinn.IsStatus(err, 401) || len(m.dropped) != 2 {
		t.Errorf("two refusals: got %v, dropped %v", err, m.dropped)
	}
	for name, body := range map[string]string{
		"no token":     "<html>",
		"expired":      expiring(time.Now().Add(-time.Minute)),
		"no end":       token(`{}`),
		"claims, text": token(`"x"`),
	} {
		e = newExchange(&machine{}, func(*http.Request) (int, string) { return 200, body })
		if _, err := e.Token(t.Context()); err == nil || strings.Contains(err.Error(), body) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestParseClaims(t *testing.T) {
	t.Parallel()
	got, err := altinn.ParseClaims(secret.New(token(`{"urn:altinn:org":"fts","urn:altinn:orgNumber":"313547264","urn:altinn:authlevel":"3",
		"urn:altinn:authenticatemethod":"maskinporten","consumer":{"authority":"iso6523-actorid-upis","ID":"0192:313547264"},
		"scope":"altinn:serviceowner/instances.read altinn:serviceowner/instances.write","client_id":"c","iss":"https://platform.tt02.altinn.no/authentication/api/v1/openid/",
		"exp":1933000000,"iat":1932998200.5,"nbf":1932998200,"pid":"01819012345"}`)))
	want := altinn.Claims{
		Issuer: "https://platform.tt02.altinn.no/authentication/api/v1/openid/", Org: "fts", OrgNumber: "313547264", Consumer: "313547264",
		Scope: "altinn:serviceowner/instances.read altinn:serviceowner/instances.write", ClientID: "c", AuthLevel: 3, Method: "maskinporten",
		Expires: time.Unix(1933000000, 0), IssuedAt: time.Unix(1932998200, 0), NotBefore: time.Unix(1932998200, 0),
	}
	if err != nil || got != want {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	person, err := altinn.ParseClaims(secret.New(token(`{"urn:altinn:userid":20001337,"urn:altinn:partyid":51000017,"urn:altinn:authlevel":3,"exp":1}`)))
	if err != nil || person.UserID != "20001337" || person.PartyID != "51000017" || person.AuthLevel != 3 {
		t.Errorf("got %+v, %v", person, err)
	}
	for _, bad := range []string{"", "a.b", "a.!.c", token(`[]`), token(`{"exp":"soon"}`), token(`{"exp":-1}`), token(`{"exp":1e300}`), token(`{"exp":1,"urn:altinn:authlevel":2.5}`)} {
		if _, err := altinn.ParseClaims(secret.New(bad)); err == nil {
			t.Errorf("%q was read as a token", bad)
		}
	}
}

func BenchmarkExchangeCachedToken(b *testing.B) {
	e := altinn.NewExchange(altinn.ExchangeConfig{
		Maskinporten: &machine{}, HTTPClient: answering(func(*http.Request) (int, string) { return 200, expiring(time.Now().Add(time.Hour)) }),
	})
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Token(ctx); err != nil {
			b.Fatal(err)
		}
	}
}
