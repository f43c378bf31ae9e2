package expression

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/tailscale/hujson"
)

// Parse reads an expression written as JSON. Comments and trailing commas are
// allowed, as in Altinn.
func Parse(data []byte) (Expression, error) {
	if len(data) > MaxBytes {
		return Expression{}, fmt.Errorf("read expression: it is %d bytes long; at most %d are allowed", len(data), MaxBytes)
	}
	// A comment on the last line ends with that line.
	standard, err := hujson.Standardize(append(bytes.Clone(data), '\n'))
	if err != nil {
		return Expression{}, fmt.Errorf("read expression: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(standard))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return Expression{}, fmt.Errorf("read expression: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Expression{}, errors.New("read expression: there is more text after it")
	}
	return FromValue(value)
}

// FromValue makes an expression of decoded JSON or YAML: nil, bool, string, a
// number, or []any with a function's name first.
func FromValue(value any) (Expression, error) {
	p := parser{}
	root, err := p.node(value, "", 0)
	if err != nil {
		return Expression{}, fmt.Errorf("read expression: %w", err)
	}
	return Expression{root: root}, nil
}

type parser struct{ nodes int }

func (p *parser) node(value any, position string, depth int) (node, error) {
	if p.nodes++; p.nodes > MaxNodes {
		return node{}, fmt.Errorf("it has more than %d parts", MaxNodes)
	}
	list, ok := value.([]any)
	if !ok {
		constant, err := scalar(value)
		if err != nil {
			return node{}, at(position, err)
		}
		return node{value: constant, position: position}, nil
	}
	if depth >= MaxDepth {
		return node{}, fmt.Errorf("it is nested deeper than %d levels", MaxDepth)
	}
	if len(list) == 0 {
		return node{}, at(position, errors.New("an empty list is no expression; the first element names a function"))
	}
	name, ok := list[0].(string)
	if !ok {
		return node{}, at(position, fmt.Errorf("a list starts with the name of a function, not with %s", describe(list[0])))
	}
	f, ok := functions[name]
	if !ok {
		return node{}, at(position, fmt.Errorf("there is no function %q", name))
	}
	n := node{function: name, position: position}
	for i, arg := range list[1:] {
		a, err := p.node(arg, position+"["+strconv.Itoa(i+1)+"]", depth+1)
		if err != nil {
			return node{}, err
		}
		n.args = append(n.args, a)
	}
	if err := f.check(n.args); err != nil {
		return node{}, at(position, fmt.Errorf("%s: %w", name, err))
	}
	return n, nil
}

func at(position string, err error) error {
	if position == "" {
		return err
	}
	return fmt.Errorf("at %s: %w", position, err)
}

// scalar gives a decoded value the type that expressions use for it.
func scalar(value any) (any, error) {
	switch v := value.(type) {
	case nil, bool, string, float64:
		if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
			return nil, fmt.Errorf("%v is not a number that JSON has", f)
		}
		return v, nil
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return nil, fmt.Errorf("the number %s is too large", v)
		}
		return f, nil
	case float32:
		return scalar(float64(v))
	case int:
		return float64(v), nil
	case int32:
		return float64(v), nil
	case int64:
		return float64(v), nil
	case uint64:
		return float64(v), nil
	}
	return nil, fmt.Errorf("an expression cannot hold %s", describe(value))
}

// describe names the kind of a value for a message. Values themselves are
// people's answers and stay out of messages.
func describe(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a text"
	case float64, json.Number, int, int32, int64, uint64, float32:
		return "a number"
	case []any:
		return "a list"
	case map[string]any, map[any]any:
		return "an object"
	}
	return fmt.Sprintf("a %T", value)
}
