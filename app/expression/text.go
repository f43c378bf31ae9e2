package expression

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

var errTooLong = fmt.Errorf("the text would be longer than %d bytes", MaxText)

func concat(_ *Context, args []any) (any, error) {
	var b strings.Builder
	for _, a := range args {
		s, _, err := toText(a)
		if err != nil {
			return nil, err
		}
		if b.Len()+len(s) > MaxText {
			return nil, errTooLong
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// two converts two arguments to text; false if either is null.
func two(args []any) (a, b string, ok bool, err error) {
	a, aOK, err := toText(args[0])
	if err != nil {
		return "", "", false, err
	}
	b, bOK, err := toText(args[1])
	return a, b, aOK && bOK && err == nil, err
}

func contains(_ *Context, args []any) (any, error) {
	a, b, ok, err := two(args)
	return ok && strings.Contains(a, b), err
}

func startsWith(_ *Context, args []any) (any, error) {
	a, b, ok, err := two(args)
	return ok && strings.HasPrefix(a, b), err
}

func endsWith(_ *Context, args []any) (any, error) {
	a, b, ok, err := two(args)
	return ok && strings.HasSuffix(a, b), err
}

func commaContains(_ *Context, args []any) (any, error) {
	a, b, ok, err := two(args)
	if !ok {
		return false, err
	}
	for part := range strings.SplitSeq(a, ",") {
		if strings.TrimSpace(part) == b {
			return true, nil
		}
	}
	return false, nil
}

// Lengths and positions count UTF-16 code units, as both JavaScript and .NET do.

func stringLength(_ *Context, args []any) (any, error) {
	s, _, err := toText(args[0])
	return float64(units(s)), err
}

func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

func stringIndexOf(_ *Context, args []any) (any, error) {
	a, b, ok, err := two(args)
	if !ok || a == "" || b == "" {
		return nil, err
	}
	i := strings.Index(a, b)
	if i < 0 {
		return nil, nil
	}
	return float64(units(a[:i])), nil
}

// stringSlice takes the part from start up to, but without, end. Negative
// positions count from the end of the text.
func stringSlice(_ *Context, args []any) (any, error) {
	s, ok, err := toText(args[0])
	if err != nil {
		return nil, err
	}
	text := utf16.Encode([]rune(s))
	bounds := []int{0, len(text)}
	for i, a := range args[1:] {
		f, given, err := toNumber(a)
		switch {
		case err != nil:
			return nil, err
		case !given:
			return nil, errors.New("a position cannot be null; stringIndexOf gives null where nothing is found")
		case f < 0:
			f += float64(len(text))
		}
		bounds[i] = int(min(max(f, 0), float64(len(text))))
	}
	if !ok {
		return nil, nil
	}
	if bounds[0] >= bounds[1] {
		return "", nil
	}
	return string(utf16.Decode(text[bounds[0]:bounds[1]])), nil
}

func stringReplace(_ *Context, args []any) (any, error) {
	s, search, ok, err := two(args)
	if err != nil {
		return nil, err
	}
	replacement, _, err := toText(args[2])
	if err != nil || !ok || s == "" || search == "" {
		return nil, err
	}
	if n := strings.Count(s, search); n > 0 && n*len(replacement) > MaxText {
		return nil, errTooLong
	}
	return strings.ReplaceAll(s, search, replacement), nil
}

func lowerCase(_ *Context, args []any) (any, error) { return mapped(args[0], strings.ToLower) }

func upperCase(_ *Context, args []any) (any, error) { return mapped(args[0], strings.ToUpper) }

func lowerCaseFirst(_ *Context, args []any) (any, error) {
	return mapped(args[0], first(strings.ToLower))
}

func upperCaseFirst(_ *Context, args []any) (any, error) {
	return mapped(args[0], first(strings.ToUpper))
}

func mapped(v any, f func(string) string) (any, error) {
	s, ok, err := toText(v)
	if err != nil || !ok {
		return nil, err
	}
	return f(s), nil
}

func first(f func(string) string) func(string) string {
	return func(s string) string {
		_, n := utf8.DecodeRuneInString(s)
		return f(s[:n]) + s[n:]
	}
}

// round writes a number with a fixed number of decimals. Halves go away from
// zero; null counts as 0.
func round(_ *Context, args []any) (any, error) {
	f, _, err := toNumber(args[0])
	if err != nil {
		return nil, err
	}
	decimals := 0.0
	if len(args) == 2 {
		if decimals, _, err = toNumber(args[1]); err != nil {
			return nil, err
		}
	}
	if decimals < 0 || decimals > 100 {
		return nil, errors.New("the number of decimals must be between 0 and 100")
	}
	exact := new(big.Rat).SetFloat64(f)
	if exact == nil {
		return nil, errors.New("expected a finite number")
	}
	return exact.FloatString(int(decimals)), nil
}
