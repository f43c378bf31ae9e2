package maskinporten_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/stafett/stafett/maskinporten"
)

var _ oauth2.TokenSource = (*maskinporten.Source)(nil)

func TestTokenIsKeptUntilItIsNearlyOver(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		expiresIn int
		keptFor   time.Duration
	}{
		{"two minutes: 30 seconds are left", 120, 90 * time.Second},
		{"one second less, as Maskinporten says it", 119, 89250 * time.Millisecond},
		{"an hour: 30 seconds are left", 3600, 3570 * time.Second},
		{"ten seconds: a quarter is left", 10, 7500 * time.Millisecond},
		{"no life at all", 0, 0},
		{"a negative life", -5, 0},
		{"a life of a century is kept for a day", 3153600000, 24*time.Hour - 30*time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			aKey()
			synctest.Test(t, func(t *testing.T) {
				a := newAuthority(t)
				a.life = test.expiresIn
				source := newSource(t, a)
				get := func() string {
					token, err := source.TokenContext(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					return token.AccessToken
				}
				if got := get(); got != "token-1" {
					t.Fatalf("first %s", got)
				}
				if test.keptFor > 0 {
					time.Sleep(test.keptFor - time.Nanosecond)
					if got := get(); got != "token-1" {
						t.Errorf("%s just before %v", got, test.keptFor)
					}
					time.Sleep(time.Nanosecond)
				}
				if got := get(); got != "token-2" {
					t.Errorf("%s at %v", got, test.keptFor)
				}
			})
		})
	}
}

func TestExpiryCountsFromBeforeTheRequest(t *testing.T) {
	t.Parallel()
	aKey()
	synctest.Test(t, func(t *testing.T) {
		a := newAuthority(t, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(5 * time.Second)
			answer(http.StatusOK, `{"access_token":"slow","token_type":"bearer","expires_in":120}`)(w, r)
		})
		start := time.Now()
		token, err := newSource(t, a).TokenContext(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := token.Expiry.Sub(start); got != 120*time.Second {
			t.Errorf("expires %v after the request", got)
		}
	})
}

func TestInvalidateDropsThatTokenOnly(t *testing.T) {
	t.Parallel()
	source := newSource(t, newAuthority(t))
	source.Invalidate("nothing yet")
	first, err := source.TokenContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	source.Invalidate("another token")
	if again, err := source.TokenContext(t.Context()); err != nil || again != first {
		t.Errorf("the token was dropped on another's account (%v)", err)
	}
	source.Invalidate(first.AccessToken)
	second, err := source.TokenContext(t.Context())
	if err != nil || second.AccessToken == first.AccessToken {
		t.Errorf("the refused token comes back (%v)", err)
	}
}

// However many callers there are, one request is under way.
func TestOneRequestForAllWhoWait(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	a := newAuthority(t, func(w http.ResponseWriter, r *http.Request) {
		<-release
		answer(http.StatusOK, `{"access_token":"shared","token_type":"Bearer","expires_in":120}`)(w, r)
	})
	source := newSource(t, a)
	const callers = 200
	tokens := make(chan string, callers)
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			token, err := source.TokenContext(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			tokens <- token.AccessToken
		})
	}
	close(release)
	group.Wait()
	close(tokens)
	for token := range tokens {
		if token != "shared" {
			t.Errorf("a caller got %q", token)
		}
	}
	if got := len(a.requests()); got != 1 {
		t.Errorf("%d requests", got)
	}
}

func TestCallerLeavesAndTheFlightGoesOn(t *testing.T) {
	t.Parallel()
	aKey()
	synctest.Test(t, func(t *testing.T) {
		a := newAuthority(t, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(10 * time.Second)
			answer(http.StatusOK, `{"access_token":"landed","token_type":"Bearer","expires_in":120}`)(w, r)
		})
		source := newSource(t, a)
		impatient := errors.New("impatient")
		leaving, leave := context.WithCancelCause(t.Context())

		var group sync.WaitGroup
		group.Go(func() {
			if _, err := source.TokenContext(leaving); !errors.Is(err, impatient) {
				t.Errorf("the one who left got %v", err)
			}
			if time.Now().Second() == 10 {
				t.Error("the one who left had to wait")
			}
		})
		synctest.Wait()
		group.Go(func() {
			token, err := source.TokenContext(t.Context())
			if err != nil || token.AccessToken != "landed" {
				t.Errorf("the one who stayed got %v", err)
			}
		})
		synctest.Wait()
		leave(impatient)
		group.Wait()
		if got := len(a.requests()); got != 1 {
			t.Errorf("%d requests", got)
		}
	})
}

func TestFlightWithNobodyWaitingIsCancelled(t *testing.T) {
	t.Parallel()
	aKey()
	synctest.Test(t, func(t *testing.T) {
		cancelled := make(chan struct{})
		a := newAuthority(t, func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			close(cancelled)
		})
		source := newSource(t, a)
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		if _, err := source.TokenContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		<-cancelled
		// Whoever comes next is not held up by it, nor given its error.
		token, err := source.TokenContext(t.Context())
		if err != nil || token.AccessToken != "token-2" {
			t.Errorf("the next caller got %v", err)
		}
	})
}

func TestContextThatHasEndedSendsNothing(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	source := newSource(t, a)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := source.TokenContext(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if len(a.requests()) != 0 {
		t.Error("a request was sent")
	}
	if _, err := source.Token(); err != nil {
		t.Fatal(err)
	}
	if _, err := source.TokenContext(ctx); err != nil {
		t.Errorf("the cached token costs nothing, and was refused: %v", err)
	}
}

// A refusal is not remembered: the next caller asks again.
func TestRefusalIsNotCached(t *testing.T) {
	t.Parallel()
	source := newSource(t, newAuthority(t, answer(400, `{"error":"invalid_grant"}`)))
	if _, err := source.TokenContext(t.Context()); err == nil {
		t.Fatal("no refusal")
	}
	if _, err := source.TokenContext(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestCachedTokenAllocatesNothing(t *testing.T) {
	// Not parallel: the count is of the whole process.
	source := newSource(t, newAuthority(t))
	ctx := t.Context()
	if _, err := source.TokenContext(ctx); err != nil {
		t.Fatal(err)
	}
	allocations := testing.AllocsPerRun(1000, func() {
		if _, err := source.TokenContext(ctx); err != nil {
			t.Fatal(err)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations for a cached token", allocations)
	}
}

func BenchmarkCachedToken(b *testing.B) {
	client, err := maskinporten.New(maskinporten.Config{
		Issuer: issuer, ClientID: clientID, Key: aKey(),
		HTTPClient: &http.Client{Transport: inMemory{"test.maskinporten.no": answer(http.StatusOK, `{"access_token":"t","token_type":"Bearer","expires_in":3600}`)}},
	})
	if err != nil {
		b.Fatal(err)
	}
	source := client.Source(maskinporten.Grant{Scopes: []string{readOnly}})
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := source.TokenContext(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAssertion(b *testing.B) {
	client, err := maskinporten.New(maskinporten.Config{
		Issuer: issuer, ClientID: clientID, Key: aKey(),
		HTTPClient: &http.Client{Transport: inMemory{"test.maskinporten.no": answer(http.StatusOK, `{"access_token":"t","token_type":"Bearer","expires_in":0}`)}},
	})
	if err != nil {
		b.Fatal(err)
	}
	source := client.Source(maskinporten.Grant{Scopes: []string{readOnly}})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := source.TokenContext(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
