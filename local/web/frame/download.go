package frame

import (
	"cmp"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/stafett/stafett/local/web/api"
)

// Download passes on a file as it is read, and closes it. A browser saves it under
// its name, or else under the one given, and never shows it as a page of the
// console: what is in it may be anybody's.
func Download(content *api.Content, name string) Answer {
	return Stream(func(w http.ResponseWriter, _ *http.Request) error {
		defer func() { _ = content.Body.Close() }()
		h := w.Header()
		h.Set("Content-Type", cmp.Or(content.ContentType, "application/octet-stream"))
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": cmp.Or(content.Filename, name)}))
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
		if content.Size >= 0 {
			h.Set("Content-Length", strconv.FormatInt(content.Size, 10))
		}
		if _, err := io.Copy(w, content.Body); err != nil {
			return fmt.Errorf("pass on file: %w", err)
		}
		return nil
	})
}
