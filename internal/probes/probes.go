// Package probes holds black-box tests of Altinn's wire behaviour that the
// handover relies on. One suite runs against the local platform in every test
// run, and against a real environment with the caller's own credentials
// (`make test-live`), so that a difference between the two shows.
//
// The suite speaks plain HTTP and uses none of the project's clients: a mistake
// in a client cannot hide a mistake in a stand-in.
package probes

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
)

// Target is the environment that is probed.
type Target struct {
	Client *http.Client
	// Platform is the base address of the platform, without a slash at the end.
	Platform string
	// Receiving is the base address of the receiving application,
	// https://{org}.apps.…/{org}/{app}; ReceivingID is its org/app.
	Receiving, ReceivingID string
	// Model is the id of the receiving application's form data type, and Field
	// the path of one of its text fields; Attachment is the id of a data type
	// that takes PDF files.
	Model, Field, Attachment string
	// Original is the base address of an application whose second task is a
	// confirmation.
	Original string
	// Recipient is the number of the organisation that owns what is created.
	Recipient string
	// PersonParty is the party id of the person of PersonToken.
	PersonParty int
	// OrgToken gives an exchanged token of the owner with these scopes.
	OrgToken func(t *testing.T, scopes ...string) string
	// PersonToken is an Altinn token of a private person without a role for
	// Recipient; StrangerToken of another one.
	PersonToken, StrangerToken string
}

const (
	readScope  = "altinn:serviceowner/instances.read"
	writeScope = "altinn:serviceowner/instances.write"
	// unknownOrganisation has a valid check digit and is nobody's number.
	unknownOrganisation = "310000000"
)

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (target Target) do(t *testing.T, method, address, token, contentType string, body io.Reader) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	request.Header.Set("Accept", "application/json")
	response, err := target.Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, 8<<20))
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, content}
}

func (target Target) orgToken(t *testing.T) string { return target.OrgToken(t, readScope, writeScope) }

// create sends the body to instances/create.
func (target Target) create(t *testing.T, token, body string) answer {
	t.Helper()
	return target.do(t, http.MethodPost, target.Receiving+"/instances/create", token, "application/json", strings.NewReader(body))
}

// mustCreate creates an instance as the organisation, and removes it when the
// test ends.
func (target Target) mustCreate(t *testing.T, token, body string) instance {
	t.Helper()
	return target.created(t, token, target.create(t, token, body))
}

func (target Target) created(t *testing.T, token string, got answer) instance {
	t.Helper()
	if got.status != http.StatusCreated {
		t.Fatalf("create answers %d %s, want 201", got.status, got.body)
	}
	var made instance
	decode(t, got.body, &made)
	made.location = got.header.Get("Location")
	t.Cleanup(func() { target.remove(t, target.Receiving, made.ID, token) })
	return made
}

// remove cleans up; where the policy does not grant delete, it says so.
func (target Target) remove(t *testing.T, base, id, token string) {
	ctx := context.WithoutCancel(t.Context()) // which has ended in a clean-up
	request, err := http.NewRequestWithContext(ctx, http.MethodDelete, base+"/instances/"+id+"?hard=true", nil)
	if err != nil {
		t.Error(err)
		return
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := target.Client.Do(request)
	if err != nil {
		t.Error(err)
		return
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Logf("instance %s is left behind: its deletion answers %s", id, response.Status)
	}
}

// instance is the part of an instance that the probes look at.
type instance struct {
	ID        string `json:"id"`
	SelfLinks struct {
		Apps string `json:"apps"`
	} `json:"selfLinks"`
	Process struct {
		CurrentTask *struct {
			ElementID string `json:"elementId"`
		} `json:"currentTask"`
	} `json:"process"`
	DataValues map[string]string `json:"dataValues"`
	Data       []struct {
		ID       string `json:"id"`
		DataType string `json:"dataType"`
	} `json:"data"`

	location string
}

func (i instance) element(t *testing.T, dataType string) string {
	t.Helper()
	for _, element := range i.Data {
		if element.DataType == dataType {
			return element.ID
		}
	}
	t.Fatalf("instance %s has no data element of type %s", i.ID, dataType)
	return ""
}

func decode(t *testing.T, content []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(content, into); err != nil {
		t.Fatalf("decode %q: %v", content, err)
	}
}

// wantText demands a body that is a JSON string with this beginning.
func wantText(t *testing.T, got answer, status int, beginning string) {
	t.Helper()
	var text string
	if got.status != status || json.Unmarshal(got.body, &text) != nil || !strings.HasPrefix(text, beginning) {
		t.Errorf("answers %d %s, want %d and a JSON string that begins with %q", got.status, got.body, status, beginning)
	}
}

type part struct{ name, filename, contentType, content string }

// multipartBody encodes parts as multipart/form-data and returns the body and
// its content type.
func multipartBody(t *testing.T, parts ...part) (io.Reader, string) {
	t.Helper()
	var body bytes.Buffer
	writer := multipart.NewWriter(&body)
	for _, p := range parts {
		disposition := fmt.Sprintf("form-data; name=%q", p.name)
		if p.filename != "" {
			disposition += fmt.Sprintf("; filename=%q", p.filename)
		}
		w, err := writer.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}, "Content-Type": {p.contentType}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, p.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return &body, writer.FormDataContentType()
}

// list asks Storage for instances.
func (target Target) list(t *testing.T, token string, query url.Values) answer {
	t.Helper()
	return target.do(t, http.MethodGet, target.Platform+"/storage/api/v1/instances?"+query.Encode(), token, "", nil)
}
