package handover

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/expression"
	"github.com/stafett/stafett/app/model"
	"github.com/stafett/stafett/project"
)

// Definition is a definition of stafett.yaml that has been checked against both
// applications. It is immutable and safe for concurrent use.
type Definition struct {
	id                      string
	from, to                string
	rules                   []project.RecipientRule
	condition               *expression.Expression
	since                   time.Time
	adopts                  []string
	confirm                 bool
	test                    bool
	visibleAfter, dueBefore project.Period

	toOrganisations bool // they may own receiving instances

	sourceForm  string // data type of the source's form data; empty if it has none
	mappings    []mapping
	attachments []attachment

	targetForm  string // data type of the receiving form data; empty if none is sent
	contentType string // of the receiving form data
	schema      *model.Schema
}

// ID returns the definition's immutable id.
func (d *Definition) ID() string { return d.id }

// From returns the id of the original application.
func (d *Definition) From() string { return d.from }

// To returns the id of the receiving application.
func (d *Definition) To() string { return d.to }

// Since returns the time before which sweeps leave ended forms alone.
func (d *Definition) Since() time.Time { return d.since }

// Confirms reports whether the source is confirmed when its handover is done.
func (d *Definition) Confirms() bool { return d.confirm }

// Adopts returns the ids that the definition had before, the oldest first.
func (d *Definition) Adopts() []string { return slices.Clone(d.adopts) }

// ids are all ids by which records can know the definition.
func (d *Definition) ids() []string { return append([]string{d.id}, d.adopts...) }

// IsTest reports whether the definition hands over in test mode, to the
// recipient of the tests and under keys of their own.
func (d *Definition) IsTest() bool { return d.test }

// Subject is what a [Fault] is about. The values are stable.
type Subject string

// The subjects.
const (
	AboutApplications    Subject = "applications"     // which applications the folders hold
	AboutFields          Subject = "fields"           // what is read of the form, and what is filled in
	AboutAttachments     Subject = "attachments"      // data types, with their sizes, counts and content types
	AboutRecipients      Subject = "recipients"       // who may own the new instances
	AboutOriginalPolicy  Subject = "original policy"  // what the organisation may do with the forms
	AboutReceivingPolicy Subject = "receiving policy" // what it may do with the new instances
)

// Fault is one reason why a definition cannot work.
type Fault struct {
	DefinitionID string
	Subject      Subject
	Position     project.Position // in the project file; zero if the definition did not come from one
	Message      string
}

// Error implements error.
func (f *Fault) Error() string {
	if f.Position == (project.Position{}) {
		return fmt.Sprintf("handover %s: %s", f.DefinitionID, f.Message)
	}
	return fmt.Sprintf("handover %s (line %d): %s", f.DefinitionID, f.Position.Line, f.Message)
}

// Check tells whether a definition can work between two applications, as far as
// their folders tell: fields, data types, what the receiving application allows
// and who its policy lets in. The error joins a [*Fault] for each reason why not.
func Check(def project.Definition, from, to *app.Folder) error {
	_, err := Compile(def, from, to)
	return err
}

// Compile checks a definition as [Check] does and makes it ready for use.
func Compile(def project.Definition, from, to *app.Folder) (*Definition, error) {
	c := &checker{def: def, from: from, to: to, position: def.Position}
	d := &Definition{
		id: def.ID, from: def.From, to: def.To,
		rules: slices.Clone(def.Recipients), condition: def.Condition,
		since: def.Since, adopts: slices.Clone(def.Adopts), confirm: def.Confirm,
		visibleAfter: def.VisibleAfter, dueBefore: def.DueBefore,
		toOrganisations: c.toOrganisations(),
	}
	c.subject = AboutApplications
	c.applications()
	c.subject = AboutFields
	c.sourceForm(d)
	c.targetForm(d)
	if def.Condition != nil {
		c.position = def.Position
		c.expression("the condition", *def.Condition)
	}
	c.prefill(d)
	c.subject = AboutAttachments
	for _, a := range def.Attachments {
		c.position = a.Position
		c.attachment(d, a)
	}
	for _, rule := range def.Recipients {
		c.recipientRule(rule)
	}
	c.position = def.Position
	c.policies()
	if len(c.faults) > 0 {
		return nil, errors.Join(c.faults...)
	}
	return d, nil
}
