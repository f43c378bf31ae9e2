package form

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
	_ "time/tzdata" // so that days are the same on any machine

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/expression"
	"github.com/stafett/stafett/app/model"
)

// Form is a form that has been read. It is immutable and safe for concurrent use.
type Form struct {
	source   Source
	pages    []*page
	byID     map[string]*component
	markdown markdown
	zone     *time.Location // of the people who fill it in
}

// New reads a form. A component that cannot work as it is written does not keep
// the rest from being shown: [Form.Faults] tells what is wrong with it. A property
// whose value is of another kind than expected counts as absent.
func New(source Source) (*Form, error) {
	zone, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		return nil, fmt.Errorf("read the form of %s: %w", source.AppID, err)
	}
	r := reader{form: &Form{source: source, byID: map[string]*component{}, markdown: newMarkdown(), zone: zone}}
	for _, p := range source.Set.Pages {
		r.page(p)
	}
	for _, p := range r.form.pages {
		for _, c := range p.all {
			r.form.check(c)
		}
	}
	return r.form, nil
}

// reader reads a layout set.
type reader struct {
	form     *Form
	problems *[]problem // of what is being read
}

func (r *reader) page(p app.Page) {
	out := &page{name: p.Name}
	r.problems = &out.problems
	out.hidden = r.expression("hidden", p.Hidden)
	r.form.pages = append(r.form.pages, out)
	onPage := map[string]*component{}
	for _, c := range p.Components {
		read := r.component(c)
		read.page = out
		out.all = append(out.all, read)
		onPage[c.ID] = read
		r.form.byID[c.ID] = read
	}
	for _, c := range out.all {
		for _, id := range childIDs(c.Component) {
			child := onPage[id]
			if child == nil || child.parent != nil || child.contains(c) {
				continue // not there, or already shown elsewhere
			}
			child.parent = c
			c.children = append(c.children, child)
		}
	}
	for _, c := range out.all {
		if c.parent == nil {
			out.top = append(out.top, c)
		}
	}
}

// contains reports whether other stands inside c or is c.
func (c *component) contains(other *component) bool {
	for ; other != nil; other = other.parent {
		if other == c {
			return true
		}
	}
	return false
}

func (r *reader) component(c app.Component) *component {
	c.Type = spelt(c.Type)
	out := &component{Component: c, bound: map[string]model.Field{}, texts: map[string]expression.Expression{}}
	r.problems = &out.problems
	out.kind = kinds[c.Type]
	if out.kind == "" {
		out.kind = KindUnknown
	}
	if out.kind == KindGroup && c.Type == "Group" && r.form.isList(c.DataModelBinding[groupBinding]) {
		out.kind = KindRepeating // as layouts wrote it before the type RepeatingGroup
	}
	out.hidden = r.expression("hidden", c.Hidden)
	out.required = r.expression("required", c.Required)
	out.readOnly = r.expression("readOnly", c.ReadOnly)
	for _, name := range slices.Sorted(maps.Keys(c.TextBindings)) {
		out.texts[name] = r.expression("textResourceBindings."+name, c.TextBindings[name])
	}
	for name, path := range c.DataModelBinding {
		out.bound[name] = r.form.field(path)
	}
	if out.kind != KindUnknown && len(c.Raw) > 0 {
		r.more(c.Raw, out)
	}
	return out
}

// more reads what only some components have.
func (r *reader) more(raw json.RawMessage, out *component) {
	_ = json.Unmarshal(raw, &out.properties) // what does not fit counts as absent
	var in struct {
		HiddenRow json.RawMessage `json:"hiddenRow"`
		Filter    json.RawMessage `json:"optionFilter"`
		Value     json.RawMessage `json:"value"`
		MinDate   json.RawMessage `json:"minDate"`
		MaxDate   json.RawMessage `json:"maxDate"`
		Edit      struct {
			AddButton    json.RawMessage `json:"addButton"`
			DeleteButton json.RawMessage `json:"deleteButton"`
		} `json:"edit"`
	}
	_ = json.Unmarshal(raw, &in)
	out.rowGone = r.expression("hiddenRow", in.HiddenRow)
	out.filter = r.expression("optionFilter", in.Filter)
	out.minDate, out.maxDate = r.expression("minDate", in.MinDate), r.expression("maxDate", in.MaxDate)
	out.mayAdd, out.mayDrop = r.expression("edit.addButton", in.Edit.AddButton), r.expression("edit.deleteButton", in.Edit.DeleteButton)
	if out.kind == KindValue {
		out.shows = r.expression("value", in.Value)
	}
}

// isList reports whether a group is bound to rows, as far as the data model tells.
func (f *Form) isList(path string) bool {
	if path == "" || f.source.Schema == nil {
		return path != ""
	}
	field, found := f.source.Schema.Field(path)
	return !found || field.Repeating
}

// field finds what a path is bound to. A path that the data model does not have
// is a text.
func (f *Form) field(path string) model.Field {
	if f.source.Schema != nil {
		if field, ok := f.source.Schema.Field(path); ok {
			return field
		}
	}
	return model.Field{Path: path, Name: path, Type: model.String}
}
