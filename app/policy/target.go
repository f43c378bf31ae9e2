package policy

import "fmt"

// A target is a list of AnyOf, each a list of AllOf, each a list of matches.
type (
	target [][]allOf
	allOf  []match
)

// match compares one attribute of the request with a value.
type match struct {
	function      string
	value         string
	dataType      string
	attribute     string
	category      Category
	mustBePresent bool

	test func(bag []string) (bool, error)
	err  error // why the function cannot be used
}

// in returns the alternatives of the target for one category: of every AllOf
// that mentions the category, the matches in it.
func (t target) in(category Category) []allOf {
	var alternatives []allOf
	for _, anyOf := range t {
		for _, all := range anyOf {
			var part allOf
			for _, m := range all {
				if m.category == category {
					part = append(part, m)
				}
			}
			if len(part) > 0 {
				alternatives = append(alternatives, part)
			}
		}
	}
	return alternatives
}

// missing returns the first match that needs an attribute which is not there.
func (t target) missing(category Category, given []Attribute) (match, bool) {
	for _, all := range t.in(category) {
		for _, m := range all {
			if m.mustBePresent && len(m.bag(given)) == 0 {
				return m, true
			}
		}
	}
	return match{}, false
}

// matches reports whether any alternative in a category holds, or the target
// does not mention the category.
func (t target) matches(category Category, given []Attribute) (bool, error) {
	alternatives := t.in(category)
	if len(alternatives) == 0 {
		return true, nil
	}
	found := false
	for _, all := range alternatives {
		ok, err := all.holds(given)
		if err != nil {
			return false, err
		}
		found = found || ok
	}
	return found, nil
}

func (a allOf) holds(given []Attribute) (bool, error) {
	all := true
	for _, m := range a {
		if m.err != nil {
			return false, m.err
		}
		bag := m.bag(given)
		if len(bag) == 0 {
			all = false
			continue
		}
		ok, err := m.test(bag)
		if err != nil {
			return false, err
		}
		all = all && ok
	}
	return all, nil
}

// bag returns the values of the match's attribute that have its data type.
func (m match) bag(given []Attribute) []string {
	var values []string
	for _, a := range given {
		if a.ID == m.attribute && dataType(a.DataType) == m.dataType {
			values = append(values, a.Value)
		}
	}
	return values
}

// attributes tells what the alternative asks for.
func (a allOf) attributes() []Attribute {
	out := make([]Attribute, 0, len(a))
	for _, m := range a {
		out = append(out, Attribute{ID: m.attribute, Value: m.value, DataType: m.dataType})
	}
	return out
}

func attributes(alternatives []allOf) [][]Attribute {
	var out [][]Attribute
	known := map[string]bool{}
	for _, a := range alternatives {
		attrs := a.attributes()
		if key := keyOf(attrs); !known[key] {
			known[key] = true
			out = append(out, attrs)
		}
	}
	return out
}

// keyOf is the same for the same attributes in the same order only.
func keyOf(attributes []Attribute) string { return fmt.Sprintf("%q", attributes) }

// dataType gives short names ("string") their full form, as the decision point
// accepts both.
func dataType(name string) string {
	switch name {
	case "", "string":
		return TypeString
	case "integer":
		return TypeInteger
	case "anyURI":
		return TypeAnyURI
	}
	return name
}
