package dotnet

import (
	"slices"
	"strings"
)

// values knows the constant texts of all files and finds what variables are
// set to.
type values struct {
	constants map[string]string // by name; one that differs between files is not known
}

// constantsOf gathers "const string X = …" and "static readonly string X = …".
func constantsOf(files []*source) values {
	v := values{constants: map[string]string{}}
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

// text returns the constant text that an expression gives.
func (v values) text(s *source, from, to int) (string, bool) {
	var all strings.Builder
	for from < to {
		switch {
		case s.tokens[from].kind == text && !s.tokens[from].interpolated:
			all.WriteString(s.tokens[from].value)
			from++
		case s.is(from, "nameof") && s.is(from+1, "("):
			end := s.behind(from + 1)
			if end > to || end-2 <= from+1 {
				return "", false
			}
			all.WriteString(s.tokens[end-2].value)
			from = end
		case s.isWord(from):
			for s.is(from+1, ".") && s.isWord(from+2) && from+2 < to {
				from += 2
			}
			value, ok := v.constants[s.tokens[from].value]
			if !ok {
				return "", false
			}
			all.WriteString(value)
			from++
		default:
			return "", false
		}
		if from == to {
			return all.String(), true
		}
		if !s.is(from, "+") {
			return "", false
		}
		from++
	}
	return "", false
}

// maxGiven bounds at how many places it is looked what variables get, for one section.
// Those that are set from several others would not come to an end otherwise.
const maxGiven = 1000

// section returns the path of the configuration section that an expression
// names: the sections that it goes through, joined by colons. A variable is
// followed to where the file sets or binds it. eager tells that the expression
// holds the settings as they were when it was computed, and not the section.
func (v values) section(s *source, from, to int) (path string, eager, ok bool) {
	left := maxGiven
	return v.follow(s, from, to, maxFollowed, &left)
}

// follow is section with how many variables may still be followed from one to the
// next, and at how many places it may still be looked.
func (v values) follow(s *source, from, to, depth int, left *int) (path string, eager, ok bool) {
	var parts []string
	for i := from; i < to; i++ {
		open, isCall := s.call(i)
		if !isCall {
			continue
		}
		switch {
		case s.is(i, "GetSection", "GetRequiredSection"):
			arguments := s.arguments(open)
			if len(arguments) == 0 {
				return "", false, false
			}
			part, known := v.text(s, arguments[0][0], arguments[0][1])
			if !known {
				return "", false, false
			}
			parts = append(parts, part)
		case s.is(i, "Get") && len(parts) > 0:
			eager = true
		}
	}
	if len(parts) > 0 {
		return strings.Join(parts, ":"), eager, true
	}
	// A variable, perhaps with ! or "with { … }" behind it.
	if depth == 0 || from >= to || !s.isWord(from) || from+1 < to && s.is(from+1, ".", "(") {
		return "", false, false
	}
	return v.variable(s, from, depth-1, left)
}

// variable finds "name = expression" or "expression.Bind(name)" before the use
// of a variable at i, the nearest first.
func (v values) variable(s *source, i, depth int, left *int) (path string, eager, ok bool) {
	for _, at := range slices.Backward(s.index.given[s.tokens[i].value]) {
		if at >= i {
			continue
		}
		if *left == 0 {
			break
		}
		*left--
		switch {
		case s.is(at+1, "="):
			if path, eager, ok = v.follow(s, at+2, s.statementEnd(at+2), depth, left); ok {
				return path, eager, true
			}
		default:
			if path, _, ok = v.follow(s, s.statementStart(at), at-1, depth, left); ok {
				return path, true, true
			}
		}
	}
	return "", false, false
}

// statementStart returns the index of the first token of the statement that the
// token at i stands in.
func (s *source) statementStart(i int) int {
	for i > 0 && !s.is(i-1, ";", "{", "}") {
		i--
	}
	return i
}
