package expression_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/expression"
)

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		``:                                     "read expression: ",
		`["equals"`:                            "read expression: ",
		`["equals", 1, 1] 2`:                   "read expression: ",
		`{}`:                                   "an expression cannot hold an object",
		`["concat", {"a": 1}]`:                 "at [1]: an expression cannot hold an object",
		`[]`:                                   "an empty list is no expression",
		`[1, 2]`:                               "a list starts with the name of a function, not with a number",
		`["and", [null]]`:                      "at [1]: a list starts with the name of a function, not with null",
		`["or", ["not", ["Equals", 1, 1]]]`:    `at [1][1]: there is no function "Equals"`,
		`["equals", 1]`:                        "equals: expected 2 arguments, got 1",
		`["not"]`:                              "not: expected 1 argument, got 0",
		`["and"]`:                              "and: expected 1 or more arguments, got 0",
		`["round", 1, 2, 3]`:                   "round: expected 1 to 2 arguments, got 3",
		`["if", true, 1, "else"]`:              "got 3",
		`["if", true, 1, "otherwise", 2]`:      `the third argument must be "else"`,
		`["if", true, 1, ["text", "else"], 2]`: `the third argument must be "else"`,
		`["dataModel", "a", ["concat", "b"]]`:  "dataModel: the data type must be a text",
		`["dataModel", "a", 1]`:                "dataModel: the data type must be a text",
		`["compare", 1, "like", 2]`:            `compare: there is no operator "like"`,
		`["compare", 1, ["text", "x"], 2]`:     "compare: the operator must be a text",
		`["compare", 1, "is", "equals", 2]`:    `the second must be "not"`,
		`1e999`:                                "the number 1e999 is too large",
		strings.Repeat(`["not",`, 65) + `1` + strings.Repeat(`]`, 65): "nested deeper than 64 levels",
		`["list"` + strings.Repeat(`,1`, 10_000) + `]`:                "more than 10000 parts",
		`"` + strings.Repeat(`a`, 64<<10) + `"`:                       "at most 65536 are allowed",
	}
	for text, want := range tests {
		if _, err := expression.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v; want an error with %q", text, err, want)
		}
	}
}

func TestFromValue(t *testing.T) {
	t.Parallel()
	for _, number := range []any{7, int32(7), int64(7), uint64(7), float32(7), 7.0, json.Number("7")} {
		e, err := expression.FromValue([]any{"concat", number})
		if err != nil {
			t.Errorf("%T: %v", number, err)
			continue
		}
		if got, err := e.Eval(expression.Context{}); got != "7" || err != nil {
			t.Errorf("%T = %v, %v", number, got, err)
		}
	}
	for _, wrong := range []any{map[string]any{}, map[any]any{}, []string{"concat"}, math.NaN(), math.Inf(1), struct{}{}} {
		if _, err := expression.FromValue(wrong); err == nil {
			t.Errorf("%T %v became an expression", wrong, wrong)
		}
	}
}

// Whatever can be read evaluates to one of the language's values or an Error,
// and does so again in the same way.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`["equals", ["gatewayAction"], "reject"]`,
		`["if", ["greaterThan", ["dataModel", "Alder"], 18], "voksen", "else", ["concat", "barn ", ["round", 1.25, 1]]]`,
		`["stringReplace", ["stringSlice", "👍abc", -3, 99], "b", ["formatDate", "2031-05-01T10:00:00Z", "EEEE yy"]]`,
		`["compare", "2031-05-01", "not", "isBefore", ["text", "x"],] // dato`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := expression.Parse(data)
		if err != nil {
			return
		}
		got, err := e.Eval(form())
		if err == nil {
			switch got.(type) {
			case nil, bool, float64, string, []any:
			default:
				t.Errorf("%s = %#v", data, got)
			}
		}
		if _, again := e.Eval(form()); (again == nil) != (err == nil) {
			t.Errorf("%s: first %v, then %v", data, err, again)
		}
		e.Paths()
	})
}
