package form

import (
	"strconv"
	"strings"

	"github.com/stafett/stafett/app"
)

func asIs(s string) string { return s }

// fill puts the variables of a text resource in. A variable without a value is
// its default, or nothing.
func (l *look) fill(t app.Text, r rows, write func(string) string) string {
	pairs := make([]string, 0, 2*len(t.Variables))
	for i, v := range t.Variables {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", write(l.variable(v, r)))
	}
	return strings.NewReplacer(pairs...).Replace(t.Value)
}

func (l *look) variable(v app.Variable, r rows) string {
	value := ""
	switch source, dataType, _ := strings.Cut(v.DataSource, "."); source {
	case "dataModel":
		if dataType == "default" || dataType == l.source.Set.DataType {
			value = l.scalar(at(l.state.Data, r.resolve(r.numbered(v.Key))))
		}
	case "instanceContext":
		value, _ = l.instanceContext(v.Key)
	}
	if value == "" {
		return v.DefaultValue
	}
	return value
}

// numbered puts the indices of the rows where a path has {0}, {1} and so on.
func (r rows) numbered(path string) string {
	for i, around := range r {
		path = strings.ReplaceAll(path, "{"+strconv.Itoa(i)+"}", strconv.Itoa(around.index))
	}
	return path
}

// text gives the Markdown that a component's text binding stands for: the text
// resource of that id, or else the text itself. It is empty if there is no such
// binding or its expression has no value.
func (l *look) text(c *component, name string, r rows) string {
	e, ok := c.texts[name]
	if !ok {
		return ""
	}
	id, ok, err := e.EvalString(l.context(r))
	if err != nil || !ok {
		return ""
	}
	return l.resource(id, r)
}

// resource gives a text resource, or else the id itself as the text.
func (l *look) resource(id string, r rows) string {
	if id == "" {
		return ""
	}
	if t, ok := l.source.Texts.Get(id); ok {
		return l.fill(t, r, literally)
	}
	return id
}

// name is what a component is called in sentences and lists. It is never empty.
func (l *look) name(c *component, r rows, bindings ...string) string {
	for _, binding := range append(bindings, "title") {
		if name := l.markdown.plain(l.text(c, binding, r)); name != "" {
			return name
		}
	}
	return c.ID
}
