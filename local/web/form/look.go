package form

import (
	"slices"

	"github.com/stafett/stafett/app/expression"
)

// look is one look at a form in one state. It is used by one goroutine.
type look struct {
	*Form
	state State
	words words
	asked map[*component]bool // whose visibility is being found out
	known map[place]bool      // what has been found out of it
	cuts  int                 // how often somebody asked in a circle
}

// place is a component in its rows.
type place struct {
	component *component
	rows      string
}

func (f *Form) look(s State) *look {
	return &look{Form: f, state: s, words: wordsOf(s.Language), asked: map[*component]bool{}, known: map[place]bool{}}
}

// context is what an expression may look at from inside rows.
func (l *look) context(r rows) expression.Context {
	find := expression.ModelLookup(l.state.Data)
	return expression.Context{
		DataModel: func(path, dataType string) (any, error) {
			if dataType != "" && dataType != l.source.Set.DataType {
				return nil, nil
			}
			return find(r.resolve(path), "")
		},
		Component: func(id string) (any, error) { return l.componentValue(id, r), nil },
		CountDataElements: func(dataType string) (int, error) {
			n := 0
			for _, f := range l.state.Files {
				if f.DataType == dataType {
					n++
				}
			}
			return n, nil
		},
		InstanceContext: l.instanceContext,
		Text: func(id string) (string, bool) {
			t, ok := l.source.Texts.Get(id)
			return l.fill(t, r, asIs), ok
		},
		Language:    l.words.language,
		Location:    l.zone,
		AuthContext: func(action string) (bool, error) { return l.state.Actions[action], nil },
	}
}

func (l *look) instanceContext(key string) (string, bool) {
	i := l.state.Instance
	value, ok := map[string]string{
		"instanceId": i.ID, "appId": i.AppID, "instanceOwnerPartyId": i.OwnerPartyID,
		"instanceOwnerName": i.OwnerName, "instanceOwnerPartyType": i.OwnerType,
	}[key]
	return value, ok && value != ""
}

// holds evaluates a condition. One that fails counts as if it were absent.
func (l *look) holds(e expression.Expression, r rows, otherwise bool) bool {
	yes, err := e.EvalBool(l.context(r), otherwise)
	if err != nil {
		return otherwise
	}
	return yes
}

// componentValue is what ["component", id] means: nil for one that is hidden or
// holds no single value.
func (l *look) componentValue(id string, r rows) any {
	c, ok := l.byID[id]
	if !ok || l.gone(c, r) {
		return nil
	}
	field, ok := c.bound[simpleBinding]
	if !ok {
		return nil
	}
	return at(l.state.Data, r.resolve(field.Path))
}

// gone reports whether a component is not shown: it is hidden, or what it stands
// in is. A component that is asked of while that is being found out is shown.
func (l *look) gone(c *component, r rows) bool {
	here := place{c, r.String()}
	if gone, ok := l.known[here]; ok {
		return gone
	}
	if l.asked[c] {
		l.cuts++
		return false
	}
	l.asked[c] = true
	defer delete(l.asked, c)
	before := l.cuts
	gone := l.holds(c.page.hidden, nil, false) || c.parent != nil && l.gone(c.parent, r) || l.holds(c.hidden, r, false)
	if l.cuts == before { // else it depends on who has asked
		l.known[here] = gone
	}
	return gone
}

// shownPages are the pages that are not hidden.
func (l *look) shownPages() []*page {
	return slices.DeleteFunc(slices.Clone(l.pages), func(p *page) bool { return l.holds(p.hidden, nil, false) })
}

// page finds a page that is shown.
func (l *look) page(name string) (*page, bool) {
	shown := l.shownPages()
	i := slices.IndexFunc(shown, func(p *page) bool { return p.name == name })
	if i < 0 {
		return nil, false
	}
	return shown[i], true
}

// Pages returns the pages that are shown, in order.
func (f *Form) Pages(s State) []Page {
	l := f.look(s)
	var out []Page
	for _, p := range l.shownPages() {
		out = append(out, Page{Name: p.name, Title: l.title(p)})
	}
	return out
}

// title is the text resource with the page's name, or else the name.
func (l *look) title(p *page) string {
	if t, ok := l.source.Texts.Get(p.name); ok {
		return l.markdown.plain(l.fill(t, nil, literally))
	}
	return p.name
}
