package altinn_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/secret"
)

type failingTokens struct{}

func (failingTokens) Token(context.Context) (secret.String, error) {
	return secret.String{}, errors.New("no token today")
}
func (failingTokens) Invalidate(secret.String) {}

// tokenList gives its tokens one after the other, the next after each Invalidate.
type tokenList struct {
	mu     sync.Mutex
	tokens []string
}

func tokens(list ...string) *tokenList { return &tokenList{tokens: list} }

func (l *tokenList) Token(context.Context) (secret.String, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return secret.New(l.tokens[0]), nil
}

func (l *tokenList) Invalidate(token secret.String) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.tokens) > 1 && token.Reveal() == l.tokens[0] {
		l.tokens = l.tokens[1:]
	}
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

func openReader(r io.Reader) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(r), nil }
}

// swallow reads the body itself and reports its error, as a transport does.
type swallow struct{ next http.RoundTripper }

func (s swallow) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return nil, err
	}
	return nil, errors.New("nothing answered")
}

func TestUnauthorizedFetchesOneNewTokenAndSendsAgain(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		accepted string
		tokens   []string
		requests int
		ok       bool
	}{
		{"the second is accepted", "Bearer new", []string{"old", "new", "newer"}, 2, true},
		{"no third try", "Bearer newer", []string{"old", "new", "newer"}, 2, false},
		{"no new token", "Bearer new", []string{"old"}, 1, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != c.accepted {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				reply(201, instanceJSON)(w, r)
			})
			apps := altinn.NewAppClient(altinn.AppConfig{Environment: tt02(t), HTTPClient: w.client, Tokens: tokens(c.tokens...)})
			content := altinn.NewUpload("vedlegg", "image/png", "a.png", []byte("all of it"))
			_, err := apps.CreateInstance(t.Context(), appID, altinn.Template{}, []altinn.Upload{content})
			if (err == nil) != c.ok || len(w.written) != c.requests {
				t.Fatalf("got %v after %d requests", err, len(w.written))
			}
			if !c.ok && !altinn.IsStatus(err, http.StatusUnauthorized) {
				t.Errorf("got %v, want status 401", err)
			}
			for _, request := range w.written {
				if !strings.Contains(request, "all of it") {
					t.Error("a try went without the content")
				}
			}
		})
	}
}

func TestCreateStreams(t *testing.T) {
	const size = 96 << 20
	var got int64
	client := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		_, params, _ := mime.ParseMediaType(req.Header.Get("Content-Type"))
		form := multipart.NewReader(req.Body, params["boundary"])
		for {
			part, err := form.NextPart()
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, err
			}
			if part.FormName() == "vedlegg" {
				got, _ = io.Copy(io.Discard, part)
			}
		}
		return &http.Response{StatusCode: 201, Header: http.Header{}, Request: req, Body: io.NopCloser(strings.NewReader(instanceJSON))}, nil
	})}
	apps := altinn.NewAppClient(altinn.AppConfig{Environment: tt02(t), HTTPClient: client, Tokens: tokens("x")})
	upload := altinn.Upload{DataType: "vedlegg", ContentType: "image/png", Filename: "a.png", Size: size}
	upload.Open = openReader(io.LimitReader(zeros{}, size))

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := apps.CreateInstance(t.Context(), appID, altinn.Template{}, []altinn.Upload{upload}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got != size {
		t.Errorf("%d bytes arrived, want %d", got, size)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("%d MiB were allocated for an attachment of %d MiB", used>>20, size>>20)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestEarlyAnswerStopsTheUpload(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{})
	client := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 413, Header: http.Header{}, Request: req, Body: http.NoBody}, nil
	})}
	apps := altinn.NewAppClient(altinn.AppConfig{Environment: tt02(t), HTTPClient: client, Tokens: tokens("x")})
	upload := altinn.Upload{DataType: "a", ContentType: "b/c", Size: -1, Open: func(context.Context) (io.ReadCloser, error) {
		return closer{zeros{}, closed}, nil
	}}
	_, err := apps.CreateInstance(t.Context(), appID, altinn.Template{}, []altinn.Upload{upload})
	if !altinn.IsStatus(err, 413) {
		t.Errorf("got %v, want status 413", err)
	}
	_, err = apps.AddData(t.Context(), appID, id, upload)
	if !altinn.IsStatus(err, 413) {
		t.Errorf("got %v, want status 413", err)
	}
	<-closed
}

type closer struct {
	io.Reader
	closed chan struct{}
}

func (c closer) Close() error { close(c.closed); return nil }

func TestListFollowsPagesAndKeepsTheTokenAtHome(t *testing.T) {
	t.Parallel()
	w := newWire(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Ai-InstanceOwnerIdentifier") != "Organisation:313547264" || r.URL.Query().Get("appId") != appID {
			t.Errorf("a page was asked for without the query: %s", r.URL)
		}
		switch r.URL.Query().Get("continuationToken") {
		case "":
			reply(200, `{"count":2,"next":"https://elsewhere.example/x?continuationToken=638;1","instances":[{"id":"1/a"},{"id":"1/b"}]}`)(w, r)
		case "638;1":
			reply(200, `{"count":0,"next":"https://platform.tt02.altinn.no/storage/api/v1/instances?appId=other%2Fapp&continuationToken=638%3B2","instances":[]}`)(w, r)
		case "638;2":
			reply(200, `{"count":1,"instances":[{"id":"1/c"}]}`)(w, r)
		default:
			t.Errorf("unexpected page %s", r.URL)
		}
	})
	var got []string
	for instance, err := range w.storage().Instances(t.Context(), altinn.Query{AppID: appID, OwnerIdentifier: "Organisation:313547264"}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, instance.ID)
	}
	if want := []string{"1/a", "1/b", "1/c"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, request := range w.written {
		if !strings.HasPrefix(request, "GET https://platform.tt02.altinn.no/storage/api/v1/instances?") {
			t.Errorf("a request went elsewhere: %s", request)
		}
	}
}

func TestListEndsWithAnError(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"the same page again": reply(200, `{"next":"https://platform.tt02.altinn.no/x?continuationToken=1","instances":[{"id":"1/a"}]}`),
		"a link of nonsense":  reply(200, `{"next":"::","instances":[{"id":"1/a"}]}`),
		"a refusal":           reply(403, ``),
		"not JSON":            reply(200, `<html>`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := drain(newWire(t, answer).storage().Instances(t.Context(), altinn.Query{AppID: appID})); err == nil {
				t.Error("the list ended without an error")
			}
		})
	}
}

func TestContentTellsWhatItIs(t *testing.T) {
	t.Parallel()
	w := newWire(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''S%C3%B8knad%20%C4%8C.pdf")
		_, _ = io.WriteString(w, "%PDF-")
	})
	got, err := w.storage().Data(t.Context(), id, dataID)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if got.ContentType != "application/pdf" || got.Filename != "Søknad Č.pdf" || got.Size != 5 {
		t.Errorf("got %+v", got)
	}
}

func TestInstanceReadsBothFlavours(t *testing.T) {
	t.Parallel()
	app := `{"id":"` + id + `","instanceOwner":{"partyId":"51000017","personNumber":null,"organisationNumber":"313547264",
		"party":{"partyId":51000017,"partyUuid":"u","partyTypeName":2,"ssn":null,"orgNumber":"313547264","unitType":"ORGL","name":"Ferdselstilsynet","isDeleted":false}},
		"appId":"fts/saksmottak","org":"fts","selfLinks":null,"dueBefore":null,"visibleAfter":"2031-04-02T08:15:30.1234567Z",
		"process":{"started":"2031-04-02T08:15:30.02Z","currentTask":null,"ended":"2031-04-02T08:16:00Z","endEvent":"EndEvent_1"},
		"status":{"isArchived":true,"archived":"2031-04-02T08:16:00Z","softDeleted":null,"readStatus":0,"substatus":null},
		"completeConfirmations":null,"data":[{"id":"d","filename":null,"size":146,"references":null,"deleteStatus":null,"tags":[]}],
		"presentationTexts":null,"dataValues":{"stafett.handoverKey":"k"},"created":"2031-04-02T08:15:30.1234567Z"}`
	storage := `{"id":"` + id + `","instanceOwner":{"partyId":"51000017","organisationNumber":"313547264","party":{"partyId":51000017,"partyTypeName":"Organisation"}},
		"appId":"fts/saksmottak","org":"fts","visibleAfter":"2031-04-02T08:15:30.1234567Z",
		"process":{"started":"2031-04-02T08:15:30.02Z","ended":"2031-04-02T08:16:00Z","endEvent":"EndEvent_1"},
		"status":{"isArchived":true,"archived":"2031-04-02T08:16:00Z","isSoftDeleted":false,"isHardDeleted":false,"readStatus":"Unread"},
		"data":[{"id":"d","size":146}],"dataValues":{"stafett.handoverKey":"k"},"created":"2031-04-02T08:15:30.1234567Z"}`
	for name, text := range map[string]string{"application": app, "Storage": storage} {
		var i altinn.Instance
		if err := json.Unmarshal([]byte(text), &i); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if i.ID != id || i.Owner.OrganisationNumber != "313547264" || i.Owner.Party.Type != altinn.Organisation ||
			i.Status.ReadStatus != altinn.Unread || !i.Process.IsComplete() || i.DataValues["stafett.handoverKey"] != "k" ||
			!i.DueBefore.IsZero() || len(i.Data) != 1 || i.Created.Nanosecond() != 123456700 {
			t.Errorf("%s: read %+v", name, i)
		}
	}
	for text, want := range map[string]altinn.ReadStatus{`1`: altinn.Read, `2`: altinn.UpdatedSinceLastReview, `"Read"`: altinn.Read, `"New"`: "New", `null`: ""} {
		var got altinn.ReadStatus
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("readStatus %s: got %q, %v", text, got, err)
		}
	}
	for _, text := range []string{`3`, `-1`, `0.5`, `{}`} {
		var got altinn.ReadStatus
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("readStatus %s was read as %q", text, got)
		}
	}
}

func TestEnvironments(t *testing.T) {
	t.Parallel()
	if got, want := tt02(t).AppURL(appID), "https://fts.apps.tt02.altinn.no/fts/saksmottak"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	prod, err := altinn.LookupEnvironment("prod")
	if got, want := prod.AppURL(appID), "https://fts.apps.altinn.no/fts/saksmottak"; got != want || err != nil {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if _, err := altinn.LookupEnvironment("tt2"); err == nil || !strings.Contains(err.Error(), "tt02 and prod") {
		t.Errorf("tt2: got %v", err)
	}
	for _, bad := range []string{"", "fts", "FTS/a", "fts/", "fts/a/b", "fts/..", "f.s/a", "fts/a?b"} {
		if _, _, err := altinn.ParseAppID(bad); err == nil {
			t.Errorf("application id %q was accepted", bad)
		}
	}
	if party, g, err := altinn.ParseInstanceID("1/" + strings.ToUpper(guid)); err != nil || party != "1" || g != guid {
		t.Errorf("got %s, %s, %v", party, g, err)
	}
}

func FuzzDisposition(f *testing.F) {
	for _, seed := range []string{"a.pdf", "Søknad Č.pdf", `"\`, "a\r\nb", "%41'", "", "日本"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		var got string
		client := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			_, params, err := mime.ParseMediaType(req.Header.Get("Content-Disposition"))
			if err != nil && name != "" {
				t.Fatalf("the header does not parse: %v", err)
			}
			got = params["filename"]
			return &http.Response{StatusCode: 201, Header: http.Header{}, Request: req, Body: io.NopCloser(strings.NewReader("{}"))}, nil
		})}
		apps := altinn.NewAppClient(altinn.AppConfig{
			Environment: altinn.Environment{AppsDomain: "tt02.altinn.no"}, HTTPClient: client, Tokens: tokens("x"),
		})
		_, err := apps.AddData(context.Background(), appID, id, altinn.NewUpload("a", "b/c", name, []byte("x")))
		if err != nil || got != name {
			t.Errorf("%q arrived as %q (%v)", name, got, err)
		}
	})
}

func ExampleAppClient_CreateInstance() {
	client := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 201, Header: http.Header{}, Request: req, Body: io.NopCloser(strings.NewReader(instanceJSON))}, nil
	}), Timeout: time.Minute}
	environment, _ := altinn.LookupEnvironment("tt02")
	apps := altinn.NewAppClient(altinn.AppConfig{Environment: environment, HTTPClient: client, Tokens: tokens("x")})
	instance, err := apps.CreateInstance(context.Background(), "fts/saksmottak",
		altinn.Template{Owner: altinn.InstanceOwner{OrganisationNumber: "313547264"}},
		[]altinn.Upload{altinn.NewUpload("sak", "application/xml", "", []byte("<Sak/>"))})
	fmt.Println(instance.ID, err)
	// Output: 51000017/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11 <nil>
}
