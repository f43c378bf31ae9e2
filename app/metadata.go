package app

// Metadata is config/applicationmetadata.json. Members that Stafett has no use
// for are left out; [Folder.MetadataJSON] has the whole file.
type Metadata struct {
	ID                         string            `json:"id"`
	Org                        string            `json:"org"`
	Title                      map[string]string `json:"title"`
	DataTypes                  []DataType        `json:"dataTypes"`
	PartyTypesAllowed          PartyTypes        `json:"partyTypesAllowed"`
	PresentationFields         []Field           `json:"presentationFields"`
	DataFields                 []Field           `json:"dataFields"`
	AutoDeleteOnProcessEnd     bool              `json:"autoDeleteOnProcessEnd"`
	DisallowUserInstantiation  bool              `json:"disallowUserInstantiation"`
	PreventInstanceDeletionFor int               `json:"preventInstanceDeletionForDays"` // days; 0 = not prevented
	CopyInstance               *CopyInstance     `json:"copyInstanceSettings"`
	OnEntry                    *OnEntry          `json:"onEntry"`
	MessageBox                 *MessageBox       `json:"messageBoxConfig"`
}

// Field copies one value of the form data to an instance
// (presentationTexts or dataValues).
type Field struct {
	ID         string `json:"id"`
	Path       string `json:"path"`
	DataTypeID string `json:"dataTypeId"`
}

// CopyInstance is copyInstanceSettings.
type CopyInstance struct {
	Enabled            bool     `json:"enabled"`
	ExcludedDataTypes  []string `json:"excludedDataTypes"`
	ExcludedDataFields []string `json:"excludedDataFields"`
	IncludeAttachments bool     `json:"includeAttachments"`
}

// OnEntry tells what a user meets first: "new-instance", "select-instance", or
// the id of a stateless layout set.
type OnEntry struct {
	Show string `json:"show"`
}

// MessageBox is messageBoxConfig.
type MessageBox struct {
	HideSettings *HideSettings `json:"hideSettings"`
}

// HideSettings hides instances from the inbox, always or in some tasks.
type HideSettings struct {
	HideAlways bool     `json:"hideAlways"`
	HideOnTask []string `json:"hideOnTask"`
}

// DataType returns the data type with the given id. Case matters.
func (m Metadata) DataType(id string) (DataType, bool) {
	for _, t := range m.DataTypes {
		if t.ID == id {
			return t, true
		}
	}
	return DataType{}, false
}
