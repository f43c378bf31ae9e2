package form

import (
	"github.com/stafett/stafett/app/model"
)

// Names of bindings.
const (
	simpleBinding = "simpleBinding"
	listBinding   = "list"
	labelBinding  = "label"
	groupBinding  = "group"
)

// control is what a person fills in: a component in its rows, or one part of an
// address.
type control struct {
	*component
	rows  rows
	kind  Kind
	id    string
	field model.Field
	path  string // of the field, with the indices of the rows
	label string // without markup
	part  string // the name of the binding, of an address's part
}

// IDPrefix is what the id of the element begins with in which a component is
// filled in; the id of the component follows.
const IDPrefix = "field-"

// What the names of controls begin with; the id of the component follows.
const (
	NamePrefix  = "field." // of what is filled in
	ShownPrefix = "shown." // of what it held when the page was shown
)

func (k control) name() string  { return NamePrefix + k.id }
func (k control) shown() string { return ShownPrefix + k.id }

// isNumber reports whether the value is typed as a number.
func (k control) isNumber() bool {
	if k.kind != KindInput && k.kind != KindTextArea && k.kind != KindValue {
		return false
	}
	return k.field.Type == model.Integer || k.field.Type == model.Number || k.field.Type == model.String && k.Formatting.isSet()
}

// instance is a component in its rows, as it stands on a page.
type instance struct {
	*component
	rows rows
}

func (i instance) id() string { return i.ID + i.rows.suffix() }

// instances lists what a page shows, groups before what is in them.
func (l *look) instances(p *page) []instance {
	var out []instance
	for _, c := range p.top {
		out = l.below(out, c, nil)
	}
	return out
}

func (l *look) below(out []instance, c *component, r rows) []instance {
	if l.holds(c.hidden, r, false) {
		return out
	}
	out = append(out, instance{c, r})
	if c.isFaulty() && c.kind == KindRepeating {
		return out // its rows are not shown
	}
	around := []rows{r}
	if c.kind == KindRepeating {
		around = l.rowsOf(c, r)
	}
	for _, r := range around {
		for _, child := range c.children {
			out = l.below(out, child, r)
		}
	}
	return out
}

// controls are the controls of an instance: none, one, or the parts of an address.
func (l *look) controls(i instance) []control {
	switch i.kind {
	case KindInput, KindTextArea, KindDate, KindCheckbox, KindRadio, KindDropdown, KindMultiple:
		field, ok := i.bound[simpleBinding]
		if !ok {
			field, ok = i.bound[listBinding]
		}
		if !ok || field.Type == model.Object {
			return nil // there is nowhere to keep the answer
		}
		return []control{{
			component: i.component, rows: i.rows, kind: i.kind, id: i.id(), field: field,
			path: i.rows.resolve(field.Path), label: l.name(i.component, i.rows),
		}}
	case KindGroup:
		return l.addressControls(i)
	}
	return nil
}

// addressControls are the parts of an address, in the order in which they are
// written on a letter.
func (l *look) addressControls(i instance) []control {
	if !i.isAddress() {
		return nil
	}
	var out []control
	for _, part := range l.addressParts() {
		field, ok := i.bound[part.binding]
		if !ok || part.full && (i.Simplified == nil || *i.Simplified) {
			continue
		}
		label := l.markdown.plain(l.text(i.component, part.title, i.rows))
		if label == "" {
			label = part.word
		}
		out = append(out, control{
			component: i.component, rows: i.rows, kind: KindInput, id: i.id() + "." + part.binding, field: field,
			path: i.rows.resolve(field.Path), label: label, part: part.binding,
		})
	}
	return out
}

// isAddress reports whether a component is several controls.
func (c *component) isAddress() bool { return c.Type == "Address" || c.Type == "AddressComponent" }

type addressPart struct {
	binding, title, word string
	full                 bool // not in the simplified form
}

func (l *look) addressParts() []addressPart {
	w := l.words
	return []addressPart{
		{"address", "title", w.street, false}, {"careOf", "careOfTitle", w.careOf, true}, {"zipCode", "zipCodeTitle", w.zipCode, false},
		{"postPlace", "postPlaceTitle", w.postPlace, false}, {"houseNumber", "houseNumberTitle", w.houseNumber, true},
	}
}

// rowsOf gives the rows of a repeating group that are shown: those in the data,
// and empty ones up to the number that there must be.
func (l *look) rowsOf(c *component, r rows) []rows {
	group := c.bound[groupBinding].Path
	path := r.resolve(group)
	list, _ := at(l.state.Data, path).([]any)
	n := len(list)
	if l.state.Write {
		n = max(n, min(c.MinCount, maxEmptyRows))
	}
	var out []rows
	for i := range n {
		inside := r.within(group, path, i)
		if !l.holds(c.rowGone, inside, false) {
			out = append(out, inside)
		}
	}
	return out
}

// maxEmptyRows bounds the rows that are shown though the data have none.
const maxEmptyRows = 20

// isRequired reports whether something must be filled in: the data model says so
// where the groups around it must be there or are, or else the layout does.
func (l *look) isRequired(k control) bool {
	if k.field.Required && l.isBegun(k.path) {
		return true
	}
	if k.part == "careOf" || k.part == "houseNumber" {
		return false
	}
	return l.holds(k.required, k.rows, false)
}

// isBegun reports whether the groups around a field must be there or are.
func (l *look) isBegun(path string) bool {
	way, name := steps(path), ""
	for n := range len(way) - 1 {
		if way[n].isIndex {
			continue // a row that is shown
		}
		name = join(name, way[n].name)
		if field, ok := l.source.Schema.Field(name); (!ok || !field.Required) && lookUp(l.state.Data, way[:n+1]) == nil {
			return false
		}
	}
	return true
}

// isReadOnly reports whether a component cannot be changed.
func (l *look) isReadOnly(c *component, r rows) bool {
	return !l.state.Write || c.isFaulty() || l.holds(c.readOnly, r, false)
}
