package selfservice_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/stafett/stafett/selfservice"
)

func TestOnlyDigdirsHostsAreCalled(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"", "https://example.com/api/v1", "http://api.test.samarbeid.digdir.no/api/v1", "https://api.test.samarbeid.digdir.no.example.com/api/v1",
		"https://api.test.samarbeid.digdir.no:8443/api/v1", "https://x@api.test.samarbeid.digdir.no/api/v1", "https://localhost/api/v1",
		"https://integrasjon-ver2.difi.no", "https://api.test.samarbeid.digdir.no/api/v1?a=b", "://",
	} {
		if _, err := selfservice.New(selfservice.Config{BaseURL: base, Tokens: new(tokens)}); err == nil {
			t.Errorf("%q is accepted", base)
		}
	}
	for _, base := range []string{selfservice.TestBaseURL, selfservice.ProdBaseURL, selfservice.TestBaseURL + "/"} {
		if _, err := selfservice.New(selfservice.Config{BaseURL: base, Tokens: new(tokens)}); err != nil {
			t.Errorf("%q: %v", base, err)
		}
	}
	if _, err := selfservice.New(selfservice.Config{BaseURL: selfservice.TestBaseURL}); err == nil {
		t.Error("a client without tokens is made")
	}
}

func TestRefusalKeepsWhatDigdirSays(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t, answer(http.StatusBadRequest, `{"status":400,"timestamp":"2026-02-03T08:20:11.902Z",
		"correlation_id":"a4d1c6f0b7e84d0f9d2c5a9e0b13c7d2","error":"bad_request","error_description":"Validation failed",
		"errors":[{"errorMessage":"use must be sig","isFieldError":true,"objectName":"jwks","fieldIdentifier":"keys[0].use"}]}`))
	_, err := client.Get(t.Context(), id)
	refusal, ok := errors.AsType[*selfservice.Error](err)
	if !ok {
		t.Fatalf("%T: %v", err, err)
	}
	if refusal.Status != 400 || refusal.Code != "bad_request" || refusal.Description != "Validation failed" ||
		refusal.CorrelationID != "a4d1c6f0b7e84d0f9d2c5a9e0b13c7d2" || len(refusal.Fields) != 1 ||
		refusal.Fields[0] != (selfservice.FieldError{Object: "jwks", Field: "keys[0].use", Message: "use must be sig"}) {
		t.Errorf("%+v", refusal)
	}
	const want = "read integration: digdir refused: Validation failed; keys[0].use: use must be sig (HTTP 400, correlation id a4d1c6f0b7e84d0f9d2c5a9e0b13c7d2)"
	if err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}

func TestEveryStatusIsExplained(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		302: "proxy", 400: "fields", 401: "same environment", 403: "servicedesk@digdir.no", 404: "client id", 409: "new key id", 429: "while", 500: "while", 503: "while",
	} {
		refusal := &selfservice.Error{Status: status}
		if !isClause(refusal.Cause()) || !isClause(refusal.Remedy()) || !strings.Contains(refusal.Remedy(), want) {
			t.Errorf("%d: %q, %q, want %q", status, refusal.Cause(), refusal.Remedy(), want)
		}
		if refusal.Temporary() != (status == 429 || status >= 500) {
			t.Errorf("%d: temporary is %v", status, refusal.Temporary())
		}
		if !strings.Contains(refusal.Error(), "no reason given") {
			t.Error(refusal.Error())
		}
	}
}

// isClause reports whether the text can go on in a sentence, or after a colon.
func isClause(text string) bool {
	return text != "" && !strings.HasSuffix(text, ".") && (strings.ToLower(text[:1]) == text[:1] || strings.HasPrefix(text, "Digdir"))
}

// A token that has just ended costs one more call, not a failure; a token that
// is never accepted costs no more than that.
func TestTokenThatIsRefusedIsReplacedOnce(t *testing.T) {
	t.Parallel()
	unauthorized := answer(http.StatusUnauthorized, "")
	client, a := newClient(t, unauthorized, answer(http.StatusOK, "[]"))
	if _, err := client.List(t.Context()); err != nil {
		t.Error(err)
	}
	if wire := a.wire(); !strings.Contains(wire, "Bearer [token]") || !strings.Contains(wire, "Bearer token-2") {
		t.Errorf("sent %s", wire)
	}

	client, a = newClient(t, unauthorized, unauthorized, answer(http.StatusOK, "[]"))
	_, err := client.List(t.Context())
	if refusal, ok := errors.AsType[*selfservice.Error](err); !ok || refusal.Status != http.StatusUnauthorized {
		t.Errorf("error %v", err)
	}
	if got := strings.Count(a.wire(), "GET "); got != 2 {
		t.Errorf("%d calls", got)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	client, a := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://elsewhere.example/", http.StatusFound)
	})
	_, err := client.List(t.Context())
	if refusal, ok := errors.AsType[*selfservice.Error](err); !ok || refusal.Status != http.StatusFound {
		t.Errorf("error %v", err)
	}
	if got := strings.Count(a.wire(), "GET "); got != 1 {
		t.Errorf("%d calls", got)
	}
}

// failing is a source of tokens that has none.
type failing struct{ err error }

func (f failing) TokenContext(context.Context) (*oauth2.Token, error) { return nil, f.err }

func TestErrorsSayWhatFailed(t *testing.T) {
	t.Parallel()
	noToken := errors.New("no token")
	client, err := selfservice.New(selfservice.Config{BaseURL: selfservice.TestBaseURL, Tokens: failing{noToken}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.List(t.Context()); !errors.Is(err, noToken) || !strings.HasPrefix(err.Error(), "list integrations: ") {
		t.Errorf("error %v", err)
	}

	closed, _ := newClient(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err = closed.List(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "list integrations: ") || strings.Contains(err.Error(), "token-1") {
		t.Errorf("error %v", err)
	}
}
