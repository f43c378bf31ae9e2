package altinn_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stafett/stafett/altinn"
)

// Whatever the reader's error says of the reader's own request, the server may
// have got the part of this one that came before it.
func TestBrokenBodyIsNeverNotSent(t *testing.T) {
	t.Parallel()
	source := &altinn.StatusError{Status: 403, Method: "GET", Path: "/source"}
	for name, cause := range map[string]error{
		"no token for the source":       fmt.Errorf("%w: get a token: %w", altinn.ErrNotSent, source),
		"no token, without an answer":   fmt.Errorf("%w: no key", altinn.ErrNotSent),
		"no connection with the source": &net.OpError{Op: "dial", Err: errors.New("refused")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, reply(201, "{}"))
			client := *w.client
			client.Transport = swallow{client.Transport}
			apps := altinn.NewAppClient(altinn.AppConfig{Environment: tt02(t), HTTPClient: &client, Tokens: tokens("x")})
			upload := altinn.NewUpload("vedlegg", "image/png", "a.png", []byte("123"))
			upload.Open = func(context.Context) (io.ReadCloser, error) { return nil, cause }
			_, err := apps.CreateInstance(t.Context(), appID, altinn.Template{}, []altinn.Upload{upload})
			var body *altinn.BodyError
			if !errors.As(err, &body) || errors.Is(err, altinn.ErrNotSent) || !strings.Contains(err.Error(), cause.Error()) {
				t.Errorf("create: got %v, want a BodyError that is not ErrNotSent", err)
			}
			var status *altinn.StatusError
			if errors.As(cause, &status) != errors.As(err, &status) {
				t.Errorf("the source's answer is in the cause and not in the error, or the other way round: %v", err)
			}
			// What cannot be opened before anything is sent has not been sent.
			if _, err := apps.AddData(t.Context(), appID, id, upload); !errors.Is(err, altinn.ErrNotSent) {
				t.Errorf("add: got %v, want ErrNotSent", err)
			}
		})
	}
}

// waiting is content that does not come before the context ends.
type waiting struct{ ctx context.Context }

func (w waiting) Read([]byte) (int, error) { <-w.ctx.Done(); return 0, w.ctx.Err() }
func (waiting) Close() error               { return nil }

// A server may answer while the content is still on its way from elsewhere.
func TestEarlyAnswerEndsTheWaitForContent(t *testing.T) {
	t.Parallel()
	client := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		go func() { _, _ = io.Copy(io.Discard, req.Body) }() // as net/http does
		return &http.Response{StatusCode: 413, Header: http.Header{}, Request: req, Body: http.NoBody}, nil
	})}
	apps := altinn.NewAppClient(altinn.AppConfig{Environment: tt02(t), HTTPClient: client, Tokens: tokens("x")})
	upload := altinn.Upload{DataType: "a", ContentType: "b/c", Size: -1, Open: func(ctx context.Context) (io.ReadCloser, error) {
		return waiting{ctx}, nil
	}}
	if _, err := apps.CreateInstance(t.Context(), appID, altinn.Template{}, []altinn.Upload{upload}); !altinn.IsStatus(err, 413) {
		t.Errorf("create: got %v, want status 413", err)
	}
	if _, err := apps.AddData(t.Context(), appID, id, upload); !altinn.IsStatus(err, 413) {
		t.Errorf("add: got %v, want status 413", err)
	}
}

// unguarded is content that a race detector watches: it is read and closed
// without a lock.
type unguarded struct{ reads int }

func (u *unguarded) Read(p []byte) (int, error) { u.reads++; return len(p), nil }
func (u *unguarded) Close() error               { u.reads = 0; return nil }

func TestContentIsNotReadAfterTheCall(t *testing.T) {
	t.Parallel()
	var read chan struct{}
	client := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		read = make(chan struct{})
		go func() {
			defer close(read)
			_, _ = io.Copy(io.Discard, req.Body)
		}()
		return &http.Response{StatusCode: 413, Header: http.Header{}, Request: req, Body: http.NoBody}, nil
	})}
	apps := altinn.NewAppClient(altinn.AppConfig{Environment: tt02(t), HTTPClient: client, Tokens: tokens("x")})
	content := &unguarded{}
	upload := altinn.Upload{DataType: "a", ContentType: "b/c", Size: -1, Open: func(context.Context) (io.ReadCloser, error) { return content, nil }}
	if _, err := apps.AddData(t.Context(), appID, id, upload); !altinn.IsStatus(err, 413) {
		t.Errorf("got %v, want status 413", err)
	}
	if content.reads != 0 {
		t.Error("the content was read after it was closed")
	}
	<-read
}

func TestAddedDataThatBreaksOff(t *testing.T) {
	t.Parallel()
	w := newWire(t, reply(201, "{}"))
	client := *w.client
	client.Transport = swallow{client.Transport}
	apps := altinn.NewAppClient(altinn.AppConfig{Environment: tt02(t), HTTPClient: &client, Tokens: tokens("x")})
	source := &altinn.StatusError{Status: 404, Method: "GET", Path: "/source"}
	for name, c := range map[string]struct {
		content io.Reader
		size    int64
		want    string
	}{
		"broken":    {io.MultiReader(strings.NewReader("12345"), errorReader{source}), 10, "GET /source: 404 Not Found"},
		"too short": {strings.NewReader("123"), 5, "3 bytes came, 5 were announced"},
		"too long":  {strings.NewReader("1234567"), 5, "7 bytes came, 5 were announced"},
		"endless":   {zeros{}, 5, "were announced"},
	} {
		upload := altinn.Upload{DataType: "vedlegg", ContentType: "image/png", Size: c.size, Open: openReader(c.content)}
		var body *altinn.BodyError
		_, err := apps.AddData(t.Context(), appID, id, upload)
		if !errors.As(err, &body) || errors.Is(err, altinn.ErrNotSent) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want a BodyError with %q", name, err, c.want)
		}
	}
}

// What fails on the way is told without the address, whose query may tell whom a
// search was for.
func TestErrorsOfTheConnectionTellNoQuery(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, broken })}
	storage := altinn.NewStorageClient(altinn.StorageConfig{Environment: tt02(t), HTTPClient: client, Tokens: tokens("x")})
	for _, err := range storage.Instances(t.Context(), altinn.Query{Org: "fts", SearchString: "01819012345"}) {
		if !errors.Is(err, broken) || err.Error() != "GET /storage/api/v1/instances: connection reset" {
			t.Errorf("got %v", err)
		}
	}
}

// An answer that tells of no instance does not prove that there is none.
func TestCreatedWithoutAnID(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `{"id":"x"}`, `<html>`, ``} {
		w := newWire(t, reply(201, body))
		_, err := w.apps().CreateInstance(t.Context(), appID, altinn.Template{}, nil)
		var status *altinn.StatusError
		if err == nil || errors.Is(err, altinn.ErrNotSent) || errors.As(err, &status) {
			t.Errorf("%q: got %v, want an error that leaves it open", body, err)
		}
	}
}

// An answer is read up to a bound, however long it is.
func TestEndlessAnswer(t *testing.T) {
	t.Parallel()
	client := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Request: req, Body: io.NopCloser(zeros{})}, nil
	})}
	apps := altinn.NewAppClient(altinn.AppConfig{Environment: tt02(t), HTTPClient: client, Tokens: tokens("x")})
	if _, err := apps.FormData(t.Context(), appID, id, dataID); err == nil || !strings.Contains(err.Error(), "longer than 64 MiB") {
		t.Errorf("got %v", err)
	}
}

func TestAnswersThatCannotBeReadAreNotQuoted(t *testing.T) {
	t.Parallel()
	w := newWire(t, reply(200, `{"id":"1/2","status":{"readStatus":{"ssn":"01819012345"}}}`))
	if _, err := w.apps().Instance(t.Context(), appID, id); err == nil || strings.Contains(err.Error(), "01819012345") {
		t.Errorf("got %v, want an error without the number", err)
	}
}
