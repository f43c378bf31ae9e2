package fill

import (
	"cmp"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/google/uuid"
	"github.com/stafett/stafett/local/web/frame"
)

// download passes on a file as it is read. A browser saves it and never shows it
// as a page of the console.
func (a *area) download(c *frame.Call) (frame.Answer, error) {
	at, err := placeOf(c)
	if err != nil {
		return frame.Answer{}, err
	}
	id, err := uuid.Parse(c.PathValue("id"))
	if err != nil {
		return frame.Answer{}, frame.Refuse(http.StatusNotFound, "frame.no-page")
	}
	client := c.API()
	return frame.Stream(func(w http.ResponseWriter, r *http.Request) error {
		content, err := client.Download(r.Context(), at.app, at.instance, id.String())
		if err != nil {
			return lacking("read", err)
		}
		defer func() { _ = content.Body.Close() }()
		h := w.Header()
		h.Set("Content-Type", cmp.Or(content.ContentType, "application/octet-stream"))
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": cmp.Or(content.Filename, id.String())}))
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
		if content.Size >= 0 {
			h.Set("Content-Length", strconv.FormatInt(content.Size, 10))
		}
		if _, err := io.Copy(w, content.Body); err != nil {
			return fmt.Errorf("pass on file: %w", err)
		}
		return nil
	}), nil
}
