package appsettings

import (
	"maps"
	"slices"
	"strings"
)

// layer is what one source holds: folded path to value.
type layer struct {
	values map[string]Value
	paths  []path // of the values, in the order in which they were first set
}

// path is where a value lies.
type path struct{ folded, spelled string }

func newLayer() *layer { return &layer{values: map[string]Value{}} }

// set stores a value; within a layer a later one replaces an earlier one.
func (l *layer) set(v Value) {
	folded := fold(v.Key)
	if _, again := l.values[folded]; !again {
		l.paths = append(l.paths, path{folded, v.Key})
	}
	l.values[folded] = v
}

// Configuration is the settings of an application. The zero value is empty.
type Configuration struct {
	layers []*layer // the first is the weakest
	dir    string
}

// Dir is the application's content root: the folder in which its settings files
// were looked for.
func (c *Configuration) Dir() string { return c.dir }

// Get returns the value at a path such as "MaskinportenSettings:ClientId". The
// last layer that has the key decides, even when its value is empty or null.
func (c *Configuration) Get(path string) (Value, bool) {
	folded := fold(path)
	for _, l := range slices.Backward(c.layers) {
		if v, ok := l.values[folded]; ok {
			return v, true
		}
	}
	return Value{}, false
}

// All returns what every layer has at a path, the weakest first: the last one is
// what [Configuration.Get] returns, the others are hidden by it. A source that is
// read twice, as environment variables are, is listed once, at its strongest.
func (c *Configuration) All(path string) []Value {
	var all []Value
	folded := fold(path)
	for _, l := range c.layers {
		v, ok := l.values[folded]
		if !ok {
			continue
		}
		all = slices.DeleteFunc(all, func(earlier Value) bool { return earlier.Origin == v.Origin })
		all = append(all, v)
	}
	return all
}

// Children returns the names directly below a path ("" is the root), each once,
// in .NET's order: an empty one, integers by value, then the rest without regard to
// case. A name is spelled as the last layer that has it spells it, where it does so
// first.
func (c *Configuration) Children(below string) []string {
	prefix := ""
	if below != "" {
		prefix = fold(below) + separator
	}
	names := map[string]string{}
	for _, l := range slices.Backward(c.layers) {
		for _, p := range l.paths {
			rest, ok := strings.CutPrefix(p.folded, prefix)
			if !ok {
				continue
			}
			child, _, _ := strings.Cut(rest, separator)
			if _, ok := names[child]; !ok {
				names[child] = segmentAt(p.spelled, strings.Count(prefix, separator))
			}
		}
	}
	return slices.SortedFunc(maps.Values(names), compareSegments)
}

// Values returns the values at a path and below it ("" is the root), each as
// [Configuration.Get] gives it, in the order of [Configuration.Children]: what is at a
// path comes before what is below it.
func (c *Configuration) Values(at string) []Value {
	prefix := ""
	if at != "" {
		prefix = fold(at) + separator
	}
	type found struct {
		segments []string // folded
		value    Value
	}
	var all []found
	known := map[string]bool{}
	for _, l := range slices.Backward(c.layers) {
		for _, p := range l.paths {
			if !known[p.folded] && strings.HasPrefix(p.folded+separator, prefix) {
				known[p.folded] = true
				all = append(all, found{strings.Split(p.folded, separator), l.values[p.folded]})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return slices.CompareFunc(a.segments, b.segments, compareSegments) })
	values := make([]Value, len(all))
	for n, f := range all {
		values[n] = f.value
	}
	return values
}

// segmentAt returns the segment of a path with that index, from 0.
func segmentAt(path string, index int) string {
	return strings.Split(path, separator)[index]
}
