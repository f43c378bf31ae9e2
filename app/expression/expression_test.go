package expression_test

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/app/expression"
)

func parse(t testing.TB, text string) expression.Expression {
	t.Helper()
	e, err := expression.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e
}

// form is what the lookups of the tests find.
func form() expression.Context {
	model := map[string]any{
		"Navn": "Kari", "Alder": float64(41), "Samtykke": true, "Tom": "", "Null": nil,
		"Barn": []any{map[string]any{"Navn": "Ola"}, map[string]any{"Navn": "Liv", "Tall": []any{float64(1), float64(2)}}},
		"Adr":  map[string]any{"Poststed": "Lom"},
	}
	return expression.Context{
		DataModel: expression.ModelLookup(model),
		Component: func(id string) (any, error) {
			if id != "navn" {
				return nil, errors.New("no such component")
			}
			return "Kari", nil
		},
		CountDataElements: func(dataType string) (int, error) { return len(dataType), nil },
		InstanceContext:   func(key string) (string, bool) { return "fts/prove", key == "appId" },
		FrontendSettings:  func(key string) (string, bool) { return "på", key == "kart" },
		GatewayAction:     "reject",
		Text:              func(key string) (string, bool) { return "Fornavn", key == "navn.label" },
		AuthContext:       func(action string) (bool, error) { return action == "read", nil },
		Args:              []any{"null", float64(1)},
		Value:             map[string]any{"label": "En"},
	}
}

func TestEval(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want any
	}{
		{`null`, nil}, {`true`, true}, {`"x"`, "x"}, {`1.50`, 1.5}, {`-0`, math.Copysign(0, -1)},
		{`["equals", 1, "1"] // comments and trailing commas are fine`, true},
		{`["equals", 1, "1",]`, true},

		// Comparison is of texts, and null only equals null.
		{`["equals", true, "TRUE"]`, true}, {`["equals", false, "false"]`, true}, {`["equals", null, "null"]`, true},
		{`["equals", null, ""]`, false}, {`["equals", null, null]`, true}, {`["equals", "a", "A"]`, false},
		{`["equals", 1.0, "1"]`, true}, {`["equals", "1.0", 1]`, false}, {`["equals", 10000000000000000, "10000000000000000"]`, true},
		{`["concat", 0.0000001, " ", -1.5e-10, " ", 0.000001, " ", 1.5e21, " ", -0]`, "1e-7 -1.5e-10 0.000001 1.5e+21 0"},
		{`["notEquals", "a", "b"]`, true}, {`["notEquals", null, null]`, false},
		{`["greaterThan", "2", 1]`, true}, {`["greaterThan", 1, 1]`, false}, {`["greaterThanEq", 1, "1"]`, true},
		{`["lessThan", -1.5, "0"]`, true}, {`["lessThanEq", 2, 1]`, false}, {`["lessThanEq", null, 1]`, false}, {`["greaterThan", 1, null]`, false},

		{`["compare", 2, "greaterThan", 1]`, true}, {`["compare", 2, "not", "greaterThan", 1]`, false}, {`["compare", null, "equals", null]`, true},
		{`["compare", "2031-05-01", "isBefore", "2031-05-02"]`, true}, {`["compare", "2031-05-01", "isAfter", null]`, false},
		{`["compare", "2031-05-01", "not", "isAfter", ""]`, true}, {`["compare", "2031-05-01 10:00", "isAfterEq", "2031-05-01T10:00:00"]`, true},
		{`["compare", "2031-05-01T12:00:00Z", "isBeforeEq", "2031-05-01t14:00:00+02:00"]`, true},
		{`["compare", "2031-05-01T01:00", "isSameDay", "2031-05-01T23:00:00.5"]`, true}, {`["compare", "2031-05-01", "isSameDay", "2031-05-02"]`, false},

		{`["not", null]`, true}, {`["not", "0"]`, true}, {`["not", 1]`, false}, {`["not", "1.0"]`, false},
		{`["and", true, "true", 1, "1"]`, true}, {`["and", true, null]`, false}, {`["or", false, "True"]`, true}, {`["or", null]`, false},
		{`["if", true, "ja"]`, "ja"}, {`["if", null, "ja"]`, nil}, {`["if", 0, "ja", "else", 2]`, 2.0}, {`["if", "1", null, "ELSE", 2]`, nil},

		{`["concat"]`, ""}, {`["concat", "a", null, 1, true, 2.50]`, "a1true2.5"}, {`["concat", "TRUE", "null"]`, "true"},
		{`["contains", "blåbær", "åb"]`, true}, {`["contains", null, "a"]`, false}, {`["contains", "a", ""]`, true}, {`["notContains", null, "a"]`, true},
		{`["startsWith", "blåbær", "blå"]`, true}, {`["endsWith", "blåbær", "Bær"]`, false}, {`["startsWith", "a", null]`, false}, {`["endsWith", null, ""]`, false},
		{`["commaContains", "a, b ,c", "b"]`, true}, {`["commaContains", "a,b", "a,b"]`, false}, {`["commaContains", 40, 40]`, true}, {`["commaContains", null, "a"]`, false},
		{`["stringLength", "blåbær"]`, 6.0}, {`["stringLength", "👍"]`, 2.0}, {`["stringLength", null]`, 0.0}, {`["stringLength", 123]`, 3.0},
		{`["stringIndexOf", "👍bær", "æ"]`, 3.0}, {`["stringIndexOf", "a", "b"]`, nil}, {`["stringIndexOf", "", ""]`, nil},
		{`["stringSlice", "abcdef", 2]`, "cdef"}, {`["stringSlice", "abcdef", 1, 3]`, "bc"}, {`["stringSlice", "abcdef", -2]`, "ef"},
		{`["stringSlice", "abcdef", 0, -4]`, "ab"}, {`["stringSlice", "abc", 3, 1]`, ""}, {`["stringSlice", "abc", 0, 99]`, "abc"}, {`["stringSlice", null, 1]`, nil},
		{`["stringSlice", "👍a", 2]`, "a"},
		{`["stringReplace", "a.b.c", ".", "-"]`, "a-b-c"}, {`["stringReplace", "abc", "b", null]`, "ac"}, {`["stringReplace", "", "b", "c"]`, nil}, {`["stringReplace", "abc", "", "c"]`, nil},
		{`["lowerCase", "BLÅ"]`, "blå"}, {`["upperCase", "blå"]`, "BLÅ"}, {`["upperCaseFirst", "ås"]`, "Ås"}, {`["lowerCaseFirst", "ÅS"]`, "åS"},
		{`["upperCaseFirst", ""]`, ""}, {`["lowerCase", null]`, nil}, {`["upperCase", "true"]`, "TRUE"},
		{`["round", 2.5]`, "3"}, {`["round", -2.5]`, "-3"}, {`["round", "1234.567", 2]`, "1234.57"}, {`["round", null, 1]`, "0.0"}, {`["round", 1.005, 2]`, "1.00"},
		{`["list", 1, ["concat", "a"]]`, []any{1.0, "a"}},

		{`["dataModel", "Navn"]`, "Kari"}, {`["dataModel", "Alder"]`, 41.0}, {`["dataModel", "Samtykke", "skjema"]`, true}, {`["dataModel", "Navn", null]`, "Kari"},
		{`["dataModel", "Barn[1].Navn"]`, "Liv"}, {`["dataModel", "Barn[1].Tall[0]"]`, 1.0}, {`["dataModel", "Barn[7].Navn"]`, nil}, {`["dataModel", "Adr.Poststed"]`, "Lom"},
		{`["dataModel", "Finnes.Ikke"]`, nil}, {`["dataModel", "navn"]`, nil}, {`["dataModel", "Barn"]`, nil}, {`["dataModel", "Adr"]`, nil}, {`["dataModel", "Navn.Mer"]`, nil},
		{`["component", "navn"]`, "Kari"}, {`["countDataElements", "kart"]`, 4.0},
		{`["instanceContext", "appId"]`, "fts/prove"}, {`["instanceContext", "instanceId"]`, nil}, {`["frontendSettings", "kart"]`, "på"}, {`["frontendSettings", "x"]`, nil},
		{`["authContext", "read"]`, true}, {`["authContext", "write"]`, false}, {`["gatewayAction"]`, "reject"},
		{`["text", "navn.label"]`, "Fornavn"}, {`["text", "mangler"]`, "mangler"}, {`["text", null]`, nil}, {`["language"]`, "nb"},
		{`["argv", 0]`, "null"}, {`["argv", "1"]`, 1.0}, {`["value", "label"]`, "En"}, {`["value"]`, nil},
	}
	for _, test := range tests {
		got, err := parse(t, test.text).Eval(form())
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s = %#v, %v; want %#v", test.text, got, err, test.want)
		}
	}
}

func TestEvalFails(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		`["greaterThan", "1,5", 1]`:                                    "greaterThan: expected a number, got a text that is none",
		`["greaterThan", true, 1]`:                                     "expected a number, got a boolean",
		`["lessThan", " 1", 1]`:                                        "expected a number",
		`["not", "ja"]`:                                                "not: expected a boolean, got a text that is none",
		`["not", 2]`:                                                   "neither 1 nor 0",
		`["and", false, ["not", ["or", "kanskje"]]]`:                   "or at [2][1]: expected a boolean",
		`["or", true, "kanskje"]`:                                      "or: expected a boolean",
		`["if", true, 1, "else", ["not", "x"]]`:                        "not at [4]: expected a boolean",
		`["equals", ["list"], 1]`:                                      "equals: expected a text, got a list",
		`["compare", "i fjor", "isBefore", null]`:                      "compare: expected a date such as 2031-05-01",
		`["compare", 5, "isBefore", null]`:                             "expected a date, got a number",
		`["compare", "2031-02-30", "isAfter", null]`:                   "there is no such day",
		`["compare", "2031-02-03T10:00:00Z", "isAfter", "2031-02-03"]`: "with a zone cannot be compared with one without",
		`["compare", "2031-02-03T10:00:00Z", "isSameDay", "2031-02-03T10:00:00+01:00"]`: "different zones",
		`["stringSlice", "abc", ["stringIndexOf", "abc", "x"]]`:                         "stringSlice: a position cannot be null",
		`["round", 1, 101]`:                            "between 0 and 100",
		`["dataModel", null]`:                          "dataModel: expected a text, got null",
		`["dataModel", "Barn[x].Navn"]`:                `the path "Barn[x].Navn" is malformed`,
		`["component", "fnr"]`:                         "component: no such component",
		`["instanceContext", "fnr"]`:                   `there is no property "fnr"; there are instanceId`,
		`["authContext", "delete"]`:                    `there is no property "delete"`,
		`["argv", 2]`:                                  "there are 2 positional arguments",
		`["argv", null]`:                               "there are 2 positional arguments",
		`["value", "id"]`:                              `there is no value "id"`,
		`["text", 5]`:                                  "expected a text, got a number",
		`["formatDate", "2031-05-01", "QQQ"]`:          `the format has "QQQ", which is not supported`,
		`["displayValue", "navn"]`:                     "displayValue: the function works only in a form on a screen",
		`["concat", ["linkToPage", "Neste", "Side2"]]`: "linkToPage at [1]: the function works only",
	}
	for text, want := range tests {
		got, err := parse(t, text).Eval(form())
		var e *expression.Error
		if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &e) {
			t.Errorf("%s = %#v, %v; want an error with %q", text, got, err, want)
		}
	}
	if _, err := parse(t, `["optionLabel", "a", 1]`).Eval(form()); !errors.Is(err, expression.ErrNeedsScreen) {
		t.Errorf("error = %v", err)
	}
}

// An expression that asks for what the place does not have fails, and says so.
func TestEmptyContext(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`["dataModel", "a"]`, `["component", "a"]`, `["countDataElements", "a"]`, `["instanceContext", "appId"]`, `["frontendSettings", "a"]`,
		`["text", "a"]`, `["authContext", "read"]`, `["argv", 0]`, `["value"]`,
	} {
		name, _, _ := strings.Cut(strings.TrimPrefix(text, `["`), `"`)
		if _, err := parse(t, text).Eval(expression.Context{}); err == nil || !strings.Contains(err.Error(), name+": it is not available here") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if v, err := parse(t, `["gatewayAction"]`).Eval(expression.Context{}); v != nil || err != nil {
		t.Errorf("no gateway action = %v, %v", v, err)
	}
}

func TestFormatDate(t *testing.T) {
	t.Parallel()
	oslo := time.FixedZone("CEST", 2*60*60)
	tests := []struct{ language, date, format, want string }{
		{"nb", "2031-05-04", "", "04.05.2031"}, {"nn", "2031-05-04", "", "04.05.2031"}, {"en", "2031-05-04", "", "5/4/31"}, {"", "2031-05-04", "", "04.05.2031"},
		{"fr", "2031-05-04", "MMMM", "May"},
		{"nb", "2031-05-04", "EEEE d. MMMM yyyy", "søndag 4. mai 2031"}, {"nn", "2031-05-05", "EEEE EEE EEEEE", "måndag mån M"}, {"en", "2031-05-04", "EEE, MMM dd yy", "Sun, May 04 31"},
		{"nb", "2031-12-04T00:05:09.123", "H:m:s.S HH:mm:ss.SSS hh a", "0:5:9.1 00:05:09.123 12 a.m."}, {"en", "2031-12-04T12:30", "h:mm a", "12:30 PM"},
		{"nb", "2031-05-04", "G GGGG u MMM", "e.Kr. etter Kristus 2031 mai"},
		{"nb", "2031-05-04T23:30:00Z", "yyyy-MM-dd HH:mm", "2031-05-05 01:30"}, {"nb", "2031-05-04T23:30:00", "yyyy-MM-dd HH:mm", "2031-05-04 23:30"},
		{"nb", "2031-05-04", "dd – MM", "04 – 05"},
	}
	for _, test := range tests {
		e, err := expression.FromValue([]any{"formatDate", test.date, test.format})
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Eval(expression.Context{Language: test.language, Location: oslo})
		if err != nil || got != test.want {
			t.Errorf("%s %s %q = %v, %v; want %q", test.language, test.date, test.format, got, err, test.want)
		}
	}
	for _, text := range []string{`["formatDate", null]`, `["formatDate", ""]`} {
		if got, err := parse(t, text).Eval(expression.Context{}); got != nil || err != nil {
			t.Errorf("%s = %v, %v", text, got, err)
		}
	}
}

func TestTextsAreBounded(t *testing.T) {
	t.Parallel()
	long := expression.Context{DataModel: func(string, string) (any, error) { return strings.Repeat("a", expression.MaxText), nil }}
	for _, text := range []string{`["concat", ["dataModel", "x"], "a"]`, `["stringReplace", ["dataModel", "x"], "a", "bb"]`} {
		if _, err := parse(t, text).Eval(long); err == nil || !strings.Contains(err.Error(), "longer than 1048576 bytes") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestConversionOfResults(t *testing.T) {
	t.Parallel()
	ctx := expression.Context{}
	for text, want := range map[string]bool{`true`: true, `"true"`: true, `1`: true, `false`: false, `"0"`: false} {
		if got, err := parse(t, text).EvalBool(ctx, !want); got != want || err != nil {
			t.Errorf("EvalBool(%s) = %t, %v", text, got, err)
		}
		if got, err := parse(t, text).Holds(ctx); got != (text == "true") || err != nil {
			t.Errorf("Holds(%s) = %t, %v", text, got, err)
		}
	}
	for _, fallback := range []bool{true, false} {
		if got, err := parse(t, `null`).EvalBool(ctx, fallback); got != fallback || err != nil {
			t.Errorf("EvalBool(null, %t) = %t, %v", fallback, got, err)
		}
		if got, err := parse(t, `["concat", "kanskje"]`).EvalBool(ctx, fallback); got != fallback || err == nil || !strings.Contains(err.Error(), "concat: expected a boolean") {
			t.Errorf("EvalBool(kanskje) = %t, %v", got, err)
		}
	}
	for text, want := range map[string]string{`"null"`: "null", `"True"`: "True", `1.50`: "1.5", `true`: "true"} {
		if got, ok, err := parse(t, text).EvalString(ctx); got != want || !ok || err != nil {
			t.Errorf("EvalString(%s) = %q, %t, %v", text, got, ok, err)
		}
	}
	if got, ok, err := parse(t, `null`).EvalString(ctx); got != "" || ok || err != nil {
		t.Errorf("EvalString(null) = %q, %t, %v", got, ok, err)
	}
	if _, _, err := parse(t, `["list"]`).EvalString(ctx); err == nil {
		t.Error("a list became a text")
	}
	if v, err := (expression.Expression{}).Eval(ctx); v != nil || err != nil {
		t.Errorf("the zero Expression = %v, %v", v, err)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	e := parse(t, `["concat", ["dataModel", "A.B"], ["dataModel", ["concat", "C"]], ["if", true, ["dataModel", "D", "skjema"]]]`)
	if got := e.Paths(); !slices.Equal(got, []string{"A.B", "D"}) {
		t.Errorf("paths = %q", got)
	}
}
