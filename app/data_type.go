package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// PDFDataType is the id of the data type in which the platform keeps the PDF
// that it makes of a form.
const PDFDataType = "ref-data-as-pdf"

// DataType describes one kind of data that an instance may hold.
type DataType struct {
	ID                  string            `json:"id"`
	Description         map[string]string `json:"description"`
	AllowedContentTypes []string          `json:"allowedContentTypes"`
	// AllowedContributors is read from both spellings in use
	// (allowedContributors, allowedContributers). Entries are "app:owned",
	// "org:{code}" and "orgno:{number}"; empty means no restriction.
	AllowedContributors   []string  `json:"allowedContributors"`
	ActionRequiredToRead  string    `json:"actionRequiredToRead"`
	ActionRequiredToWrite string    `json:"actionRequiredToWrite"`
	AppLogic              *AppLogic `json:"appLogic"`
	TaskID                string    `json:"taskId"`
	MaxSize               *int      `json:"maxSize"` // MiB; nil = no limit
	MaxCount              int       `json:"maxCount"`
	MinCount              int       `json:"minCount"`
	Grouping              string    `json:"grouping"`
	EnablePDFCreation     *bool     `json:"enablePdfCreation"` // nil means true
	EnableFileScan        bool      `json:"enableFileScan"`
	BlockOnPendingScan    bool      `json:"validationErrorOnPendingFileScan"`
	EnabledFileAnalysers  []string  `json:"enabledFileAnalysers"`
	EnabledFileValidators []string  `json:"enabledFileValidators"`
}

// AppLogic marks a data type as form data.
type AppLogic struct {
	AutoCreate                bool   `json:"autoCreate"`
	ClassRef                  string `json:"classRef"`
	SchemaRef                 string `json:"schemaRef"`
	AllowAnonymousOnStateless bool   `json:"allowAnonymousOnStateless"`
	AutoDeleteOnProcessEnd    bool   `json:"autoDeleteOnProcessEnd"`
	DisallowUserCreate        bool   `json:"disallowUserCreate"`
	DisallowUserDelete        bool   `json:"disallowUserDelete"`
	AllowInSubform            bool   `json:"allowInSubform"`
}

// UnmarshalJSON implements [json.Unmarshaler]. It joins the two spellings of
// allowedContributors.
func (t *DataType) UnmarshalJSON(data []byte) error {
	type plain DataType // without this method
	var older struct {
		Contributers []string `json:"allowedContributers"`
	}
	if err := errors.Join(json.Unmarshal(data, (*plain)(t)), json.Unmarshal(data, &older)); err != nil {
		return fmt.Errorf("data type %q: %w", t.ID, misfit(err))
	}
	for _, c := range older.Contributers {
		if !slices.Contains(t.AllowedContributors, c) {
			t.AllowedContributors = append(t.AllowedContributors, c)
		}
	}
	return nil
}

// IsFormData reports whether the data type holds form data, that is, has a
// class.
func (t DataType) IsFormData() bool { return t.AppLogic != nil && t.AppLogic.ClassRef != "" }

// AllowsContentType reports whether data of a media type may be stored. Only
// the text before ';' counts and case matters, as in Altinn; an empty list, and
// one with application/octet-stream, allow anything.
func (t DataType) AllowsContentType(mediaType string) bool {
	if len(t.AllowedContentTypes) == 0 || slices.Contains(t.AllowedContentTypes, "application/octet-stream") {
		return true
	}
	bare, _, _ := strings.Cut(mediaType, ";")
	return slices.Contains(t.AllowedContentTypes, strings.TrimSpace(bare))
}

// MaxBytes returns the largest permitted size of one element in bytes; false
// means that the application sets no limit.
func (t DataType) MaxBytes() (int64, bool) {
	if t.MaxSize == nil {
		return 0, false
	}
	return int64(*t.MaxSize) << 20, true
}

// MakesPDF reports whether the platform makes a PDF of the form when its task ends.
func (t DataType) MakesPDF() bool { return t.EnablePDFCreation == nil || *t.EnablePDFCreation }
