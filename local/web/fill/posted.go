package fill

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"

	"github.com/stafett/stafett/local/web/frame"
)

// maxTyped bounds what is typed on one page, in bytes; files come in addition.
const maxTyped = 1 << 20

// readPosted reads what a page has posted. Files are given to take as they come,
// with the name of their control, and are never held in memory.
func readPosted(c *frame.Call, take func(control string, file *multipart.Part) error) (url.Values, error) {
	if media, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type")); media != "multipart/form-data" {
		c.Body = http.MaxBytesReader(nil, c.Body, maxTyped)
		if err := c.ParseForm(); err != nil {
			return nil, fmt.Errorf("read form: %w", err)
		}
		return c.PostForm, nil
	}
	reader, err := c.MultipartReader()
	if err != nil {
		return nil, frame.Refuse(http.StatusBadRequest, "posted.unreadable")
	}
	posted, left := url.Values{}, int64(maxTyped)
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return posted, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read form: %w", err)
		}
		name := part.FormName()
		if part.FileName() != "" {
			if err := take(name, part); err != nil {
				return nil, err
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return nil, fmt.Errorf("read form: %w", err)
		}
		if left -= int64(len(name) + len(value)); left < 0 {
			return nil, &http.MaxBytesError{Limit: maxTyped}
		}
		if !isForFiles(part) {
			posted.Add(name, string(value))
		}
	}
}

// isForFiles tells a control for files, in which none has been chosen, from one
// for text.
func isForFiles(part *multipart.Part) bool {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	_, has := params["filename"]
	return err == nil && has
}
