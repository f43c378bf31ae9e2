package expression

import (
	"errors"
	"fmt"
	"strings"
)

type callFunc = func(*Context, []any) (any, error)

// negate is for functions that return a boolean.
func negate(f callFunc) callFunc {
	return func(ctx *Context, args []any) (any, error) {
		v, err := f(ctx, args)
		return v != true, err
	}
}

// equals compares as text, so that the number 1 equals the text "1".
func equals(_ *Context, args []any) (any, error) {
	a, aOK, err := toText(args[0])
	if err != nil {
		return nil, err
	}
	b, bOK, err := toText(args[1])
	return a == b && aOK == bOK, err
}

// numbers makes a comparison of numbers; with null it is false.
func numbers(test func(a, b float64) bool) callFunc {
	return func(_ *Context, args []any) (any, error) {
		a, aOK, err := toNumber(args[0])
		if err != nil {
			return nil, err
		}
		b, bOK, err := toNumber(args[1])
		return err == nil && aOK && bOK && test(a, b), err
	}
}

func not(_ *Context, args []any) (any, error) {
	b, err := toBool(args[0])
	return !b, err
}

func and(_ *Context, args []any) (any, error) {
	all := true
	for _, a := range args {
		b, err := toBool(a)
		if err != nil {
			return nil, err
		}
		all = all && b
	}
	return all, nil
}

func or(_ *Context, args []any) (any, error) {
	found := false
	for _, a := range args {
		b, err := toBool(a)
		if err != nil {
			return nil, err
		}
		found = found || b
	}
	return found, nil
}

func checkIf(args []node) error {
	if len(args) == 3 {
		return errors.New(`expected 2 arguments (if) or 4 (if and "else"), got 3`)
	}
	if len(args) == 4 {
		if s, ok := args[2].value.(string); !ok || !strings.EqualFold(s, "else") {
			return errors.New(`the third argument must be "else"`)
		}
	}
	return nil
}

func ifElse(_ *Context, args []any) (any, error) {
	b, err := toBool(args[0])
	switch {
	case err != nil:
		return nil, err
	case b:
		return args[1], nil
	case len(args) == 4:
		return args[3], nil
	}
	return nil, nil
}

// operators are those of ["compare", a, operator, b] and
// ["compare", a, "not", operator, b].
var operators = map[string]callFunc{
	"equals":        equals,
	"greaterThan":   numbers(func(a, b float64) bool { return a > b }),
	"greaterThanEq": numbers(func(a, b float64) bool { return a >= b }),
	"lessThan":      numbers(func(a, b float64) bool { return a < b }),
	"lessThanEq":    numbers(func(a, b float64) bool { return a <= b }),
	"isBefore":      dates(func(a, b moment) (bool, error) { return a.Before(b.Time), nil }),
	"isBeforeEq":    dates(func(a, b moment) (bool, error) { return !a.After(b.Time), nil }),
	"isAfter":       dates(func(a, b moment) (bool, error) { return a.After(b.Time), nil }),
	"isAfterEq":     dates(func(a, b moment) (bool, error) { return !a.Before(b.Time), nil }),
	"isSameDay":     dates(sameDay),
}

func checkCompare(args []node) error {
	if len(args) == 4 && args[1].value != "not" {
		return errors.New(`with 4 arguments the second must be "not"`)
	}
	name, ok := args[len(args)-2].value.(string)
	if !ok {
		return errors.New("the operator must be a text, and no expression")
	}
	if _, ok := operators[name]; !ok {
		return fmt.Errorf("there is no operator %q", name)
	}
	return nil
}

func compare(ctx *Context, args []any) (any, error) {
	n := len(args)
	name, _ := args[n-2].(string)
	call := operators[name]
	if n == 4 {
		call = negate(call)
	}
	return call(ctx, []any{args[0], args[n-1]})
}
