package apphost

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app/model"
)

// form is form data as a tree of the names in the data model. A value is a
// string, a json.Number, a bool, a form (a group) or a []any of one of these (a
// repeating field). What has no value is absent.
type form = map[string]any

// errFormat says that a text is not of the type that a field has.
var errFormat = errors.New("value has the wrong format")

// isText tells that a field is a text in Altinn Studio's generated classes: all
// formats are, but for date-time.
func isText(f model.Field) bool { return f.Type == model.String && f.Format != "date-time" }

// leaf converts the text of an XML element or attribute to the type that a field
// has in Altinn Studio's generated classes.
func leaf(f model.Field, text string) (any, error) {
	if isText(f) {
		return text, nil
	}
	text = strings.Trim(text, " \t\r\n")
	switch f.Type {
	case model.String:
		if moment, ok := readMoment(text, momentXML); ok {
			return moment, nil
		}
		return nil, fmt.Errorf("%w: %s is not a %s", errFormat, f.Path, f.Format)
	case model.Integer, model.Number:
		return number(f, text, false)
	case model.Boolean:
		switch text {
		case "true", "1":
			return true, nil
		case "false", "0":
			return false, nil
		}
		return nil, fmt.Errorf("%w: %s is not a boolean", errFormat, f.Path)
	}
	return nil, fmt.Errorf("%w: %s is a group", errFormat, f.Path)
}

// number reads a number. Only those of JSON may have an exponent, and none where
// the field's numbers have a width.
func number(f model.Field, text string, exponent bool) (any, error) {
	if f.Bits > 0 {
		n, err := strconv.ParseInt(text, 10, f.Bits)
		if err != nil {
			return nil, fmt.Errorf("%w: %s is not an integer of %d bits", errFormat, f.Path, f.Bits)
		}
		return json.Number(strconv.FormatInt(n, 10)), nil
	}
	plain, ok := decimal(text, exponent)
	if !ok {
		return nil, fmt.Errorf("%w: %s is not a number", errFormat, f.Path)
	}
	return json.Number(plain), nil
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
