package inbox

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/frame"
)

// titleOf is the application's title in a language, or else in bokmål; its id
// where it has none.
func titleOf(metadata app.Metadata, appID, language string) string {
	return cmp.Or(metadata.Title[language], metadata.Title["nb"], metadata.Title["en"], appID)
}

// presentationOf joins the presentation texts of an instance, in the order of the
// application's presentation fields, the others by name after them.
func presentationOf(metadata app.Metadata, texts map[string]string) string {
	var order []string
	for _, field := range metadata.PresentationFields {
		order = append(order, field.ID)
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if !slices.Contains(order, name) {
			order = append(order, name)
		}
	}
	var found []string
	for _, name := range order {
		if text := strings.TrimSpace(texts[name]); text != "" {
			found = append(found, text)
		}
	}
	return strings.Join(found, ", ")
}

// hidden tells whether the application keeps an instance out of inboxes where it
// stands now (messageBoxConfig.hideSettings of its metadata).
func hidden(metadata app.Metadata, in api.Instance) bool {
	if metadata.MessageBox == nil || metadata.MessageBox.HideSettings == nil {
		return false
	}
	settings := metadata.MessageBox.HideSettings
	return settings.HideAlways || in.Task() != "" && slices.Contains(settings.HideOnTask, in.Task())
}

// applications are what the applications of one page say of themselves, each
// asked once. One that does not answer is known by its id.
type applications struct {
	call     *frame.Call
	client   *api.Client
	metadata map[string]app.Metadata
	texts    map[string]app.Texts
}

func newApplications(c *frame.Call) *applications {
	return &applications{call: c, client: c.API(), metadata: map[string]app.Metadata{}, texts: map[string]app.Texts{}}
}

func (a *applications) of(appID string) app.Metadata {
	if known, ok := a.metadata[appID]; ok {
		return known
	}
	read, err := a.client.Metadata(a.call.Context(), appID)
	if err != nil {
		read = app.Metadata{ID: appID} // the instance is there all the same
	}
	a.metadata[appID] = read
	return read
}

// substatus is the service owner's label as the reader is to see it: what names a
// text of the application is that text.
func (a *applications) substatus(appID string, s *storage.Substatus) *storage.Substatus {
	if s == nil {
		return nil
	}
	texts, ok := a.texts[appID]
	if !ok {
		var err error
		if texts, err = a.client.Texts(a.call.Context(), appID); err != nil {
			texts = app.Texts{} // then it is shown as it is
		}
		a.texts[appID] = texts
	}
	in := func(key string) string {
		if text, ok := texts.Get(key); ok && key != "" {
			return text.Value
		}
		return key
	}
	return &storage.Substatus{Label: in(s.Label), Description: in(s.Description)}
}
