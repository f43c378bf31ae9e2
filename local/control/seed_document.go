package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	"go.yaml.in/yaml/v3"
)

// parseSeed reads the mapping that a seed is, of JSON or YAML, with the lines of what
// stands in it.
func parseSeed(content []byte) (*yaml.Node, error) {
	read := parseYAML
	if trimmed := bytes.TrimSpace(content); len(trimmed) > 0 && trimmed[0] == '{' {
		read = parseJSON
	}
	root, err := read(content)
	switch {
	case err != nil:
		return nil, err
	case root == nil || root.ShortTag() == "!!null":
		return nil, errors.New("there is nothing in it; a seed has lists such as persons and instances")
	case root.Kind != yaml.MappingNode:
		return nil, fmt.Errorf("line %d: a seed is a mapping of lists, such as persons and instances", root.Line)
	}
	return root, nil
}

// unknownAnchor is how the YAML reader speaks of an alias for nothing. It can be part
// of a secret.
var unknownAnchor = regexp.MustCompile(`(?s)unknown anchor '.*?' referenced`)

// parseYAML returns nil for an empty document.
func parseYAML(content []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var document yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, errors.New(unknownAnchor.ReplaceAllString(err.Error(), "a text that begins with * needs quotes"))
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one YAML document")
	}
	return document.Content[0], nil
}

// parseJSON returns the document as YAML has it, in which texts are quoted.
func parseJSON(content []byte) (*yaml.Node, error) {
	var whole json.RawMessage
	if err := json.Unmarshal(content, &whole); err != nil {
		if wrong := new(json.SyntaxError); errors.As(err, &wrong) {
			return nil, fmt.Errorf("line %d: %w", lineAt(content, wrong.Offset-1), err)
		}
		return nil, err
	}
	r := jsonReader{decoder: json.NewDecoder(bytes.NewReader(content)), content: content, line: 1}
	r.decoder.UseNumber()
	return r.value()
}

// lineAt counts lines from 1.
func lineAt(content []byte, offset int64) int {
	return 1 + bytes.Count(content[:min(max(offset, 0), int64(len(content)))], []byte("\n"))
}

// jsonReader reads a document that is known to be JSON.
type jsonReader struct {
	decoder *json.Decoder
	content []byte
	counted int64 // up to where the lines were counted
	line    int   // of that place, from 1
}

// lineHere is the line on which the last token ends, counting on from the one before.
func (r *jsonReader) lineHere() int {
	end := r.decoder.InputOffset() - 1
	r.line += bytes.Count(r.content[r.counted:end], []byte("\n"))
	r.counted = end
	return r.line
}

func (r *jsonReader) value() (*yaml.Node, error) {
	token, err := r.decoder.Token()
	if err != nil {
		return nil, err
	}
	node := &yaml.Node{Kind: yaml.ScalarNode, Line: r.lineHere()}
	switch token := token.(type) {
	case json.Delim:
		if node.Kind = yaml.SequenceNode; token == '{' {
			node.Kind = yaml.MappingNode
		}
		for r.decoder.More() {
			below, err := r.value() // the names of members, too
			if err != nil {
				return nil, err
			}
			node.Content = append(node.Content, below)
		}
		_, err = r.decoder.Token()
	case string:
		node.Value, node.Tag, node.Style = token, "!!str", yaml.DoubleQuotedStyle
	case json.Number:
		node.Value = token.String() // its tag is what YAML makes of it
	case bool:
		node.Value, node.Tag = fmt.Sprint(token), "!!bool"
	default:
		node.Value, node.Tag = "null", "!!null"
	}
	return node, err
}
