package dotnet

import (
	"slices"
	"strings"
)

// source is one C# file, taken apart as far as is needed here.
type source struct {
	name   string
	text   string
	tokens []token
	// match is, for each token that is a bracket, the index of its other half;
	// -1 where there is none.
	match []int
	// angles is, for each token that begins a list of type arguments, the index
	// behind the list; 0 for all others.
	angles []int
	// ends and starts are, for each token, where its statement ends and starts; see
	// [source.statementEnd] and [source.statementStart].
	ends, starts []int
	functions    []function // in order; those inside others too
	types        []typeDeclaration
	index        index
}

// function is a method, a constructor or a local function.
type function struct {
	name       string
	at         int // index of its name
	parameters [2]int
	body       [2]int // indices of the first token inside and of the one behind the last
}

// typeDeclaration is a class, record, struct or interface.
type typeDeclaration struct {
	name   string
	bases  []string // names without type arguments
	header [2]int   // from behind the name to the body
	body   [2]int
}

func parse(name, text string) *source {
	s := &source{name: name, text: text, tokens: lex(text)}
	s.matchBrackets()
	s.matchAngles()
	s.boundStatements()
	s.findTypes()
	s.findFunctions()
	s.index = s.makeIndex()
	return s
}

func (s *source) position(i int) Position { return Position{s.name, s.tokens[i].line} }

// is reports whether the token at i is a sign or word. Outside of the file
// nothing is.
func (s *source) is(i int, values ...string) bool {
	return i >= 0 && i < len(s.tokens) && s.tokens[i].is(values...)
}

func (s *source) isWord(i int) bool {
	return i >= 0 && i < len(s.tokens) && s.tokens[i].kind == identifier
}

// written returns the text between two tokens, as written but on one line.
func (s *source) written(from, to int) string {
	if from >= to {
		return ""
	}
	return strings.Join(strings.Fields(s.text[s.tokens[from].start:s.tokens[to-1].end]), " ")
}

func (s *source) matchBrackets() {
	s.match = make([]int, len(s.tokens))
	closes := map[string]string{")": "(", "]": "[", "}": "{"}
	var open []int
	waiting := map[string]int{} // how many of each are open
	for i, t := range s.tokens {
		s.match[i] = -1
		switch {
		case t.kind != sign:
		case t.is("(", "[", "{"):
			open = append(open, i)
			waiting[t.value]++
		case t.is(")", "]", "}") && waiting[closes[t.value]] > 0:
			// Brackets inside a pair that are not closed are given up, and one that
			// closes nothing is left alone.
			for s.match[i] < 0 {
				last := open[len(open)-1]
				open = open[:len(open)-1]
				waiting[s.tokens[last].value]--
				if s.tokens[last].value == closes[t.value] {
					s.match[i], s.match[last] = last, i
				}
			}
		}
	}
}

// behind returns the index behind the bracket that closes the one at i, or
// behind the file.
func (s *source) behind(i int) int {
	if s.match[i] < 0 {
		return len(s.tokens)
	}
	return s.match[i] + 1
}

// maxHeader is how many tokens a list of type arguments or the head of a type is
// followed for.
const maxHeader = 500

// typeArguments returns the index behind a list of type arguments at i, and i
// itself when there is none. A comparison is none.
func (s *source) typeArguments(i int) int {
	if i >= len(s.tokens) {
		return i
	}
	return max(i, s.angles[i])
}

func (s *source) matchAngles() {
	s.angles = make([]int, len(s.tokens))
	var open []int
	for i := range s.tokens {
		switch {
		case s.is(i, "<"):
			open = append(open, i)
		case s.is(i, ">"):
			if last := len(open) - 1; last >= 0 {
				if i-open[last] < maxHeader {
					s.angles[open[last]] = i + 1
				}
				open = open[:last]
			}
		case s.isWord(i), s.is(i, ",", ".", "?", "[", "]", ":", "(", ")"):
		default:
			open = nil
		}
	}
}

func (s *source) findTypes() {
	for i := range s.tokens {
		if !s.startsType(i) {
			continue
		}
		t := typeDeclaration{name: s.tokens[i+1].value}
		at := i + 2
		t.header[0] = at
		for at < min(i+maxHeader, len(s.tokens)) && !s.is(at, "{", ";", ")", "}") && !s.startsType(at) {
			switch {
			case s.is(at, "("):
				at = s.behind(at)
				continue
			case s.is(at, ":") && !slices.Contains(t.bases, "where"):
				t.bases = append(t.bases, s.baseNames(at+1)...)
			case s.is(at, "where"):
				t.bases = append(t.bases, "where") // what follows are constraints
			}
			at++
		}
		t.bases = slices.DeleteFunc(t.bases, func(name string) bool { return name == "where" })
		t.header[1] = min(at, len(s.tokens))
		if s.is(at, "{") {
			t.body = [2]int{at + 1, s.behind(at) - 1}
		}
		s.types = append(s.types, t)
	}
}

// startsType reports whether a type is declared at i, with its name behind.
func (s *source) startsType(i int) bool {
	return s.is(i, "class", "record", "struct", "interface") && s.isWord(i+1) && !s.is(i-1, ".") && !s.is(i+1, "class", "struct", "where")
}

// baseNames returns the last names of a list of types.
func (s *source) baseNames(at int) []string {
	var bases []string
	for at < len(s.tokens) {
		name := ""
		for s.isWord(at) && !s.is(at, "where") {
			name = s.tokens[at].value
			at = s.typeArguments(at + 1)
			if !s.is(at, ".") {
				break
			}
			at++
		}
		if name == "" {
			return bases
		}
		bases = append(bases, name)
		if s.is(at, "(") { // the arguments of a base's constructor
			at = s.behind(at)
		}
		if !s.is(at, ",") {
			return bases
		}
		at++
	}
	return bases
}

// notBeforeName are words that do not end a type, so that what follows them is
// no declaration.
var notBeforeName = []string{"class", "record", "struct", "interface", "new", "return", "await", "else", "in", "is", "as", "case", "throw", "yield", "do", "when", "and", "or", "not", "out", "ref"}

// notName are words that a bracket follows without being a call.
var notName = []string{"if", "while", "for", "foreach", "switch", "using", "lock", "catch", "fixed", "when", "return", "typeof", "nameof", "sizeof", "default", "checked", "unchecked", "base", "this", "new", "where", "await", "throw", "in", "and", "or", "not", "is"}

// findFunctions finds what is declared as "type name(parameters) body".
func (s *source) findFunctions() {
	var bodies []int // where one may begin
	for i := range s.tokens {
		if s.is(i, "{", ";", "=") {
			bodies = append(bodies, i)
		}
	}
	for i := range s.tokens {
		if !s.isWord(i) || s.is(i, notName...) || !s.endsType(i-1) {
			continue
		}
		open := s.typeArguments(i + 1)
		if !s.is(open, "(") || s.match[open] < 0 {
			continue
		}
		at := s.behind(open)
		if s.is(at, ":") && s.is(at+1, "base", "this") && s.is(at+2, "(") {
			at = s.behind(at + 2)
		}
		if s.is(at, "where") { // constraints stand before the body
			if at = next(bodies, at); at < 0 {
				continue
			}
		}
		f := function{name: s.tokens[i].value, at: i, parameters: [2]int{open + 1, s.match[open]}}
		switch {
		case s.is(at, "{"):
			f.body = [2]int{at + 1, s.behind(at) - 1}
		case s.is(at, "=") && s.is(at+1, ">"):
			f.body = [2]int{at + 2, s.statementEnd(at + 2)}
		default:
			continue
		}
		if f.body[1] < f.body[0] {
			f.body[1] = f.body[0]
		}
		s.functions = append(s.functions, f)
	}
}

// endsType reports whether the token at i can be the end of a type or a modifier
// before a declared name.
func (s *source) endsType(i int) bool {
	if s.is(i, ">", "]", "?", ")") {
		return true
	}
	return s.isWord(i) && !s.is(i, notBeforeName...)
}

// statementEnd returns the index of the semicolon that ends the statement or
// expression at i, or of the bracket that closes around it.
func (s *source) statementEnd(i int) int { return s.ends[min(i, len(s.tokens))] }

// statementStart returns the index of the first token of the statement that the
// token at i stands in.
func (s *source) statementStart(i int) int { return s.starts[i] }

func (s *source) boundStatements() {
	n := len(s.tokens)
	s.ends, s.starts = make([]int, n+1), make([]int, n)
	s.ends[n] = n
	for i := n - 1; i >= 0; i-- {
		switch {
		case s.is(i, ";", ")", "]", "}"):
			s.ends[i] = i
		case s.is(i, "(", "[", "{"):
			s.ends[i] = s.ends[s.behind(i)]
		default:
			s.ends[i] = s.ends[i+1]
		}
	}
	for i := 1; i < n; i++ {
		s.starts[i] = i
		if !s.is(i-1, ";", "{", "}") {
			s.starts[i] = s.starts[i-1]
		}
	}
}

// arguments returns the ranges of the arguments of a call whose bracket is at
// open.
func (s *source) arguments(open int) [][2]int {
	end := s.behind(open) - 1
	var all [][2]int
	from := open + 1
	for i := from; i < end; {
		switch {
		case s.is(i, "(", "[", "{"):
			i = s.behind(i)
		case s.is(i, "<") && s.typeArguments(i) > i:
			i = s.typeArguments(i)
		case s.is(i, ","):
			all = append(all, [2]int{from, i})
			i++
			from = i
		default:
			i++
		}
	}
	if from < end {
		all = append(all, [2]int{from, end})
	}
	return all
}

// call returns the bracket of the call whose name stands at i; ok is false when
// it is no call.
func (s *source) call(i int) (open int, ok bool) {
	if !s.isWord(i) || s.is(i, notName...) {
		return 0, false
	}
	open = s.typeArguments(i + 1)
	return open, s.is(open, "(")
}
