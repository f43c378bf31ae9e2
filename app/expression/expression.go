// Package expression evaluates Altinn's expression language: JSON arrays such
// as ["equals", ["dataModel", "Applicant.Kind"], "person"]. Process gateways,
// layouts and mappings of forms use it.
//
// Functions, null handling and conversions follow Altinn's documentation
// ("Dynamic expressions", docs.altinn.studio).
package expression

import "errors"

// Expression is an expression that has been read and checked: every function
// is known and has a permitted number of arguments. It is immutable and safe
// for concurrent use. The zero Expression is null.
type Expression struct{ root node }

type node struct{}

// Parse reads an expression written as JSON.
func Parse(data []byte) (Expression, error) { return Expression{}, errors.New("not read yet") }

// FromValue makes an expression of decoded JSON or YAML: nil, bool, string, a
// number, or []any with a function's name first.
func FromValue(value any) (Expression, error) { return Expression{}, errors.New("not read yet") }

// Context is what an expression may look at. A nil function means that the
// thing is not to be had here: an expression that asks for it fails with an
// error that says so.
type Context struct {
	// DataModel looks up a path such as "Applicant.Address[0].Street" in the
	// form data of a data type (empty for the default one). The value is
	// decoded JSON: nil, bool, float64, json.Number, string, []any,
	// map[string]any. See [ModelLookup].
	DataModel func(path, dataType string) (any, error)
	// Component gives the value bound to a layout component.
	Component func(id string) (any, error)
	// InstanceContext gives instanceId, appId, instanceOwnerPartyId or
	// instanceOwnerPartyType; false means null.
	InstanceContext func(key string) (string, bool)
	// GatewayAction is the action sent to process/next; empty means null.
	GatewayAction string
	// Text gives a text resource; false means that there is none.
	Text func(key string) (string, bool)
	// Language is the user's language; empty means "nb".
	Language string
	// AuthContext tells whether the user may do an action (read, write, …) in
	// the current task.
	AuthContext func(action string) (bool, error)
	// Args and Value serve ["argv", n] and ["value"], which only some places
	// (validation, option filters) have.
	Args  []any
	Value any
}

// Eval evaluates the expression. The result is nil, bool, float64, string, or
// []any.
func (e Expression) Eval(ctx Context) (any, error) { return nil, errors.New("not read yet") }

// EvalBool evaluates the expression and converts the result to a boolean. Null
// gives the fallback.
func (e Expression) EvalBool(ctx Context, fallback bool) (bool, error) {
	return fallback, errors.New("not read yet")
}

// EvalString evaluates the expression and converts the result to text. Null
// gives false.
func (e Expression) EvalString(ctx Context) (text string, ok bool, err error) {
	return "", false, errors.New("not read yet")
}

// ModelLookup serves [Context.DataModel] from one decoded JSON value, whatever
// data type is asked for. Names compare exactly; lists are indexed "[0]".
func ModelLookup(model any) func(path, dataType string) (any, error) {
	return func(string, string) (any, error) { return nil, errors.New("not read yet") }
}

// Paths lists the arguments of ["dataModel", path, …] calls that are constant,
// so that they can be checked against a data model before anything runs.
func (e Expression) Paths() []string { return nil }
