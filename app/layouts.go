package app

import "encoding/json"

// LayoutSet is the form of one or more tasks: a folder below ui/.
type LayoutSet struct {
	ID       string   // name of the folder
	DataType string   // the data type that the components are bound to; may be empty
	Tasks    []string // ids of the tasks that show it
	Pages    []Page   // in the order in which they are shown
}

// Page is one page of a layout set.
type Page struct {
	Name       string
	Hidden     json.RawMessage // boolean or expression; nil = shown
	Components []Component
}

// Component is one component of a page.
type Component struct {
	ID               string                     `json:"id"`
	Type             string                     `json:"type"`
	DataModelBinding map[string]string          `json:"-"`                    // binding name → path in the model
	TextBindings     map[string]json.RawMessage `json:"textResourceBindings"` // text id or expression
	Children         []string                   `json:"children"`
	Hidden           json.RawMessage            `json:"hidden"`   // boolean or expression; nil = shown
	Required         json.RawMessage            `json:"required"` // boolean or expression
	ReadOnly         json.RawMessage            `json:"readOnly"` // boolean or expression
	Options          []Option                   `json:"options"`
	OptionsID        string                     `json:"optionsId"`
	MinFiles         int                        `json:"minNumberOfAttachments"`
	MaxFiles         int                        `json:"maxNumberOfAttachments"`
	Raw              json.RawMessage            `json:"-"` // the whole component
}

// Option is one choice of a component with options.
type Option struct {
	Value any    `json:"value"` // string, number, boolean or null
	Label string `json:"label"` // text id or text
}
