package control

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/stafett/stafett/internal/nearest"
)

// maxFaults bounds how many faults of a seed are told at once.
const maxFaults = 5

// maxEntries bounds the mappings whose names a seed is free to choose: the YAML reader
// compares each name with each.
const maxEntries = 10_000

// wholeSeed is the place of all of it, which places below leave out.
const wholeSeed = "the seed"

// seedChecker compares a document with the Go types that it is to be decoded into, and
// says what does not fit, and where. It tells names, and no values: those can be
// secrets.
type seedChecker struct {
	faults []string
	more   int                 // faults that are not told
	seen   map[*yaml.Node]bool // an alias can stand for the same in many places
}

// checkSeed also makes of the document's times what the YAML reader takes as such.
func checkSeed(root *yaml.Node) error {
	c := seedChecker{seen: make(map[*yaml.Node]bool)}
	c.value(root, reflect.TypeFor[seedBody](), wholeSeed)
	if c.more > 0 {
		c.faults = append(c.faults, fmt.Sprintf("and %d more", c.more))
	}
	if len(c.faults) > 0 {
		return errors.New(strings.Join(c.faults, "; "))
	}
	return nil
}

func (c *seedChecker) fault(at *yaml.Node, format string, args ...any) {
	if len(c.faults) == maxFaults {
		c.more++
		return
	}
	c.faults = append(c.faults, fmt.Sprintf("line %d: ", at.Line)+fmt.Sprintf(format, args...))
}

// value checks what stands at a place.
func (c *seedChecker) value(node *yaml.Node, t reflect.Type, place string) {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if c.seen[node] {
		return
	}
	c.seen[node] = true
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if node.ShortTag() == "!!null" || t == reflect.TypeFor[inlineJSON]() || t.Kind() == reflect.Interface {
		return // null is as if it were not there, and in the others anything may stand
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		c.time(node, place)
	case t.Kind() == reflect.Struct:
		if c.isA(node, yaml.MappingNode, place, "a mapping") {
			c.members(node, t, place)
		}
	case t.Kind() == reflect.Map:
		if len(node.Content) > 2*maxEntries {
			c.fault(node, "%s has more than %d members", place, maxEntries)
		} else if c.isA(node, yaml.MappingNode, place, "a mapping") {
			for n := 1; n < len(node.Content); n += 2 {
				c.value(node.Content[n], t.Elem(), place+"."+node.Content[n-1].Value)
			}
		}
	case t.Kind() == reflect.Slice:
		if c.isA(node, yaml.SequenceNode, place, "a list") {
			for n, item := range node.Content {
				c.value(item, t.Elem(), fmt.Sprintf("%s[%d]", place, n))
			}
		}
	case t.Kind() == reflect.Bool:
		c.scalar(node, place, "true or false", "!!bool")
	case t.Kind() == reflect.Int:
		c.scalar(node, place, "a whole number", "!!int")
	default:
		c.scalar(node, place, "a text")
	}
}

// members checks those of a mapping. What a member leaves out when it is empty need
// not be there.
func (c *seedChecker) members(node *yaml.Node, t reflect.Type, place string) {
	known, names := membersOf(t)
	given := make(map[string]*yaml.Node)
	merges := false
	within := place + handleOf(node)
	for n := 0; n+1 < len(node.Content); n += 2 {
		name, value := node.Content[n], node.Content[n+1]
		_, ok := known[name.Value]
		switch near, found := nearest.Name(name.Value, names); {
		case name.ShortTag() == "!!merge":
			merges = true // what comes from elsewhere is checked where it stands
		case ok:
			given[name.Value] = value
		case found:
			c.fault(name, "%s has no member %q; did you mean %q?", within, name.Value, near)
			given[near] = value // so that nobody is told that it lacks
		default:
			c.fault(name, "%s has no member %q; it can have %s", within, name.Value, listed(names))
		}
	}
	var lacking []string
	for _, name := range names {
		if value := given[name]; known[name].required && !merges && (value == nil || value.ShortTag() == "!!null") {
			lacking = append(lacking, name)
		}
	}
	if len(lacking) > 0 {
		c.fault(node, "%s has no %s", within, listed(lacking))
	}
	for _, name := range names {
		if value := given[name]; value != nil {
			c.value(value, known[name].typed, strings.TrimPrefix(place+"."+name, wholeSeed+"."))
		}
	}
}

// handleOf is what a mapping is known by, if it says so.
func handleOf(node *yaml.Node) string {
	for n := 0; n+1 < len(node.Content); n += 2 {
		if value := node.Content[n+1]; slices.Contains([]string{"handle", "name", "id"}, node.Content[n].Value) && value.Kind == yaml.ScalarNode && value.Value != "" {
			return fmt.Sprintf(" (%s)", value.Value)
		}
	}
	return ""
}

func (c *seedChecker) isA(node *yaml.Node, kind yaml.Kind, place, what string) bool {
	if node.Kind != kind {
		c.fault(node, "%s is to be %s", place, what)
		return false
	}
	return true
}

// scalar checks for a value of a tag. As text, YAML's numbers need no quotes.
func (c *seedChecker) scalar(node *yaml.Node, place, what string, tags ...string) {
	if node.Kind != yaml.ScalarNode || len(tags) > 0 && !slices.Contains(tags, node.ShortTag()) {
		c.fault(node, "%s is to be %s", place, what)
	}
}

// moments are the forms that YAML has for a time; a day begins at midnight UTC.
var moments = [...]string{time.RFC3339Nano, "2006-1-2T15:4:5.999999999Z07:00", "2006-1-2t15:4:5.999999999Z07:00", "2006-1-2 15:4:5.999999999", "2006-1-2"}

// time takes a time with quotes and without.
func (c *seedChecker) time(node *yaml.Node, place string) {
	for _, form := range moments {
		if at, err := time.Parse(form, node.Value); err == nil && node.Kind == yaml.ScalarNode {
			node.Value, node.Tag, node.Style = at.Format(time.RFC3339Nano), "!!timestamp", 0
			return
		}
	}
	c.fault(node, "%s is to be a time; write it as 2026-11-17T12:00:00Z, or a day as 2026-11-17", place)
}

// member is one that a mapping can have.
type member struct {
	typed    reflect.Type
	required bool
}

// membersOf are those of a struct and of what it embeds, with their names in order.
func membersOf(t reflect.Type) (members map[string]member, names []string) {
	members = make(map[string]member)
	for _, field := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.Anonymous && name != "-" {
			members[name], names = member{field.Type, options == ""}, append(names, name)
		}
	}
	return members, names
}

// listed reads as a, b and c.
func listed(names []string) string {
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
}
