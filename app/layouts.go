package app

import (
	"encoding/json"
	"errors"
	"fmt"
)

// LayoutSet is the form of one or more tasks: a folder below ui/.
type LayoutSet struct {
	ID       string   // name of the folder; empty for layouts directly below ui/
	DataType string   // the data type that the components are bound to; may be empty
	Tasks    []string // ids of the tasks that show it
	Pages    []Page   // in the order in which they are shown

	// Layouts are all files of layouts/ as JSON, by name: those of Pages, and
	// those that Settings.json names nowhere. SettingsJSON is Settings.json; nil
	// if there is none.
	Layouts      map[string]json.RawMessage
	SettingsJSON []byte

	file string // where DataType and Tasks are said
}

// Page is one page of a layout set.
type Page struct {
	Name       string
	Hidden     json.RawMessage // boolean or expression; nil = shown
	Components []Component     // flat, as written: groups name their children
}

// Component is one component of a page.
type Component struct {
	ID   string
	Type string
	// DataModelBinding gives the path in the model for each binding name, such
	// as simpleBinding or group.
	DataModelBinding map[string]string
	TextBindings     map[string]json.RawMessage // text id (a JSON string) or expression
	Children         []string                   // ids of the components inside a group
	Hidden           json.RawMessage            // boolean or expression; nil = shown
	Required         json.RawMessage            // boolean or expression; nil = not required
	ReadOnly         json.RawMessage            // boolean or expression; nil = can be written
	Options          []Option                   // written in the component
	OptionsID        string                     // or the id of an option list
	MinFiles         int
	MaxFiles         int
	Raw              json.RawMessage // the whole component
}

// Option is one choice of a component with options. Texts are ids of text
// resources, or the text itself.
type Option struct {
	Value       any    `json:"value"` // string, float64, bool or nil
	Label       string `json:"label"`
	Description string `json:"description,omitempty"`
	HelpText    string `json:"helpText,omitempty"`
}

// UnmarshalJSON implements [json.Unmarshaler].
func (c *Component) UnmarshalJSON(data []byte) error {
	var in struct {
		ID       string                     `json:"id"`
		Type     string                     `json:"type"`
		Bindings map[string]json.RawMessage `json:"dataModelBindings"`
		Texts    map[string]json.RawMessage `json:"textResourceBindings"`
		Children []string                   `json:"children"`
		Hidden   json.RawMessage            `json:"hidden"`
		Required json.RawMessage            `json:"required"`
		ReadOnly json.RawMessage            `json:"readOnly"`
		Options  []Option                   `json:"options"`
		List     string                     `json:"optionsId"`
		MinFiles int                        `json:"minNumberOfAttachments"`
		MaxFiles int                        `json:"maxNumberOfAttachments"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("component %q: %w", in.ID, misfit(err))
	}
	*c = Component{
		ID: in.ID, Type: in.Type, TextBindings: in.Texts, Children: in.Children, Hidden: in.Hidden, Required: in.Required,
		ReadOnly: in.ReadOnly, Options: in.Options, OptionsID: in.List, MinFiles: in.MinFiles, MaxFiles: in.MaxFiles,
		Raw: append(json.RawMessage(nil), data...),
	}
	for name, raw := range in.Bindings {
		path, err := bindingPath(raw)
		if err != nil {
			return fmt.Errorf("component %q: data model binding %q: %w", in.ID, name, err)
		}
		if c.DataModelBinding == nil {
			c.DataModelBinding = map[string]string{}
		}
		c.DataModelBinding[name] = path
	}
	return nil
}

// bindingPath reads a binding: a path, or an object with a field and a data type.
func bindingPath(raw json.RawMessage) (string, error) {
	var path string
	if json.Unmarshal(raw, &path) == nil {
		return path, nil
	}
	var reference struct {
		Field string `json:"field"`
	}
	if err := json.Unmarshal(raw, &reference); err != nil {
		return "", errors.New("it is neither a path nor an object with a field")
	}
	return reference.Field, nil
}
