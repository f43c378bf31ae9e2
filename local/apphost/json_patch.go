package apphost

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// errTestFailed says that a test operation of a patch did not hold.
var errTestFailed = errors.New("a test operation of the patch failed")

// patchOperation is one operation of a JSON Patch (RFC 6902).
type patchOperation struct {
	Op    string          `json:"op"`
	Path  string          `json:"path"`
	From  string          `json:"from"`
	Value json.RawMessage `json:"value"`
}

// applyPatch applies the operations in their order to decoded JSON, whose
// numbers are json.Number, and returns the result. The document may be changed
// even if an operation fails.
func applyPatch(document any, operations []patchOperation) (any, error) {
	for i, o := range operations {
		var err error
		if document, err = o.apply(document); err != nil {
			return nil, fmt.Errorf("operation %d (%s %s): %w", i, o.Op, o.Path, err)
		}
	}
	return document, nil
}

func (o patchOperation) apply(document any) (any, error) {
	path, err := pointer(o.Path)
	if err != nil {
		return nil, err
	}
	switch o.Op {
	case "add", "replace", "test":
		value, err := decodeJSON(o.Value)
		if err != nil {
			return nil, fmt.Errorf("read value: %w", err)
		}
		switch o.Op {
		case "add":
			return put(document, path, value, true)
		case "replace":
			return put(document, path, value, false)
		}
		found, err := lookUp(document, path)
		if err == nil && !equalJSON(found, value) {
			err = errTestFailed
		}
		return document, err
	case "remove":
		return remove(document, path)
	case "move", "copy":
		from, err := pointer(o.From)
		if err != nil {
			return nil, err
		}
		value, err := lookUp(document, from)
		if err != nil {
			return nil, err
		}
		if o.Op == "copy" {
			return put(document, path, cloneJSON(value), true)
		}
		if len(path) > len(from) && slices.Equal(path[:len(from)], from) {
			return nil, errors.New("a value cannot move into itself")
		}
		if document, err = remove(document, from); err != nil {
			return nil, err
		}
		return put(document, path, value, true)
	}
	return nil, errors.New("the operation is unknown")
}

// pointer splits a JSON Pointer (RFC 6901).
func pointer(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	if text[0] != '/' {
		return nil, errors.New("a path begins with a slash")
	}
	names := strings.Split(text[1:], "/")
	for i, n := range names {
		names[i] = strings.ReplaceAll(strings.ReplaceAll(n, "~1", "/"), "~0", "~")
	}
	return names, nil
}

var errNoSuchPath = errors.New("the path does not exist")

func lookUp(document any, path []string) (any, error) {
	for _, name := range path {
		switch d := document.(type) {
		case map[string]any:
			value, ok := d[name]
			if !ok {
				return nil, errNoSuchPath
			}
			document = value
		case []any:
			i, err := index(name, len(d)-1)
			if err != nil {
				return nil, err
			}
			document = d[i]
		default:
			return nil, errNoSuchPath
		}
	}
	return document, nil
}

// index reads an index of a list: digits without leading zeros, at most last.
func index(name string, last int) (int, error) {
	i, err := strconv.Atoi(name)
	if err != nil || i < 0 || i > last || strconv.Itoa(i) != name {
		return 0, errNoSuchPath
	}
	return i, nil
}

// within changes the container of the last name of a path, and returns the
// document with what change made of it.
func within(document any, path []string, change func(container any, name string) (any, error)) (any, error) {
	if len(path) == 1 {
		return change(document, path[0])
	}
	below, err := lookUp(document, path[:1])
	if err != nil {
		return nil, err
	}
	changed, err := within(below, path[1:], change)
	if err != nil {
		return nil, err
	}
	switch d := document.(type) {
	case map[string]any:
		d[path[0]] = changed
	case []any:
		i, err := index(path[0], len(d)-1)
		if err != nil {
			return nil, err
		}
		d[i] = changed
	}
	return document, nil
}

// put sets a value. With add it makes members and inserts into lists; without,
// there must be something to replace.
func put(document any, path []string, value any, add bool) (any, error) {
	if len(path) == 0 {
		return value, nil
	}
	return within(document, path, func(container any, name string) (any, error) {
		switch c := container.(type) {
		case map[string]any:
			if _, ok := c[name]; !ok && !add {
				return nil, errNoSuchPath
			}
			c[name] = value
			return c, nil
		case []any:
			if add && name == "-" {
				return append(c, value), nil
			}
			last := len(c) - 1
			if add {
				last++
			}
			i, err := index(name, last)
			if err != nil {
				return nil, err
			}
			if add {
				return slices.Insert(c, i, value), nil
			}
			c[i] = value
			return c, nil
		}
		return nil, errNoSuchPath
	})
}

func remove(document any, path []string) (any, error) {
	if len(path) == 0 {
		return nil, nil
	}
	return within(document, path, func(container any, name string) (any, error) {
		switch c := container.(type) {
		case map[string]any:
			if _, ok := c[name]; !ok {
				return nil, errNoSuchPath
			}
			delete(c, name)
			return c, nil
		case []any:
			i, err := index(name, len(c)-1)
			if err != nil {
				return nil, err
			}
			return slices.Delete(c, i, i+1), nil
		}
		return nil, errNoSuchPath
	})
}

// equalJSON compares decoded JSON; numbers by value.
func equalJSON(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for name, value := range a {
			other, ok := b[name]
			if !ok || !equalJSON(value, other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equalJSON)
	case json.Number:
		b, ok := b.(json.Number)
		if !ok {
			return false
		}
		x, okX := new(big.Rat).SetString(a.String())
		y, okY := new(big.Rat).SetString(b.String())
		return okX && okY && x.Cmp(y) == 0
	}
	return a == b
}

func cloneJSON(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[name] = cloneJSON(member)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = cloneJSON(item)
		}
		return out
	}
	return value
}
