package form

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/expression"
	"github.com/stafett/stafett/app/model"
)

// Fault is one thing that is wrong with a component of a layout, or with a page:
// a mistake of the application's, which nobody who fills it in can mend.
type Fault struct {
	File      string // in the application's folder: "ui/form/layouts/page.json"
	Page      string // its name
	Component string // its id in the layout; empty if the page itself is wrong
	Text      string // a sentence
	Detail    string // the cause, in English; may be empty
}

// problem is a fault that is not put into words yet.
type problem struct {
	say    func(words) string
	detail string
}

// Faults returns all that is wrong with the layouts, in their order. Language is
// "nb", "nn" or "en"; anything else means "nb".
func (f *Form) Faults(language string) []Fault {
	w := wordsOf(language)
	var out []Fault
	for _, p := range f.pages {
		out = append(out, f.faultsOf(p, "", p.problems, w)...)
		for _, c := range p.all {
			out = append(out, f.faultsOf(p, c.ID, c.problems, w)...)
		}
	}
	return out
}

func (f *Form) faultsOf(p *page, component string, problems []problem, w words) []Fault {
	var out []Fault
	for _, found := range problems {
		out = append(out, Fault{
			File: path.Join("ui", f.source.Set.ID, "layouts", p.name+".json"), Page: p.name, Component: component,
			Text: found.say(w), Detail: found.detail,
		})
	}
	return out
}

// faulty shows what is wrong in the place of a component. What stands inside it
// is shown all the same, but for rows, whose fields need the group.
func (b *builder) faulty(i instance) []Component {
	c := Component{
		ID: i.id(), Kind: KindFaulty, TypeName: i.Type, LabelText: b.name(i.component, i.rows),
		Faults: b.faultsOf(i.page, i.ID, i.problems, b.words),
	}
	b.remarks(&c)
	if i.kind == KindRepeating {
		return []Component{c}
	}
	return append([]Component{c}, b.components(i.children, i.rows)...)
}

// faultyPage shows what is wrong with a page, at its top.
func (b *builder) faultyPage(p *page) []Component {
	if len(p.problems) == 0 {
		return nil
	}
	return []Component{{ID: "page." + p.name, Kind: KindFaulty, LabelText: b.title(p), Faults: b.faultsOf(p, "", p.problems, b.words)}}
}

// isFaulty reports whether something is wrong with a component, so that it cannot
// be filled in.
func (c *component) isFaulty() bool { return len(c.problems) > 0 }

func (c *component) wrong(say func(words) string) {
	c.problems = append(c.problems, problem{say: say})
}

// check looks for what a component says and the rest of the application does not
// have, once all of the form is read.
func (f *Form) check(c *component) {
	if c.kind == KindUnknown || c.kind == kindNothing {
		return // it is not filled in here
	}
	foreign := foreignTypes(c.Component, f.source.Set.DataType)
	for _, name := range slices.Sorted(maps.Keys(c.DataModelBinding)) {
		f.checkBinding(c, name, foreign[name])
	}
	switch c.kind {
	case KindInput, KindTextArea, KindDate, KindCheckbox, KindRadio, KindDropdown, KindMultiple:
		if c.DataModelBinding[simpleBinding] == "" && c.DataModelBinding[listBinding] == "" {
			c.wrong(func(w words) string { return sentence(w.noBinding, bindingProperty(simpleBinding)) })
		}
	case KindRepeating:
		if c.DataModelBinding[groupBinding] == "" {
			c.wrong(func(w words) string { return sentence(w.noBinding, bindingProperty(groupBinding)) })
		}
	case KindFiles:
		if !slices.ContainsFunc(f.source.DataTypes, func(t app.DataType) bool { return t.ID == c.ID }) {
			c.wrong(func(w words) string { return sentence(w.noDataType, c.ID) })
		}
	}
	f.checkOptions(c)
}

// checkOptions looks for the choices of a component. Those that are made of the
// form's own rows are not known before it is filled in.
func (f *Form) checkOptions(c *component) {
	switch c.kind {
	case KindCheckbox, KindRadio, KindDropdown, KindMultiple:
	default:
		return
	}
	if _, found := f.source.Options[c.OptionsID]; c.OptionsID != "" && !found {
		c.wrong(func(w words) string { return sentence(w.noOptionList, c.OptionsID) })
	}
	if c.OptionsID == "" && len(c.Options) == 0 && len(c.MadeOf) == 0 {
		c.wrong(func(w words) string { return w.noOptions })
	}
}

// checkBinding looks a binding up in the data model.
func (f *Form) checkBinding(c *component, name, foreign string) {
	bound, property := c.DataModelBinding[name], bindingProperty(name)
	if foreign != "" {
		c.wrong(func(w words) string { return sentence(w.otherType, property, foreign) })
		return
	}
	if f.source.Schema == nil || bound == "" {
		return
	}
	field, found := f.source.Schema.Field(bound)
	say := func(pattern func(words) string, what string) {
		c.wrong(func(w words) string { return sentence(pattern(w), property, what) })
	}
	switch {
	case !found:
		say(func(w words) string { return w.noField }, bound)
	case name == groupBinding && c.kind == KindRepeating && !field.Repeating:
		say(func(w words) string { return w.noList }, bound)
	case (name == simpleBinding || name == listBinding) && field.Type == model.Object:
		say(func(w words) string { return w.isGroup }, bound)
	default:
		if list := f.listAround(c, field.Path, bound); list != "" {
			say(func(w words) string { return w.insideList }, list)
		}
	}
}

// listAround finds a list on the way to a field of which the component stands in
// no row, so that nothing tells which row is meant. Empty if there is none.
func (f *Form) listAround(c *component, field, bound string) string {
	if strings.Contains(bound, "[") {
		return "" // the layout says which
	}
	for end := strings.IndexByte(field, '.'); end >= 0; {
		group, found := f.source.Schema.Field(field[:end])
		if found && group.Repeating && !c.standsInRowsOf(group.Path) {
			return group.Path
		}
		next := strings.IndexByte(field[end+1:], '.')
		if next < 0 {
			break
		}
		end += 1 + next
	}
	return ""
}

func (c *component) standsInRowsOf(group string) bool {
	for around := c.parent; around != nil; around = around.parent {
		if around.kind == KindRepeating && around.bound[groupBinding].Path == group {
			return true
		}
	}
	return false
}

// foreignTypes finds the bindings to forms of another data type, by name.
func foreignTypes(c app.Component, own string) map[string]string {
	var in struct {
		Bindings map[string]json.RawMessage `json:"dataModelBindings"`
	}
	_ = json.Unmarshal(c.Raw, &in) // it has been read before
	foreign := map[string]string{}
	for name, raw := range in.Bindings {
		var reference struct {
			DataType string `json:"dataType"`
		}
		if json.Unmarshal(raw, &reference) == nil && reference.DataType != "" && reference.DataType != own {
			foreign[name] = reference.DataType
		}
	}
	return foreign
}

func bindingProperty(name string) string { return "dataModelBindings." + name }

// unreadable is an expression that is none.
func unreadable(property string, err error) problem {
	return problem{say: func(w words) string { return sentence(w.noExpression, property) }, detail: err.Error()}
}

// expression reads a property that is a constant or an expression. What is absent
// is null, and so is what cannot be read.
func (r *reader) expression(property string, raw json.RawMessage) expression.Expression {
	if len(raw) == 0 {
		return expression.Expression{}
	}
	e, err := expression.Parse(raw)
	if err != nil {
		*r.problems = append(*r.problems, unreadable(property, err))
		return expression.Expression{}
	}
	return e
}
