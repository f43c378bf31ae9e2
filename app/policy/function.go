package policy

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"
)

// maxPattern bounds a regular expression in a policy, in bytes. Go's regular
// expressions take linear time, so the length is all that needs a bound.
const maxPattern = 1024

// compile returns the test of a match: does one of the values in the bag
// satisfy the function together with the policy's own value?
//
// The names are those of XACML 3.0 core, appendix A.3. An unknown name is no
// fault of the document: the decision point reads such a policy too, and fails
// when it evaluates it.
func compile(function, value string) (func(bag []string) (bool, error), error) {
	_, name, ok := strings.Cut(function, ":function:")
	if !ok || !strings.HasPrefix(function, "urn:oasis:names:tc:xacml:") {
		return nil, fmt.Errorf("the match function %q is not known", function)
	}
	switch name {
	case "string-equal", "anyURI-equal", "string-is-in":
		return anyValue(func(v string) (bool, error) { return v == value, nil }), nil
	case "string-equal-ignore-case":
		return anyValue(func(v string) (bool, error) { return strings.EqualFold(v, value), nil }), nil
	case "integer-equal":
		return parsed(function, value, integer, sameInteger)
	case "integer-one-and-only":
		equal, err := parsed(function, value, integer, sameInteger)
		if err != nil {
			return nil, err
		}
		return func(bag []string) (bool, error) {
			if len(bag) != 1 {
				return false, fmt.Errorf("%s: the request has %d values, not one", function, len(bag))
			}
			return equal(bag)
		}, nil
	case "time-equal":
		return parsed(function, value, moment("15:04:05.999999999Z07:00", "15:04:05.999999999"), time.Time.Equal)
	case "date-equal":
		return parsed(function, value, moment("2006-01-02Z07:00", "2006-01-02"), time.Time.Equal)
	case "dateTime-equal":
		return parsed(function, value, moment(time.RFC3339Nano, "2006-01-02T15:04:05.999999999"), time.Time.Equal)
	case "string-regexp-match":
		return pattern(function, value)
	}
	return nil, fmt.Errorf("the match function %q is not known", function)
}

func anyValue(test func(string) (bool, error)) func([]string) (bool, error) {
	return func(bag []string) (bool, error) {
		found := false
		for _, v := range bag {
			ok, err := test(v)
			if err != nil {
				return false, err
			}
			found = found || ok
		}
		return found, nil
	}
}

// parsed compares values in their parsed form; the policy's own is read once.
func parsed[T any](function, value string, parse func(string) (T, error), same func(T, T) bool) (func([]string) (bool, error), error) {
	want, err := parse(value)
	if err != nil {
		return nil, fmt.Errorf("%s: the policy's value %q: %w", function, value, err)
	}
	return anyValue(func(v string) (bool, error) {
		got, err := parse(v)
		if err != nil {
			return false, fmt.Errorf("%s: the request's value: %w", function, err)
		}
		return same(want, got), nil
	}), nil
}

func integer(s string) (*big.Int, error) {
	if n, ok := new(big.Int).SetString(strings.TrimSpace(s), 10); ok && len(s) <= 64 {
		return n, nil
	}
	return nil, fmt.Errorf("it is not an integer")
}

func sameInteger(a, b *big.Int) bool { return a.Cmp(b) == 0 }

// moment parses times with a zone, else without, which then means UTC.
func moment(zoned, plain string) func(string) (time.Time, error) {
	return func(s string) (time.Time, error) {
		if t, err := time.Parse(zoned, s); err == nil {
			return t, nil
		}
		return time.Parse(plain, s)
	}
}

func pattern(function, value string) (func([]string) (bool, error), error) {
	if len(value) > maxPattern {
		return nil, fmt.Errorf("%s: the pattern is longer than %d bytes", function, maxPattern)
	}
	re, err := regexp.Compile(value)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", function, err)
	}
	return anyValue(func(v string) (bool, error) { return re.MatchString(v), nil }), nil
}
