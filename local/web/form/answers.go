package form

import "strings"

// Answers returns everything that the form asks for, page by page, to be read
// only. What is not filled in has an empty value; pages that ask for nothing are
// left out.
func (f *Form) Answers(s State) []Section {
	l := f.look(s)
	var out []Section
	for _, p := range l.shownPages() {
		section := Section{Name: p.name, Title: l.title(p)}
		for _, c := range p.top {
			section.Items = append(section.Items, l.items(instance{component: c})...)
		}
		if len(section.Items) > 0 {
			out = append(out, section)
		}
	}
	return out
}

// items are the answers of a component; none if it asks for nothing.
func (l *look) items(i instance) []Item {
	if l.holds(i.hidden, i.rows, false) {
		return nil
	}
	item := Item{Label: l.name(i.component, i.rows, "summaryTitle"), Page: i.page.name, Component: i.id()}
	item.CanChange = !l.isReadOnly(i.component, i.rows)
	switch i.kind {
	case KindRepeating:
		for n, r := range l.filledRows(i) {
			item.Rows = append(item.Rows, Section{Title: l.legend(i, n+1), Items: l.itemsInside(i, r)})
		}
		if i.isFaulty() && len(item.Rows) == 0 {
			return nil // nobody has been asked
		}
		return []Item{item}
	case KindFiles:
		item.IsFiles, item.Files = true, l.filesOf(i)
		if i.isFaulty() && len(item.Files) == 0 {
			return nil
		}
		return []Item{item}
	case KindGroup, KindDetails, kindButton:
		return l.groupItems(i, item)
	case KindValue:
		item.Value, item.CanChange = l.displayed(i), false
		return []Item{item}
	}
	controls := l.controls(i)
	if len(controls) == 0 {
		return nil
	}
	item.Value = l.answer(controls[0], at(l.state.Data, controls[0].path))
	if i.isFaulty() && item.Value == "" {
		return nil
	}
	return []Item{item}
}

// filledRows are the rows that the data have.
func (l *look) filledRows(i instance) []rows {
	var out []rows
	for _, r := range l.rowsOf(i.component, i.rows) {
		if r[len(r)-1].index < len(i.list(l.state)) {
			out = append(out, r)
		}
	}
	return out
}

func (l *look) itemsInside(i instance, r rows) []Item {
	var out []Item
	for _, child := range i.children {
		out = append(out, l.items(instance{child, r})...)
	}
	return out
}

// groupItems are the answers in a group: below the group's title if it has one.
// An address is one answer, written as on a letter.
func (l *look) groupItems(i instance, item Item) []Item {
	if controls := l.controls(i); len(controls) > 0 {
		item.Value, item.Component = l.letter(controls), controls[0].id
		if l.text(i.component, "title", i.rows) == "" {
			item.Label = controls[0].label
		}
		return []Item{item}
	}
	inside := l.itemsInside(i, i.rows)
	if l.text(i.component, "title", i.rows) == "" || len(inside) == 0 {
		return inside
	}
	item.Items, item.CanChange = inside, false
	return []Item{item}
}

// letter writes an address as on a letter.
func (l *look) letter(controls []control) string {
	parts := map[string]string{}
	for _, k := range controls {
		parts[k.part] = l.typed(k, at(l.state.Data, k.path))
	}
	place := strings.TrimSpace(parts["zipCode"] + " " + parts["postPlace"])
	var lines []string
	for _, line := range []string{parts["address"], parts["houseNumber"], parts["careOf"], place} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// summary is what a component of the kind summary shows.
func (l *look) summary(i instance) []Item {
	var items []Item
	target := i.Target
	switch {
	case i.Type == "Summary":
		items = l.summaryOf(i.ComponentRef, i.rows)
	case target != nil && target.TaskID != "":
		return nil // the form of another task is not at hand
	case target != nil && target.Type == "page":
		items = l.summaryOfPages(target.ID)
	case target != nil && target.ID != "":
		items = l.summaryOf(target.ID, i.rows)
	default:
		items = l.summaryOfPages("")
	}
	if i.HideEmpty {
		items = filledIn(items)
	}
	return items
}

// summaryOf finds what a summary refers to: a component, or, in older layouts,
// a page.
func (l *look) summaryOf(id string, r rows) []Item {
	c, ok := l.byID[id]
	if !ok {
		return l.summaryOfPages(id)
	}
	if l.gone(c, r) {
		return nil
	}
	return l.items(instance{c, r})
}

// summaryOfPages are the answers of a page, or of all if the name is empty.
func (l *look) summaryOfPages(name string) []Item {
	var out []Item
	for _, p := range l.shownPages() {
		if name != "" && p.name != name {
			continue
		}
		for _, c := range p.top {
			out = append(out, l.items(instance{component: c})...)
		}
	}
	return out
}

// filledIn leaves out the answers that are empty.
func filledIn(items []Item) []Item {
	var out []Item
	for _, i := range items {
		i.Items = filledIn(i.Items)
		if i.Value != "" || len(i.Items) > 0 || len(i.Rows) > 0 || len(i.Files) > 0 {
			out = append(out, i)
		}
	}
	return out
}
