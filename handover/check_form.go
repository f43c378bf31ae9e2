package handover

import (
	"slices"
	"strings"

	"github.com/stafett/stafett/app/expression"
	"github.com/stafett/stafett/app/model"
	"github.com/stafett/stafett/project"
)

// mapping fills one field or list of the receiving form.
type mapping struct {
	target model.Field
	into   []string // the names that lead to the field, from where the mapping stands

	path       string // in the source, from where the mapping stands
	fromRoot   bool   // path starts at the root, wherever the mapping stands
	constant   any
	expression *expression.Expression
	list       bool      // path is a list of values
	fields     []mapping // for each row of the list at path; nil unless it is one of groups
}

// place is where mappings stand: at the roots of both forms, or in rows of a
// list of each. Both are the paths of groups.
type place struct{ source, target string }

func join(parent, path string) string {
	if parent == "" || path == "" {
		return parent + path
	}
	return parent + "." + path
}

// below is the path of a field from a group around it.
func below(group, path string) string {
	if group == "" {
		return path
	}
	return strings.TrimPrefix(path, group+".")
}

// prefill checks the copy of the whole model, and the mappings that override it.
func (c *checker) prefill(d *Definition) {
	if c.def.CopyModel {
		c.copyModel(d, targets(c.def.Prefill))
	}
	d.mappings = append(d.mappings, c.mappings(d, c.def.Prefill, place{})...)
}

func (c *checker) mappings(d *Definition, list []project.Mapping, at place) []mapping {
	covered := targets(list)
	var out []mapping
	for _, m := range list {
		c.position = m.Position
		out = append(out, c.mapping(d, m, at, covered)...)
	}
	return out
}

// targets are the paths that mappings fill, as names compare.
func targets(list []project.Mapping) []string {
	var paths []string
	for _, m := range list {
		paths = append(paths, fold(m.Target))
	}
	return paths
}

func (c *checker) mapping(d *Definition, m project.Mapping, at place, covered []string) []mapping {
	out := mapping{path: m.Path, fromRoot: m.FromRoot, constant: m.Constant, expression: m.Expression}
	var source model.Field
	known := true
	switch {
	case m.Each != "":
		out.path = m.Each
		source, known = c.path(m.Each, at.source)
	case m.FromRoot:
		source, known = c.path(m.Path, "")
	case m.Path != "":
		source, known = c.path(m.Path, at.source)
	case m.Expression != nil:
		c.expression(m.Target, *m.Expression)
	}
	if d.schema == nil {
		return nil // told already
	}
	target, ok := d.schema.Field(join(at.target, m.Target))
	if !ok {
		c.fault("the form data %s of %s has no field %s%s", d.targetForm, c.to.ID, join(at.target, m.Target), suggest(join(at.target, m.Target), d.schema))
		return nil
	}
	if list := listAround(d.schema, target.Path, at.target); list != "" {
		c.fault("%s is in the list %s; fill that with {each: …, fields: …}", target.Path, list)
		return nil
	}
	if !known {
		return nil
	}
	out.target, out.into = target, strings.Split(below(at.target, target.Path), ".")
	switch {
	case m.Each != "":
		return c.each(d, m, out, source, at)
	case m.Path != "":
		return c.carry(d, out, source, at, covered)
	case target.Type == model.Object:
		c.fault("%s is a group; name a field in it", target.Path)
	case target.Repeating:
		c.fault("%s is a list; it takes the values of another list, by its path", target.Path)
	case m.Constant != nil:
		if _, err := convert(m.Constant, target); err != nil {
			c.fault("%s: the constant %v %v", target.Path, m.Constant, err)
		}
	}
	return []mapping{out}
}

// carry works out what a plain path means: a value, a list of values, or the
// copy of a group or of a list of them.
func (c *checker) carry(d *Definition, m mapping, source model.Field, at place, covered []string) []mapping {
	target, listed := m.target, source.Repeating && !strings.HasSuffix(m.path, "]")
	switch {
	case source.Type == model.Object && target.Type != model.Object:
		c.fault("%s is a group; name a field in it", source.Path)
	case source.Type != model.Object && target.Type == model.Object:
		c.fault("%s is a group; name a field in it", target.Path)
	case listed && !target.Repeating:
		c.fault("%s is a list in %s; name one item, such as %s[0]", source.Path, c.from.ID, source.Name)
	case target.Repeating && !listed:
		c.fault("%s is a list, and %s is not", target.Path, m.path)
	case source.Type != model.Object:
		m.list = listed
		return []mapping{m}
	case !listed:
		from := at
		if m.fromRoot {
			from.source = ""
		}
		others := slices.DeleteFunc(slices.Clone(covered), func(path string) bool { return path == fold(below(at.target, target.Path)) })
		copied := c.copyGroup(d, from, m.path, target.Path, copying{covered: others, at: at})
		for i := range copied {
			copied[i].fromRoot = m.fromRoot
		}
		return copied
	default:
		rows := place{source: source.Path, target: target.Path}
		if m.fields = c.copyGroup(d, rows, "", target.Path, copying{at: rows}); m.fields != nil {
			return []mapping{m}
		}
	}
	return nil
}

// each checks a list of groups that is made row by row of another.
func (c *checker) each(d *Definition, m project.Mapping, out mapping, source model.Field, at place) []mapping {
	switch {
	case source.Type != model.Object || !source.Repeating:
		c.fault("each needs a list of groups, and %s is none", source.Path)
		return nil
	case out.target.Type != model.Object || !out.target.Repeating:
		c.fault("%s is no list of groups, so it takes no rows", out.target.Path)
		return nil
	}
	// The names as the model has them: expressions compare them exactly.
	names, written := strings.Split(below(at.source, source.Path), "."), strings.Split(m.Each, ".")
	for i := range names {
		if _, index, ok := strings.Cut(written[i], "["); ok {
			names[i] += "[" + index
		}
	}
	out.path = strings.Join(names, ".")
	out.fields = c.mappings(d, m.Fields, place{source: source.Path, target: out.target.Path})
	return []mapping{out}
}

// path checks the path of a source field that starts at a group: there must be
// one, and of each list on the way one item must be named. It may end at a list.
func (c *checker) path(path, group string) (model.Field, bool) {
	if c.source == nil {
		c.fault("%s has no form data, so there is no %s", c.from.ID, path)
		return model.Field{}, false
	}
	field, ok := c.source.Field(join(group, path))
	if !ok {
		c.fault("the form data of %s has no field %s%s", c.from.ID, join(group, path), suggest(join(group, path), c.source))
		return model.Field{}, false
	}
	segments := strings.Split(path, ".")
	for i, s := range segments {
		f, _ := c.source.Field(join(group, strings.Join(segments[:i+1], ".")))
		switch item := strings.HasSuffix(s, "]"); {
		case item && !f.Repeating:
			c.fault("%s is no list in %s, so it has no items", f.Path, c.from.ID)
			return field, false
		case f.Repeating && !item && i < len(segments)-1:
			c.fault("%s is a list in %s; name one item, such as %s[0]", f.Path, c.from.ID, f.Name)
			return field, false
		}
	}
	return field, true
}

// listAround is the outermost list around a field, below a group.
func listAround(s *model.Schema, path, group string) string {
	segments := strings.Split(below(group, path), ".")
	for i := range segments[:len(segments)-1] {
		if f, ok := s.Field(join(group, strings.Join(segments[:i+1], "."))); ok && f.Repeating {
			return f.Path
		}
	}
	return ""
}

// overrides reports whether mappings fill a field or something around it.
func overrides(covered []string, path string) bool {
	return slices.ContainsFunc(covered, func(target string) bool {
		return fold(path) == target || strings.HasPrefix(fold(path), target+".")
	})
}
