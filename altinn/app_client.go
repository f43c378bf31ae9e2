package altinn

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// AppConfig is what an [AppClient] needs.
type AppConfig struct {
	Environment Environment
	HTTPClient  *http.Client // nil = a plain one. Its time-out covers a whole call, attachments included.
	Tokens      TokenSource
}

// AppClient speaks with applications. One client serves all applications of an
// environment. It is safe for concurrent use.
type AppClient struct {
	environment Environment
	transport   *transport
}

// NewAppClient returns a client that acts with the tokens given.
func NewAppClient(cfg AppConfig) *AppClient {
	return &AppClient{environment: cfg.Environment, transport: newTransport(cfg.HTTPClient, cfg.Tokens)}
}

// Template is what a new instance starts with.
type Template struct {
	Owner        InstanceOwner // one identifier is enough
	DataValues   map[string]string
	DueBefore    time.Time
	VisibleAfter time.Time
}

// MarshalJSON implements [json.Marshaler]: the form of the instance part.
func (t Template) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Owner        InstanceOwner     `json:"instanceOwner"`
		DueBefore    time.Time         `json:"dueBefore,omitzero"`
		VisibleAfter time.Time         `json:"visibleAfter,omitzero"`
		DataValues   map[string]string `json:"dataValues,omitempty"`
	}{t.Owner, t.DueBefore, t.VisibleAfter, t.DataValues})
}

// CreateInstance starts an instance with its data in one request
// (POST {app}/instances, multipart/form-data). DataValues become part of the
// instance in the same moment as it comes into being; the parts are stored
// after that. A refusal or a lost answer therefore does not prove that there is
// no instance.
func (c *AppClient) CreateInstance(ctx context.Context, appID string, template Template, parts []Upload) (Instance, error) {
	address, err := c.address(appID, "instances")
	if err != nil {
		return Instance{}, err
	}
	for _, p := range parts {
		if err := p.check(); err != nil {
			return Instance{}, fmt.Errorf("%w: %w", ErrNotSent, err)
		}
	}
	description, err := json.Marshal(template)
	if err != nil {
		return Instance{}, fmt.Errorf("write the instance part: %w", err)
	}
	// The server drops the instance part silently unless its content type says
	// application/json, so it is the first part and says so.
	all := append([]Upload{NewUpload("instance", "application/json", "", description)}, parts...)
	boundary := "stafett-" + rand.Text()
	var created Instance
	err = c.transport.sendJSON(ctx, call{
		method: http.MethodPost, url: address,
		header: http.Header{"Content-Type": {"multipart/form-data; boundary=" + boundary}, "Accept": {"application/json"}},
		body:   multipartBody(all, boundary),
	}, &created)
	if err != nil {
		return Instance{}, err
	}
	if _, _, err := ParseInstanceID(created.ID); err != nil {
		return Instance{}, fmt.Errorf("read the new instance of %s: %w", appID, err)
	}
	return created, nil
}

// SimpleTemplate is the body of simplified instantiation.
type SimpleTemplate struct {
	Owner        InstanceOwner     `json:"instanceOwner"`
	DueBefore    time.Time         `json:"dueBefore,omitzero"`
	VisibleAfter time.Time         `json:"visibleAfter,omitzero"`
	Prefill      map[string]string `json:"prefill,omitempty"` // path in the model → text
}

// CreatePrefilled starts an instance with single prefilled values
// (POST {app}/instances/create). It can carry neither files nor data values.
func (c *AppClient) CreatePrefilled(ctx context.Context, appID string, template SimpleTemplate) (Instance, error) {
	address, err := c.address(appID, "instances", "create")
	if err != nil {
		return Instance{}, err
	}
	var created Instance
	err = c.transport.sendJSON(ctx, jsonCall(http.MethodPost, address, template), &created)
	return created, err
}

// Instance reads one instance (GET {app}/instances/{id}). Unless the caller is
// the application's owner, this marks it as read.
func (c *AppClient) Instance(ctx context.Context, appID, id string) (Instance, error) {
	address, err := c.instance(appID, id)
	if err != nil {
		return Instance{}, err
	}
	var got Instance
	err = c.transport.sendJSON(ctx, call{method: http.MethodGet, url: address, header: acceptJSON()}, &got)
	return got, err
}

// DeleteInstance deletes an instance: softly, so that its owner can restore it,
// or hard, for good.
func (c *AppClient) DeleteInstance(ctx context.Context, appID, id string, hard bool) error {
	address, err := c.instance(appID, id)
	if err != nil {
		return err
	}
	address += "?hard=" + strconv.FormatBool(hard)
	return c.transport.discard(ctx, call{method: http.MethodDelete, url: address, header: acceptJSON()})
}

// ConfirmInstance tells that the organisation that owns the application has
// received an instance (POST {app}/instances/{id}/complete). It takes the action
// complete in the application's policy, and may be repeated. A confirmed instance
// is left out of lists that exclude it; one that its owner has deleted is removed
// for good some days later.
func (c *AppClient) ConfirmInstance(ctx context.Context, appID, id string) error {
	address, err := c.instance(appID, id, "complete")
	if err != nil {
		return err
	}
	return c.transport.discard(ctx, call{method: http.MethodPost, url: address, header: acceptJSON()})
}

// SetSubstatus labels an instance. Only the organisation that owns the
// application may do so.
func (c *AppClient) SetSubstatus(ctx context.Context, appID, id string, s Substatus) error {
	address, err := c.instance(appID, id, "substatus")
	if err != nil {
		return err
	}
	return c.transport.discard(ctx, jsonCall(http.MethodPut, address, s))
}

// Process reads where an instance stands and what the caller may do there.
func (c *AppClient) Process(ctx context.Context, appID, id string) (Process, error) {
	address, err := c.instance(appID, id, "process")
	if err != nil {
		return Process{}, err
	}
	var p Process
	err = c.transport.sendJSON(ctx, call{method: http.MethodGet, url: address, header: acceptJSON()}, &p)
	return p, err
}

// ProcessNext moves the process on and returns where it then stands. The action
// is such as "confirm" or "reject"; empty means the default action of the
// current task.
func (c *AppClient) ProcessNext(ctx context.Context, appID, id, action string) (Process, error) {
	address, err := c.instance(appID, id, "process", "next")
	if err != nil {
		return Process{}, err
	}
	request := call{method: http.MethodPut, url: address, header: acceptJSON()}
	if action != "" {
		request = jsonCall(http.MethodPut, address, map[string]string{"action": action})
	}
	var p Process
	err = c.transport.sendJSON(ctx, request, &p)
	return p, err
}

// address joins the address of an application with escaped segments.
func (c *AppClient) address(appID string, segments ...string) (string, error) {
	if _, _, err := ParseAppID(appID); err != nil {
		return "", fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	address := c.environment.AppURL(appID)
	for _, s := range segments {
		address += "/" + url.PathEscape(s)
	}
	return address, nil
}

// instance is address for something of an instance.
func (c *AppClient) instance(appID, id string, segments ...string) (string, error) {
	party, guid, err := ParseInstanceID(id)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	return c.address(appID, append([]string{"instances", party, guid}, segments...)...)
}

func acceptJSON() http.Header { return http.Header{"Accept": {"application/json"}} }

// jsonCall is a call with a JSON body.
func jsonCall(method, address string, value any) call {
	return call{
		method: method, url: address,
		header: http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}},
		body: func(ctx context.Context) (*body, error) {
			data, err := json.Marshal(value)
			if err != nil {
				return nil, err
			}
			return NewUpload("", "application/json", "", data).whole(ctx)
		},
	}
}
