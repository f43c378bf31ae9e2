package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Operation is one operation of a JSON Patch (RFC 6902): add, remove, replace or
// test. Path is a JSON pointer.
type Operation struct {
	Op    string
	Path  string
	Value any // not written for remove
}

// MarshalJSON implements [json.Marshaler].
func (o Operation) MarshalJSON() ([]byte, error) {
	fields := map[string]any{"op": o.Op, "path": o.Path}
	if o.Op != "remove" {
		fields["value"] = o.Value
	}
	return json.Marshal(fields)
}

// PatchResult is what a form is after a patch.
type PatchResult struct {
	// Data is the form as stored, numbers as [json.Number]; nil if the
	// application says that nothing became of it.
	Data     map[string]any
	Instance Instance
	Issues   []Issue // of the whole current task
}

// FormData reads a form as JSON, numbers as [json.Number].
func (c *Client) FormData(ctx context.Context, appID, id, dataID string) (map[string]any, error) {
	address, err := c.instanceAddress(appID, id, "data", dataID)
	if err != nil {
		return nil, err
	}
	var form map[string]any
	err = c.call(ctx, request{
		operation: "read form", method: http.MethodGet, address: withQuery(address, "language", c.Language),
	}, nil, &form)
	return form, err
}

// Patch changes a form. Either all operations are done or none: an [*Error] with
// status 409 says that a test failed, since somebody else has changed the form,
// and 422 that an operation fits neither the form nor its model.
func (c *Client) Patch(ctx context.Context, appID, id, dataID string, ops []Operation) (PatchResult, error) {
	address, err := c.instanceAddress(appID, id, "data")
	if err != nil {
		return PatchResult{}, err
	}
	type patch struct {
		DataElementID string      `json:"dataElementId"`
		Patch         []Operation `json:"patch"`
	}
	ask := struct {
		Patches           []patch  `json:"patches"`
		IgnoredValidators []string `json:"ignoredValidators"`
	}{[]patch{{dataID, ops}}, []string{}}
	var answer struct {
		Instance Instance `json:"instance"`
		Models   []struct {
			DataElementID string         `json:"dataElementId"`
			Data          map[string]any `json:"data"`
		} `json:"newDataModels"`
		Issues []struct {
			Issues []Issue `json:"issues"`
		} `json:"validationIssues"`
	}
	err = c.call(ctx, request{
		operation: "change form", method: http.MethodPatch, address: withQuery(address, "language", c.Language),
	}, ask, &answer)
	if err != nil {
		return PatchResult{}, err
	}
	result := PatchResult{Instance: answer.Instance}
	for _, model := range answer.Models {
		if strings.EqualFold(model.DataElementID, dataID) {
			result.Data = model.Data
		}
	}
	for _, source := range answer.Issues {
		result.Issues = append(result.Issues, source.Issues...)
	}
	return result, nil
}

// Upload stores a file, passing it on as it is read. size is its length in bytes,
// or -1 if that is not known. An [*Error] with Issues says why it is not taken.
func (c *Client) Upload(ctx context.Context, appID, id, dataType, filename, contentType string, body io.Reader, size int64) (DataElement, error) {
	address, err := c.instanceAddress(appID, id, "data", dataType)
	if err != nil {
		return DataElement{}, err
	}
	var answer struct {
		NewID    string   `json:"newDataElementId"`
		Instance Instance `json:"instance"`
	}
	err = c.call(ctx, request{
		operation: "upload file", method: http.MethodPost, address: withQuery(address, "language", c.Language),
		header: http.Header{"Content-Type": {contentType}, "Content-Disposition": {attachment(filename)}},
		body:   body, size: size,
	}, nil, &answer)
	if err != nil {
		return DataElement{}, err
	}
	made := slices.IndexFunc(answer.Instance.Data, func(e DataElement) bool { return e.ID == answer.NewID })
	if made < 0 {
		return DataElement{}, fmt.Errorf("upload file: the answer does not hold the element %q", answer.NewID)
	}
	return answer.Instance.Data[made], nil
}

// attachment writes a Content-Disposition with the name in both forms of RFC
// 6266: for old readers in ASCII, and as it is.
func attachment(filename string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '_'
		}
		return r
	}, filename)
	// A path escapes less than RFC 8187 asks for, a query writes + for space.
	exact := strings.ReplaceAll(url.QueryEscape(filename), "+", "%20")
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + exact
}

// Remove deletes a data element of an instance.
func (c *Client) Remove(ctx context.Context, appID, id, dataID string) error {
	address, err := c.instanceAddress(appID, id, "data", dataID)
	if err != nil {
		return err
	}
	return c.call(ctx, request{
		operation: "delete file", method: http.MethodDelete, address: withQuery(address, "language", c.Language),
	}, nil, nil)
}

// Content is a data element that is being downloaded. Close Body.
type Content struct {
	Body        io.ReadCloser
	ContentType string
	Filename    string // empty if it has none
	Size        int64  // in bytes; -1 if it is not known
}

// Download opens a data element; a form comes as XML, which is how it is stored.
// The context must live until the body has been read.
func (c *Client) Download(ctx context.Context, appID, id, dataID string) (*Content, error) {
	address, err := c.instanceAddress(appID, id, "data", dataID)
	if err != nil {
		return nil, err
	}
	resp, err := c.open(ctx, request{ //nolint:bodyclose // the caller closes it
		operation: "download file", method: http.MethodGet, address: address,
		header: http.Header{"Accept": {"application/xml, */*;q=0.5"}},
	})
	if err != nil {
		return nil, err
	}
	content := &Content{Body: resp.Body, ContentType: resp.Header.Get("Content-Type"), Size: resp.ContentLength}
	if _, params, err := mime.ParseMediaType(resp.Header.Get("Content-Disposition")); err == nil {
		content.Filename = params["filename"]
	}
	return content, nil
}
