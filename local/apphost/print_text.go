package apphost

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // so that the PDF shows the same time on any machine

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/expression"
	"github.com/stafett/stafett/app/model"
	"github.com/stafett/stafett/local/apphost/pdf"
	"github.com/stafett/stafett/local/storage"
)

// norway is the time zone of the platform's users.
var norway = mustLocation("Europe/Oslo")

func mustLocation(name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the zones are part of the program
	}
	return l
}

// printWords are the words that the printer itself adds.
type printWords struct {
	sent, sender, receiver, reference, attachments, page, yes, no string
}

func wordsOf(language string) printWords {
	switch language {
	case "nn":
		return printWords{"Dato sendt", "Avsendar", "Mottakar", "Referanse", "Vedlegg", "Side", "Ja", "Nei"}
	case "en":
		return printWords{"Date sent", "Sender", "Receiver", "Reference", "Attachments", "Page", "Yes", "No"}
	}
	return printWords{"Dato sendt", "Avsender", "Mottaker", "Referanse", "Vedlegg", "Side", "Ja", "Nei"}
}

// formPrinter turns a form into the blocks of a document.
type formPrinter struct {
	folder   *app.Folder
	instance storage.Instance
	language string
	words    printWords
	layout   app.LayoutSet
	schema   *model.Schema
	form     form
	shown    map[string]bool // data types whose elements need not be listed
	blocks   []pdf.Block
}

func newFormPrinter(folder *app.Folder, in storage.Instance, language string) *formPrinter {
	return &formPrinter{
		folder: folder, instance: in, language: language, words: wordsOf(language),
		shown: map[string]bool{app.PDFDataType: true},
	}
}

// resource finds a text resource in the user's language, or else in bokmål.
func (p *formPrinter) resource(id string) (app.Text, bool) {
	for _, language := range []string{p.language, "nb", "en"} {
		if text, ok := p.folder.Texts[language].Get(id); ok {
			return text, true
		}
	}
	return app.Text{}, false
}

// text gives a text resource with its variables filled in.
func (p *formPrinter) text(id, otherwise string) string {
	resource, ok := p.resource(id)
	if !ok {
		return otherwise
	}
	text := resource.Value
	for i, v := range resource.Variables {
		value := v.DefaultValue
		if strings.HasPrefix(v.DataSource, "dataModel.") {
			if found := asText(at(p.form, v.Key)); found != "" {
				value = found
			}
		}
		text = strings.ReplaceAll(text, fmt.Sprintf("{%d}", i), value)
	}
	return text
}

// label is the title of a component: a text resource, an expression, or the
// text itself.
func (p *formPrinter) label(component app.Component) string {
	raw := component.TextBindings["title"]
	var id string
	if err := json.Unmarshal(raw, &id); err != nil {
		e, err := expression.Parse(raw)
		if err != nil {
			return component.ID
		}
		evaluated, ok, err := e.EvalString(p.context())
		if err != nil || !ok {
			return component.ID
		}
		id = evaluated
	}
	return p.text(id, id)
}

// addressParts is the order in which the bindings of an address are read. Other
// components have one binding.
var addressParts = []string{"simpleBinding", "list", "address", "careOf", "houseNumber", "zipCode", "postPlace"}

// boundValue is what a component shows of a form. In a repeating group the
// bindings begin with the group's path, which the values of a row lack.
func (p *formPrinter) boundValue(component app.Component, prefix string, values form) string {
	var parts []string
	for _, name := range addressParts {
		path, ok := component.DataModelBinding[name]
		if !ok {
			continue
		}
		value := at(values, strings.TrimPrefix(path, prefix))
		if text := p.optionText(component, path, value); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ", ")
}

// optionText writes a value with the label of its option. Components for
// several choices keep them in one text, separated by commas, or in a list.
func (p *formPrinter) optionText(component app.Component, path string, value any) string {
	field, _ := p.schema.Field(path)
	options := component.Options
	if component.OptionsID != "" {
		options = p.folder.Options[component.OptionsID]
	}
	if len(options) == 0 {
		return p.valueText(field, value)
	}
	chosen, isList := value.([]any)
	if !isList {
		chosen = nil
		for choice := range strings.SplitSeq(optionValue(value), ",") {
			chosen = append(chosen, choice)
		}
	}
	var labels []string
	for _, choice := range chosen {
		label := optionValue(choice)
		i := slices.IndexFunc(options, func(o app.Option) bool { return optionValue(o.Value) == label })
		if i >= 0 {
			label = p.text(options[i].Label, options[i].Label)
		}
		if label != "" {
			labels = append(labels, label)
		}
	}
	return strings.Join(labels, ", ")
}

// optionValue writes a value as options are compared.
func optionValue(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return fmt.Sprint(value)
}

// valueText writes a value as people read it.
func (p *formPrinter) valueText(field model.Field, value any) string {
	switch v := value.(type) {
	case bool:
		if v {
			return p.words.yes
		}
		return p.words.no
	case json.Number:
		if p.language == "en" {
			return v.String()
		}
		return strings.Replace(v.String(), ".", ",", 1)
	case string:
		if field.Format == "date" && len(v) >= len(time.DateOnly) {
			if day, err := time.Parse(time.DateOnly, v[:len(time.DateOnly)]); err == nil {
				return day.Format("02.01.2006")
			}
		}
		return v
	case []any:
		var parts []string
		for _, item := range v {
			if text := p.valueText(field, item); text != "" {
				parts = append(parts, text)
			}
		}
		return strings.Join(parts, ", ")
	}
	return ""
}
