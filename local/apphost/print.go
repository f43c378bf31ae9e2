package apphost

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/expression"
	"github.com/stafett/stafett/local/apphost/pdf"
	"github.com/stafett/stafett/local/storage"
)

// printForm prints the form of a task with its labels, in the caller's
// language. It names the sender, and leaves identity numbers to the form itself.
func (s *Server) printForm(c *call, in storage.Instance, taskID string, w io.Writer) error {
	p := newFormPrinter(s.folder, in, c.language())
	found, err := s.printTask(c, p, taskID)
	if err != nil {
		return err
	}
	if !found {
		return errors.New("the instance has no form of the task")
	}
	return s.finishPrint(c, p, w)
}

// printTasks prints the forms of some tasks in one document. Tasks without a form
// are passed over.
func (s *Server) printTasks(c *call, in storage.Instance, tasks []string, w io.Writer) error {
	p := newFormPrinter(s.folder, in, c.language())
	for _, taskID := range tasks {
		if _, err := s.printTask(c, p, taskID); err != nil {
			return err
		}
	}
	return s.finishPrint(c, p, w)
}

// printElement prints one form by the layout that is bound to its data type, as of
// a subform.
func (s *Server) printElement(c *call, in storage.Instance, t app.DataType, e storage.DataElement, w io.Writer) error {
	p := newFormPrinter(s.folder, in, c.language())
	i := slices.IndexFunc(s.folder.LayoutSets, func(set app.LayoutSet) bool { return set.DataType == t.ID })
	if i >= 0 {
		p.layout = s.folder.LayoutSets[i]
	}
	if err := s.printData(c, p, t, e); err != nil {
		return err
	}
	return s.finishPrint(c, p, w)
}

// printTask adds the form of a task, if the instance has one.
func (s *Server) printTask(c *call, p *formPrinter, taskID string) (bool, error) {
	p.layout, _ = s.folder.LayoutSet(taskID)
	for _, t := range s.formTypes(taskID) {
		p.shown[t.ID] = true
	}
	t, found := s.formOf(p.instance, taskID)
	if !found {
		return false, nil
	}
	return true, s.printData(c, p, t, elementsOf(p.instance, t.ID)[0])
}

// formOf is the form that the pages of a task show: of the type that its layout is
// bound to, which in a task that signs or pays is another task's, or else of its own.
func (s *Server) formOf(in storage.Instance, taskID string) (app.DataType, bool) {
	types := s.formTypes(taskID)
	layout, _ := s.folder.LayoutSet(taskID)
	if t, ok := s.folder.Metadata.DataType(layout.DataType); ok && t.IsFormData() {
		types = append([]app.DataType{t}, types...)
	}
	at := slices.IndexFunc(types, func(t app.DataType) bool { return hasData(in, t.ID) })
	if at < 0 {
		return app.DataType{}, false
	}
	return types[at], true
}

// printData adds one form.
func (s *Server) printData(c *call, p *formPrinter, t app.DataType, e storage.DataElement) error {
	var err error
	if p.schema, p.form, err = s.readForm(c, p.instance.ID, t, e); err != nil {
		return err
	}
	if len(p.layout.Pages) > 0 {
		p.pages()
	} else {
		p.fields()
	}
	return nil
}

// finishPrint adds the files that no form has shown, and writes the document.
func (s *Server) finishPrint(c *call, p *formPrinter, w io.Writer) error {
	p.attachments()
	sender := ""
	if owner, err := c.platform.partyByID(c.ctx(), p.instance.InstanceOwner.PartyID); err == nil && owner != nil && owner.Name != nil {
		sender = *owner.Name
	}
	now := s.now()
	return pdf.Render(w, pdf.Document{
		Title: s.title(p.language), Language: p.language, Created: now, PageLabel: p.words.page,
		Facts: []pdf.Fact{
			{Label: p.words.sent, Value: now.In(norway).Format("02.01.2006 15:04")},
			{Label: p.words.sender, Value: sender},
			{Label: p.words.receiver, Value: p.text("appOwner", strings.ToUpper(s.folder.Org))},
			{Label: p.words.reference, Value: reference(p.instance.ID)},
		},
		Blocks: withoutEmptySections(p.blocks),
	})
}

// reference is how people name an instance: the last 12 characters of its GUID.
func reference(instanceID string) string {
	guid := guidOf(instanceID)
	return guid[max(0, len(guid)-12):]
}

// pages prints the pages of the layout in their order.
func (p *formPrinter) pages() {
	for _, page := range p.layout.Pages {
		if p.isTrue(page.Hidden) {
			continue
		}
		if name := p.text(page.Name, ""); name != "" {
			p.add(pdf.Heading{Level: 1, Text: name})
		}
		inGroup := map[string]bool{}
		for _, component := range page.Components {
			if strings.EqualFold(component.Type, "RepeatingGroup") {
				for _, id := range component.Children {
					inGroup[id] = true
				}
			}
		}
		for _, component := range page.Components {
			if !inGroup[component.ID] && !p.isTrue(component.Hidden) {
				p.component(page, component)
			}
		}
	}
}

// component prints one component. Those that hold nothing of the form, such as
// buttons and summaries of other components, leave no trace.
func (p *formPrinter) component(page app.Page, component app.Component) {
	label := p.label(component)
	switch strings.ToLower(component.Type) { // as the console and the application's own page take it
	case "header", "heading":
		p.add(pdf.Heading{Level: 2, Text: label})
	case "paragraph":
		p.add(pdf.Paragraph{Text: label})
	case "fileupload", "fileuploadwithtag":
		p.shown[component.ID] = true
		p.add(pdf.Fact{Label: label, Value: strings.Join(p.filenames(component.ID), "\n")})
	case "repeatinggroup":
		p.table(page, component, label)
	default:
		if len(component.DataModelBinding) > 0 {
			p.add(pdf.Fact{Label: label, Value: p.boundValue(component, "", p.form)})
		}
	}
}

// table prints a repeating group with a row for each repetition.
func (p *formPrinter) table(page app.Page, group app.Component, label string) {
	path := group.DataModelBinding["group"]
	rows, _ := at(p.form, path).([]any)
	var columns []app.Component
	table := pdf.Table{}
	for _, id := range group.Children {
		i := slices.IndexFunc(page.Components, func(c app.Component) bool { return c.ID == id })
		if i < 0 || len(page.Components[i].DataModelBinding) == 0 || p.isTrue(page.Components[i].Hidden) {
			continue
		}
		columns = append(columns, page.Components[i])
		table.Columns = append(table.Columns, p.label(page.Components[i]))
	}
	for _, row := range rows {
		values, _ := row.(form)
		cells := make([]string, len(columns))
		for i, column := range columns {
			cells[i] = p.boundValue(column, path+".", values)
		}
		table.Rows = append(table.Rows, cells)
	}
	p.add(pdf.Heading{Level: 3, Text: label})
	if len(table.Rows) > 0 && len(table.Columns) > 0 {
		p.add(table)
	}
}

// fields prints every field of the data model, for a task without a layout.
func (p *formPrinter) fields() {
	for _, f := range p.schema.Fields() {
		value := at(p.form, f.Path)
		label := f.Title
		if label == "" {
			label = f.Name
		}
		if text := p.valueText(f, value); text != "" {
			p.add(pdf.Fact{Label: label, Value: text})
		}
	}
}

// attachments lists the files that the form itself has not shown.
func (p *formPrinter) attachments() {
	var names []string
	for _, e := range p.instance.Data {
		if !p.shown[e.DataType] && e.Filename != "" {
			names = append(names, e.Filename)
		}
	}
	if len(names) > 0 {
		p.add(pdf.Heading{Level: 1, Text: p.words.attachments})
		p.add(pdf.List{Items: names})
	}
}

func (p *formPrinter) filenames(dataType string) []string {
	var names []string
	for _, e := range p.instance.Data {
		if e.DataType == dataType {
			names = append(names, e.Filename)
		}
	}
	return names
}

func (p *formPrinter) add(b pdf.Block) { p.blocks = append(p.blocks, b) }

// isTrue evaluates a condition of the layout: absent, a boolean, or an
// expression. What cannot be evaluated outside a browser is false.
func (p *formPrinter) isTrue(condition json.RawMessage) bool {
	if len(condition) == 0 {
		return false
	}
	e, err := expression.Parse(condition)
	if err != nil {
		return false
	}
	yes, err := e.EvalBool(p.context(), false)
	return err == nil && yes
}

func (p *formPrinter) context() expression.Context {
	return expression.Context{
		DataModel: expression.ModelLookup(p.form),
		Language:  p.language,
		Location:  norway,
		InstanceContext: func(key string) (string, bool) {
			return instanceContext(p.instance, key)
		},
		Text: func(key string) (string, bool) {
			text, ok := p.resource(key)
			return text.Value, ok
		},
	}
}

// withoutEmptySections drops headings that have nothing below them.
func withoutEmptySections(blocks []pdf.Block) []pdf.Block {
	var kept []pdf.Block
	least := 0 // headings deeper than this one, from the end on, have content
	for _, b := range slices.Backward(blocks) {
		h, isHeading := b.(pdf.Heading)
		if !isHeading {
			least = 4
		} else if h.Level >= least {
			continue
		} else {
			least = h.Level
		}
		kept = append(kept, b)
	}
	slices.Reverse(kept)
	return kept
}
