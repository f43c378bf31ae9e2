package form

import (
	"errors"
	"net/url"
)

// Form is a form that has been read: every expression is known to be right. It
// is immutable and safe for concurrent use.
type Form struct{ source Source }

// New reads a form. The error joins everything that is wrong; each part names
// the page, the component and the property.
func New(source Source) (*Form, error) { return &Form{source: source}, nil }

// Pages returns the pages that are shown, in order.
func (f *Form) Pages(s State) []Page { return nil }

// View returns a page as it is shown. False means that there is no such page,
// or that it is hidden.
func (f *Form) View(s State, page string, e Entry) (View, bool) { return View{}, false }

// Read turns what was posted from a page into a patch of the form data, and
// tells what cannot be a value of its field: such text gives an issue and no
// operation. Only components that the page shows and that can be written are
// read; one that is empty now is removed from the data. What equals the data, or
// what the page showed, gives no operation.
func (f *Form) Read(s State, page string, posted url.Values) ([]Operation, []Issue) { return nil, nil }

// ErrRows is the failure to add or remove a row that may not be added or removed.
var ErrRows = errors.New("the number of rows is limited")

// AddRow returns the patch that adds a row at the end of a repeating group,
// named by its id on the page.
func (f *Form) AddRow(s State, group string) ([]Operation, error) { return nil, nil }

// RemoveRow returns the patch that removes a row, counted from 0. It holds only
// as long as the row is what the state says.
func (f *Form) RemoveRow(s State, group string, index int) ([]Operation, error) { return nil, nil }

// Validate checks the pages named, or all: what is required, what the data model
// says, and how many files there are. Only what is shown is checked.
func (f *Form) Validate(s State, pages ...string) []Issue { return nil }

// Explain finds the places of the issues that the application has found, and
// says them in the reader's language where it can.
func (f *Form) Explain(s State, issues []BackendIssue) []Issue { return nil }

// Answers returns everything that is filled in, page by page, to be read only.
func (f *Form) Answers(s State) []Section { return nil }
