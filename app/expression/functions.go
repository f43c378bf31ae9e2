package expression

import (
	"errors"
	"fmt"
)

// function is one function of the language. check looks at the arguments when
// an expression is read, call computes the result.
type function struct {
	min, max int // number of arguments; max < 0 means any
	static   func(args []node) error
	call     func(ctx *Context, args []any) (any, error)
}

func (f function) check(args []node) error {
	n := len(args)
	switch {
	case n < f.min || f.max >= 0 && n > f.max:
		return fmt.Errorf("expected %s, got %d", f.arity(), n)
	case f.static != nil:
		return f.static(args)
	}
	return nil
}

func (f function) arity() string {
	switch {
	case f.max < 0:
		return fmt.Sprintf("%d or more arguments", f.min)
	case f.min == f.max && f.min == 1:
		return "1 argument"
	case f.min == f.max:
		return fmt.Sprintf("%d arguments", f.min)
	}
	return fmt.Sprintf("%d to %d arguments", f.min, f.max)
}

// functions holds the whole language. It is never changed.
var functions = map[string]function{
	"equals":        {min: 2, max: 2, call: equals},
	"notEquals":     {min: 2, max: 2, call: negate(equals)},
	"greaterThan":   {min: 2, max: 2, call: numbers(func(a, b float64) bool { return a > b })},
	"greaterThanEq": {min: 2, max: 2, call: numbers(func(a, b float64) bool { return a >= b })},
	"lessThan":      {min: 2, max: 2, call: numbers(func(a, b float64) bool { return a < b })},
	"lessThanEq":    {min: 2, max: 2, call: numbers(func(a, b float64) bool { return a <= b })},
	"compare":       {min: 3, max: 4, static: checkCompare, call: compare},

	"not": {min: 1, max: 1, call: not},
	"and": {min: 1, max: -1, call: and},
	"or":  {min: 1, max: -1, call: or},
	"if":  {min: 2, max: 4, static: checkIf, call: ifElse},

	"concat":         {min: 0, max: -1, call: concat},
	"contains":       {min: 2, max: 2, call: contains},
	"notContains":    {min: 2, max: 2, call: negate(contains)},
	"startsWith":     {min: 2, max: 2, call: startsWith},
	"endsWith":       {min: 2, max: 2, call: endsWith},
	"commaContains":  {min: 2, max: 2, call: commaContains},
	"stringLength":   {min: 1, max: 1, call: stringLength},
	"stringIndexOf":  {min: 2, max: 2, call: stringIndexOf},
	"stringSlice":    {min: 2, max: 3, call: stringSlice},
	"stringReplace":  {min: 3, max: 3, call: stringReplace},
	"lowerCase":      {min: 1, max: 1, call: lowerCase},
	"upperCase":      {min: 1, max: 1, call: upperCase},
	"lowerCaseFirst": {min: 1, max: 1, call: lowerCaseFirst},
	"upperCaseFirst": {min: 1, max: 1, call: upperCaseFirst},
	"round":          {min: 1, max: 2, call: round},
	"formatDate":     {min: 1, max: 2, call: formatDate},
	"list":           {min: 0, max: -1, call: list},

	"dataModel":         {min: 1, max: 2, static: checkDataModel, call: dataModel},
	"component":         {min: 1, max: 1, call: component},
	"countDataElements": {min: 1, max: 1, call: countDataElements},
	"instanceContext":   {min: 1, max: 1, call: instanceContext},
	"frontendSettings":  {min: 1, max: 1, call: frontendSettings},
	"authContext":       {min: 1, max: 1, call: authContext},
	"gatewayAction":     {min: 0, max: 0, call: gatewayAction},
	"text":              {min: 1, max: 1, call: text},
	"language":          {min: 0, max: 0, call: language},
	"argv":              {min: 1, max: 1, call: argv},
	"value":             {min: 0, max: 1, call: value},

	"displayValue":              {min: 1, max: 1, call: needsScreen},
	"optionLabel":               {min: 2, max: 2, call: needsScreen},
	"externalApi":               {min: 2, max: 2, call: needsScreen},
	"linkToComponent":           {min: 2, max: 3, call: needsScreen},
	"linkToPage":                {min: 2, max: 3, call: needsScreen},
	"_experimentalSelectAndMap": {min: 2, max: 5, call: needsScreen},
}

// ErrNeedsScreen is the failure of a function that only makes sense where a
// form is on a screen, such as displayValue.
var ErrNeedsScreen = errors.New("the function works only in a form on a screen")

func needsScreen(*Context, []any) (any, error) { return nil, ErrNeedsScreen }

func list(_ *Context, args []any) (any, error) { return args, nil }
