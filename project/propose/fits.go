package propose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stafett/stafett/app/model"
)

// fits tells whether every value of a field can be stored in another one, and
// what a person should know: where it is false, why not; else what the receiving
// application may object to once the value is there.
func fits(from, to model.Field) (fit bool, note string) {
	switch {
	case from.Type == to.Type:
	case from.Type == model.Integer && to.Type == model.Number:
	case to.Type == model.String:
		note = kind(from) + ", written as text"
	default:
		return false, fmt.Sprintf("it is %s there, and %s here", kind(from), kind(to))
	}
	if len(to.Enum) > 0 {
		if len(from.Enum) == 0 {
			return false, "it takes a few values only, and any may come"
		}
		for _, value := range from.Enum {
			if !slices.Contains(to.Enum, value) {
				return false, fmt.Sprintf("it does not take %q, which may come", value)
			}
		}
	}
	switch {
	case to.Format != "" && from.Format != to.Format:
		return false, fmt.Sprintf("it takes a value of the format %s only", to.Format)
	case to.MaxLength > 0 && longest(from) > to.MaxLength:
		note = fmt.Sprintf("it takes %d characters, and more may come", to.MaxLength)
	case to.Pattern != "" && to.Pattern != from.Pattern && len(from.Enum) == 0:
		note = "it has a pattern of its own: " + to.Pattern
	}
	return true, note
}

// longest is the length of the longest value of a field, in characters; a length
// without a limit is more than any.
func longest(f model.Field) int {
	if len(f.Enum) == 0 {
		if f.Type != model.String {
			return 0
		}
		if f.MaxLength == 0 {
			return int(^uint(0) >> 1)
		}
		return f.MaxLength
	}
	most := 0
	for _, value := range f.Enum {
		most = max(most, len([]rune(value)))
	}
	return most
}

// kind names a field's type for a person.
func kind(f model.Field) string {
	switch {
	case f.Format == "date":
		return "a date"
	case f.Format == "date-time":
		return "a time"
	case f.Type == model.Integer:
		return "a whole number"
	case f.Type == model.Number:
		return "a number"
	case f.Type == model.Boolean:
		return "true or false"
	case f.Type == model.Object:
		return "a group"
	}
	return "text"
}

// fewValues is how many permitted values are told in full.
const fewValues = 8

// describe is kind with what makes a list of it, and the values that it may have.
func describe(f model.Field) string {
	switch {
	case len(f.Enum) > 0 && len(f.Enum) <= fewValues && !f.Repeating:
		return kind(f) + ": " + strings.Join(f.Enum, ", ")
	case f.Repeating && f.Type == model.Object:
		return "a list of groups"
	case f.Repeating:
		return "a list: " + kind(f)
	}
	return kind(f)
}
