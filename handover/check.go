package handover

import (
	"fmt"
	"slices"
	"strings"

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
	position project.Position
	source   *model.Schema // nil when the source has no form, or none was found
	faults   []error
}

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, &Fault{DefinitionID: c.def.ID, Position: c.position, Message: fmt.Sprintf(format, args...)})
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

// targetForm finds the form data that prefill is for: what the first task makes
// automatically.
func (c *checker) targetForm(d *Definition) {
	if len(c.def.Prefill) == 0 {
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

func (c *checker) mapping(d *Definition, m project.Mapping) {
	out := mapping{path: m.Path, constant: m.Constant, expression: m.Expression}
	switch {
	case m.Path != "":
		c.path(m.Path)
	case m.Expression != nil:
		c.expression(m.Target, *m.Expression)
	}
	if d.schema == nil {
		return // told already
	}
	target, ok := d.schema.Field(m.Target)
	switch {
	case !ok:
		c.fault("the form data %s of %s has no field %s%s", d.targetForm, c.to.ID, m.Target, suggest(m.Target, d.schema))
		return
	case target.Type == model.Object:
		c.fault("%s is a group; name a field in it", m.Target)
		return
	case repeats(d.schema, target.Path):
		c.fault("%s is in a list; prefill fills single fields", m.Target)
		return
	}
	out.target = target
	if m.Constant != nil {
		if _, err := convert(m.Constant, target); err != nil {
			c.fault("%s: the constant %v %v", m.Target, m.Constant, err)
		}
	}
	d.mappings = append(d.mappings, out)
}

// path checks the path of a source field: there must be one, and of each list
// on the way one item must be named.
func (c *checker) path(path string) {
	if c.source == nil {
		c.fault("%s has no form data, so there is no %s", c.from.ID, path)
		return
	}
	field, ok := c.source.Field(path)
	if !ok {
		c.fault("the form data of %s has no field %s%s", c.from.ID, path, suggest(path, c.source))
		return
	}
	if field.Type == model.Object {
		c.fault("%s is a group; name a field in it", path)
		return
	}
	segments := strings.Split(path, ".")
	for i, s := range segments {
		if f, ok := c.source.Field(strings.Join(segments[:i+1], ".")); ok && f.Repeating && !strings.HasSuffix(s, "]") {
			c.fault("%s is a list in %s; name one item, such as %s[0]", f.Path, c.from.ID, f.Name)
		}
	}
}

func (c *checker) expression(what string, e expression.Expression) {
	for _, path := range e.Paths() {
		if c.source == nil {
			c.fault("%s: %s has no form data, so there is no %s", what, c.from.ID, path)
		} else if _, ok := c.source.Field(path); !ok {
			c.fault("%s: the form data of %s has no field %s%s", what, c.from.ID, path, suggest(path, c.source))
		}
	}
}

// repeats reports whether a field or a group around it is a list.
func repeats(s *model.Schema, path string) bool {
	segments := strings.Split(path, ".")
	for i := range segments {
		if f, ok := s.Field(strings.Join(segments[:i+1], ".")); ok && f.Repeating {
			return true
		}
	}
	return false
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
