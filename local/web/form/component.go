package form

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/expression"
	"github.com/stafett/stafett/app/model"
)

// page is one page of the layout, read.
type page struct {
	name     string
	hidden   expression.Expression
	all, top []*component // all of them, as written; those in no other
	problems []problem
}

// component is one component of the layout, read.
type component struct {
	app.Component
	properties
	kind     Kind
	page     *page
	parent   *component // nil at the top of a page
	children []*component

	bound    map[string]model.Field // by the name of the binding; Path is as the data model writes it
	texts    map[string]expression.Expression
	hidden   expression.Expression
	required expression.Expression
	readOnly expression.Expression
	rowGone  expression.Expression // hiddenRow
	mayAdd   expression.Expression // edit.addButton
	mayDrop  expression.Expression // edit.deleteButton
	filter   expression.Expression // optionFilter
	shows    expression.Expression // value, of a component that only displays
	minDate  expression.Expression
	maxDate  expression.Expression
	problems []problem
}

// kinds gives the kind of each type of component that is rendered. Buttons are
// not: the page has them.
var kinds = map[string]Kind{
	"Header": KindHeading, "Heading": KindHeading,
	"Paragraph": KindParagraph,
	"Input":     KindInput,
	"TextArea":  KindTextArea, "Textarea": KindTextArea,
	"Datepicker": KindDate, "DatePicker": KindDate,
	"Checkboxes":   KindCheckbox,
	"RadioButtons": KindRadio,
	"Dropdown":     KindDropdown, "DropDown": KindDropdown,
	"MultipleSelect": KindMultiple,
	"FileUpload":     KindFiles, "FileUploadWithTag": KindFiles,
	"RepeatingGroup": KindRepeating,
	"Group":          KindGroup, "AccordionGroup": KindGroup, "Grid": KindGroup, "Tabs": KindGroup, "Cards": KindGroup,
	"Accordion": KindDetails,
	"Address":   KindGroup, "AddressComponent": KindGroup,
	"Summary": KindSummary, "Summary2": KindSummary,
	"Panel": KindAlert, "Alert": KindAlert,
	"Number": KindValue, "Text": KindValue, "Date": KindValue,
	"Button": kindButton, "NavigationButtons": kindButton, "ButtonGroup": kindButton,
	"ActionButton": KindAction, "Payment": KindPayment,
	"NavigationBar": kindNothing, // the page tells itself where in the form it is
}

// spelt gives a type of component as it is spelt above. Applications may write it in any
// case of letters (app-frontend-react, src/features/form/layout/cleanLayout.ts).
func spelt(written string) string {
	if _, ok := kinds[written]; ok {
		return written
	}
	for _, known := range slices.Sorted(maps.Keys(kinds)) {
		if strings.EqualFold(known, written) {
			return known
		}
	}
	return written
}

// Kinds that no component of a view has.
const (
	kindButton  Kind = "button"
	kindNothing Kind = "nothing"
)

// properties are what the components say beside what [app.Component] reads.
type properties struct {
	Size           string         `json:"size"` // of a heading
	MaxLength      int            `json:"maxLength"`
	Autocomplete   string         `json:"autocomplete"`
	Variant        string         `json:"variant"`  // of an input
	Severity       string         `json:"severity"` // of an alert
	Formatting     formatting     `json:"formatting"`
	Grid           gridSize       `json:"grid"`
	TimeStamp      *bool          `json:"timeStamp"` // nil means true
	MinCount       int            `json:"minCount"`
	MaxCount       int            `json:"maxCount"` // 0 = no limit
	Simplified     *bool          `json:"simplified"`
	OpenByDefault  bool           `json:"openByDefault"`
	MaxFileSize    float64        `json:"maxFileSizeInMB"`
	CustomEndings  bool           `json:"hasCustomFileEndings"`
	FileEndings    textList       `json:"validFileEndings"`
	Mode           string         `json:"mode"`         // of a button
	Action         string         `json:"action"`       // of a button that ends the task by one
	ComponentRef   string         `json:"componentRef"` // of a summary
	Target         *summaryTarget `json:"target"`
	HideEmpty      bool           `json:"hideEmptyFields"`
	ValidateOnNext any            `json:"validateOnNext"`
	MadeOf         map[string]any `json:"source"` // of options that are made of rows
}

// summaryTarget is what a Summary2 shows.
type summaryTarget struct {
	Type   string `json:"type"` // component, page or layoutSet
	ID     string `json:"id"`
	TaskID string `json:"taskId"`
}

type gridSize struct {
	Medium any `json:"md"` // "auto" or a number of twelfths
}

// isPart reports whether the component shares its line with others.
func (g gridSize) isPart() bool {
	n, ok := g.Medium.(float64)
	return ok && n > 0 && n < 12
}

// textList is a list of texts, or one text with commas.
type textList []string

// UnmarshalJSON implements [json.Unmarshaler].
func (l *textList) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*l = splitList(one)
		return nil
	}
	return json.Unmarshal(data, (*[]string)(l))
}

// pageOfChild is what multiPage groups write before the id of a child.
var pageOfChild = regexp.MustCompile(`^[0-9]+:`)

// childIDs lists the components inside one, whatever the type calls them.
func childIDs(c app.Component) []string {
	var more struct {
		Tabs []struct {
			Children []string `json:"children"`
		} `json:"tabs"`
		Cards []struct {
			Media    string   `json:"media"`
			Children []string `json:"children"`
		} `json:"cards"`
		Rows []struct {
			Cells []*struct {
				Component string `json:"component"`
			} `json:"cells"`
		} `json:"rows"`
	}
	// What another type means by these names is none of its children.
	if c.Type == "Tabs" || c.Type == "Cards" || c.Type == "Grid" {
		_ = json.Unmarshal(c.Raw, &more)
	}
	var ids []string
	for _, id := range c.Children {
		ids = append(ids, pageOfChild.ReplaceAllString(id, ""))
	}
	for _, t := range more.Tabs {
		ids = append(ids, t.Children...)
	}
	for _, card := range more.Cards {
		ids = append(append(ids, card.Media), card.Children...)
	}
	for _, r := range more.Rows {
		for _, cell := range r.Cells {
			if cell != nil {
				ids = append(ids, cell.Component)
			}
		}
	}
	return ids
}
