package expression

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// numeral is what a text must look like to pass for a number.
var numeral = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// toText converts an argument to text; false means null. The texts "null",
// "true" and "false", in any case, mean the values of that name.
func toText(v any) (string, bool, error) {
	switch v := v.(type) {
	case nil:
		return "", false, nil
	case bool:
		return strconv.FormatBool(v), true, nil
	case float64:
		return formatNumber(v), true, nil
	case string:
		switch lower := strings.ToLower(v); lower {
		case "null":
			return "", false, nil
		case "true", "false":
			return lower, true, nil
		}
		return v, true, nil
	}
	return "", false, fmt.Errorf("expected a text, got %s", describe(v))
}

// formatNumber writes a number as JSON does in a browser.
func formatNumber(f float64) string {
	if f == 0 {
		return "0"
	}
	if abs := math.Abs(f); abs >= 1e21 || abs < 1e-6 {
		// Go writes two digits of an exponent at least, a browser as many as it has.
		return strings.Replace(strconv.FormatFloat(f, 'e', -1, 64), "e-0", "e-", 1)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// toNumber converts an argument to a number; false means null.
func toNumber(v any) (float64, bool, error) {
	switch v := v.(type) {
	case nil:
		return 0, false, nil
	case float64:
		return v, true, nil
	case string:
		if f, ok := parseNumber(v); ok {
			return f, true, nil
		}
		return 0, false, errors.New("expected a number, got a text that is none")
	}
	return 0, false, fmt.Errorf("expected a number, got %s", describe(v))
}

func parseNumber(s string) (float64, bool) {
	if !numeral.MatchString(s) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// toBool converts an argument to a boolean. Null is false; 1 and 0, as numbers
// or text, are true and false.
func toBool(v any) (bool, error) {
	switch v := v.(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	case float64:
		if v == 0 || v == 1 {
			return v == 1, nil
		}
		return false, errors.New("expected a boolean, got a number that is neither 1 nor 0")
	case string:
		switch strings.ToLower(v) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		if f, ok := parseNumber(v); ok {
			return toBool(f)
		}
		return false, errors.New("expected a boolean, got a text that is none")
	}
	return false, fmt.Errorf("expected a boolean, got %s", describe(v))
}
