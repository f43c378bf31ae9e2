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
	out := make([]any, len(list))
	for i, item := range list {
		converted, err := singleFromJSON(schema, f, item)
		if err != nil {
			return nil, err
		}
		out[i] = converted
	}
	return out, nil
}

func singleFromJSON(schema *model.Schema, f model.Field, value any) (any, error) {
	if f.Type == model.Object {
		return groupFromJSON(schema, f.Path, value)
	}
	switch v := value.(type) {
	case bool:
		if f.Type == model.Boolean {
			return v, nil
		}
	case json.Number:
		if f.Type == model.Integer || f.Type == model.Number {
			return leaf(f, decimalText(v))
		}
	case string:
		if f.Type != model.Boolean {
			return leaf(f, v)
		}
	}
	return nil, fmt.Errorf("%w: %s is not of type %s", errFormat, f.Path, f.Type)
}

// decimalText writes a JSON number without an exponent where that loses nothing.
func decimalText(n json.Number) string {
	if !strings.ContainsAny(n.String(), "eE") {
		return n.String()
	}
	value, err := n.Float64()
	if err != nil {
		return n.String()
	}
	plain, err := json.Marshal(value)
	if err != nil {
		return n.String()
	}
	return string(plain)
}

// writeFormJSON writes form data as an application answers it: every member of
// the model in its order, null where there is no value.
func writeFormJSON(schema *model.Schema, f form) ([]byte, error) {
	var b bytes.Buffer
	if err := writeGroupJSON(&b, schema, "", f); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func writeGroupJSON(b *bytes.Buffer, schema *model.Schema, path string, group form) error {
	b.WriteByte('{')
	for i, f := range schema.Children(path) {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(f.Name)
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
	encoded, err := json.Marshal(value)
	if err != nil {
		return err
	}
	b.Write(encoded)
	return nil
}
