package apphost

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
)

// requestPart is one part of a create request. The only part of a request that
// is not multipart has no name.
type requestPart struct {
	name        string
	filename    string
	contentType string
	content     *spool
}

// readParts reads all parts of a create request. The caller closes them, also
// those that come together with an error.
func (s *Server) readParts(r *http.Request) ([]requestPart, error) {
	contentType := r.Header.Get("Content-Type")
	mediaType, params, err := mime.ParseMediaType(contentType)
	if !strings.HasPrefix(strings.ToLower(contentType), "multipart/") {
		content, err := newSpool(r.Body, s.cfg.SpoolDir)
		if err != nil {
			return nil, readFailure(err)
		}
		if content.size == 0 && contentType == "" {
			return nil, nil
		}
		return []requestPart{{contentType: contentType, content: content}}, nil
	}
	if err != nil || params["boundary"] == "" || !strings.HasPrefix(mediaType, "multipart/") {
		return nil, readFailure(errors.New("the content type has no boundary"))
	}
	return s.readMultipart(multipart.NewReader(r.Body, params["boundary"]))
}

func (s *Server) readMultipart(reader *multipart.Reader) ([]requestPart, error) {
	var parts []requestPart
	var faults []string
	for number := 1; ; number++ {
		raw, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return parts, readFailure(err)
		}
		part, faulty := partHeader(raw, number)
		if faulty != "" {
			faults = append(faults, faulty)
			continue
		}
		if part.content, err = newSpool(raw, s.cfg.SpoolDir); err != nil {
			return parts, readFailure(err)
		}
		parts = append(parts, part)
	}
	if len(faults) > 0 {
		return parts, readFailure(errors.New(strings.Join(faults, ", ")))
	}
	return parts, nil
}

// partHeader reads the headers of a part; the text tells what is wrong with them.
func partHeader(raw *multipart.Part, number int) (requestPart, string) {
	_, params, err := mime.ParseMediaType(raw.Header.Get("Content-Disposition"))
	if err != nil || params["name"] == "" {
		return requestPart{}, fmt.Sprintf("part %d has no Content-Disposition with a name", number)
	}
	contentType := raw.Header.Get("Content-Type")
	if contentType == "" {
		return requestPart{}, fmt.Sprintf("part %d has no Content-Type", number)
	}
	// filename* has come before filename in params, decoded.
	return requestPart{name: params["name"], filename: strings.Trim(params["filename"], `"`), contentType: contentType}, ""
}

// readFailure is the answer to a request that cannot be read. A body that is
// too large keeps its own answer; a disk that does not take it is no fault of the
// request.
func readFailure(err error) error {
	if errors.As(err, new(*http.MaxBytesError)) || errors.As(err, new(*fs.PathError)) {
		return err
	}
	return problem(http.StatusBadRequest, "Error reading request", err.Error())
}

func closeParts(parts []requestPart) {
	for _, p := range parts {
		p.content.close()
	}
}

// takePart removes the part with a name, or else the only part of a request
// that is not multipart, provided that it is JSON. A part counts only if it is
// JSON, with the type in lower case, and not empty; otherwise it is dropped.
func takePart(parts []requestPart, name string) (*requestPart, []requestPart) {
	i := slices.IndexFunc(parts, func(p requestPart) bool {
		return p.name == name || p.name == "" && (p.isJSON() || p.content.size == 0)
	})
	if i < 0 {
		return nil, parts
	}
	part := parts[i]
	rest := slices.Delete(slices.Clone(parts), i, i+1)
	if !part.isJSON() || part.content.size == 0 {
		return nil, rest
	}
	return &part, rest
}

func (p requestPart) isJSON() bool { return strings.Contains(p.contentType, "application/json") }

// checkParts compares the parts with the data types of the application.
func checkParts(metadata app.Metadata, parts []requestPart) error {
	const prefix = "Error when comparing content to application metadata: "
	counts := map[string]int{}
	for _, p := range parts {
		t, known := metadata.DataType(p.name)
		if !known {
			return text(http.StatusBadRequest, prefix+"no data type has the id '%s' of a part", p.name)
		}
		if !t.AllowsContentType(p.contentType) {
			return text(http.StatusBadRequest, prefix+"part '%s' has the content type '%s', which its data type does not allow", p.name, p.contentType)
		}
		if p.content.size == 0 {
			return text(http.StatusBadRequest, prefix+"part '%s' is empty", p.name)
		}
		if limit, limited := t.MaxBytes(); limited && p.content.size > limit {
			return text(http.StatusBadRequest, prefix+"part '%s' is larger than the %d bytes of its data type", p.name, limit)
		}
		counts[t.ID]++
		if t.MaxCount > 0 && counts[t.ID] > t.MaxCount {
			return text(http.StatusBadRequest, prefix+"there are more than %d parts '%s'", t.MaxCount, t.ID)
		}
	}
	return nil
}
