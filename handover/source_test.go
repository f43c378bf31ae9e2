package handover_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/secret"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestNewSource pins who is asked for what: Storage for the instance and its
// files, the application for form data as JSON.
func TestNewSource(t *testing.T) {
	t.Parallel()
	const id, dataID = "51000017/0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11", "b3a1c2d3-51c3-4c0a-9a0b-2f6f0d8c7a12"
	status := 200
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		body := `{"id":"` + id + `","appId":"` + r.Header.Get("Accept") + " " + r.URL.Host + r.URL.Path + `"}`
		return &http.Response{StatusCode: status, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(body))}, nil
	})}
	environment, err := altinn.LookupEnvironment("tt02")
	if err != nil {
		t.Fatal(err)
	}
	tokens := altinn.StaticToken(secret.New("x"))
	source := handover.NewSource(
		altinn.NewStorageClient(altinn.StorageConfig{Environment: environment, HTTPClient: client, Tokens: tokens}),
		altinn.NewAppClient(altinn.AppConfig{Environment: environment, HTTPClient: client, Tokens: tokens}),
	)
	ctx := t.Context()
	i, err := source.Instance(ctx, id)
	if want := "application/json platform.tt02.altinn.no/storage/api/v1/instances/" + id; err != nil || i.AppID != want {
		t.Errorf("the instance came from %s, %v, want %s", i.AppID, err, want)
	}
	form, err := source.FormData(ctx, "fts/soknad", id, dataID)
	if want := "application/json fts.apps.tt02.altinn.no/fts/soknad/instances/" + id + "/data/" + dataID; err != nil || !strings.Contains(string(form), want) {
		t.Errorf("the form came as %s, %v, want %s", form, err, want)
	}
	file, err := source.Attachment(ctx, id, dataID)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(file)
	if want := "*/* platform.tt02.altinn.no/storage/api/v1/instances/" + id + "/data/" + dataID; err != nil || !strings.Contains(string(content), want) {
		t.Errorf("the file came as %s, %v, want %s", content, err, want)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}

	status = 403
	_, err1 := source.Instance(ctx, id)
	_, err2 := source.FormData(ctx, "fts/soknad", id, dataID)
	_, err3 := source.Attachment(ctx, id, dataID)
	for _, err := range []error{err1, err2, err3} {
		if !altinn.IsStatus(err, 403) || !strings.Contains(err.Error(), "source") {
			t.Errorf("got %v, want status 403 and whose it is", err)
		}
	}
}
