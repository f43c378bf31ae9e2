package form

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
)

// splitList splits values that one text holds, as check boxes keep them.
func splitList(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// optionText writes a value as options are compared.
func optionText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case bool:
		if v {
			return "true"
		}
		return "false"
	case json.Number:
		if plain, ok := plainNumber(v.String()); ok {
			return plain
		}
		return v.String()
	case float64:
		encoded, err := json.Marshal(v)
		if err == nil {
			return string(encoded)
		}
	}
	return ""
}

// options are the choices that a component offers in its rows.
func (l *look) options(c *component, r rows) []app.Option {
	list := c.Options
	if c.OptionsID != "" {
		list = l.source.Options[c.OptionsID]
	}
	return slices.DeleteFunc(slices.Clone(list), func(o app.Option) bool {
		context := l.context(r)
		context.Value = map[string]any{"value": optionText(o.Value), "label": o.Label, "description": o.Description, "helpText": o.HelpText}
		keep, err := c.filter.EvalBool(context, true)
		return err == nil && !keep
	})
}

// chosen are the values that a control with choices holds.
func (k control) chosen(value any) []string {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		var out []string
		for _, element := range v {
			out = append(out, optionText(element))
		}
		return out
	case string:
		if k.several() {
			return splitList(v)
		}
	}
	if text := optionText(value); text != "" {
		return []string{text}
	}
	return nil
}

// several reports whether more than one choice can be made.
func (k control) several() bool { return k.kind == KindCheckbox || k.kind == KindMultiple }

// choices are the choices of a control; chosen are those that are made.
func (l *look) choices(c *component, r rows, chosen []string) []Choice {
	var out []Choice
	for _, o := range l.options(c, r) {
		value := optionText(o.Value)
		label := l.resource(o.Label, r)
		out = append(out, Choice{
			Value: value, Label: l.markdown.inLine(label), LabelText: l.markdown.plain(label),
			Description: l.markdown.inBlocks(l.resource(o.Description, r)), Help: l.markdown.inBlocks(l.resource(o.HelpText, r)),
			Checked: slices.Contains(chosen, value),
		})
	}
	return out
}

// chosenLabels are the labels of what is chosen; a value that is no longer
// offered stands for itself.
func (l *look) chosenLabels(k control, value any) []string {
	options := l.options(k.component, k.rows)
	var out []string
	for _, value := range k.chosen(value) {
		i := slices.IndexFunc(options, func(o app.Option) bool { return optionText(o.Value) == value })
		if i >= 0 {
			value = l.markdown.plain(l.resource(options[i].Label, k.rows))
		}
		out = append(out, value)
	}
	return out
}

func offers(options []app.Option, choice string) bool {
	return slices.ContainsFunc(options, func(o app.Option) bool { return optionText(o.Value) == choice })
}
