package form

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app/model"
)

// View returns a page as it is shown. False means that there is no such page,
// or that it is hidden.
func (f *Form) View(s State, name string, e Entry) (View, bool) {
	l := f.look(s)
	pages := l.shownPages()
	i := slices.IndexFunc(pages, func(p *page) bool { return p.name == name })
	if i < 0 {
		return View{}, false
	}
	v := View{Name: name, Title: l.title(pages[i]), Number: i + 1, Of: len(pages)}
	if i > 0 {
		v.Previous = pages[i-1].name
	}
	if i+1 < len(pages) {
		v.Next = pages[i+1].name
	}
	b := builder{look: l, entry: e, issues: map[string][]Issue{}}
	for _, issue := range slices.Concat(e.Issues, l.shortcomings(pages[i], e)) {
		b.note(issue)
	}
	v.Components = append(b.faultyPage(pages[i]), b.components(pages[i].top, nil)...)
	withoutGaps(v.Components, 1)
	l.buttons(pages[i], &v)
	return v, true
}

// withoutGaps lifts headings that stand more than one level below the one before
// them: those who listen to a page go by its levels.
func withoutGaps(components []Component, above int) int {
	for i := range components {
		c := &components[i]
		if c.Kind == KindHeading {
			c.Level = min(c.Level, above+1)
			above = c.Level
		}
		above = withoutGaps(c.Components, above)
		for _, r := range c.Rows {
			above = withoutGaps(r.Components, above)
		}
	}
	return above
}

// shortcomings are what a page lacks, as far as it is to be shown: not what is
// wrong with the value that a text which cannot be read would replace.
func (l *look) shortcomings(p *page, e Entry) []Issue {
	if e.Show == ShowNone {
		return nil
	}
	return slices.DeleteFunc(l.validate(p), func(i Issue) bool {
		unread := func(other Issue) bool { return other.Unread && other.Component == i.Component }
		return e.Show == ShowEntered && i.Missing || slices.ContainsFunc(e.Issues, unread)
	})
}

// buttons finds the buttons of a page, also inside groups.
func (l *look) buttons(p *page, v *View) {
	for _, i := range l.instances(p) {
		switch {
		case i.Type == "NavigationButtons":
			v.NextText = l.markdown.plain(l.text(i.component, "next", i.rows))
			v.PreviousText = l.markdown.plain(l.text(i.component, "back", i.rows))
			v.ValidateOnNext = i.ValidateOnNext != nil
		case i.Type == "Button" && (i.Mode == "" || i.Mode == "submit"):
			v.SubmitText = l.name(i.component, i.rows)
		}
	}
}

// builder makes the components of one page.
type builder struct {
	*look
	entry  Entry
	issues map[string][]Issue // by the id of the component
}

// note keeps an issue once: the same may have been found in two ways.
func (b *builder) note(i Issue) {
	same := func(other Issue) bool { return other.Text == i.Text }
	if !slices.ContainsFunc(b.issues[i.Component], same) {
		b.issues[i.Component] = append(b.issues[i.Component], i)
	}
}

// component shows one component; none if it is hidden or a button, several if it
// only groups others without a look of its own.
func (b *builder) component(i instance) []Component {
	if b.holds(i.hidden, i.rows, false) {
		return nil
	}
	if i.isFaulty() {
		return b.faulty(i)
	}
	if i.kind == kindNothing {
		return nil
	}
	if i.kind == kindButton {
		return b.components(i.children, i.rows)
	}
	c := Component{
		ID: i.id(), Kind: i.kind, TypeName: i.Type, Half: i.Grid.isPart(), Open: i.OpenByDefault,
		Label: b.markdown.inLine(b.text(i.component, "title", i.rows)), LabelText: b.name(i.component, i.rows),
	}
	c.Description = b.markdown.inBlocks(b.text(i.component, "description", i.rows))
	c.Help = b.markdown.inBlocks(b.text(i.component, "help", i.rows))
	b.remarks(&c)
	b.particulars(i, &c)
	return []Component{c}
}

// particulars fills in what is particular to a kind.
func (b *builder) particulars(i instance, c *Component) {
	switch i.kind {
	case KindParagraph:
		c.Label = b.markdown.inBlocks(b.text(i.component, "title", i.rows))
	case KindAlert:
		c.Description = b.markdown.inBlocks(b.text(i.component, "body", i.rows))
		c.Variant = alertVariant(i.component)
	case KindGroup, KindDetails:
		if i.isAddress() {
			c.Label = "" // the title is that of the first part
		}
		if c.Label == "" {
			c.LabelText = ""
		}
		c.Components = append(b.addressOf(i), b.components(i.children, i.rows)...)
	case KindRepeating:
		b.repeating(i, c)
	case KindFiles:
		b.files(i, c)
	case KindSummary:
		c.Items = b.summary(i)
	case KindValue:
		c.Value = b.displayed(i)
	case KindHeading:
		c.Level = level(i.Size)
	case KindAction:
		c.Action = i.Action
	case KindPayment, KindUnknown:
	default:
		b.control(b.controls(i)[0], c)
	}
}

// components shows components that stand together. Summaries next to each other
// become one list.
func (b *builder) components(all []*component, r rows) []Component {
	var out []Component
	for _, child := range all {
		for _, c := range b.component(instance{child, r}) {
			last := len(out) - 1
			switch {
			case c.Kind != KindSummary:
				out = append(out, c)
			case last >= 0 && out[last].Kind == KindSummary:
				out[last].Items = append(out[last].Items, c.Items...)
			case len(c.Items) > 0:
				out = append(out, c)
			}
		}
	}
	return out
}

// remarks puts the issues of a component where they are shown.
func (b *builder) remarks(c *Component) {
	for _, i := range b.issues[c.ID] {
		if i.Severity == SeverityError {
			c.Errors = append(c.Errors, i.Text)
		} else {
			c.Warnings = append(c.Warnings, i.Text)
		}
	}
}

// control fills in what a person fills in.
func (b *builder) control(k control, c *Component) {
	held := at(b.state.Data, k.path)
	c.Value, c.Required, c.ReadOnly = b.typed(k, held), b.isRequired(k), b.isReadOnly(k.component, k.rows)
	c.Optional = !c.Required && !k.field.Required
	if !c.ReadOnly {
		c.Name, c.ShownName, c.Shown = k.name(), k.shown(), c.Value
	}
	chosen := k.chosen(held)
	if typed, ok := b.retyped(k, c); ok {
		chosen, c.Value = typed, typed[0]
	}
	switch k.kind {
	case KindCheckbox, KindMultiple, KindRadio, KindDropdown:
		c.Choices = b.choices(k.component, k.rows, chosen)
		c.Shown = ticked(c.Choices, k.chosen(held))
		return
	case KindDate:
		c.Type, c.Format = "text", b.words.dateFormat
		return
	}
	b.input(k, c)
}

// retyped is what was posted and not accepted, which is shown again.
func (b *builder) retyped(k control, c *Component) ([]string, bool) {
	posted := b.entry.Values[k.name()]
	if len(posted) == 0 || c.ReadOnly || len(c.Errors) == 0 {
		return nil, false
	}
	if _, wrong := b.read(k, posted); wrong == nil {
		return nil, false
	}
	return posted, true
}

// input fills in what is particular to text that is typed.
func (b *builder) input(k control, c *Component) {
	c.Type, c.Autocomplete = "text", k.Autocomplete
	if k.part != "" {
		c.Autocomplete = autocompleteOf[k.part]
	}
	switch c.Autocomplete {
	case "email", "tel", "url":
		c.Type = c.Autocomplete
		c.InputMode = c.Autocomplete
	case "postal-code":
		c.InputMode = "numeric"
	}
	c.MaxLength = maxLength(k)
	if !k.isNumber() {
		return
	}
	c.Prefix, c.Suffix = k.Formatting.around()
	c.InputMode = "decimal"
	if k.field.Type == model.Integer || k.Formatting.Number.DecimalScale != nil && *k.Formatting.Number.DecimalScale == 0 {
		c.InputMode = "numeric"
	}
	if allow := k.Formatting.Number.AllowNegative; (allow == nil || *allow) && (k.field.Minimum == "" || k.field.Minimum[0] == '-') {
		c.InputMode = "" // keyboards of telephones have no minus among the digits
	}
}

// ticked is what a browser posts of choices that nobody touches.
func ticked(choices []Choice, chosen []string) string {
	var values []string
	for _, c := range choices {
		if slices.Contains(chosen, c.Value) {
			values = append(values, c.Value)
		}
	}
	return strings.Join(values, ",")
}

var autocompleteOf = map[string]string{"address": "street-address", "zipCode": "postal-code", "postPlace": "address-level2"}

// maxLength is the stricter of what the layout and the data model say.
func maxLength(k control) int {
	if k.MaxLength > 0 && (k.field.MaxLength == 0 || k.MaxLength < k.field.MaxLength) {
		return k.MaxLength
	}
	return k.field.MaxLength
}

// addressOf shows the parts of an address.
func (b *builder) addressOf(i instance) []Component {
	var out []Component
	for _, k := range b.controls(i) {
		c := Component{
			ID: k.id, Kind: KindInput, TypeName: i.Type, LabelText: k.label, Label: b.markdown.inLine(literally(k.label)),
			Half: k.part == "zipCode" || k.part == "postPlace" || k.part == "houseNumber",
		}
		b.remarks(&c)
		b.control(k, &c)
		out = append(out, c)
	}
	return out
}

// repeating shows the rows of a group.
func (b *builder) repeating(i instance, c *Component) {
	c.ReadOnly = b.isReadOnly(i.component, i.rows)
	for number, r := range b.rowsOf(i.component, i.rows) {
		c.Rows = append(c.Rows, Row{Index: r[len(r)-1].index, Legend: b.legend(i, number+1), Components: b.components(i.children, r)})
	}
	c.CanAdd = !c.ReadOnly && (i.MaxCount == 0 || len(i.list(b.state)) < i.MaxCount) && b.holds(i.mayAdd, i.rows, true)
	c.Full = !c.ReadOnly && !c.CanAdd && b.holds(i.mayAdd, i.rows, true)
	c.CanRemove = !c.ReadOnly && len(i.list(b.state)) > i.MinCount && b.holds(i.mayDrop, i.rows, true)
	c.AddText = b.markdown.plain(b.text(i.component, "add_button_full", i.rows))
	if c.AddText == "" {
		c.AddText = b.markdown.plain(b.text(i.component, "add_button", i.rows))
	}
}

// legend names a row: the title of the group and the row's number among those
// that are shown.
func (l *look) legend(i instance, number int) string {
	n := strconv.Itoa(number)
	if title := l.markdown.plain(l.text(i.component, "title", i.rows)); title != "" {
		return title + " " + n
	}
	return sentence(l.words.row, "", n)
}

// displayed is the value of a component that only displays.
func (l *look) displayed(i instance) string {
	value, err := i.shows.Eval(l.context(i.rows))
	if err != nil || value == nil {
		return ""
	}
	k := control{component: i.component, rows: i.rows, kind: KindValue, field: model.Field{Type: model.String}}
	switch i.Type {
	case "Number":
		k.field.Type = model.Number
	case "Date":
		k.kind = KindDate
	}
	if b, ok := value.(bool); ok {
		return l.scalar(b)
	}
	return l.answer(k, optionText(value))
}

// level is the level of a heading: the page's own is 1.
func level(size string) int {
	switch size {
	case "L", "h2":
		return 2
	case "M", "h3":
		return 3
	}
	return 4
}

func alertVariant(c *component) string {
	variant := c.Severity
	if variant == "" {
		variant = c.Variant
	}
	switch variant {
	case "error", "danger":
		return "danger"
	case "success", "warning":
		return variant
	}
	return "info"
}
