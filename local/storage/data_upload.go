package storage

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"github.com/stafett/stafett/local/urlquery"
)

// received is an upload that lies on disk, with what its headers say of it.
type received struct {
	blob        string
	size        int64
	contentType string
	filename    string // empty where none was given
}

// receive streams the body to disk, or the first part of a multipart body: 413
// when it is over the limit.
func (s *Server) receive(c *call) (received, error) {
	body := io.Reader(http.MaxBytesReader(c.w, c.r.Body, s.cfg.MaxDataSize))
	header := func(name string) string { return c.r.Header.Get(name) }
	if kind, params, err := mime.ParseMediaType(header("Content-Type")); err == nil && strings.HasPrefix(kind, "multipart/") {
		part, err := multipart.NewReader(body, params["boundary"]).NextRawPart()
		if err != nil {
			return received{}, refuse(http.StatusBadRequest, "No data attachments found")
		}
		body, header = part, part.Header.Get
	}
	blob, size, err := s.blobs.put(body)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return received{}, refuse(http.StatusRequestEntityTooLarge, "The data element is too large.")
	}
	if err != nil {
		return received{}, err
	}
	got := received{blob: blob, size: size, contentType: header("Content-Type")}
	if got.contentType == "" {
		got.contentType = "application/octet-stream"
	}
	// ParseMediaType prefers filename* (RFC 6266) and gives it as filename.
	if _, params, err := mime.ParseMediaType(header("Content-Disposition")); err == nil {
		got.filename = params["filename"]
	}
	return got, nil
}

// describe takes the metadata of an upload.
func (e *DataElement) describe(r *http.Request, content received) {
	e.Size, e.ContentType = content.size, content.contentType
	if content.filename != "" {
		e.Filename = content.filename
	}
	query := urlquery.Of(r)
	for _, refs := range query.All("refs") {
		for ref := range strings.SplitSeq(refs, ",") {
			if ref != "" && !slices.Contains(e.Refs, ref) {
				e.Refs = append(e.Refs, ref)
			}
		}
	}
	if task := query.Get("generatedFromTask"); task != "" && !e.generatedFrom(task) {
		e.References = append(e.References, Reference{Value: task, Relation: generatedFrom, ValueType: "Task"})
	}
}

// contentDisposition names a file twice, as the platform does: for readers who
// know RFC 6266 and, with what is not ASCII left out, for those who do not.
func contentDisposition(filename string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '_'
		}
		return r
	}, filename)
	if strings.ContainsAny(plain, " ()<>@,;:/[]?={}") {
		plain = `"` + plain + `"`
	}
	var whole strings.Builder
	for _, b := range []byte(filename) {
		if strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`|~", rune(b)) {
			whole.WriteByte(b)
		} else {
			fmt.Fprintf(&whole, "%%%02X", b)
		}
	}
	return "attachment; filename=" + plain + "; filename*=UTF-8''" + whole.String()
}
