package storage

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/stafett/stafett/local/authentication"
)

// TestAChangeThatFailsLeavesNothing: state, data and events are one change.
func TestAChangeThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	s := benchServer(t, 0)
	ctx := t.Context()
	i := makeInstance(t, s)
	blob, _, err := s.blobs.put(strings.NewReader("bytes"))
	if err != nil {
		t.Fatal(err)
	}
	add := func(c *change) error { return c.addElement(DataElement{ID: "e1", DataType: "d"}, blob) }
	if _, err := s.change(ctx, authentication.Principal{}, i.guid(), add); err != nil {
		t.Fatal(err)
	}
	failure := errors.New("the last step fails")
	_, err = s.change(ctx, authentication.Principal{}, i.guid(), func(c *change) error {
		c.Instance.DataValues = map[string]string{"a": "b"}
		c.Instance.Process = &ProcessState{EndEvent: "EndEvent_1"}
		if err := c.removeElement("e1"); err != nil {
			return err
		}
		if err := c.record(EventDeleted, "e1"); err != nil {
			return err
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Fatalf("error %v, want the failure", err)
	}
	got, err := readInstance(ctx, s.db, i.guid())
	if err != nil {
		t.Fatal(err)
	}
	if got.instance.DataValues != nil || got.instance.Process != nil || len(got.instance.Data) != 1 {
		t.Errorf("kept of a failed change: %+v", got.instance)
	}
	events, err := readEvents(ctx, s.db, got.seq)
	if err != nil || len(events) != 1 {
		t.Errorf("%d events, want the one of the creation; %v", len(events), err)
	}
	if _, err := os.Stat(s.blobs.path(blob)); err != nil {
		t.Errorf("the bytes of a failed deletion are gone: %v", err)
	}
	if _, err := s.change(ctx, authentication.Principal{}, uuid.NewString(), add); !errors.Is(err, errNotFound) {
		t.Errorf("change of an unknown instance: %v", err)
	}
}

// TestAClientThatHasGoneGets499, and nothing is stored for it.
func TestAClientThatHasGoneGets499(t *testing.T) {
	t.Parallel()
	s := benchServer(t, 0)
	i := makeInstance(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodPut, "/storage/api/v1/instances/"+i.ID+"/substatus", strings.NewReader(`{"label":"x"}`))
	r.Header.Set("Authorization", "Bearer x")
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != statusClientClosed {
		t.Errorf("status %d, want 499", w.Code)
	}
	got, err := readInstance(t.Context(), s.db, i.guid())
	if err != nil || got.instance.Status.Substatus != nil {
		t.Errorf("stored %+v, %v", got.instance.Status, err)
	}
}

func makeInstance(t *testing.T, s *Server) Instance {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/storage/api/v1/instances?appId=fts/app-0", strings.NewReader(`{"instanceOwner":{"partyId":"70000"}}`))
	r.Header.Set("Authorization", "Bearer x")
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var i Instance
	if err := json.Unmarshal(w.Body.Bytes(), &i); err != nil {
		t.Fatal(err)
	}
	return i
}
