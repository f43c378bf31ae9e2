package altinn

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
)

// Content is a stored piece of data as it streams in. The caller closes Body.
type Content struct {
	Body        io.ReadCloser
	ContentType string
	Filename    string
	Size        int64 // bytes; -1 if the server does not say
}

// Data reads one data element as it is stored.
func (c *AppClient) Data(ctx context.Context, appID, id, dataID string) (*Content, error) {
	address, err := c.element(appID, id, dataID)
	if err != nil {
		return nil, err
	}
	return c.transport.content(ctx, address)
}

// FormData reads form data as JSON. Numbers keep their digits, so decode with
// [json.Decoder.UseNumber] where that matters.
func (c *AppClient) FormData(ctx context.Context, appID, id, dataID string) ([]byte, error) {
	address, err := c.element(appID, id, dataID)
	if err != nil {
		return nil, err
	}
	resp, err := c.transport.send(ctx, call{method: http.MethodGet, url: address, header: acceptJSON()})
	if err != nil {
		return nil, err
	}
	return readAll(resp)
}

// AddData stores a new data element (POST {app}/instances/{id}/data?dataType=).
// A repeated call makes a second element, up to the data type's maxCount.
func (c *AppClient) AddData(ctx context.Context, appID, id string, u Upload) (DataElement, error) {
	address, err := c.instance(appID, id, "data")
	if err != nil {
		return DataElement{}, err
	}
	request, err := u.call(http.MethodPost, address+"?dataType="+url.QueryEscape(u.DataType))
	if err != nil {
		return DataElement{}, err
	}
	var stored DataElement
	err = c.transport.sendJSON(ctx, request, &stored)
	return stored, err
}

// UpdateData replaces the content of a data element.
func (c *AppClient) UpdateData(ctx context.Context, appID, id, dataID string, u Upload) error {
	address, err := c.element(appID, id, dataID)
	if err != nil {
		return err
	}
	request, err := u.call(http.MethodPut, address)
	if err != nil {
		return err
	}
	return c.transport.discard(ctx, request)
}

// RemoveData deletes a data element.
func (c *AppClient) RemoveData(ctx context.Context, appID, id, dataID string) error {
	address, err := c.element(appID, id, dataID)
	if err != nil {
		return err
	}
	return c.transport.discard(ctx, call{method: http.MethodDelete, url: address, header: acceptJSON()})
}

func (c *AppClient) element(appID, id, dataID string) (string, error) {
	if err := checkDataID(dataID); err != nil {
		return "", fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	return c.instance(appID, id, "data", dataID)
}

func (u Upload) call(method, address string) (call, error) {
	if err := u.check(); err != nil {
		return call{}, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	header := http.Header{"Accept": {"application/json"}, "Content-Type": {u.ContentType}}
	if u.Filename != "" {
		header.Set("Content-Disposition", disposition("attachment", "", u.Filename))
	}
	return call{method: method, url: address, header: header, body: u.whole}, nil
}

// content asks for bytes of any kind.
func (t *transport) content(ctx context.Context, address string) (*Content, error) {
	resp, err := t.send(ctx, call{method: http.MethodGet, url: address, header: http.Header{"Accept": {"*/*"}}}) //nolint:bodyclose // it becomes Content.Body, which the caller closes
	if err != nil {
		return nil, err
	}
	got := &Content{Body: resp.Body, ContentType: resp.Header.Get("Content-Type"), Size: resp.ContentLength}
	if _, params, err := mime.ParseMediaType(resp.Header.Get("Content-Disposition")); err == nil {
		got.Filename = params["filename"] // filename* is decoded into this
	}
	return got, nil
}
