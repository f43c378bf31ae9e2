package control

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// inlineJSON is a JSON value that stands in a seed as it is, or in YAML.
type inlineJSON []byte

// MarshalJSON implements [json.Marshaler].
func (j inlineJSON) MarshalJSON() ([]byte, error) { return json.RawMessage(j).MarshalJSON() }

// UnmarshalJSON implements [json.Unmarshaler]; null is no value.
func (j *inlineJSON) UnmarshalJSON(content []byte) error {
	if string(content) != "null" {
		*j = bytes.Clone(content)
	}
	return nil
}

// UnmarshalYAML implements [yaml.Unmarshaler]. Numbers, booleans and null are what JSON
// would take as such; everything else is text, dates and numbers that begin with a zero
// too.
func (j *inlineJSON) UnmarshalYAML(node *yaml.Node) error {
	var out bytes.Buffer
	if err := writeNode(&out, node); err != nil {
		return err
	}
	*j = out.Bytes()
	return nil
}

func writeNode(out *bytes.Buffer, node *yaml.Node) error {
	switch node.Kind {
	case yaml.MappingNode:
		return writeMapping(out, node)
	case yaml.SequenceNode:
		out.WriteByte('[')
		for n, item := range node.Content {
			if n > 0 {
				out.WriteByte(',')
			}
			if err := writeNode(out, item); err != nil {
				return err
			}
		}
		out.WriteByte(']')
		return nil
	case yaml.ScalarNode:
		return writeScalar(out, node)
	}
	return fmt.Errorf("line %d: write out what is named with * here", node.Line)
}

func writeMapping(out *bytes.Buffer, node *yaml.Node) error {
	out.WriteByte('{')
	known := make(map[string]bool)
	for n := 0; n+1 < len(node.Content); n += 2 {
		name := node.Content[n]
		switch {
		case name.Kind != yaml.ScalarNode || name.Tag == "!!merge":
			return fmt.Errorf("line %d: the name of a member belongs here", name.Line)
		case known[name.Value]:
			return fmt.Errorf("line %d: the member %q is there twice", name.Line, name.Value)
		}
		known[name.Value] = true
		if n > 0 {
			out.WriteByte(',')
		}
		if err := writeText(out, name.Value); err != nil {
			return err
		}
		out.WriteByte(':')
		if err := writeNode(out, node.Content[n+1]); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

func writeScalar(out *bytes.Buffer, node *yaml.Node) error {
	plain := node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) == 0
	switch {
	case plain && node.Tag == "!!null":
		out.WriteString("null")
		return nil
	case plain && node.Tag == "!!bool":
		out.WriteString(strings.ToLower(node.Value))
		return nil
	case plain && node.Tag != "!!str" && json.Valid([]byte(node.Value)):
		out.WriteString(node.Value)
		return nil
	}
	return writeText(out, node.Value)
}

func writeText(out *bytes.Buffer, text string) error {
	encoded, err := json.Marshal(text)
	out.Write(encoded)
	return err
}
