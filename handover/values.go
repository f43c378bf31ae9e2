package handover

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/stafett/stafett/app/model"
)

// convert turns a value (decoded JSON, a constant, or an expression's result)
// into what a field of the receiving form takes: string, json.Number or bool,
// or nil for nothing. Its errors never hold the value, which is somebody's
// answer in a form.
func convert(value any, to model.Field) (any, error) {
	text, err := scalar(value)
	if err != nil || text == nil {
		return nil, err
	}
	if *text == "" && (to.Type != model.String || to.Format == "date-time") {
		return nil, nil // an application reads nothing else than a value there
	}
	switch to.Type {
	case model.String:
		if len(to.Enum) > 0 && !slices.Contains(to.Enum, *text) {
			return nil, fmt.Errorf("is not one of the values that %s may have", to.Path)
		}
		return *text, nil
	case model.Boolean:
		switch strings.ToLower(*text) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
	case model.Integer:
		if n, ok := number(*text); ok && n.IsInt() && fits(n.Num(), to.Bits) {
			return json.Number(n.Num().String()), nil
		}
	case model.Number:
		if n, ok := number(*text); ok && fits(new(big.Int).Quo(n.Num(), n.Denom()), 0) {
			return json.Number(*text), nil
		}
	}
	return nil, fmt.Errorf("does not fit %s, which is of type %s", to.Path, to.Type)
}

// scalar writes a single value as text; nil for null.
func scalar(value any) (*string, error) {
	text := ""
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string:
		text = v
	case bool:
		text = strconv.FormatBool(v)
	case json.Number:
		text = v.String()
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("is not a number that can be written")
		}
		text = strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		return nil, fmt.Errorf("is a list, not a single value")
	default:
		return nil, fmt.Errorf("is a group, not a single value")
	}
	return &text, nil
}

// fits tells that an application can hold a number of so many bits; 0 is .NET's
// decimal, which has 96 and a sign.
func fits(n *big.Int, bits int) bool {
	if bits == 0 {
		return n.BitLen() <= 96
	}
	if n.Sign() < 0 {
		n = new(big.Int).Not(n) // the smallest one has no counterpart
	}
	return n.BitLen() < bits
}

// number reads a number as JSON writes it. Its length is bounded because an
// exponent can stand for more digits than fit in memory.
func number(text string) (*big.Rat, bool) {
	if len(text) > 40 || !json.Valid([]byte(text)) || strings.Trim(text, "0123456789.-") != "" {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// lookUp finds the value at a dotted path such as "Tour.Days[0].Date" in decoded
// JSON. Names compare without case and hyphens, as Altinn compares them. What
// is not there is nil.
func lookUp(value any, path string) any {
	for _, segment := range strings.Split(path, ".") {
		name, index, indexed := strings.Cut(strings.TrimSuffix(segment, "]"), "[")
		group, _ := value.(map[string]any)
		value = member(group, name)
		if indexed {
			list, _ := value.([]any)
			i, err := strconv.Atoi(index)
			if err != nil || i < 0 || i >= len(list) {
				return nil
			}
			value = list[i]
		}
	}
	return value
}

// lookUpAll is lookUp for a path through lists of which it names no item: it
// gives what it finds in each, in their order.
func lookUpAll(value any, path string) []any {
	segment, rest, more := strings.Cut(path, ".")
	value = lookUp(value, segment)
	items, isList := value.([]any)
	if !isList {
		items = []any{value}
	}
	if !more {
		return items
	}
	var all []any
	for _, item := range items {
		all = append(all, lookUpAll(item, rest)...)
	}
	return all
}

// member prefers the exact name, so that the order of a map decides nothing.
func member(group map[string]any, name string) any {
	if v, ok := group[name]; ok {
		return v
	}
	folded, first, found := fold(name), "", false
	for key := range group {
		if alike(key, folded) && (!found || key < first) {
			first, found = key, true
		}
	}
	if !found {
		return nil
	}
	return group[first]
}

// alike reports whether a key, folded, is a folded name. Groups have many keys, and
// each field that is not there is compared with all of them: so it makes nothing.
func alike(key, folded string) bool {
	at := 0
	for i := range len(key) {
		c := key[i]
		switch {
		case c >= utf8.RuneSelf:
			return fold(key) == folded
		case c == '-':
			continue
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		if at == len(folded) || folded[at] != c {
			return false
		}
		at++
	}
	return at == len(folded)
}

func fold(name string) string { return strings.ToLower(strings.ReplaceAll(name, "-", "")) }
