//go:build !race

package soak_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"sync"

	"github.com/stafett/stafett/local"
)

const (
	platformURL = "https://platform.tt02.altinn.no"
	storageURL  = platformURL + "/storage/api/v1/instances"
	appsURL     = "https://fts.apps.tt02.altinn.no/"
	originalApp = "fts/barmarkskjoring"
	receiver    = "fts/saksmottak"

	definitionID = "barmarkskjoring-til-saksmottak"
)

// wire speaks to the platform's stand-ins in plain HTTP, with none of Stafett's
// clients.
type wire struct {
	client       *http.Client
	seed         *local.Seed
	organisation string // the organisation's Altinn token

	mu     sync.Mutex
	tokens map[int]string // of persons
}

// statusError is any answer that is no success.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string { return e.text }

// body is what a request carries.
type body struct {
	contentType, filename string
	content               []byte
}

func jsonBody(v any) body {
	content, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values only
	}
	return body{contentType: "application/json", content: content}
}

// call sends a request and decodes the answer into out: a *[]byte gets it as it is,
// anything else is filled from JSON.
func (w *wire) call(method, address, token string, b body, out any) error {
	request, err := http.NewRequest(method, address, bytes.NewReader(b.content))
	if err != nil {
		return err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if b.contentType != "" {
		request.Header.Set("Content-Type", b.contentType)
	}
	if b.filename != "" {
		request.Header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": b.filename}))
	}
	response, err := w.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return err
	case response.StatusCode/100 != 2:
		return &statusError{response.StatusCode, fmt.Sprintf("%s %s: %s: %s", method, address, response.Status, content)}
	case out == nil:
		return nil
	}
	if raw, ok := out.(*[]byte); ok {
		*raw = content
		return nil
	}
	return json.Unmarshal(content, out)
}

// login gets a token for one of the seed's persons.
func (w *wire) login(person int) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if token := w.tokens[person]; token != "" {
		return token, nil
	}
	var token []byte
	err := w.call(http.MethodGet, fmt.Sprintf("https://local.altinn.cloud/Home/GetTestUserToken/%d?authenticationLevel=3", w.seed.Persons[person].UserID), "", body{}, &token)
	if err == nil {
		if w.tokens == nil {
			w.tokens = map[int]string{}
		}
		w.tokens[person] = string(token)
	}
	return string(token), err
}

// instance is what these tests need of one, in Storage's form.
type instance struct {
	ID         string
	AppID      string
	DataValues map[string]string
	Created    string
	Status     struct {
		IsHardDeleted bool
		Substatus     *struct{ Label string }
	}
	Data []element
}

type element struct {
	ID, DataType, Filename string
	Size                   int64
}

// instances lists all instances of an application as its owner sees them, deleted
// ones too.
func (w *wire) instances(app string) ([]instance, error) {
	var all []instance
	for address := storageURL + "?size=1000&appId=" + app; address != ""; {
		var page struct {
			Next      string
			Instances []instance
		}
		if err := w.call(http.MethodGet, address, w.organisation, body{}, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Instances...)
		address = page.Next
	}
	return all, nil
}
