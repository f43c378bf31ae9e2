package altinn_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
)

func TestStatusErrorReadsEveryShapeOfRefusal(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		status int
		body   string
		want   string // of Error, after the method and path
		check  func(*altinn.StatusError) bool
	}{
		{"empty", 403, "", "403 Forbidden", nil},
		{"JSON string", 403, `"Party 51000017 is not allowed to instantiate this application fts/saksmottak"`,
			"403 Forbidden: Party 51000017 is not allowed to instantiate this application fts/saksmottak", nil},
		{"plain text", 404, "Unable to find instance", "404 Not Found: Unable to find instance", nil},
		{"problem details", 409, `{"title":"Validation failed for task","status":409,"detail":"2 errors","validationIssues":[{"code":"required","field":"Navn","description":"Fyll inn navn"}]}`,
			"409 Conflict: Validation failed for task: 2 errors; required Navn Fyll inn navn", nil},
		{"binding", 400, `{"title":"One or more validation errors occurred.","status":400,"errors":{"$.prefill.x":["not a string"],"$.a":["b","c"]},"traceId":"1"}`,
			"400 Bad Request: One or more validation errors occurred.: $.a: b c; $.prefill.x: not a string", nil},
		{"file validation", 400, `{"title":"File validation failed","status":400,"uploadValidationIssues":[{"severity":1,"field":null,"code":"ContentTypeNotAllowed","description":"no exe"}]}`,
			"400 Bad Request: File validation failed: ContentTypeNotAllowed no exe", nil},
		{"authentication level", 403, `{"RequiredAuthenticationLevel":"3"}`, "403 Forbidden: authentication level 3 is required",
			func(e *altinn.StatusError) bool { return e.RequiredAuthenticationLevel == "3" }},
		{"validator", 403, `{"valid":false,"message":"Not now","validParties":null}`, "403 Forbidden: Not now", nil},
		{"other JSON", 500, `["a"]`, `500 Internal Server Error: ["a"]`, nil},
		{"object of other types", 500, `{"title":7}`, `500 Internal Server Error: {"title":7}`, nil},
		{"not HTTP's status", 499, "cancelled", "499: cancelled", nil},
		{"identity number", 400, `"The person 01819012345 has 018190 12345"`,
			"400 Bad Request: The person [identity number] has [identity number]", nil},
		{"identity number in plain text", 400, "no such person: 01819012345", "400 Bad Request: no such person: [identity number]", nil},
		{"identity number in problem details", 400, `{"title":"of 01819012345","detail":"is 01819012345","errors":{"01819012345":["01819012345"]}}`,
			"400 Bad Request: of [identity number]: is [identity number]; [identity number]: [identity number]", nil},
		{"identity number in JSON of another form", 400, `{"title":{"ssn":"01819012345"}}`, `400 Bad Request: {"title":{"ssn":"[identity number]"}}`, nil},
		{"identity number written with an escape", 400, `"\u0030\u0031819012345"`, "400 Bad Request: [identity number]", nil},
		{"token", 500, `IDX12741: the token 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln' is malformed`, "500 Internal Server Error: IDX12741: the token '[token]' is malformed", nil},
		{"longer numbers stay", 400, `"id 018190123456 and 313547264"`, "400 Bad Request: id 018190123456 and 313547264", nil},
		{"unknown party", 404, `"Cannot lookup party: PersonNumber 01819012345. Register: 404 - Ola Normann"`,
			"404 Not Found: Cannot lookup party", (*altinn.StatusError).UnknownParty},
		{"lines", 500, "at A\r\n   at B\x00", "500 Internal Server Error: at A at B\x00", nil},
		{"generation 9", 500, `{"title":"Instance initialization failed.","initializationState":"workflowFailed","recommendedAction":"inspectInstance","instanceDeleted":true}`,
			"500 Internal Server Error: Instance initialization failed.",
			func(e *altinn.StatusError) bool {
				return e.Initialization != nil && e.Initialization.InstanceDeleted && e.Initialization.RecommendedAction == "inspectInstance"
			}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, reply(c.status, c.body))
			_, err := w.apps().Instance(t.Context(), appID, id)
			var e *altinn.StatusError
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a StatusError", err)
			}
			if e.Status != c.status {
				t.Errorf("Status = %d, want %d", e.Status, c.status)
			}
			want := "GET /fts/saksmottak/instances/" + id + ": " + c.want
			if got := e.Error(); got != want {
				t.Errorf("Error() = %q\n      want  %q", got, want)
			}
			if c.check != nil && !c.check(e) {
				t.Errorf("the error lacks what it should tell: %+v", e)
			}
		})
	}
}

func TestStatusErrorIsBounded(t *testing.T) {
	t.Parallel()
	w := newWire(t, reply(500, strings.Repeat("ø", 1<<20)))
	_, err := w.apps().Instance(t.Context(), appID, id)
	if n := len(err.Error()); n > 1200 {
		t.Errorf("the error has %d bytes", n)
	}
	if strings.ContainsRune(err.Error(), '\uFFFD') {
		t.Error("the error was cut within a letter")
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	cases := []struct {
		value    string
		min, max time.Duration
	}{
		{"", 0, 0},
		{"7", 7 * time.Second, 7 * time.Second},
		{"-7", 0, 0},
		{"soon", 0, 0},
		{"99999999999", 0, 24 * time.Hour},
		{time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), 59 * time.Minute, time.Hour},
		{time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat), 0, 0},
	}
	for _, c := range cases {
		t.Run(c.value, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", c.value)
				w.WriteHeader(http.StatusTooManyRequests)
			})
			_, err := w.apps().Instance(t.Context(), appID, id)
			var e *altinn.StatusError
			if !errors.As(err, &e) || e.RetryAfter < c.min || e.RetryAfter > c.max {
				t.Errorf("RetryAfter = %v, want between %v and %v", e.RetryAfter, c.min, c.max)
			}
		})
	}
}

func TestRedirectIsAnAnswerAndNotFollowed(t *testing.T) {
	t.Parallel()
	requests := 0
	w := newWire(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		http.Redirect(w, r, "https://elsewhere.example/", http.StatusTemporaryRedirect)
	})
	_, err := w.apps().CreateInstance(t.Context(), appID, altinn.Template{}, nil)
	if !altinn.IsStatus(err, http.StatusTemporaryRedirect) || requests != 1 {
		t.Errorf("got %v after %d requests, want status 307 after 1", err, requests)
	}
}

func TestNotSent(t *testing.T) {
	t.Parallel()
	apps := altinn.NewAppClient(altinn.AppConfig{
		Environment: altinn.Environment{AppsDomain: "example.invalid"},
		HTTPClient:  &http.Client{Transport: &http.Transport{Proxy: nil}},
		Tokens:      failingTokens{},
	})
	calls := map[string]func() error{
		"no token": func() error { _, err := apps.Instance(t.Context(), appID, id); return err },
		"app id":   func() error { _, err := apps.Instance(t.Context(), "fts/../x", id); return err },
		"instance": func() error { _, err := apps.Instance(t.Context(), appID, "1/../../x"); return err },
		"data":     func() error { _, err := apps.Data(t.Context(), appID, id, "../../x"); return err },
		"part": func() error {
			_, err := apps.CreateInstance(t.Context(), appID, altinn.Template{}, []altinn.Upload{{DataType: "x"}})
			return err
		},
		"header": func() error {
			_, err := apps.AddData(t.Context(), appID, id, altinn.NewUpload("a", "text/plain\r\nX: y", "", nil))
			return err
		},
	}
	storage := altinn.NewStorageClient(altinn.StorageConfig{Tokens: tokens("x")})
	upload := altinn.NewUpload("a", "b/c", "", nil)
	const no = "1/../../x"
	for name, do := range map[string]func() error{
		"create":       func() error { _, err := apps.CreateInstance(t.Context(), no, altinn.Template{}, nil); return err },
		"prefilled":    func() error { _, err := apps.CreatePrefilled(t.Context(), no, altinn.SimpleTemplate{}); return err },
		"delete":       func() error { return apps.DeleteInstance(t.Context(), appID, no, true) },
		"substatus":    func() error { return apps.SetSubstatus(t.Context(), appID, no, altinn.Substatus{}) },
		"confirm":      func() error { return apps.ConfirmInstance(t.Context(), appID, no) },
		"process":      func() error { _, err := apps.Process(t.Context(), appID, no); return err },
		"next":         func() error { _, err := apps.ProcessNext(t.Context(), appID, no, ""); return err },
		"form":         func() error { _, err := apps.FormData(t.Context(), appID, id, no); return err },
		"add":          func() error { _, err := apps.AddData(t.Context(), appID, no, upload); return err },
		"update":       func() error { return apps.UpdateData(t.Context(), appID, id, no, upload) },
		"update what":  func() error { return apps.UpdateData(t.Context(), appID, id, dataID, altinn.Upload{}) },
		"remove":       func() error { return apps.RemoveData(t.Context(), appID, id, no) },
		"stored":       func() error { _, err := storage.Instance(t.Context(), no); return err },
		"stored data":  func() error { _, err := storage.Data(t.Context(), no, dataID); return err },
		"stored data2": func() error { _, err := storage.Data(t.Context(), id, no); return err },
	} {
		calls[name] = do
	}
	for name, do := range calls {
		if err := do(); !errors.Is(err, altinn.ErrNotSent) {
			t.Errorf("%s: got %v, want ErrNotSent", name, err)
		}
	}

	w := newWire(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close() // after the request was read: it may have been acted on
		}
	})
	if _, err := w.apps().CreateInstance(t.Context(), appID, altinn.Template{}, nil); err == nil || errors.Is(err, altinn.ErrNotSent) {
		t.Errorf("lost answer: got %v, want an error that is not ErrNotSent", err)
	}
}

func TestBodyErrorIsNotTheServersAnswer(t *testing.T) {
	t.Parallel()
	w := newWire(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(201) })
	w.t = t
	broken := altinn.NewUpload("vedlegg", "image/png", "a.png", nil)
	source := &altinn.StatusError{Status: 404, Method: "GET", Path: "/source"}
	broken.Size = 10
	broken.Open = openReader(io.MultiReader(strings.NewReader("12345"), errorReader{source}))
	w.answer = func(http.ResponseWriter, *http.Request) {}

	client := *w.client
	client.Transport = swallow{client.Transport}
	apps := altinn.NewAppClient(altinn.AppConfig{Environment: tt02(t), HTTPClient: &client, Tokens: tokens("x")})
	_, err := apps.CreateInstance(t.Context(), appID, altinn.Template{}, []altinn.Upload{broken})
	var body *altinn.BodyError
	if !errors.As(err, &body) || !errors.Is(err, error(source)) {
		t.Errorf("got %v, want a BodyError around the reader's error", err)
	}

	short := altinn.NewUpload("vedlegg", "image/png", "a.png", []byte("123"))
	short.Size = 5
	if _, err := apps.CreateInstance(t.Context(), appID, altinn.Template{}, []altinn.Upload{short}); !errors.As(err, &body) ||
		!strings.Contains(err.Error(), "3 bytes came, 5 were announced") {
		t.Errorf("short content: got %v", err)
	}
}

func TestIsStatusIsOfTheRequestItself(t *testing.T) {
	t.Parallel()
	answer := &altinn.StatusError{Status: http.StatusForbidden}
	for _, c := range []struct {
		err  error
		want bool
	}{
		{fmt.Errorf("read it: %w", answer), true},
		{fmt.Errorf("%w: get a token: %w", altinn.ErrNotSent, answer), false},
		{&altinn.BodyError{Err: answer}, false},
		{nil, false},
	} {
		if got := altinn.IsStatus(c.err, http.StatusForbidden); got != c.want {
			t.Errorf("%v: got %t", c.err, got)
		}
	}
}
