package dotnet

import (
	"slices"
	"strings"
)

// values knows the constant texts of all files and finds what variables are
// set to.
type values struct {
	constants map[string]string // by name; one that differs between files is not known
	left      *int              // at how many places it may still be looked
}

// constantsOf gathers "const string X = …" and "static readonly string X = …".
func constantsOf(files []*source) values {
	left := maxGiven
	v := values{constants: map[string]string{}, left: &left}
	differs := map[string]bool{}
	for _, s := range files {
		for i := range s.tokens {
			if !s.is(i, "const", "readonly") || !s.is(i+1, "string", "String") || !s.isWord(i+2) || !s.is(i+3, "=") {
				continue
			}
			name := s.tokens[i+2].value
			value, ok := v.text(s, i+4, s.statementEnd(i+4))
			if old, known := v.constants[name]; !ok || known && old != value {
				differs[name] = true
			}
			v.constants[name] = value
		}
	}
	for name := range differs {
		delete(v.constants, name)
	}
	return v
}

// maxText bounds a text that is put together of others, in bytes.
const maxText = 4096

// text returns the constant text that an expression gives.
func (v values) text(s *source, from, to int) (string, bool) {
	var all string
	for parts := 0; from < to; parts++ {
		part, behind, ok := v.part(s, from, to)
		if !ok || parts > 0 && len(all)+len(part) > maxText {
			return "", false
		}
		all += part
		if behind == to {
			return all, true
		}
		if !s.is(behind, "+") {
			return "", false
		}
		from = behind + 1
	}
	return "", false
}

// part returns one of the texts that are added, and the index behind it.
func (v values) part(s *source, from, to int) (part string, behind int, ok bool) {
	switch {
	case s.tokens[from].kind == text && !s.tokens[from].interpolated:
		return s.tokens[from].value, from + 1, true
	case s.is(from, "nameof") && s.is(from+1, "("):
		end := s.behind(from + 1)
		if end > to || end-2 <= from+1 {
			return "", 0, false
		}
		return s.tokens[end-2].value, end, true
	case s.isWord(from):
		for s.is(from+1, ".") && s.isWord(from+2) && from+2 < to {
			from += 2
		}
		part, ok = v.constants[s.tokens[from].value]
		return part, from + 1, ok
	}
	return "", 0, false
}

// maxGiven bounds at how many places it is looked what variables get. Those that are
// set from several others would not come to an end otherwise.
const maxGiven = 100_000

// maxParts bounds how many sections a path goes through.
const maxParts = 64

// section returns the path of the configuration section that an expression
// names: the sections that it goes through, joined by colons. A variable is
// followed to where the file sets or binds it. eager tells that the expression
// holds the settings as they were when it was computed, and not the section.
func (v values) section(s *source, from, to int) (path string, eager, ok bool) {
	return v.follow(s, from, to, maxFollowed)
}

// follow is section with how many variables may still be followed from one to the
// next.
func (v values) follow(s *source, from, to, depth int) (path string, eager, ok bool) {
	if at := next(s.index.sections, from); at >= 0 && at < to {
		path, ok = v.path(s, at, to)
		return path, ok && among(s.index.gets, at, to), ok
	}
	// A variable, perhaps with ! or "with { … }" behind it.
	if depth == 0 || from >= to || !s.isWord(from) || from+1 < to && s.is(from+1, ".", "(") {
		return "", false, false
	}
	return v.variable(s, from, depth-1)
}

// path joins the sections that are named from one call on.
func (v values) path(s *source, from, to int) (string, bool) {
	var parts []string
	length := 0
	for at := from; at >= 0 && at < to; at = next(s.index.sections, at+1) {
		open, _ := s.call(at)
		arguments := s.arguments(open)
		if len(arguments) == 0 || len(parts) == maxParts {
			return "", false
		}
		part, known := v.text(s, arguments[0][0], arguments[0][1])
		if length += len(part); !known || length > maxText {
			return "", false
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ":"), true
}

// variable finds "name = expression" or "expression.Bind(name)" before the use
// of a variable at i, the nearest first.
func (v values) variable(s *source, i, depth int) (path string, eager, ok bool) {
	given := s.index.given[s.tokens[i].value]
	before, _ := slices.BinarySearch(given, i)
	for _, at := range slices.Backward(given[:before]) {
		if *v.left == 0 {
			break
		}
		*v.left--
		switch {
		case s.is(at+1, "="):
			if path, eager, ok = v.follow(s, at+2, s.statementEnd(at+2), depth); ok {
				return path, eager, true
			}
		default:
			if path, _, ok = v.follow(s, s.statementStart(at), at-1, depth); ok {
				return path, true, true
			}
		}
	}
	return "", false, false
}
