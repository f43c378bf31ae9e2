package apphost

import (
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/stafett/stafett/local/storage"
)

// getData answers GET data/{id}: form data as XML or JSON, as the caller
// accepts, anything else as it was stored.
func (s *Server) getData(w http.ResponseWriter, c *call) error {
	if err := s.permit(c, "read"); err != nil {
		return err
	}
	in, err := c.platform.instance(c.ctx(), c.instanceID)
	if err != nil {
		return problemFor(err, "Instance Not Found")
	}
	t, element, err := s.element(c, in)
	if err != nil {
		return err
	}
	if err := checkType(c, t); err != nil {
		return err
	}
	if err := s.permitDataAction(c, in, t.ActionRequiredToRead); err != nil {
		return err
	}
	if !t.IsFormData() {
		return s.sendFile(w, c, in, element)
	}
	schema, f, err := s.readForm(c, in.ID, t, element)
	if err != nil {
		return dataFailure(err)
	}
	s.markRead(c, &in)
	if prefersXML(c.r.Header.Get("Accept")) {
		w.Header().Set("Content-Type", "application/xml; charset=utf-8")
		_, _ = w.Write(writeXML(schema, f)) // a failed write means that the caller has gone
		return nil
	}
	writeJSON(w, http.StatusOK, jsonType, formOfSchema{schema, f})
	return nil
}

// sendFile passes a stored file on.
func (s *Server) sendFile(w http.ResponseWriter, c *call, in storage.Instance, element storage.DataElement) error {
	resp, err := c.platform.data(c.ctx(), in.ID, element.ID)
	if err != nil {
		return dataFailure(err)
	}
	defer resp.Body.Close()
	s.markRead(c, &in)
	w.Header().Set("Content-Type", element.ContentType)
	if element.Filename != "" {
		w.Header().Set("Content-Disposition", contentDisposition(element.Filename))
	}
	if resp.ContentLength >= 0 {
		w.Header().Set("Content-Length", strconv.FormatInt(resp.ContentLength, 10))
	}
	if _, err := io.Copy(w, resp.Body); err != nil {
		// The status is sent; only a broken connection can tell the caller.
		panic(http.ErrAbortHandler)
	}
	return nil
}

// prefersXML tells whether an Accept header asks for XML rather than JSON, which
// is what a caller without a preference gets.
func prefersXML(accept string) bool {
	best, isXML := 0.0, false
	for part := range strings.SplitSeq(accept, ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, err := strconv.ParseFloat(params["q"], 64); err == nil {
			quality = q
		}
		asXML := media == "application/xml" || media == "text/xml"
		asJSON := media == "application/json" || media == "text/json" || media == "application/*" || media == "*/*"
		if (asXML || asJSON) && quality > best {
			best, isXML = quality, asXML
		}
	}
	return isXML
}
