package apphost

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stafett/stafett/app/model"
)

// form is form data as a tree of the names in the data model. A value is a
// string, a json.Number, a bool, a form (a group) or a []any of one of these (a
// repeating field). What has no value is absent.
type form = map[string]any

// errFormat says that a text is not of the type that a field has.
var errFormat = errors.New("value has the wrong format")

// leaf converts a text to the type of a field, in the invariant culture. A
// field is of the type that Altinn Studio's generated classes give it, so a
// date is more than a text.
func leaf(f model.Field, text string) (any, error) {
	trimmed := strings.TrimSpace(text)
	switch f.Type {
	case model.String:
		if !isDate(f.Format, trimmed) {
			return nil, fmt.Errorf("%w: %s is not a %s", errFormat, f.Path, f.Format)
		}
		return text, nil
	case model.Integer:
		n, err := strconv.ParseInt(trimmed, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%w: %s is not an integer", errFormat, f.Path)
		}
		return json.Number(strconv.FormatInt(n, 10)), nil
	case model.Number:
		if !isDecimal(trimmed) {
			return nil, fmt.Errorf("%w: %s is not a number", errFormat, f.Path)
		}
		return json.Number(plainDecimal(trimmed)), nil
	case model.Boolean:
		switch strings.ToLower(trimmed) {
		case "true", "1":
			return true, nil
		case "false", "0":
			return false, nil
		}
		return nil, fmt.Errorf("%w: %s is not a boolean", errFormat, f.Path)
	}
	return nil, fmt.Errorf("%w: %s is a group", errFormat, f.Path)
}

// isDate tells whether the text suits a format of JSON Schema. Formats that are
// not dates suit any text.
func isDate(format, text string) bool {
	var layouts []string
	switch format {
	case "date", "date-time":
		layouts = []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04:05.999999999"}
	case "time":
		layouts = []string{"15:04:05", "15:04", "15:04:05Z07:00"}
	default:
		return true
	}
	for _, layout := range layouts {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return false
}

// isDecimal tells whether the text is a decimal number without exponent.
func isDecimal(text string) bool {
	digits := 0
	for i, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' && strings.IndexByte(text, '.') == i:
		case (c == '-' || c == '+') && i == 0:
		default:
			return false
		}
	}
	return digits > 0
}

// plainDecimal rewrites a decimal number as JSON wants it: no plus, no leading
// zeros, and digits on both sides of the point.
func plainDecimal(text string) string {
	sign := ""
	if text[0] == '-' {
		sign = "-"
	}
	whole, fraction, _ := strings.Cut(strings.TrimLeft(text, "+-"), ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return sign + whole
}

// at follows a dotted path, without list indices, through groups. The names are
// compared without regard to case, as fields of the metadata are.
func at(f form, path string) any {
	var current any = f
	for name := range strings.SplitSeq(path, ".") {
		group, ok := current.(form)
		if !ok {
			return nil
		}
		current = nil
		for key, value := range group {
			if strings.EqualFold(key, name) {
				current = value
			}
		}
	}
	return current
}

// asText writes a single value as .NET does; groups and lists have no text.
func asText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "True"
		}
		return "False"
	}
	return ""
}
