package apphost

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/expression"
	"github.com/stafett/stafett/app/model"
)

// rulesOf reads the rules of an application's data types.
func rulesOf(folder *app.Folder, log *slog.Logger) (map[string][]fieldRules, error) {
	rules := map[string][]fieldRules{}
	for dataType, file := range folder.ValidationJSON {
		schema, ok := folder.Models[dataType]
		if !ok {
			continue
		}
		var err error
		if rules[dataType], err = readRules(file, schema, log); err != nil {
			return nil, fmt.Errorf("read models/%s.validation.json: %w", dataType, err)
		}
	}
	return rules, nil
}

// fieldRules are the rules of one field in models/*.validation.json.
type fieldRules struct {
	field string // its path, without list indices
	rules []fieldRule
}

// fieldRule is one of them: the field is wrong if the condition holds.
type fieldRule struct {
	message   string // id of a text
	condition expression.Expression
	severity  int
}

// writtenRule is a rule as it is written, perhaps with what another one says.
type writtenRule struct {
	Ref       string          `json:"ref"`
	Message   string          `json:"message"`
	Condition json.RawMessage `json:"condition"`
	Severity  string          `json:"severity"`
}

// over fills in what a rule leaves to the one that it refers to.
func (r writtenRule) over(base writtenRule) writtenRule {
	if r.Message == "" {
		r.Message = base.Message
	}
	if r.Condition == nil {
		r.Condition = base.Condition
	}
	if r.Severity == "" {
		r.Severity = base.Severity
	}
	return r
}

// readRules reads models/{data type}.validation.json, in the order of the file's
// fields by name. As in the library, a rule that lacks something is logged and
// left out.
func readRules(file []byte, schema *model.Schema, log *slog.Logger) ([]fieldRules, error) {
	var in struct {
		Definitions json.RawMessage              `json:"definitions"`
		Validations map[string][]json.RawMessage `json:"validations"`
	}
	if err := json.Unmarshal(file, &in); err != nil {
		return nil, err
	}
	definitions, err := readDefinitions(in.Definitions)
	if err != nil {
		return nil, err
	}
	var all []fieldRules
	for _, field := range slices.Sorted(maps.Keys(in.Validations)) {
		if _, ok := schema.Field(field); !ok {
			log.Info("a validation is of no field of the data model", "field", field)
		}
		of := fieldRules{field: field}
		for _, raw := range in.Validations[field] {
			var written writtenRule
			var name string
			if json.Unmarshal(raw, &name) == nil {
				written.Ref = name
			} else if err := json.Unmarshal(raw, &written); err != nil {
				return nil, fmt.Errorf("%s: %w", field, err)
			}
			rule, err := definitions.rule(written)
			if err != nil {
				log.Info("a validation is left out", "field", field, "reason", err)
				continue
			}
			of.rules = append(of.rules, rule)
		}
		all = append(all, of)
	}
	return all, nil
}

// definitionsByName are the rules that others refer to.
type definitionsByName map[string]writtenRule

// readDefinitions reads them in their order, since each may build on those above.
func readDefinitions(raw json.RawMessage) (definitionsByName, error) {
	known := definitionsByName{}
	if len(raw) == 0 {
		return known, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, errors.New("definitions are no object")
	}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var written writtenRule
		if err := decoder.Decode(&written); err != nil {
			return nil, fmt.Errorf("definition %v: %w", token, err)
		}
		name, _ := token.(string)
		known[name] = written.over(known[written.Ref])
	}
	return known, nil
}

// rule completes a rule.
func (d definitionsByName) rule(written writtenRule) (fieldRule, error) {
	if written.Ref != "" {
		base, ok := d[written.Ref]
		if !ok {
			return fieldRule{}, fmt.Errorf("there is no definition %q", written.Ref)
		}
		written = written.over(base)
	}
	severities := map[string]int{"": severityError, "error": severityError, "warning": 2, "info": 3, "success": 5}
	severity, ok := severities[written.Severity]
	switch {
	case written.Message == "":
		return fieldRule{}, errors.New("it has no message")
	case written.Condition == nil:
		return fieldRule{}, errors.New("it has no condition")
	case !ok:
		return fieldRule{}, fmt.Errorf("there is no severity %q", written.Severity)
	}
	condition, err := expression.Parse(written.Condition)
	if err != nil {
		return fieldRule{}, err
	}
	return fieldRule{message: written.Message, condition: condition, severity: severity}, nil
}
