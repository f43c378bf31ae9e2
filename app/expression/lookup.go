package expression

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var errNotHere = errors.New("it is not available here")

// simple makes a value from outside one of the language. Lists and objects
// count as null, as in Altinn.
func simple(v any, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	switch v.(type) {
	case []any, map[string]any:
		return nil, nil
	}
	return scalar(v)
}

// key returns an argument that must be a text.
func key(arg any) (string, error) {
	if s, ok := arg.(string); ok {
		return s, nil
	}
	return "", fmt.Errorf("expected a text, got %s", describe(arg))
}

func checkDataModel(args []node) error {
	if len(args) == 2 {
		if _, ok := args[1].value.(string); !ok && (args[1].value != nil || args[1].function != "") {
			return errors.New("the data type must be a text, and no expression")
		}
	}
	return nil
}

func dataModel(ctx *Context, args []any) (any, error) {
	path, err := key(args[0])
	if err != nil {
		return nil, err
	}
	if ctx.DataModel == nil {
		return nil, errNotHere
	}
	dataType := ""
	if len(args) == 2 {
		dataType, _ = args[1].(string)
	}
	return simple(ctx.DataModel(path, dataType))
}

func component(ctx *Context, args []any) (any, error) {
	id, err := key(args[0])
	if err != nil {
		return nil, err
	}
	if ctx.Component == nil {
		return nil, errNotHere
	}
	return simple(ctx.Component(id))
}

func countDataElements(ctx *Context, args []any) (any, error) {
	dataType, err := key(args[0])
	if err != nil {
		return nil, err
	}
	if ctx.CountDataElements == nil {
		return nil, errNotHere
	}
	n, err := ctx.CountDataElements(dataType)
	return float64(n), err
}

func instanceContext(ctx *Context, args []any) (any, error) {
	names := []string{"instanceId", "appId", "instanceOwnerPartyId", "instanceOwnerPartyType", "instanceOwnerName"}
	return property(args[0], names, ctx.InstanceContext)
}

func frontendSettings(ctx *Context, args []any) (any, error) {
	return property(args[0], nil, ctx.FrontendSettings)
}

// property looks up a key; names, if not nil, are the only ones there are.
func property(arg any, names []string, get func(string) (string, bool)) (any, error) {
	name, err := key(arg)
	if err != nil {
		return nil, err
	}
	if names != nil && !slices.Contains(names, name) {
		return nil, fmt.Errorf("there is no property %q; there are %s", name, strings.Join(names, ", "))
	}
	if get == nil {
		return nil, errNotHere
	}
	if v, ok := get(name); ok {
		return v, nil
	}
	return nil, nil
}

func authContext(ctx *Context, args []any) (any, error) {
	action, err := key(args[0])
	if err != nil {
		return nil, err
	}
	names := []string{"read", "write", "instantiate", "confirm", "sign", "reject", "complete"}
	if !slices.Contains(names, action) {
		return nil, fmt.Errorf("there is no property %q; there are %s", action, strings.Join(names, ", "))
	}
	if ctx.AuthContext == nil {
		return nil, errNotHere
	}
	return ctx.AuthContext(action)
}

func gatewayAction(ctx *Context, _ []any) (any, error) {
	if ctx.GatewayAction == "" {
		return nil, nil
	}
	return ctx.GatewayAction, nil
}

func text(ctx *Context, args []any) (any, error) {
	if args[0] == nil {
		return nil, nil
	}
	id, err := key(args[0])
	if err != nil {
		return nil, err
	}
	if ctx.Text == nil {
		return nil, errNotHere
	}
	if s, ok := ctx.Text(id); ok {
		return s, nil
	}
	return id, nil
}

func language(ctx *Context, _ []any) (any, error) { return ctx.language(), nil }

func (ctx *Context) language() string {
	if ctx.Language == "" {
		return "nb"
	}
	return ctx.Language
}

func argv(ctx *Context, args []any) (any, error) {
	f, ok, err := toNumber(args[0])
	switch {
	case err != nil:
		return nil, err
	case ctx.Args == nil:
		return nil, errNotHere
	case !ok || f < 0 || f >= float64(len(ctx.Args)):
		return nil, fmt.Errorf("there are %d positional arguments, counted from 0", len(ctx.Args))
	}
	return simple(ctx.Args[int(f)], nil)
}

func value(ctx *Context, args []any) (any, error) {
	if ctx.Value == nil {
		return nil, errNotHere
	}
	if len(args) == 0 || args[0] == nil {
		return simple(ctx.Value, nil)
	}
	name, err := key(args[0])
	if err != nil {
		return nil, err
	}
	values, _ := ctx.Value.(map[string]any)
	v, ok := values[name]
	if !ok {
		return nil, fmt.Errorf("there is no value %q", name)
	}
	return simple(v, nil)
}

// ModelLookup serves [Context.DataModel] from one decoded JSON value, whatever
// data type is asked for. Names compare exactly; "[n]" takes element n of a
// list, counted from 0. What is not there is null.
func ModelLookup(model any) func(path, dataType string) (any, error) {
	return func(path, _ string) (any, error) {
		current := model
		for part := range strings.SplitSeq(path, ".") {
			name, indices, _ := strings.Cut(part, "[")
			object, ok := current.(map[string]any)
			if !ok {
				return nil, nil
			}
			current = object[name]
			for indices != "" {
				digits, rest, closed := strings.Cut(indices, "]")
				i, err := strconv.Atoi(digits)
				if err != nil || !closed || i < 0 || rest != "" && rest[0] != '[' {
					return nil, fmt.Errorf("the path %q is malformed; write a list's element as Name[0]", path)
				}
				elements, ok := current.([]any)
				if !ok || i >= len(elements) {
					return nil, nil
				}
				current, indices = elements[i], strings.TrimPrefix(rest, "[")
			}
		}
		return current, nil
	}
}
