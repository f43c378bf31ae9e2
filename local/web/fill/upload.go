package fill

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/form"
	"github.com/stafett/stafett/local/web/frame"
)

// fileControl begins the names of controls for files; the id of the component
// follows.
const fileControl = "file:"

// uploads stores the files of one request.
type uploads struct {
	call *frame.Call
	s    *standing
	page string
	// takes are the components of the page that take files, by the name of their
	// control.
	takes  map[string]form.Component
	stored []storedFile
	issues []form.Issue // of those that were not taken
}

// storedFile is a file that has been stored for a component.
type storedFile struct{ component, id string }

func newUploads(c *frame.Call, s *standing, view form.View) *uploads {
	u := &uploads{call: c, s: s, page: view.Name, takes: make(map[string]form.Component)}
	walk(view.Components, func(component *form.Component) {
		if component.Kind == form.KindFiles && !component.ReadOnly {
			u.takes[fileControl+component.ID] = *component
		}
	})
	return u
}

// take stores one file; what is wrong with it becomes an issue.
func (u *uploads) take(control string, file *multipart.Part) error {
	component, ok := u.takes[control]
	if !ok {
		return nil // the page has changed since it was shown
	}
	name := file.FileName()
	refuse := func(key string, args ...any) {
		u.issues = append(u.issues, form.Issue{
			Page: u.page, Component: component.ID, Severity: form.SeverityError,
			Text: u.call.T(key, append([]any{name}, args...)...),
		})
	}
	limits := component.Upload
	if limits.MaxCount > 0 && len(component.Files) >= limits.MaxCount {
		refuse("file.too-many", limits.MaxCount)
		return nil
	}
	if len(limits.Endings) > 0 && !slices.ContainsFunc(limits.Endings, func(ending string) bool { return hasEnding(name, ending) }) {
		refuse("file.ending", strings.Join(limits.Endings, ", "))
		return nil
	}
	content := bufio.NewReader(file)
	if _, err := content.Peek(1); errors.Is(err, io.EOF) {
		refuse("file.empty")
		return nil
	}
	bounded := &boundedReader{reader: content, left: limits.MaxBytes, bounded: limits.MaxBytes > 0}
	stored, err := u.s.client.Upload(u.call.Context(), u.s.app, u.s.place.instance, limits.DataType, name,
		cmp.Or(file.Header.Get("Content-Type"), "application/octet-stream"), bounded, -1)
	var refused *api.Error
	switch {
	case err == nil:
		u.stored = append(u.stored, storedFile{component.ID, stored.ID})
		component.Files = append(component.Files, form.File{ID: stored.ID})
		u.takes[control] = component
		u.s.instance.Data = append(u.s.instance.Data, stored)
	case bounded.exceeded:
		refuse("file.too-large", u.call.Size(limits.MaxBytes))
	case !errors.As(err, &refused):
		return err
	case refused.Status == http.StatusForbidden:
		return lacking("write", err)
	case refused.Status == http.StatusRequestEntityTooLarge:
		refuse("file.too-large-there")
	case len(refused.Issues) > 0:
		refuse("file.refused", why(u.call, refused.Issues[0]))
	case refused.Status == http.StatusBadRequest && cmp.Or(refused.Detail, refused.Title) != "":
		refuse("file.refused", cmp.Or(refused.Detail, refused.Title))
	default:
		return err
	}
	return nil
}

// why says an application's reason for not taking a file in the reader's
// language, where it is one that is known.
func why(c *frame.Call, issue api.Issue) string {
	switch issue.Code {
	case "ContentTypeNotAllowed", "InvalidFileNameFormat", "MissingFileName", "DataElementTooLarge", "DataElementFileInfected":
		return c.T("file.why." + issue.Code)
	}
	return issue.Description
}

func hasEnding(name, ending string) bool {
	return strings.EqualFold(path.Ext(name), "."+strings.TrimPrefix(ending, "."))
}

// errTooLarge ends an upload on its way.
var errTooLarge = errors.New("the file is larger than the application takes")

// boundedReader fails when more is read than is taken, so that the rest of a
// file that is too large is not sent on.
type boundedReader struct {
	reader   io.Reader
	bounded  bool
	left     int64
	exceeded bool
}

func (b *boundedReader) Read(p []byte) (int, error) {
	n, err := b.reader.Read(p)
	if b.left -= int64(n); b.bounded && b.left < 0 {
		b.exceeded = true
		return 0, errTooLarge
	}
	return n, err
}
