package form

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// row is one row of a repeating group that a component stands in.
type row struct {
	group string // path of the group without indices: "Kjoretoy"
	path  string // path of the row: "Kjoretoy[2]"
	index int
}

// rows are the rows around a component, the outermost first.
type rows []row

// resolve gives a path the indices of the rows: in the second row of Kjoretoy,
// "Kjoretoy.Type" is "Kjoretoy[1].Type".
func (r rows) resolve(path string) string {
	for _, around := range slices.Backward(r) {
		if rest, ok := strings.CutPrefix(path, around.group+"."); ok {
			return around.path + "." + rest
		}
	}
	return path
}

// suffix is what the rows add to the id of a component.
func (r rows) suffix() string {
	var b strings.Builder
	for _, around := range r {
		b.WriteByte('-')
		b.WriteString(strconv.Itoa(around.index))
	}
	return b.String()
}

// String tells rows apart.
func (r rows) String() string {
	if len(r) == 0 {
		return ""
	}
	return r[len(r)-1].path
}

// within returns the rows and one more.
func (r rows) within(group, path string, index int) rows {
	return append(slices.Clip(r), row{group: group, path: path + "[" + strconv.Itoa(index) + "]", index: index})
}

// step is one part of a path: a member's name or a list's index.
type step struct {
	name    string
	index   int
	isIndex bool
}

// steps splits a path such as "Kjoretoy[2].Type". What is malformed becomes a
// name that nothing has.
func steps(path string) []step {
	var out []step
	for part := range strings.SplitSeq(path, ".") {
		name, rest, indexed := strings.Cut(part, "[")
		out = append(out, step{name: name})
		for indexed {
			var digits string
			digits, rest, _ = strings.Cut(rest, "]")
			index, err := strconv.Atoi(digits)
			if err != nil || index < 0 {
				return []step{{name: path}}
			}
			out = append(out, step{index: index, isIndex: true})
			rest, indexed = strings.CutPrefix(rest, "[")
		}
	}
	return out
}

// at finds the value of a path; nil if there is none.
func at(data any, path string) any { return lookUp(data, steps(path)) }

// lookUp finds the value at the end of steps.
func lookUp(data any, way []step) any {
	for _, s := range way {
		switch d := data.(type) {
		case map[string]any:
			if s.isIndex {
				return nil
			}
			data = d[s.name]
		case []any:
			if !s.isIndex || s.index >= len(d) {
				return nil
			}
			data = d[s.index]
		default:
			return nil
		}
	}
	return data
}

// pointer writes steps as a JSON Pointer (RFC 6901).
func pointer(path []step) string {
	var b strings.Builder
	for _, s := range path {
		b.WriteByte('/')
		if s.isIndex {
			b.WriteString(strconv.Itoa(s.index))
			continue
		}
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(s.name, "~", "~0"), "/", "~1"))
	}
	return b.String()
}

// clone copies decoded JSON.
func clone(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := maps.Clone(v)
		for name, member := range out {
			out[name] = clone(member)
		}
		return out
	case []any:
		out := slices.Clone(v)
		for i, element := range out {
			out[i] = clone(element)
		}
		return out
	}
	return value
}
