package local

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stafett/stafett/app/model"
	"github.com/stafett/stafett/internal/nearest"
)

// rowID is a member that applications add to the rows of form data; no model has it.
const rowID = "altinnRowId"

// checkFields looks in form data in JSON for a field that the model does not have. An
// application ignores it, but in a seed it is a mistake, which would show up only as a
// value that is not there.
func checkFields(schema *model.Schema, content []byte) error {
	if schema == nil {
		return nil
	}
	var form any
	_ = json.Unmarshal(content, &form) // what is no JSON has no fields, and the application says what is wrong
	return checkGroup(schema, "", form)
}

func checkGroup(schema *model.Schema, path string, value any) error {
	switch value := value.(type) {
	case []any:
		for _, row := range value {
			if err := checkGroup(schema, path, row); err != nil {
				return err
			}
		}
	case map[string]any:
		fields := schema.Children(path)
		for _, name := range slices.Sorted(maps.Keys(value)) {
			at := slices.IndexFunc(fields, func(f model.Field) bool { return strings.EqualFold(f.Name, name) })
			if at < 0 && !strings.EqualFold(name, rowID) {
				return unknownField(path, name, fields)
			}
			if at >= 0 && fields[at].Type == model.Object {
				if err := checkGroup(schema, fields[at].Path, value[name]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func unknownField(group, name string, fields []model.Field) error {
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	said := fmt.Sprintf("the data model has no field %q", strings.TrimPrefix(group+"."+name, "."))
	if near, ok := nearest.Name(name, names); ok {
		return fmt.Errorf("%s; did you mean %q?", said, near)
	}
	return fmt.Errorf("%s; the names there are %s", said, listed(names))
}

// listed reads as a, b and c.
func listed(names []string) string {
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
}
