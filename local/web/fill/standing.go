package fill

import (
	"net/http"

	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/definition"
	"github.com/stafett/stafett/local/web/form"
	"github.com/stafett/stafett/local/web/frame"
)

// standing is where an instance stands, as one person sees it for the length of
// one request.
type standing struct {
	place
	client   *api.Client
	instance api.Instance
	process  api.ProcessState
	// definition and state are those of the current task; definition is nil where
	// there is none. Its Form is nil where the task shows no pages.
	definition *definition.Definition
	state      form.State
}

// stand reads where an instance stands. As at the application's own pages, it is
// marked as read.
func (a *area) stand(c *frame.Call) (*standing, error) {
	at, err := placeOf(c)
	if err != nil {
		return nil, err
	}
	s := &standing{place: at, client: c.API()}
	if s.instance, err = s.client.Instance(c.Context(), s.app, s.place.instance); err != nil {
		return nil, lacking("read", err)
	}
	if s.instance.AppID != s.app {
		return nil, frame.Refuse(http.StatusNotFound, "frame.no-page")
	}
	if s.process, err = s.client.Process(c.Context(), s.app, s.place.instance); err != nil {
		return nil, lacking("read", err)
	}
	if s.process.CurrentTask == nil {
		return s, nil
	}
	if s.definition, err = a.definitions.Load(c.Context(), s.client, s.app, s.process.CurrentTask.ID, s.place.instance); err != nil {
		return nil, err
	}
	if s.definition.Form == nil {
		return s, nil
	}
	return s, a.refresh(c, s)
}

// refresh reads what the form holds now.
func (a *area) refresh(c *frame.Call, s *standing) error {
	state, err := s.definition.State(c.Context(), s.client, s.instance)
	if err != nil {
		return lacking("read", err)
	}
	task := s.process.CurrentTask
	state.Actions, state.Now = task.Actions, a.now()
	_, filled := s.definition.Element(s.instance)
	state.Write = task.Write && filled
	s.state = state
	return nil
}

// deleted tells that the instance lies among the deleted ones.
func (s *standing) deleted() bool {
	return s.instance.Status.IsSoftDeleted || s.instance.Status.IsHardDeleted
}

// hasPages tells that the current task shows pages of a form.
func (s *standing) hasPages() bool {
	return !s.deleted() && s.definition != nil && s.definition.Form != nil && len(s.definition.Form.Pages(s.state)) > 0
}

// title is the application's, in the reader's language.
func title(c *frame.Call, names map[string]string, otherwise string) string {
	for _, language := range []string{c.Language, "nb"} {
		if names[language] != "" {
			return names[language]
		}
	}
	return otherwise
}
