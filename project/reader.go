package project

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stafett/stafett/internal/nearest"
)

// reader walks the nodes of a file and gathers what is wrong with them.
type reader struct {
	path   string
	faults []error
}

func (r *reader) fault(at Position, format string, args ...any) {
	r.faults = append(r.faults, &Fault{Path: r.path, Position: at, Message: fmt.Sprintf(format, args...)})
}

func position(n *yaml.Node) Position { return Position{Line: n.Line, Column: n.Column} }

// yamlLine takes the library's messages apart.
var yamlLine = regexp.MustCompile(`^line ([0-9]+): (.*)$`)

// document returns the root of the only document in data, nil after a fault.
func (r *reader) document(data []byte) *yaml.Node {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	if err := decoder.Decode(&first); errors.Is(err, io.EOF) || err == nil && len(first.Content) == 0 {
		r.fault(Position{1, 1}, "the file is empty")
		return nil
	} else if err != nil {
		at, message := Position{1, 1}, strings.TrimPrefix(err.Error(), "yaml: ")
		if m := yamlLine.FindStringSubmatch(message); m != nil {
			at.Line, _ = strconv.Atoi(m[1])
			message = m[2]
		}
		r.fault(at, "this is not YAML: %s", message)
		return nil
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		r.fault(Position{max(second.Line, 1), max(second.Column, 1)}, "the file holds more than one document; keep one, without a line ---")
		return nil
	}
	return first.Content[0]
}

// field is one name that a mapping may have.
type field struct {
	name     string
	required bool
	read     func(*yaml.Node)
}

// mapping reads a mapping of known names. what names the mapping in messages.
func (r *reader) mapping(n *yaml.Node, what string, fields ...field) {
	if !r.kind(n, yaml.MappingNode, what, "a mapping of names to values") {
		return
	}
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.name
	}
	seen := map[string]bool{}
	r.entries(n, what, func(key, value *yaml.Node) {
		for _, f := range fields {
			if f.name == key.Value {
				seen[f.name] = true
				f.read(value)
				return
			}
		}
		message := fmt.Sprintf("%s has no %q", what, key.Value)
		if near, ok := nearest.Name(key.Value, known); ok {
			message += fmt.Sprintf("; did you mean %q?", near)
		} else {
			message += "; it may have " + strings.Join(known, ", ")
		}
		r.fault(position(key), "%s", message)
	})
	for _, f := range fields {
		if f.required && !seen[f.name] {
			r.fault(position(n), "%s lacks %q", what, f.name)
		}
	}
}

// entries calls visit for each entry of a mapping node, in order, and refuses
// repeated keys.
func (r *reader) entries(n *yaml.Node, what string, visit func(key, value *yaml.Node)) {
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			r.fault(position(key), "a name in %s must be plain text", what)
			continue
		}
		if line, ok := first[key.Value]; ok {
			r.fault(position(key), "%s has %q already, in line %d", what, key.Value, line)
			continue
		}
		first[key.Value] = key.Line
		visit(key, value)
	}
}

// items calls visit for each item of a sequence node.
func (r *reader) items(n *yaml.Node, what string, visit func(*yaml.Node)) {
	if !r.kind(n, yaml.SequenceNode, what, "a list") {
		return
	}
	for _, item := range n.Content {
		visit(item)
	}
}

func (r *reader) kind(n *yaml.Node, want yaml.Kind, what, wanted string) bool {
	if r.alias(n) {
		return false
	}
	if n.Kind != want {
		r.fault(position(n), "%s must be %s, not %s", what, wanted, describe(n))
		return false
	}
	return true
}

// alias refuses references to other parts of the file: a few lines of them can
// stand for more than fits in memory, and nobody needs them here.
func (r *reader) alias(n *yaml.Node) bool {
	if n.Kind != yaml.AliasNode {
		return false
	}
	r.fault(position(n), "references such as *%s are not read here; write the value out", n.Value)
	return true
}

// text reads a scalar that is not empty. Digits need no quotes, since a number
// is taken as it is written.
func (r *reader) text(what string, to *string) func(*yaml.Node) {
	return r.checked(what, to, func(string) string { return "" })
}

// checked is text with a check that returns what is wrong with the value, or "".
func (r *reader) checked(what string, to *string, check func(string) string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if !r.kind(n, yaml.ScalarNode, what, "text") {
			return
		}
		if tag := n.ShortTag(); tag != "!!str" && tag != "!!int" {
			r.fault(position(n), "%s must be text, not %s", what, describe(n))
			return
		}
		if strings.TrimSpace(n.Value) == "" {
			r.fault(position(n), "%s is empty", what)
			return
		}
		if wrong := check(n.Value); wrong != "" {
			r.fault(position(n), "%s: %s", what, wrong)
			return
		}
		*to = n.Value
	}
}

// truth reads true or false.
func (r *reader) truth(what string, to *bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if !r.kind(n, yaml.ScalarNode, what, "true or false") {
			return
		}
		if n.ShortTag() != "!!bool" || n.Decode(to) != nil {
			r.fault(position(n), "%s must be true or false, not %s", what, describe(n))
		}
	}
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!bool":
		return "true or false"
	case "!!int", "!!float":
		return "a number"
	case "!!timestamp":
		return "a date (put it in quotes to make it text)"
	}
	return "text"
}
