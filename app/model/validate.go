package model

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// Issue is one way in which a value does not fit a schema. Its message never
// holds the value itself.
type Issue struct {
	Path    string // dotted with indices, such as "Applicant.Phones[1]"; empty for the root
	Keyword string // the JSON Schema keyword, such as "required"
	Message string
}

// location names the schema for the compiler; nothing is ever fetched.
const location = "file:///model.schema.json"

type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("it refers to %s; a data model must be complete in one file", url)
}

// anyText stands for a pattern that Go's regular expressions cannot express,
// such as one that looks ahead. Such a pattern is not checked.
type anyText string

func (anyText) MatchString(string) bool { return true }
func (p anyText) String() string        { return string(p) }

func compile(document value, pointer string) (*jsonschema.Schema, error) {
	plain, _ := document.plain().(map[string]any)
	// The identity would make "#/…" point to where the schema once was made.
	delete(plain, "$id")
	delete(plain, "id")
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseLoader(noLoader{})
	c.UseRegexpEngine(func(pattern string) (jsonschema.Regexp, error) {
		if re, err := regexp.Compile(pattern); err == nil {
			return re, nil
		}
		return anyText(pattern), nil
	})
	if err := c.AddResource(location, plain); err != nil {
		return nil, err
	}
	compiled, err := c.Compile(location + pointer)
	if invalid, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		return nil, mistakesOf(invalid.Err)
	}
	return compiled, err
}

// toldMistakes is how many mistakes of a schema are told at once.
const toldMistakes = 5

// mistakesOf tells where a schema is none, always in the same order: only what is at the
// leaves, since the errors above say no more than that something below is wrong.
func mistakesOf(err error) error {
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return err
	}
	mistakes := leaves(invalid)
	slices.Sort(mistakes)
	mistakes = slices.Compact(mistakes)
	if more := len(mistakes) - toldMistakes; more > 0 {
		mistakes = append(mistakes[:toldMistakes], fmt.Sprintf("and %d more", more))
	}
	return errors.New(strings.Join(mistakes, "; "))
}

func leaves(e *jsonschema.ValidationError) []string {
	if len(e.Causes) == 0 {
		return []string{e.Error()}
	}
	var all []string
	for _, cause := range e.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

// Validate checks decoded JSON (numbers as float64, json.Number or an integer
// type) against the schema, formats included. Members that are null count as
// absent, as Altinn writes out every empty field; a number larger than a float64
// counts as the largest of those. The issues are sorted by path.
func (s *Schema) Validate(v any) []Issue {
	v = tidied(v)
	err := s.compiled.Validate(v)
	if err == nil {
		return nil
	}
	var failed *jsonschema.ValidationError
	if !errors.As(err, &failed) {
		return []Issue{{Message: err.Error()}}
	}
	c := collector{root: v}
	c.collect(failed)
	slices.SortFunc(c.issues, func(a, b Issue) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Keyword, b.Keyword), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(c.issues)
}

// tidied copies decoded JSON without null members, and with numbers that can be
// compared.
func tidied(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			if member != nil {
				out[name] = tidied(member)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, element := range v {
			out[i] = tidied(element)
		}
		return out
	case json.Number:
		return bounded(v)
	}
	return v
}

// bounded gives a number an exponent that a float64 can have. Comparing exact
// numbers with larger ones takes memory without end, and the library gives up.
func bounded(n json.Number) json.Number {
	if !strings.ContainsAny(n.String(), "eE") {
		return n
	}
	f, err := n.Float64()
	if err != nil {
		f = math.Copysign(math.MaxFloat64, f)
	}
	return json.Number(strconv.FormatFloat(f, 'g', -1, 64))
}

type collector struct {
	root   any
	issues []Issue
}

// collect keeps the errors at the leaves: the ones above only say that
// something below is wrong.
func (c *collector) collect(e *jsonschema.ValidationError) {
	if len(e.Causes) > 0 {
		for _, cause := range e.Causes {
			c.collect(cause)
		}
		return
	}
	where := c.path(e.InstanceLocation)
	keyword := ""
	if words := e.ErrorKind.KeywordPath(); len(words) > 0 {
		keyword = words[0]
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			c.add(join(where, name), keyword, "the field is required")
		}
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			c.add(join(where, name), keyword, "the field is not in the data model")
		}
	default:
		c.add(where, keyword, explain(e.ErrorKind, keyword))
	}
}

// explain says what was expected. The library's own texts quote the value,
// which may be a person's answer.
func explain(k jsonschema.ErrorKind, keyword string) string {
	switch k := k.(type) {
	case *kind.Type:
		return fmt.Sprintf("expected %s, got %s", strings.Join(k.Want, " or "), k.Got)
	case *kind.Pattern:
		return "the value does not have the form " + k.Want
	case *kind.Format:
		return "the value is not a valid " + k.Want
	case *kind.Enum:
		return fmt.Sprintf("the value is none of %v", k.Want)
	case *kind.Const:
		return fmt.Sprintf("the value is not %v", k.Want)
	case *kind.MinLength:
		return fmt.Sprintf("the text has %d characters; at least %d are needed", k.Got, k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("the text has %d characters; at most %d are allowed", k.Got, k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("the list has %d elements; at least %d are needed", k.Got, k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("the list has %d elements; at most %d are allowed", k.Got, k.Want)
	case *kind.Minimum:
		return "the number is less than " + k.Want.RatString()
	case *kind.Maximum:
		return "the number is greater than " + k.Want.RatString()
	case *kind.ExclusiveMinimum:
		return "the number is not greater than " + k.Want.RatString()
	case *kind.ExclusiveMaximum:
		return "the number is not less than " + k.Want.RatString()
	}
	return "the value does not meet " + keyword
}

func (c *collector) add(path, keyword, text string) {
	c.issues = append(c.issues, Issue{Path: path, Keyword: keyword, Message: text})
}

func join(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + "." + name
}

// path writes a JSON pointer as a dotted path: list elements get an index.
func (c *collector) path(location []string) string {
	var b strings.Builder
	current := c.root
	for _, part := range location {
		if list, ok := current.([]any); ok {
			fmt.Fprintf(&b, "[%s]", part)
			current = nil
			if i, err := strconv.Atoi(part); err == nil && i < len(list) {
				current = list[i]
			}
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(part)
		object, _ := current.(map[string]any)
		current = object[part]
	}
	return b.String()
}
