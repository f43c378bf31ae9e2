package form

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stafett/stafett/app/model"
)

// scalar writes a value of the data for a text.
func (l *look) scalar(value any) string {
	switch v := value.(type) {
	case string:
		if day, ok := dateOf(v, l.zone); ok {
			return day.Format(shownDate)
		}
		return v
	case bool:
		if v {
			return l.words.yes
		}
		return l.words.no
	case json.Number:
		return numberText(v.String(), "", l.words)
	}
	return ""
}

// typed is what stands in a control for a value of the data; of one with several
// choices, the values with commas between.
func (l *look) typed(k control, value any) string {
	switch k.kind {
	case KindCheckbox, KindMultiple, KindRadio, KindDropdown:
		return strings.Join(k.chosen(value), ",")
	case KindDate:
		text, _ := value.(string)
		if day, ok := dateOf(text, l.zone); ok {
			return day.Format(shownDate)
		}
		return text
	}
	text := optionText(value)
	if k.isNumber() {
		return numberText(text, k.Formatting.thousands(l.words), l.words)
	}
	return text
}

// answer is a value of the data as it is read.
func (l *look) answer(k control, value any) string {
	switch k.kind {
	case KindCheckbox, KindMultiple, KindRadio, KindDropdown:
		if len(l.options(k.component, k.rows)) > 0 {
			return strings.Join(l.chosenLabels(k, value), "\n")
		}
	}
	if b, ok := value.(bool); ok {
		return l.scalar(b)
	}
	text := l.typed(k, value)
	if text == "" || !k.isNumber() {
		return text
	}
	prefix, suffix := k.Formatting.around()
	return strings.TrimSpace(prefix + noBreak + text + noBreak + suffix)
}

// isEmpty reports whether nothing is filled in.
func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return len(v) == 0
	}
	return false
}

// unfit is text that cannot be a value of its field.
type unfit struct {
	pattern string
	args    []string
}

// read turns what was posted into a value of the data; nil means that nothing is
// filled in.
func (l *look) read(k control, posted []string) (any, *unfit) {
	switch k.kind {
	case KindCheckbox, KindMultiple, KindRadio, KindDropdown:
		return l.readChoices(k, posted)
	}
	text := strings.ReplaceAll(posted[0], "\r\n", "\n")
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	if !fitsXML(text) {
		return nil, &unfit{pattern: l.words.notText}
	}
	switch {
	case k.kind == KindDate:
		return l.readDay(k, text)
	case k.isNumber():
		return l.readNumeral(k, text)
	case k.field.Type == model.Boolean:
		return l.readBoolean(text)
	case k.Formatting.Number.Pattern != "":
		return withoutPattern(text, k.Formatting.Number.Pattern), nil
	}
	return text, nil
}

// fitsXML reports whether a text can be kept: form data are stored as XML 1.0.
func fitsXML(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\ufffe' || r == '\uffff'
	})
}

// withoutPattern takes out what a pattern such as "#### ## #####" adds to what
// is typed.
func withoutPattern(text, pattern string) string {
	return strings.Map(func(r rune) rune {
		if r != '#' && strings.ContainsRune(pattern, r) {
			return -1
		}
		return r
	}, text)
}

func (l *look) readDay(k control, text string) (any, *unfit) {
	day, ok := readDate(text)
	if !ok {
		return nil, &unfit{pattern: l.words.notDate}
	}
	if k.field.Format == "date" || k.TimeStamp != nil && !*k.TimeStamp {
		return day.Format("2006-01-02"), nil
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, l.zone).Format(stampWrite), nil
}

func (l *look) readNumeral(k control, text string) (any, *unfit) {
	prefix, suffix := k.Formatting.around()
	text = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), prefix), suffix)
	number, problem, args := readNumber(text, k.field.Type == model.Integer, l.words)
	if problem != "" {
		return nil, &unfit{problem, args}
	}
	format := k.Formatting.Number
	if format.AllowNegative != nil && !*format.AllowNegative && strings.HasPrefix(number, "-") {
		return nil, &unfit{pattern: l.words.negative}
	}
	_, fraction, _ := strings.Cut(number, ".")
	if format.DecimalScale != nil && len(fraction) > *format.DecimalScale {
		if *format.DecimalScale <= 0 {
			return nil, &unfit{pattern: l.words.notWhole}
		}
		return nil, &unfit{l.words.tooPrecise, []string{optionText(float64(*format.DecimalScale))}}
	}
	if k.field.Type == model.String {
		return number, nil
	}
	return json.Number(number), nil
}

func (l *look) readBoolean(text string) (any, *unfit) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", strings.ToLower(l.words.yes):
		return true, nil
	case "false", strings.ToLower(l.words.no):
		return false, nil
	}
	return nil, &unfit{pattern: l.words.notChoice}
}

// readChoices reads what is chosen. Only what is offered can be.
func (l *look) readChoices(k control, posted []string) (any, *unfit) {
	options := l.options(k.component, k.rows)
	var values []any
	var texts []string
	for _, choice := range posted {
		if choice == "" || slices.Contains(texts, choice) {
			continue
		}
		if !offers(options, choice) {
			return nil, &unfit{pattern: l.words.notChoice}
		}
		value, ok := choiceValue(choice, k.field.Type)
		if !ok {
			return nil, &unfit{pattern: l.words.notChoice}
		}
		values, texts = append(values, value), append(texts, choice)
	}
	switch {
	case len(values) == 0:
		return nil, nil
	case k.field.Repeating:
		return values, nil
	case len(values) == 1:
		return values[0], nil
	case k.field.Type != model.String || !k.several():
		return nil, &unfit{pattern: l.words.notChoice} // there is room for one only
	}
	return strings.Join(texts, ","), nil
}

// choiceValue is a choice as a value of the field's type.
func choiceValue(choice string, t model.Type) (any, bool) {
	switch t {
	case model.Boolean:
		return choice == "true", choice == "true" || choice == "false"
	case model.Integer, model.Number:
		plain, ok := plainNumber(choice)
		return json.Number(plain), ok
	}
	return choice, true
}

// same reports whether a value says the same as what the data hold.
func (l *look) same(k control, value, held any) bool {
	if isEmpty(value) || isEmpty(held) {
		return isEmpty(value) && isEmpty(held)
	}
	if k.several() {
		a, b := k.chosen(value), k.chosen(held)
		slices.Sort(a)
		slices.Sort(b)
		return slices.Equal(a, b)
	}
	switch v := value.(type) {
	case json.Number:
		n, ok := held.(json.Number)
		return ok && sameNumber(v, n)
	case string:
		text, ok := held.(string)
		if k.kind == KindDate {
			return ok && l.typed(k, v) == l.typed(k, text)
		}
		return ok && v == strings.ReplaceAll(text, "\r\n", "\n")
	}
	return value == held
}
