package apphost

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stafett/stafett/app/model"
)

// applyPrefill sets the fields that a prefill map names. Keys are dotted paths
// of property names; hyphens and case do not matter. Unknown paths, and paths
// through lists, are ignored, and what has a value keeps it. A value that
// cannot be converted to its field is an error.
func applyPrefill(schema *model.Schema, f form, values map[string]*string) error {
	// The order does not matter for the result, but it does for which of
	// several faults is reported.
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if values[key] == nil {
			continue
		}
		if err := setIfUnset(schema, f, key, *values[key]); err != nil {
			return fmt.Errorf("prefill %q: %w", key, err)
		}
	}
	return nil
}

// setIfUnset sets one field unless it has a value.
func setIfUnset(schema *model.Schema, f form, key, value string) error {
	fields, ok := fieldPath(schema, key)
	if !ok {
		return nil
	}
	group := f
	for _, parent := range fields[:len(fields)-1] {
		below, ok := group[parent.Name].(form)
		if !ok {
			below = form{}
			group[parent.Name] = below
		}
		group = below
	}
	last := fields[len(fields)-1]
	if group[last.Name] != nil {
		return nil
	}
	if last.Repeating {
		return fmt.Errorf("%w: %s is a list", errFormat, last.Path)
	}
	if value == "" && !isText(last) {
		return nil // an empty text is null for everything but a text
	}
	if last.Type == model.Boolean {
		value = strings.ToLower(value) // it is no XML
	}
	converted, err := leaf(last, value)
	if err != nil {
		return err
	}
	group[last.Name] = converted
	return nil
}

// fieldPath resolves a dotted path of property names, one field per name. False
// means that the model has no such path, or that it leads through a list.
func fieldPath(schema *model.Schema, key string) ([]model.Field, bool) {
	var fields []model.Field
	path := ""
	for name := range strings.SplitSeq(strings.ReplaceAll(key, "-", ""), ".") {
		f, ok := childNamed(schema, path, name)
		if !ok {
			return nil, false
		}
		if len(fields) > 0 && fields[len(fields)-1].Repeating {
			return nil, false
		}
		fields = append(fields, f)
		path = f.Path
	}
	return fields, true
}

func childNamed(schema *model.Schema, path, name string) (model.Field, bool) {
	for _, f := range schema.Children(path) {
		if strings.EqualFold(strings.ReplaceAll(f.Name, "-", ""), name) {
			return f, true
		}
	}
	return model.Field{}, false
}

// prefillFile is models/{data type}.prefill.json as far as the local platform
// has the sources: ER, the Central Coordinating Register, and DSF, the National
// Population Register. Members map a source's field to a path of the model.
type prefillFile struct {
	AllowOverwrite bool              `json:"allowOverwrite"`
	ER             map[string]string `json:"ER"`
	DSF            map[string]string `json:"DSF"`
}

// applyPrefillFile fills in what the registers know about the owner of the
// instance. Sources without an answer are passed over, as are unknown fields.
func applyPrefillFile(schema *model.Schema, f form, file []byte, owner *party) error {
	if len(file) == 0 || owner == nil {
		return nil
	}
	var prefill prefillFile
	if err := json.Unmarshal(file, &prefill); err != nil {
		return fmt.Errorf("read prefill file: %w", err)
	}
	for _, source := range []struct {
		paths map[string]string
		facts json.RawMessage
	}{{prefill.ER, owner.Organization}, {prefill.DSF, owner.Person}} {
		var facts map[string]any
		if len(source.paths) == 0 || json.Unmarshal(source.facts, &facts) != nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(source.paths)) {
			value, ok := memberOf(facts, name)
			known, isText := value.(string)
			if !ok || !isText || known == "" {
				continue
			}
			path := source.paths[name]
			if prefill.AllowOverwrite {
				unset(schema, f, path)
			}
			if err := setIfUnset(schema, f, path, known); err != nil {
				return fmt.Errorf("prefill %q from a register: %w", path, err)
			}
		}
	}
	return nil
}

// unset removes the value of a field.
func unset(schema *model.Schema, f form, key string) {
	fields, ok := fieldPath(schema, key)
	if !ok {
		return
	}
	group := f
	for _, parent := range fields[:len(fields)-1] {
		below, ok := group[parent.Name].(form)
		if !ok {
			return
		}
		group = below
	}
	delete(group, fields[len(fields)-1].Name)
}
