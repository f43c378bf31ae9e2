package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/model"
)

// definition reads what an application tells of itself. Applications answer with
// files of theirs as text, or, to those who accept nothing but JSON, as a string
// in JSON; nil means that there is no such file (204 or 404).
func (c *Client) definition(ctx context.Context, what, appID string, query []string, parts ...string) ([]byte, error) {
	address, err := c.appAddress(appID, parts...)
	if err != nil {
		return nil, err
	}
	body, err := c.read(ctx, request{operation: "read " + what, method: http.MethodGet, address: withQuery(address, query...)})
	var refused *Error
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return nil, nil
	}
	if err != nil || len(body) == 0 {
		return nil, err
	}
	var quoted string
	if bytes.HasPrefix(body, []byte(`"`)) && json.Unmarshal(body, &quoted) == nil {
		body = []byte(quoted)
	}
	return body, nil
}

// parsed reads a definition with the reader of its file; false means that there
// is none.
func parsed[T any](data []byte, what string, parse func([]byte) (T, error)) (T, bool, error) {
	var none T
	if data == nil {
		return none, false, nil
	}
	value, err := parse(data)
	if err != nil {
		return none, false, fmt.Errorf("read %s of the application: %w", what, err)
	}
	return value, true, nil
}

// Metadata reads the application's metadata.
func (c *Client) Metadata(ctx context.Context, appID string) (app.Metadata, error) {
	data, err := c.definition(ctx, "metadata", appID, nil, "api", "v1", "applicationmetadata")
	if err != nil {
		return app.Metadata{}, err
	}
	metadata, ok, err := parsed(data, "metadata", app.ParseMetadata)
	if err == nil && !ok {
		err = fmt.Errorf("read metadata: there is no application %s", appID)
	}
	return metadata, err
}

// Form reads the layouts that a task shows; false means that it shows none. The
// data type is empty if no file names it.
func (c *Client) Form(ctx context.Context, appID, taskID string) (app.LayoutSet, bool, error) {
	data, err := c.definition(ctx, "layout sets", appID, nil, "api", "layoutsets")
	if err != nil {
		return app.LayoutSet{}, false, err
	}
	sets, listed, err := parsed(data, "layout sets", app.ParseLayoutSets)
	if err != nil {
		return app.LayoutSet{}, false, err
	}
	if listed {
		i := slices.IndexFunc(sets, func(s app.LayoutSet) bool { return slices.Contains(s.Tasks, taskID) })
		if i < 0 {
			return app.LayoutSet{}, false, nil
		}
		return c.layoutSet(ctx, appID, sets[i])
	}
	// Without a list, a set is named after its task, or is the only one.
	set, found, err := c.layoutSet(ctx, appID, app.LayoutSet{ID: taskID, Tasks: []string{taskID}})
	if err != nil || found {
		return set, found, err
	}
	return c.layoutSet(ctx, appID, app.LayoutSet{Tasks: []string{taskID}})
}

// layoutSet reads the pages of a set.
func (c *Client) layoutSet(ctx context.Context, appID string, set app.LayoutSet) (app.LayoutSet, bool, error) {
	below := func(kind string) []string {
		if set.ID == "" {
			return []string{"api", kind}
		}
		return []string{"api", kind, set.ID}
	}
	data, err := c.definition(ctx, "layout settings", appID, nil, below("layoutsettings")...)
	if err != nil {
		return set, false, err
	}
	settings, _, err := parsed(data, "layout settings", app.ParseLayoutSettings)
	if err != nil {
		return set, false, err
	}
	set.SettingsJSON = data
	if settings.DefaultDataType != "" {
		set.DataType = settings.DefaultDataType
	}
	if data, err = c.definition(ctx, "layouts", appID, nil, below("layouts")...); err != nil || data == nil {
		return set, false, err
	}
	if err := json.Unmarshal(data, &set.Layouts); err != nil {
		return set, false, fmt.Errorf("read layouts of the application: %w", err)
	}
	if set.Pages, err = app.ParseLayouts(data, settings.Order); err != nil {
		return set, false, fmt.Errorf("read layouts of the application: %w", err)
	}
	return set, len(set.Pages) > 0, nil
}

// Texts reads the application's texts in the client's language. What it lacks
// there is taken from bokmål, and what is lacking there too, from English.
func (c *Client) Texts(ctx context.Context, appID string) (app.Texts, error) {
	merged := app.Texts{Language: c.Language}
	known := map[string]bool{}
	var asked []string
	for _, language := range []string{c.Language, "nb", "en"} {
		if language == "" || slices.Contains(asked, language) {
			continue
		}
		asked = append(asked, language)
		data, err := c.definition(ctx, "texts", appID, nil, "api", "v1", "texts", language)
		if err != nil {
			return app.Texts{}, err
		}
		texts, _, err := parsed(data, "texts", app.ParseTexts)
		if err != nil {
			return app.Texts{}, err
		}
		for _, text := range texts.Resources {
			if !known[text.ID] {
				known[text.ID] = true
				merged.Resources = append(merged.Resources, text)
			}
		}
	}
	return merged, nil
}

// Options reads a list of options: the application's, or else one that it makes
// for this instance, if an id is given. No such list is an [*Error] with status
// 404.
func (c *Client) Options(ctx context.Context, appID, instanceID, optionsID string) ([]app.Option, error) {
	query := []string{"language", c.Language}
	data, err := c.definition(ctx, "options", appID, query, "api", "options", optionsID)
	if err != nil {
		return nil, err
	}
	if data == nil && instanceID != "" {
		address, err := c.instanceAddress(appID, instanceID, "options", optionsID)
		if err != nil {
			return nil, err
		}
		data, err = c.read(ctx, request{operation: "read options", method: http.MethodGet, address: withQuery(address, query...)})
		if err != nil {
			return nil, err
		}
	}
	options, ok, err := parsed(data, "options", app.ParseOptions)
	if err == nil && !ok {
		err = &Error{
			Operation: "read options", Method: http.MethodGet, URLPath: "/" + appID + "/api/options/" + optionsID,
			Status: http.StatusNotFound, Detail: "the application has no options " + optionsID,
		}
	}
	return options, err
}

// Schema reads the data model of a data type.
func (c *Client) Schema(ctx context.Context, appID, dataType string) (*model.Schema, error) {
	data, err := c.definition(ctx, "data model", appID, nil, "api", "jsonschema", dataType)
	if err != nil {
		return nil, err
	}
	schema, ok, err := parsed(data, "data model", model.ParseSchema)
	if err == nil && !ok {
		err = fmt.Errorf("read data model: %s has none for the data type %s", appID, dataType)
	}
	return schema, err
}
