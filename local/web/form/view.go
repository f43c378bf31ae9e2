package form

import (
	"html/template"
	"net/url"
)

// Page is one page that is shown.
type Page struct {
	Name  string // of the layout
	Title string // as people read it
}

// View is a page as it is shown for a state.
type View struct {
	Name, Title string
	// Components in order. Buttons are none: Previous, Next and Submit tell
	// which there are.
	Components []Component
	// Previous and Next name the pages before and after; empty if none.
	Previous, Next string
	// PreviousText, NextText and SubmitText are the application's own words on
	// the buttons. SubmitText is empty where the page cannot be sent in; the
	// other two where the application has no words of its own.
	PreviousText, NextText, SubmitText string
	// ValidateOnNext tells that the page must be without errors before the next
	// is shown.
	ValidateOnNext bool
	Number, Of     int // this page, counted from 1, and how many there are
}

// Kind tells how a component is shown.
type Kind string

// The kinds of components.
const (
	KindHeading   Kind = "heading"   // Label at Level
	KindParagraph Kind = "paragraph" // Label as a text of several blocks
	KindInput     Kind = "input"     // one line: Type, InputMode, Prefix, Suffix, MaxLength …
	KindTextArea  Kind = "textarea"  // several lines
	KindDate      Kind = "date"      // a date as people write it, dd.mm.yyyy
	KindCheckbox  Kind = "checkboxes"
	KindRadio     Kind = "radios"
	KindDropdown  Kind = "dropdown"
	KindMultiple  Kind = "multiselect"
	KindFiles     Kind = "files"     // Files, Upload
	KindRepeating Kind = "repeating" // Rows, CanAdd, AddText
	KindGroup     Kind = "group"     // Components, in a fieldset if there is a label
	KindDetails   Kind = "details"   // Components, below a summary that opens them
	KindSummary   Kind = "summary"   // Items
	KindAlert     Kind = "alert"     // Label, Description; Variant
	KindValue     Kind = "value"     // LabelText and Value, nothing to fill in
	KindAction    Kind = "action"    // LabelText on a button that takes the step Action of the process
	KindPayment   Kind = "payment"   // where the payment of the task is shown
	KindUnknown   Kind = "unknown"   // TypeName: what it is, not rendered
	KindFaulty    Kind = "faulty"    // Faults: why it cannot be filled in, or why a page is not as it should be
)

// Component is one component as it is shown.
type Component struct {
	ID   string // on the page, with the index of each row
	Kind Kind
	Name string // of the control in the form that is posted
	// Label, Description and Help are safe HTML made of the application's
	// Markdown: Label is for the inside of a line, the others are blocks. Empty
	// if the application has none.
	Label, Description, Help template.HTML
	LabelText                string // Label without markup; empty only for a group without a title
	// Value is what is in the control, or the one that is chosen.
	Value string
	// Shown, in a hidden field of the name ShownName, tells [Form.Read] what the
	// page held when it was shown: what the person has not touched is left as
	// it has become since. ShownName is empty where nothing is posted.
	Shown, ShownName string
	Choices          []Choice

	Required, ReadOnly bool
	// Optional tells that neither the layout nor the data model ever demands an
	// answer: a field that the model demands where its group is begun is neither
	// Required nor Optional before that.
	Optional       bool
	Type           string // of an input: text, email, tel, password
	InputMode      string // numeric, decimal, email, tel; empty if plain
	Autocomplete   string
	Prefix, Suffix string
	Format         string // how a date is written, in the reader's language: "dd.mm.åååå"
	MaxLength      int    // characters; 0 = no limit

	Errors   []string // in the order in which they were found
	Warnings []string // and other remarks that do not hinder sending in

	// Faults are the application's mistakes, of what is drawn as faulty.
	Faults []Fault

	Level      int         // of a heading: 2 to 4
	Variant    string      // of an alert: info, success, warning, danger
	Open       bool        // of details
	Components []Component // of a group or details

	Rows      []Row
	CanAdd    bool
	AddText   string // the application's words; empty if none
	Full      bool   // there are as many rows as there can be
	CanRemove bool

	Files  []File
	Upload Upload
	// CanUpload tells whether there is room for one more file.
	CanUpload bool

	Items []Item // of a summary

	Action string // of the process, by a button

	TypeName string // as the layout names the component
	Half     bool   // shares its line with another where there is room
}

// Choice is one option of a component.
type Choice struct {
	Value             string
	Label             template.HTML
	LabelText         string
	Description, Help template.HTML
	Checked           bool
}

// Row is one row of a repeating group.
type Row struct {
	Index      int // in the data, counted from 0
	Legend     string
	Components []Component
}

// Upload is what files a component takes.
type Upload struct {
	DataType           string
	Accept             string // for the attribute accept: ".pdf,.png"
	Endings            []string
	ContentTypes       []string
	MaxBytes           int64 // of one file; 0 = no limit
	MinCount, MaxCount int   // MaxCount 0 = no limit
}

// Item is one answer, as summaries show it.
type Item struct {
	Label string
	Value string // several lines where the answer has; empty if nothing is filled in
	Rows  []Section
	Items []Item // of a group
	Files []File
	// IsFiles tells that the answer is files, also when there are none.
	IsFiles bool
	// Page and Component tell where the answer is changed.
	Page, Component string
	// CanChange tells that there is a control for it that is not read-only.
	CanChange bool
}

// Section is the answers of one page, or of one row.
type Section struct {
	Name  string // of the page; empty for a row
	Title string
	Items []Item
}

// Show tells which of a page's shortcomings are shown.
type Show int

// The extents.
const (
	ShowNone    Show = iota // only those that are given
	ShowEntered             // also what is wrong with values that are filled in
	ShowAll                 // also what is missing
)

// Entry is what was typed last and what was found wrong with it.
type Entry struct {
	// Values that were posted: those that could not be accepted are shown again
	// as they were typed.
	Values url.Values
	Issues []Issue
	Show   Show
}

// Severities of an issue, as the application's own API numbers them.
const (
	SeverityError   = 1
	SeverityWarning = 2
	SeverityInfo    = 3
	SeveritySuccess = 5
)

// Issue is something wrong with the form.
type Issue struct {
	Page      string // empty if no page that is shown has it
	Component string // id on the page; empty if none shows it
	Field     string // path in the data model with indices; empty if it is about none
	Text      string // a sentence in the reader's language
	Severity  int
	// Missing tells that nothing is filled in where something must be.
	Missing bool
	// Unread tells that what was typed cannot be a value of the field. The data
	// hold another value, so nothing else is said of the field.
	Unread bool
}

// BackendIssue is an issue that the application has found.
type BackendIssue struct {
	Severity    int
	Field       string // path in the data model, or a data type
	Code        string
	Description string
	Source      string
	TextKey     string // of a text resource; may be empty
	// TextParams are what variables of that text with the data source
	// customTextParameters stand for, by their keys.
	TextParams map[string]string
}
