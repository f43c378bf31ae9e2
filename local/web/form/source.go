package form

import (
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/model"
)

// Source is what an application says of one of its forms.
type Source struct {
	AppID string // "{org}/{app}"
	// Set is the layout set of the task.
	Set app.LayoutSet
	// Texts are the text resources in the language of the reader.
	Texts app.Texts
	// Options are the option lists, by id.
	Options map[string][]app.Option
	// Schema is the data model; without one, every field is a text.
	Schema *model.Schema
	// DataTypes are those of the application: they limit files.
	DataTypes []app.DataType
}

// State is what a form holds at one time, and who looks at it. It is only read.
type State struct {
	// Data is the form data as the application answers it: decoded JSON with
	// numbers as json.Number.
	Data     map[string]any
	Instance Instance
	Files    []File
	// Actions are what the person may do in the task, such as read and write.
	Actions map[string]bool
	// Write tells whether the form can be changed. Otherwise all is read-only.
	Write bool
	// Language is "nb", "nn" or "en"; anything else means "nb".
	Language string
	// Now decides what "today" is, in Norway.
	Now time.Time
}

// Instance is what expressions and texts may ask of the instance.
type Instance struct {
	ID           string // "{party}/{guid}"
	AppID        string // "{org}/{app}"
	OwnerPartyID string
	OwnerName    string
	OwnerType    string // person, org, selfIdentified or unknown
}

// File is a data element that is a file.
type File struct {
	ID          string // GUID of the data element
	DataType    string
	Name        string
	ContentType string
	Size        int64 // bytes
}

// Operation is one operation of a JSON Patch (RFC 6902).
type Operation struct {
	Op    string `json:"op"` // add, remove or test
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}
