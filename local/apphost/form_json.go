package apphost

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/stafett/stafett/app/model"
)

// parseJSON reads form data as System.Text.Json reads it into the generated
// class: names in any case, unknown members ignored, numbers also as strings.
func parseJSON(schema *model.Schema, data []byte) (form, error) {
	value, err := decodeJSON(data)
	if err != nil {
		return nil, err
	}
	return groupFromJSON(schema, "", value)
}

// decodeJSON decodes one JSON value, with numbers as json.Number.
func decodeJSON(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the JSON value")
	}
	return value, nil
}

func groupFromJSON(schema *model.Schema, path string, value any) (form, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: %q is not an object", errFormat, path)
	}
	out := form{}
	for _, f := range schema.Children(path) {
		member, ok := memberOf(object, f.Name)
		if !ok || member == nil {
			continue
		}
		converted, err := fieldFromJSON(schema, f, member)
		if err != nil {
			return nil, err
		}
		if list, ok := converted.([]any); ok && len(list) == 0 {
			continue
		}
		out[f.Name] = converted
	}
	return out, nil
}

// memberOf finds a member by its exact name, or else in any case.
func memberOf(object map[string]any, name string) (any, bool) {
	if v, ok := object[name]; ok {
		return v, true
	}
	for key, v := range object {
		if strings.EqualFold(key, name) {
			return v, true
		}
	}
	return nil, false
}

func fieldFromJSON(schema *model.Schema, f model.Field, value any) (any, error) {
	if !f.Repeating {
		return singleFromJSON(schema, f, value)
	}
	list, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("%w: %s is not a list", errFormat, f.Path)
	}
	out := make([]any, 0, len(list))
	for _, item := range list {
		if item == nil && (isText(f) || f.Type == model.Object) {
			continue // XML has no element for it
		}
		converted, err := singleFromJSON(schema, f, item)
		if err != nil {
			return nil, err
		}
		out = append(out, converted)
	}
	return out, nil
}

func singleFromJSON(schema *model.Schema, f model.Field, value any) (any, error) {
	if f.Type == model.Object {
		return groupFromJSON(schema, f.Path, value)
	}
	isNumber := f.Type == model.Integer || f.Type == model.Number
	switch v := value.(type) {
	case bool:
		if f.Type == model.Boolean {
			return v, nil
		}
	case json.Number:
		if isNumber {
			return number(f, v.String(), true)
		}
	case string:
		if isText(f) {
			return v, nil
		}
		if isNumber {
			return number(f, v, true)
		}
		if moment, ok := readMoment(v, momentJSON); ok && f.Type == model.String {
			return moment, nil
		}
	}
	return nil, fmt.Errorf("%w: %s is not of type %s", errFormat, f.Path, f.Type)
}

// writeFormJSON writes form data as an application answers it: every member of
// the model in its order, null where there is no value, and a list where none is
// kept, since XML does not tell the two apart.
func writeFormJSON(schema *model.Schema, f form) ([]byte, error) {
	var b bytes.Buffer
	if err := writeGroupJSON(&b, schema, "", f); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// jsonName is the name of a field in JSON. Generated classes tell it for what is an
// element in XML only.
func jsonName(f model.Field) string {
	if f.Attribute || f.TextValue {
		return camelCase(f.Name)
	}
	return f.Name
}

func writeGroupJSON(b *bytes.Buffer, schema *model.Schema, path string, group form) error {
	b.WriteByte('{')
	for i, f := range schema.Children(path) {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(jsonName(f))
		if err != nil {
			return err
		}
		b.Write(name)
		b.WriteByte(':')
		if err := writeValueJSON(b, schema, f, group[f.Name]); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

func writeValueJSON(b *bytes.Buffer, schema *model.Schema, f model.Field, value any) error {
	switch v := value.(type) {
	case form:
		return writeGroupJSON(b, schema, f.Path, v)
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeValueJSON(b, schema, f, item); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	}
	if value == nil && f.Repeating {
		b.WriteString("[]")
		return nil
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return err
	}
	b.Write(encoded)
	return nil
}
