package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/secret"
)

// answers is a transport that gives one answer.
type answers struct {
	status      int
	contentType string
	body        string
	seen        *http.Request
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.seen = r
	if a.status == 0 {
		return nil, errors.New("no route")
	}
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {a.contentType}}, Request: r,
		Body: io.NopCloser(strings.NewReader(a.body)),
	}, nil
}

func clientOf(a *answers) *api.Client {
	return &api.Client{
		HTTP: &http.Client{Transport: a}, Platform: "https://platform.example", AppsDomain: "apps.example", Language: "nn",
		Token: func(context.Context) (secret.String, error) { return secret.New("the-token"), nil },
	}
}

// Whatever form a refusal has, what it says is kept, and what is nobody's
// business is not.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const jsonType = "application/json; charset=utf-8"
	for name, c := range map[string]struct {
		answer        answers
		title, detail string
		level         string
	}{
		"empty":      {answer: answers{status: 403}},
		"string":     {answers{status: 404, contentType: jsonType, body: `"Cannot lookup party: 08898712345"`}, "", "Cannot lookup party: [redacted]", ""},
		"problem":    {answers{status: 409, contentType: "application/problem+json", body: `{"title":"T","detail":"D","status":409}`}, "T", "D", ""},
		"level":      {answers{status: 403, contentType: jsonType, body: `{"RequiredAuthenticationLevel":"4"}`}, "", "", "4"},
		"validator":  {answers{status: 403, contentType: jsonType, body: `{"valid":false,"message":"not yet"}`}, "", "not yet", ""},
		"plain text": {answers{status: 500, contentType: "text/plain", body: " failed \n"}, "", "failed", ""},
		"page":       {answers{status: 502, contentType: "text/html", body: "<html>"}, "", "", ""},
		"redirect":   {answers{status: 302}, "", "", ""},
	} {
		client := clientOf(&c.answer)
		_, err := client.Create(t.Context(), "fts/form", 7)
		e := refusalOf(t, err, c.answer.status)
		if e.Title != c.title || e.Detail != c.detail || e.RequiredLevel != c.level || e.URLPath != "/fts/form/instances" || e.Method != http.MethodPost {
			t.Errorf("%s: %+v", name, e)
		}
		if text := e.Error(); strings.Contains(text, "the-token") || strings.Contains(text, "08898712345") || strings.Contains(text, "instanceOwnerPartyId") {
			t.Errorf("%s: the error says %s", name, text)
		}
		if got := c.answer.seen; got.Header.Get("Authorization") != "Bearer the-token" || got.URL.String() != "https://fts.apps.example/fts/form/instances?instanceOwnerPartyId=7&language=nn" {
			t.Errorf("%s: the request was %s", name, got.URL)
		}
	}
}

func TestIssuesOfARefusal(t *testing.T) {
	t.Parallel()
	for _, member := range []string{"validationIssues", "uploadValidationIssues"} {
		client := clientOf(&answers{status: 409, contentType: "application/problem+json", body: `{"title":"T","` + member + `":[{
			"severity":1,"dataElementId":null,"field":"A[0].B","code":"required","description":"08898712345","source":"Required",
			"customTextKey":"key","customTextParameters":{"field":"A"}}]}`})
		_, err := client.Next(t.Context(), "fts/form", "1/g", "confirm")
		e := refusalOf(t, err, 409)
		if len(e.Issues) != 1 || e.Issues[0].Field != "A[0].B" || e.Issues[0].CustomTextKey != "key" || e.Issues[0].Description != "[redacted]" {
			t.Errorf("%s: %+v", member, e.Issues)
		}
	}
}

// An address bar leads to applications only.
func TestIdsThatAreNotApplications(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "fts", "fts/", "/form", "FTS/form", "evil.example/x", "fts/form/x", "fts/../x", "a@b/c", "fts/form?x"} {
		a := &answers{status: 200, body: "{}"}
		_, err := clientOf(a).Instance(t.Context(), id, "1/g")
		if err == nil || a.seen != nil {
			t.Errorf("%q was called: %v", id, err)
		}
	}
	// Parts of a path stay one part.
	a := &answers{status: 200, body: "{}"}
	_, err := clientOf(a).FormData(t.Context(), "fts/form", "1/../x", "../../other?x#y")
	must(t, err)
	if got := a.seen.URL.EscapedPath(); got != "/fts/form/instances/1/..%2Fx/data/..%2F..%2Fother%3Fx%23y" {
		t.Errorf("path %s", got)
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	_, err := clientOf(&answers{}).Instances(t.Context(), 1, api.Query{Search: "somebody's name"})
	if err == nil || strings.Contains(err.Error(), "somebody") || !strings.Contains(err.Error(), "no route") {
		t.Errorf("error %v", err)
	}
	client := clientOf(&answers{})
	client.Token = func(context.Context) (secret.String, error) { return secret.String{}, errors.New("log in again") }
	if _, err := client.Stored(t.Context(), "1/g"); err == nil || !strings.Contains(err.Error(), "log in again") {
		t.Errorf("error %v", err)
	}
}

// Applications write null and numbers, Storage leaves out and writes names.
func TestBothFormsOfAnInstance(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"id":"1/g","status":{"readStatus":2},"process":null,"data":[]}`:      "UpdatedSinceLastReview",
		`{"id":"1/g","status":{"readStatus":"Read"},"data":null}`:              "Read",
		`{"id":"1/g","instanceOwner":{"partyId":"1","party":null}}`:            "Unread",
		`{"id":"1/g","status":null,"instanceOwner":null,"completeData":false}`: "Unread",
	} {
		in, err := clientOf(&answers{status: 200, body: body}).Stored(t.Context(), "1/g")
		if err != nil || in.Status.ReadStatus != want || in.ID != "1/g" || in.Task() != "" || in.Ended() {
			t.Errorf("%s: %+v, %v", body, in, err)
		}
	}
	for _, body := range []string{`{"status":{"readStatus":3}}`, `{"status":{"readStatus":{}}}`, `[]`, ``} {
		if in, err := clientOf(&answers{status: 200, body: body}).Stored(t.Context(), "1/g"); err == nil {
			t.Errorf("%s: %+v", body, in)
		}
	}
}
