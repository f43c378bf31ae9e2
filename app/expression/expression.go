// Package expression evaluates Altinn's expression language: JSON arrays such
// as ["equals", ["dataModel", "Applicant.Kind"], "person"]. Process gateways,
// layouts and mappings of forms use it.
//
// Functions, treatment of null and conversions follow Altinn's documentation
// ("Dynamic expressions", docs.altinn.studio) and, where it is silent, what the
// platform's two implementations, in the browser and on the server, agree on.
// All arguments are evaluated before a function is called, as there: an error
// in the branch of an "if" that is not taken is still an error.
package expression

import "time"

// Bounds of an expression and of the values in it.
const (
	MaxBytes = 64 << 10 // of the JSON text
	MaxDepth = 64       // of nested calls
	MaxNodes = 10_000   // of calls and constants together
	MaxText  = 1 << 20  // bytes of a text that a function makes
)

// Expression is an expression that has been read and checked: every function
// is known and has a permitted number of arguments. It is immutable and safe
// for concurrent use. The zero Expression is null.
type Expression struct{ root node }

// node is a constant or a call.
type node struct {
	value    any // nil, bool, float64 or string; only of a constant
	function string
	args     []node
	position string // where it stands in the expression, such as "[1][2]"
}

// Context is what an expression may look at. A nil function means that the
// thing is not to be had here: an expression that asks for it fails with an
// error that says so.
type Context struct {
	// DataModel looks up a path such as "Applicant.Address[0].Street" in the
	// form data of a data type (empty for the default one). The value is
	// decoded JSON; lists and objects count as null. See [ModelLookup].
	DataModel func(path, dataType string) (any, error)
	// Component gives the value bound to a layout component, nil for one that
	// is hidden.
	Component func(id string) (any, error)
	// CountDataElements gives the number of data elements of a data type.
	CountDataElements func(dataType string) (int, error)
	// InstanceContext gives instanceId, appId, instanceOwnerPartyId,
	// instanceOwnerPartyType or instanceOwnerName; false means null.
	InstanceContext func(key string) (string, bool)
	// FrontendSettings gives a setting of the section FrontEndSettings; false
	// means null.
	FrontendSettings func(key string) (string, bool)
	// GatewayAction is the action sent to process/next; empty means null.
	GatewayAction string
	// Text gives a text resource; false means that there is none, and the key
	// is shown instead.
	Text func(key string) (string, bool)
	// Language is the user's language; empty means "nb".
	Language string
	// Location is the user's time zone: formatDate converts times that have a
	// zone to it. Nil leaves them as they are.
	Location *time.Location
	// AuthContext tells whether the user may do an action (read, write, …) in
	// the current task.
	AuthContext func(action string) (bool, error)
	// Args serves ["argv", n], Value serves ["value"] and, if it is a
	// map[string]any, ["value", key]. Only some places have them, such as the
	// validation of fields and the filtering of options. Nil means none.
	Args  []any
	Value any
}

// Eval evaluates the expression. The result is nil, bool, float64, string, or,
// from the function list, []any. An error of a function is an [*Error].
func (e Expression) Eval(ctx Context) (any, error) { return e.root.eval(&ctx) }

// EvalBool evaluates the expression and converts the result to a boolean as an
// argument of a function would be; null gives the fallback. Layouts use it.
func (e Expression) EvalBool(ctx Context, fallback bool) (bool, error) {
	v, err := e.Eval(ctx)
	if err != nil || v == nil {
		return fallback, err
	}
	b, err := toBool(v)
	if err != nil {
		return fallback, &Error{Function: e.root.function, Err: err}
	}
	return b, nil
}

// EvalString evaluates the expression and converts the result to text. Null
// gives false. Unlike inside an expression, the texts "null" and "True" stay
// as they are.
func (e Expression) EvalString(ctx Context) (text string, ok bool, err error) {
	v, err := e.Eval(ctx)
	if err != nil || v == nil {
		return "", false, err
	}
	if s, is := v.(string); is {
		return s, true, nil
	}
	text, ok, err = toText(v)
	if err != nil {
		err = &Error{Function: e.root.function, Err: err}
	}
	return text, ok, err
}

// Holds evaluates the expression as the condition of a sequence flow: only the
// boolean true opens it; null, and the text "true", do not.
func (e Expression) Holds(ctx Context) (bool, error) {
	v, err := e.Eval(ctx)
	return v == true, err
}

// Paths lists the paths of ["dataModel", path, …] calls that are constant, in
// order, so that they can be checked against a data model before anything runs.
func (e Expression) Paths() []string {
	var paths []string
	e.root.walk(func(n node) {
		if n.function != "dataModel" {
			return
		}
		if path, ok := n.args[0].value.(string); ok {
			paths = append(paths, path)
		}
	})
	return paths
}

// Error is the failure of one function of an expression.
type Error struct {
	Function string // "equals"; empty if the expression is a constant
	Position string // indices from the outermost list, such as "[1][2]"; empty for the outermost
	Err      error
}

func (e *Error) Error() string {
	where := e.Function
	if where == "" {
		where = "constant"
	}
	if e.Position != "" {
		where += " at " + e.Position
	}
	return "evaluate expression: " + where + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func (n node) walk(visit func(node)) {
	visit(n)
	for _, a := range n.args {
		a.walk(visit)
	}
}

func (n node) eval(ctx *Context) (any, error) {
	if n.function == "" {
		return n.value, nil
	}
	args := make([]any, len(n.args))
	for i, a := range n.args {
		v, err := a.eval(ctx)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	v, err := functions[n.function].call(ctx, args)
	if err != nil {
		return nil, &Error{Function: n.function, Position: n.position, Err: err}
	}
	return v, nil
}
