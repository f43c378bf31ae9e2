package handover

import (
	"slices"
	"strings"

	"github.com/stafett/stafett/app/model"
)

// copying says how a group is copied.
type copying struct {
	at      place    // where the mappings will stand
	covered []string // targets, from there, that other mappings fill
	// whole is for the copy of a whole model: what the receiving model lacks is
	// left behind, and what it requires must come from somewhere.
	whole bool
}

// copyModel makes the mappings that carry every field that both models have.
func (c *checker) copyModel(d *Definition, covered []string) {
	switch {
	case d.schema == nil: // told already
	case c.source == nil:
		c.fault("%s has no form data to copy", c.from.ID)
	default:
		faults := len(c.faults)
		d.mappings = c.copyGroup(d, place{}, "", "", copying{covered: covered, whole: true})
		if len(d.mappings) == 0 && len(c.faults) == faults {
			c.fault("the models of %s and %s have no field in common that could be copied", c.from.ID, c.to.ID)
		}
	}
}

// copyGroup makes the mappings that carry a group to one of the same shape, field
// by field and by name. from is the group's path as a mapping at the place would
// have it, with indices; "" is the place itself.
func (c *checker) copyGroup(d *Definition, at place, from, target string, how copying) []mapping {
	var out []mapping
	children := d.schema.Children(target)
	if len(children) == 0 {
		c.fault("%s holds groups like itself, which cannot be copied", target)
	}
	if !how.whole {
		for _, field := range c.source.Children(join(at.source, from)) {
			if _, ok := d.schema.Field(join(target, field.Name)); !ok {
				c.fault("%s of %s has no counterpart in %s of %s; fill %s field by field", field.Path, c.from.ID, orRoot(target), c.to.ID, orRoot(target))
			}
		}
	}
	for _, t := range children {
		if overrides(how.covered, below(how.at.target, t.Path)) {
			continue
		}
		s, ok := c.source.Field(join(join(at.source, from), t.Name))
		if !ok {
			if how.whole && t.Required {
				c.required(d, t, how.covered)
			}
			continue
		}
		if !c.alike(s, t) {
			continue
		}
		m := mapping{target: t, into: strings.Split(below(how.at.target, t.Path), "."), path: join(from, s.Name), list: s.Repeating}
		switch {
		case t.Type != model.Object:
			out = append(out, m)
		case !t.Repeating:
			out = append(out, c.copyGroup(d, at, m.path, t.Path, how)...)
		default:
			rows := place{source: s.Path, target: t.Path}
			if m.fields = c.copyGroup(d, rows, "", t.Path, copying{at: rows, whole: how.whole}); m.fields != nil {
				out = append(out, m)
			}
		}
	}
	return out
}

func orRoot(path string) string {
	if path == "" {
		return "the model"
	}
	return path
}

// alike checks that a field of the source can be copied to one of the same name.
func (c *checker) alike(source, target model.Field) bool {
	const instead = "%s of %s is %s, and %s of %s is %s; say under prefill what fills it"
	describe := func(f model.Field) string {
		kind := "of type " + string(f.Type)
		if f.Type == model.Object {
			kind = "a group"
		}
		if f.Repeating {
			kind = "a list, " + kind
		}
		return kind
	}
	fits := source.Type == target.Type || source.Type != model.Object && target.Type == model.String || source.Type == model.Integer && target.Type == model.Number
	if !fits || source.Repeating != target.Repeating {
		c.fault(instead, source.Path, c.from.ID, describe(source), target.Path, c.to.ID, describe(target))
		return false
	}
	for _, value := range source.Enum {
		if len(target.Enum) > 0 && !slices.Contains(target.Enum, value) {
			c.fault("%s of %s may be %s, which %s of %s may not; say under prefill what fills it", source.Path, c.from.ID, value, target.Path, c.to.ID)
			return false
		}
	}
	return true
}

// required finds the fields that must be there below one, itself included, and
// that nothing fills.
func (c *checker) required(d *Definition, target model.Field, covered []string) {
	if overrides(covered, target.Path) {
		return
	}
	if target.Type != model.Object || target.Repeating {
		c.fault("%s of %s is required, and %s has none to copy; say under prefill what fills it", target.Path, c.to.ID, c.from.ID)
		return
	}
	for _, t := range d.schema.Children(target.Path) {
		if t.Required {
			c.required(d, t, covered)
		}
	}
}
