package apphost

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/secret"
)

// session is the platform as one caller reaches it.
type session struct {
	*platform
	token secret.String
}

const storagePath = "/storage/api/v1/instances"

// instancePath is the path of an instance in Storage; parts are path segments
// below it. Ids come from routes that have been checked, or from Storage.
func instancePath(id string, parts ...string) string {
	path := storagePath + "/" + id
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return path
}

func (s session) createInstance(ctx context.Context, appID string, template storage.Instance) (storage.Instance, error) {
	var created storage.Instance
	err := s.callJSON(ctx, request{
		operation: "create instance", method: http.MethodPost, path: storagePath,
		query: url.Values{"appId": {appID}}, token: s.token,
	}, template, &created)
	if err == nil && created.ID == "" {
		err = errors.New("create instance: the answer has no id")
	}
	return created, err
}

func (s session) instance(ctx context.Context, id string) (storage.Instance, error) {
	var found storage.Instance
	err := s.call(ctx, request{
		operation: "read instance", method: http.MethodGet, path: instancePath(id), token: s.token,
	}, &found)
	return found, err
}

// activeInstances lists a party's instances of an application that are neither
// archived nor deleted, over all pages.
func (s session) activeInstances(ctx context.Context, appID, partyID string) ([]storage.Instance, error) {
	query := url.Values{
		"appId": {appID}, "instanceOwner.partyId": {partyID},
		"status.isArchived": {"false"}, "status.isSoftDeleted": {"false"},
	}
	var all []storage.Instance
	for {
		var page struct {
			Instances []storage.Instance `json:"instances"`
			Next      string             `json:"next"`
		}
		err := s.call(ctx, request{
			operation: "list instances", method: http.MethodGet, path: storagePath, query: query, token: s.token,
		}, &page)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Instances...)
		if page.Next == "" {
			return all, nil
		}
		next, err := url.Parse(page.Next)
		if err != nil {
			return nil, errors.New("list instances: the address of the next page is not one")
		}
		token := next.Query().Get("continuationToken")
		if token == "" || token == query.Get("continuationToken") {
			return nil, errors.New("list instances: the next page is the same one again")
		}
		query.Set("continuationToken", token)
	}
}

func (s session) removeInstance(ctx context.Context, id string, hard bool) (storage.Instance, error) {
	var removed storage.Instance
	err := s.call(ctx, request{
		operation: "delete instance", method: http.MethodDelete, path: instancePath(id),
		query: url.Values{"hard": {strconv.FormatBool(hard)}}, token: s.token,
	}, &removed)
	return removed, err
}

func (s session) confirmComplete(ctx context.Context, id string) (storage.Instance, error) {
	var confirmed storage.Instance
	err := s.call(ctx, request{
		operation: "confirm receipt", method: http.MethodPost, path: instancePath(id, "complete"), token: s.token,
	}, &confirmed)
	return confirmed, err
}

func (s session) setSubstatus(ctx context.Context, id string, sub storage.Substatus) (storage.Instance, error) {
	var changed storage.Instance
	err := s.callJSON(ctx, request{
		operation: "set substatus", method: http.MethodPut, path: instancePath(id, "substatus"), token: s.token,
	}, sub, &changed)
	return changed, err
}

func (s session) markRead(ctx context.Context, id string) error {
	return s.call(ctx, request{
		operation: "mark instance as read", method: http.MethodPut, path: instancePath(id, "readstatus"),
		query: url.Values{"status": {"read"}}, token: s.token,
	}, nil)
}

func (s session) setPresentationTexts(ctx context.Context, id string, texts map[string]string) error {
	return s.callJSON(ctx, request{
		operation: "set presentation texts", method: http.MethodPut, path: instancePath(id, "presentationtexts"), token: s.token,
	}, map[string]any{"texts": texts}, nil)
}

func (s session) setDataValues(ctx context.Context, id string, values map[string]string) error {
	return s.callJSON(ctx, request{
		operation: "set data values", method: http.MethodPut, path: instancePath(id, "datavalues"), token: s.token,
	}, map[string]any{"values": values}, nil)
}

// upload is the content of a data element on its way to Storage.
type upload struct {
	dataType      string
	contentType   string
	filename      string // empty for form data
	generatedFrom string // task whose end made it; empty for none
	body          io.Reader
	size          int64
}

func (u upload) header() http.Header {
	h := http.Header{"Content-Type": {u.contentType}}
	if u.filename != "" {
		h.Set("Content-Disposition", contentDisposition(u.filename))
	}
	return h
}

// contentDisposition writes a file name so that any reader gets it whole (RFC 6266).
func contentDisposition(filename string) string {
	return mime.FormatMediaType("attachment", map[string]string{"filename": filename})
}

func (s session) insertData(ctx context.Context, id string, u upload) (storage.DataElement, error) {
	query := url.Values{"dataType": {u.dataType}}
	if u.generatedFrom != "" {
		query.Set("generatedFromTask", u.generatedFrom)
	}
	var element storage.DataElement
	err := s.call(ctx, request{
		operation: "store data element", method: http.MethodPost, path: instancePath(id, "data"),
		query: query, header: u.header(), token: s.token, body: u.body, size: u.size,
	}, &element)
	return element, err
}

func (s session) replaceData(ctx context.Context, id, dataID string, u upload) (storage.DataElement, error) {
	var element storage.DataElement
	err := s.call(ctx, request{
		operation: "replace data element", method: http.MethodPut, path: instancePath(id, "data", dataID),
		header: u.header(), token: s.token, body: u.body, size: u.size,
	}, &element)
	return element, err
}

// data opens the content of a data element. The caller closes the body.
func (s session) data(ctx context.Context, id, dataID string) (*http.Response, error) {
	return s.open(ctx, request{
		operation: "read data element", method: http.MethodGet, path: instancePath(id, "data", dataID), token: s.token,
	})
}

// maxFormData bounds form data, which is held in memory.
const maxFormData = 64 << 20

// formBytes reads form data whole.
func (s session) formBytes(ctx context.Context, id, dataID string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, platformTimeout)
	defer cancel()
	resp, err := s.data(ctx, id, dataID)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return readBounded(resp.Body)
}

// readBounded reads form data, and refuses more than maxFormData bytes.
func readBounded(r io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, maxFormData+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxFormData {
		return nil, &http.MaxBytesError{Limit: maxFormData}
	}
	return content, nil
}

// updateElement stores what is known about a data element.
func (s session) updateElement(ctx context.Context, id string, e storage.DataElement) error {
	return s.callJSON(ctx, request{
		operation: "update data element", method: http.MethodPut, path: instancePath(id, "dataelements", e.ID), token: s.token,
	}, e, nil)
}

// removeData deletes a data element, with delay only by a mark. Elements that
// are locked can be deleted with delay only, and only if their data type says
// that they go when the process ends.
func (s session) removeData(ctx context.Context, id, dataID string, delay bool) error {
	return s.call(ctx, request{
		operation: "delete data element", method: http.MethodDelete, path: instancePath(id, "data", dataID),
		query: url.Values{"delay": {strconv.FormatBool(delay)}}, token: s.token,
	}, nil)
}

// lockData locks (PUT) or unlocks (DELETE) a data element against change.
func (s session) lockData(ctx context.Context, method, id, dataID string) error {
	return s.call(ctx, request{
		operation: "lock data element", method: method, path: instancePath(id, "data", dataID, "lock"), token: s.token,
	}, nil)
}

// lockInstance takes the lock of an instance for the given time and returns a
// token for [session.unlockInstance].
func (s session) lockInstance(ctx context.Context, id string, ttl time.Duration) (secret.String, error) {
	var lock struct {
		Token string `json:"lockToken"`
	}
	err := s.callJSON(ctx, request{
		operation: "lock instance", method: http.MethodPost, path: instancePath(id, "lock"), token: s.token,
	}, map[string]int{"ttlSeconds": int(ttl.Seconds())}, &lock)
	return secret.New(lock.Token), err
}

func (s session) unlockInstance(ctx context.Context, id string, lock secret.String) error {
	q, err := request{
		operation: "unlock instance", method: http.MethodPatch, path: instancePath(id, "lock"), token: s.token,
	}.withJSON(map[string]int{"ttlSeconds": 0})
	if err != nil {
		return err
	}
	q.header.Set("Altinn-Storage-Lock-Token", lock.Reveal())
	return s.call(ctx, q, nil)
}

// storeProcess stores a new state of the process together with what happened.
func (s session) storeProcess(ctx context.Context, id string, state *storage.ProcessState, events []storage.InstanceEvent) error {
	return s.callJSON(ctx, request{
		operation: "store process state", method: http.MethodPut, path: instancePath(id, "process", "instanceandevents"), token: s.token,
	}, map[string]any{"state": state, "events": events}, nil)
}

// history reads the process history as Storage writes it.
func (s session) history(ctx context.Context, id string) (json.RawMessage, error) {
	var history json.RawMessage
	err := s.call(ctx, request{
		operation: "read process history", method: http.MethodGet, path: instancePath(id, "process", "history"), token: s.token,
	}, &history)
	return history, err
}
