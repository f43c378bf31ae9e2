package handover

import (
	"fmt"
	"slices"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/expression"
	"github.com/stafett/stafett/app/model"
	"github.com/stafett/stafett/internal/nearest"
	"github.com/stafett/stafett/project"
)

// checker gathers what is wrong with one definition.
type checker struct {
	def      project.Definition
	from, to *app.Folder
	subject  Subject // of the faults that are found now
	position project.Position
	source   *model.Schema // nil when the source has no form, or none was found
	faults   []error
}

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, &Fault{DefinitionID: c.def.ID, Subject: c.subject, Position: c.position, Message: fmt.Sprintf(format, args...)})
}

func (c *checker) applications() {
	if c.from.ID != c.def.From {
		c.fault("it is from %s, but the folder of the original application holds %s", c.def.From, c.from.ID)
	}
	if c.to.ID != c.def.To {
		c.fault("it is to %s, but the folder of the receiving application holds %s", c.def.To, c.to.ID)
	}
}

// sourceForm finds the form data that mappings and conditions read: the only
// one, else the one that is made automatically.
func (c *checker) sourceForm(d *Definition) {
	forms := forms(c.from, func(t app.DataType) bool { return true })
	if len(forms) > 1 {
		if automatic := slices.DeleteFunc(slices.Clone(forms), notAutomatic); len(automatic) > 0 {
			forms = automatic
		}
	}
	if len(forms) == 0 {
		return
	}
	d.sourceForm = forms[0].ID
	c.source = c.from.Models[d.sourceForm]
}

// targetForm finds the form data that is filled in: what the first task makes
// automatically.
func (c *checker) targetForm(d *Definition) {
	if len(c.def.Prefill) == 0 && !c.def.CopyModel {
		return
	}
	first := ""
	if e, err := c.to.Process.Next(c.to.Process.Start(), nil); err == nil {
		first = e.ID
	}
	forms := forms(c.to, func(t app.DataType) bool { return t.AppLogic.AutoCreate && (first == "" || t.TaskID == first) })
	switch {
	case len(forms) == 0:
		c.fault("%s makes no form data in its first task, so there is nothing to prefill", c.to.ID)
		return
	case len(forms) > 1:
		c.fault("%s makes %d kinds of form data in its first task; prefill needs exactly one", c.to.ID, len(forms))
		return
	}
	form := forms[0]
	if d.schema = c.to.Models[form.ID]; d.schema == nil {
		c.fault("%s has no data model (models/*.schema.json) for its form data %s", c.to.ID, form.ID)
		return
	}
	d.targetForm = form.ID
	switch {
	case form.AllowsContentType(xmlType):
		d.contentType = xmlType
	case form.AllowsContentType(jsonType):
		d.contentType = jsonType
	default:
		c.fault("%s allows neither %s nor %s for its form data %s", c.to.ID, xmlType, jsonType, form.ID)
	}
}

func forms(f *app.Folder, keep func(app.DataType) bool) []app.DataType {
	var forms []app.DataType
	for _, t := range f.Metadata.DataTypes {
		if t.IsFormData() && keep(t) {
			forms = append(forms, t)
		}
	}
	return forms
}

func notAutomatic(t app.DataType) bool { return !t.AppLogic.AutoCreate }

func (c *checker) expression(what string, e expression.Expression) {
	for _, path := range e.Paths() {
		if c.source == nil {
			c.fault("%s: %s has no form data, so there is no %s", what, c.from.ID, path)
		} else if _, ok := c.source.Field(path); !ok {
			c.fault("%s: the form data of %s has no field %s%s", what, c.from.ID, path, suggest(path, c.source))
		}
	}
}

// suggest ends a message with the field that was probably meant.
func suggest(path string, s *model.Schema) string {
	var fields []string
	for _, f := range s.Fields() {
		if f.Type != model.Object {
			fields = append(fields, f.Path)
		}
	}
	return didYouMean(path, fields)
}

// didYouMean ends a message with the known name nearest to the one given, if
// there is a near one.
func didYouMean(given string, known []string) string {
	name, ok := nearest.Name(given, known)
	if !ok {
		return ""
	}
	return "; did you mean " + name + "?"
}
