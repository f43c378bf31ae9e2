package propose

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/stafett/stafett/app/model"
)

// Line is what a proposal says of one field or list of the receiving form.
type Line struct {
	Target string `json:"to"`             // dotted path; in Rows, in a row
	Source string `json:"from,omitempty"` // dotted path in the original form; in Rows, in a row
	Rows   []Line `json:"rows,omitempty"` // what fills a row; for a list of groups
	Type   string `json:"type"`           // of the target, for a person
	// Required tells that the receiving form demands the field.
	Required bool   `json:"required,omitempty"`
	Reason   Reason `json:"reason"`
	// Certain tells that the line stands ready in the file, not as a comment.
	Certain bool   `json:"certain"`
	Note    string `json:"note,omitempty"` // what a person should know before relying on it
}

// Reason tells why a source is proposed. The values are stable.
type Reason string

// The reasons.
const (
	SamePath    Reason = "same-path"    // both forms have the field at the same place
	SameName    Reason = "same-name"    // it is the only one of the name in each form, or in groups of one name
	SimilarName Reason = "similar-name" // one of several that it could be, or a name that says little by itself
	NoSource    Reason = "no-source"
)

// place is where lines stand: at the roots of both forms, or in rows of a list of
// each. Both are the paths of groups.
type place struct{ source, target string }

// entry is a field of one value, or a list, outside of other lists.
type entry struct {
	model.Field
	path  string // from the place
	name  string // as names compare, without what a tool added to them
	group string // the same of the group around it
}

// nameTail is what older modelling tools end the names of fields with.
var nameTail = regexp.MustCompile(`-(?:datadef|grp)-[0-9]+$`)

func bare(name string) string {
	return strings.ToLower(strings.ReplaceAll(nameTail.ReplaceAllString(name, ""), "-", ""))
}

// plainPath is a path that stafett.yaml can hold.
var plainPath = regexp.MustCompile(`^[A-Za-zÀ-ÖØ-öø-ʹ_][A-Za-zÀ-ÖØ-öø-ʹ0-9_-]*(?:\.[A-Za-zÀ-ÖØ-öø-ʹ_][A-Za-zÀ-ÖØ-öø-ʹ0-9_-]*)*$`)

// entries lists what stands in a group and the groups in it, in the order of the
// model. Attributes are left out: they say of what kind a form is, not what was
// answered.
func entries(s *model.Schema, group string) []entry {
	var all []entry
	var walk func(at string, names []string)
	walk = func(at string, names []string) {
		for _, f := range s.Children(at) {
			switch {
			case f.Attribute:
			case f.Type == model.Object && !f.Repeating:
				walk(f.Path, append(slices.Clone(names), f.Name))
			default:
				path := append(slices.Clone(names), f.Name)
				e := entry{Field: f, path: strings.Join(path, ".")}
				if f.TextValue && len(path) > 1 { // the text of the element around it, which has the name
					path = path[:len(path)-1]
				}
				e.name = bare(path[len(path)-1])
				if len(path) > 1 {
					e.group = bare(path[len(path)-2])
				}
				if plainPath.MatchString(e.path) {
					all = append(all, e)
				}
			}
		}
	}
	walk(group, nil)
	return all
}

func fold(path string) string { return strings.ToLower(strings.ReplaceAll(path, "-", "")) }

// lines proposes what fills each field and list at a place.
func lines(source, target *model.Schema, at place) []Line {
	sources, targets := entries(source, at.source), entries(target, at.target)
	var all []Line
	for _, t := range targets {
		l := Line{Target: t.path, Type: describe(t.Field), Required: t.Required, Reason: NoSource}
		if s, reason, note, ok := find(t, sources, targets); ok {
			l.Source, l.Reason, l.Certain, l.Note = s.path, reason, reason != SimilarName, note
			if t.Type == model.Object {
				l.Rows = lines(source, target, place{source: s.Path, target: t.Path})
				if !slices.ContainsFunc(l.Rows, func(row Line) bool { return row.Certain }) {
					l.Certain, l.Note = false, cmp.Or(note, "no field of a row goes by itself")
				}
			} else if fit, told := fits(s.Field, t.Field); !fit || told != "" {
				l.Certain, l.Note = l.Certain && fit, cmp.Or(told, note)
			}
		}
		all = append(all, l)
	}
	return all
}

// find chooses the source of a target: what stands at the same path, else the only
// one of the name.
func find(t entry, sources, targets []entry) (s entry, reason Reason, note string, ok bool) {
	var named []entry
	for _, s := range sources {
		switch {
		case s.Repeating != t.Repeating || (s.Type == model.Object) != (t.Type == model.Object):
		case fold(s.path) == fold(t.path):
			return s, SamePath, "", true
		case s.name == t.name:
			named = append(named, s)
		}
	}
	if len(named) == 0 {
		return entry{}, NoSource, "", false
	}
	sameGroup := func(s entry) bool { return s.group != "" && s.group == t.group }
	if i := slices.IndexFunc(named, sameGroup); i >= 0 && !slices.ContainsFunc(named[i+1:], sameGroup) {
		return named[i], SameName, "", true
	}
	rivals := 0
	for _, other := range targets {
		if other.name == t.name && other.Repeating == t.Repeating {
			rivals++
		}
	}
	switch {
	case len(named) > 1:
		paths := make([]string, len(named))
		for i, s := range named {
			paths[i] = s.path
		}
		return named[0], SimilarName, "one of " + strings.Join(paths, ", "), true
	case rivals > 1:
		return named[0], SimilarName, fmt.Sprintf("%d fields of that name would be filled", rivals), true
	case slices.Contains(vague(), t.name):
		return named[0], SimilarName, "the same name, in another group", true
	}
	return named[0], SameName, "", true
}

// vague are names that mean something else in each group, in the languages of
// Altinn's forms.
func vague() []string {
	return []string{
		"address", "adresse", "antall", "belop", "beskrivelse", "code", "comment", "date", "dato", "description", "endring", "etternavn", "fnr",
		"fodselsnummer", "fornavn", "id", "kode", "kommentar", "land", "merknad", "name", "navn", "number", "nummer", "org", "organisasjonsnummer",
		"orgnr", "postnr", "postnummer", "poststed", "referanse", "reference", "status", "tekst", "text", "title", "tittel", "type", "value", "verdi",
	}
}
