package apphost

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/secret"
)

// fakePlatform answers as the test says. Storage itself is tested elsewhere;
// this is about how its answers are read.
func fakePlatform(t *testing.T, h http.HandlerFunc) session {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return session{newPlatform(server.URL, server.Client()), secret.New("the-token")}
}

func TestEveryCallCarriesTheCallersToken(t *testing.T) {
	t.Parallel()
	seen := 0
	s := fakePlatform(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer the-token" {
			t.Errorf("%s %s: Authorization %q", r.Method, r.URL.Path, r.Header.Get("Authorization"))
		}
		seen++
		_, _ = io.WriteString(w, `{"id":"1/a","partyId":1,"lockToken":"t"}`)
	})
	ctx := context.Background()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	_, err := s.instance(ctx, "1/a")
	check(err)
	_, err = s.partyByID(ctx, "1")
	check(err)
	_, err = s.partyByNumber(ctx, "orgNo", "313547264")
	check(err)
	lock, err := s.lockInstance(ctx, "1/a", time.Minute)
	check(err)
	check(s.unlockInstance(ctx, "1/a", lock))
	_, err = s.insertData(ctx, "1/a", upload{dataType: "x", contentType: "text/plain", body: strings.NewReader("abc"), size: 3})
	check(err)
	if seen != 6 {
		t.Errorf("%d calls", seen)
	}
}

// TestRedirectsAreNotFollowed: a token must not go where a redirect says.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	calls := 0
	s := fakePlatform(t, func(w http.ResponseWriter, r *http.Request) {
		calls++
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	_, err := s.instance(context.Background(), "1/a")
	if !isStatus(err, http.StatusTemporaryRedirect) || calls != 1 {
		t.Errorf("error %v after %d calls", err, calls)
	}
}

func TestPlatformErrorHidesTheBody(t *testing.T) {
	t.Parallel()
	s := fakePlatform(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "01819012345")
	})
	_, err := s.instance(context.Background(), "1/a")
	var upstream *platformError
	if !errors.As(err, &upstream) || upstream.Content != "01819012345" || strings.Contains(err.Error(), "01819012345") {
		t.Errorf("error %v", err)
	}
}

func TestActiveInstancesReadsAllPages(t *testing.T) {
	t.Parallel()
	s := fakePlatform(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("continuationToken") {
		case "":
			_, _ = io.WriteString(w, `{"instances":[{"id":"1/a"}],"next":"https://x/instances?continuationToken=b%3B1"}`)
		case "b;1":
			_, _ = io.WriteString(w, `{"instances":[{"id":"1/b"}]}`)
		}
	})
	all, err := s.activeInstances(context.Background(), "fts/x", "1")
	if err != nil || len(all) != 2 || all[1].ID != "1/b" {
		t.Errorf("got %v, %v", all, err)
	}
	for name, next := range map[string]string{"no token": "https://x/", "the same page": "https://x/?continuationToken=b", "no address": "%"} {
		s := fakePlatform(t, func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(map[string]any{"instances": []any{}, "next": next})
		})
		if _, err := s.activeInstances(context.Background(), "fts/x", "1"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestPartyTypes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]partyType{
		`1`: personParty, `"Person"`: personParty, `"Organisation"`: organisationParty, `"SelfIdentified"`: selfIdentifiedParty,
		`"SubUnit"`: subUnitParty, `"BankruptcyEstate"`: bankruptcyEstateParty, `5`: bankruptcyEstateParty,
	} {
		var got partyType
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{`"Robot"`, `{}`} {
		var got partyType
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s was taken as %d", text, got)
		}
	}
}

func TestReadTemplate(t *testing.T) {
	t.Parallel()
	got, err := readTemplate(strings.NewReader(`{
		"id":"1/2","instanceOwner":{"partyId":70001,"organisationNumber":"313547264"},
		"dueBefore":"2027-01-01","visibleAfter":"2027-01-01T10:00:00+01:00",
		"dataValues":{"a":1,"b":true,"c":"x","d":null},"presentationTexts":{"x":"y"},
		"status":{"readStatus":2,"substatus":{"label":"l"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != "" || got.InstanceOwner.PartyID != "70001" || got.PresentationTexts != nil {
		t.Errorf("template %+v", got)
	}
	if got.DataValues["a"] != "1" || got.DataValues["b"] != "true" || got.DataValues["d"] != "" {
		t.Errorf("data values %v", got.DataValues)
	}
	if got.DueBefore.Format(time.RFC3339) != "2027-01-01T00:00:00Z" || got.VisibleAfter.Format(time.RFC3339) != "2027-01-01T09:00:00Z" {
		t.Errorf("times %v, %v", got.DueBefore, got.VisibleAfter)
	}
	if got.Status.ReadStatus != "UpdatedSinceLastReview" || got.Status.Substatus.Label != "l" {
		t.Errorf("status %+v", got.Status)
	}
	for _, broken := range []string{``, `[]`, `{"dataValues":{"a":{}}}`, `{"dueBefore":"soon"}`, `{} {}`, `{"instanceOwner":{"partyId":[]}}`} {
		if got, err := readTemplate(strings.NewReader(broken)); err == nil {
			t.Errorf("%s was read as %+v", broken, got)
		}
	}
}
