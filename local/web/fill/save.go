package fill

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/definition"
	"github.com/stafett/stafett/local/web/form"
	"github.com/stafett/stafett/local/web/frame"
)

// maxAttempts is how often writing is tried when others change the form at the
// same time.
const maxAttempts = 3

// outcome is what became of what was posted from a page.
type outcome struct {
	posted url.Values
	// issues are what could not be accepted: typed text and files.
	issues []form.Issue
	clashes
}

// accepted tells that nothing of what was typed would be lost on another page.
func (o outcome) accepted() bool {
	return len(errorsOnly(o.issues)) == 0 && len(o.changed) == 0 && len(o.gone) == 0
}

// save writes what the person has changed on a page, all but what somebody else
// has changed too, and brings the state up to date.
func (a *area) save(c *frame.Call, s *standing, page string, posted url.Values) (o outcome, err error) {
	err = a.write(c, s, func() ([]form.Operation, error) {
		view, ok := s.definition.Form.View(s.state, page, form.Entry{})
		if !ok {
			return nil, frame.Refuse(http.StatusConflict, "page.gone")
		}
		o = outcome{posted: posted, clashes: clashesOf(view, posted)}
		ops, issues := s.definition.Form.Read(s.state, page, o.without(posted))
		o.issues = issues
		return ops, nil
	})
	return o, err
}

// write changes the form by what ops makes of its state, and brings the state up
// to date. Where somebody else has changed the form since it was read, ops is
// asked again.
func (a *area) write(c *frame.Call, s *standing, ops func() ([]form.Operation, error)) error {
	for range maxAttempts {
		list, err := ops()
		if err == nil {
			err = a.patch(c, s, list)
		}
		var refused *api.Error
		if !errors.As(err, &refused) || refused.Status != http.StatusConflict {
			return err
		}
		if err := a.refresh(c, s); err != nil {
			return err
		}
	}
	return frame.Refuse(http.StatusConflict, "page.busy")
}

// patch changes the form, and brings the state up to date.
func (a *area) patch(c *frame.Call, s *standing, ops []form.Operation) error {
	if len(ops) == 0 {
		return nil
	}
	element, ok := s.definition.Element(s.instance)
	if !ok {
		return frame.Refuse(http.StatusConflict, "page.no-form")
	}
	var patch []api.Operation
	for _, op := range guarded(s.state.Data, ops) {
		patch = append(patch, api.Operation(op))
	}
	result, err := s.client.Patch(c.Context(), s.app, s.place.instance, element.ID, patch)
	if err != nil {
		return lacking("write", err)
	}
	if result.Data == nil {
		return a.refresh(c, s)
	}
	s.instance = result.Instance
	s.state.Data, s.state.Files = result.Data, definition.Files(s.definition, s.instance)
	return nil
}

// guarded puts a test of what is replaced or removed before a patch, and of a list
// that is empty before its first row, so that it holds only for the form as it was
// read just now.
func guarded(data map[string]any, ops []form.Operation) []form.Operation {
	var tests []form.Operation
	for _, op := range ops {
		if op.Op == "test" {
			continue
		}
		list := op.Path[:strings.LastIndex(op.Path, "/")]
		if held, ok := at(data, op.Path); ok {
			tests = append(tests, form.Operation{Op: "test", Path: op.Path, Value: held})
		} else if held, _ := at(data, list); isEmptyList(held) {
			tests = append(tests, form.Operation{Op: "test", Path: list, Value: held})
		}
	}
	return append(tests, ops...)
}

func isEmptyList(held any) bool {
	list, ok := held.([]any)
	return ok && len(list) == 0
}

// at finds what a JSON Pointer (RFC 6901) leads to.
func at(held any, pointer string) (any, bool) {
	for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		switch inside := held.(type) {
		case map[string]any:
			found, ok := inside[name]
			if !ok {
				return nil, false
			}
			held = found
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(inside) {
				return nil, false
			}
			held = inside[i]
		default:
			return nil, false
		}
	}
	return held, true
}
