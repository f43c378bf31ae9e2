package dotnet

import (
	"cmp"
	"slices"
)

// index answers what is asked of nearly every token, so that the time for a file
// grows with its length and no faster.
type index struct {
	function []int            // for each token, the innermost function around it; -1 for none
	typ      []int            // the same for types
	ends     map[int]int      // where what is declared at a token ends
	named    map[string]int   // the first function of a name
	names    map[int]bool     // the tokens that are names of declared functions
	given    map[string][]int // where a variable gets its value, in order: "name =" and "Bind(name)"
	declared map[string][]int // where a parameter or variable of a name may be declared, in order
	fields   map[string][]int // where a field or a parameter of a type is, in order
	used     map[string][]int // where a name stands that is not asked for its success only, and not read
	lambdas  map[string][]span
	// In order: the texts that are addresses of instances to make, the calls that send
	// a request or name a section, those of Get, and signs and words that matter.
	creates, sends, sections, gets, reloads, exchanges, equals, tells []int
}

// span is a lambda expression with a parameter of a name.
type span struct {
	at    int // of its arrow
	reach int // how far it and those before it with that name go
}

// among reports whether any of some places, which are in order, lies in a range.
func among(places []int, from, to int) bool {
	at := next(places, from)
	return at >= 0 && at < to
}

// next returns the first of some places, which are in order, from one on; -1 for
// none.
func next(places []int, from int) int {
	n, _ := slices.BinarySearch(places, from)
	if n == len(places) {
		return -1
	}
	return places[n]
}

func (s *source) makeIndex() index {
	x := index{
		ends: map[int]int{}, named: map[string]int{}, names: map[int]bool{}, given: map[string][]int{}, declared: map[string][]int{},
		fields: map[string][]int{}, used: map[string][]int{}, lambdas: map[string][]span{},
	}
	functions, types := make([][2]int, len(s.functions)), make([][2]int, len(s.types))
	for n, t := range s.types {
		types[n] = t.body
		x.ends[t.header[0]] = max(t.body[1], t.header[1])
	}
	for n, f := range s.functions {
		functions[n] = f.body
		x.ends[f.at] = f.body[1]
		x.names[f.at] = true
		if _, known := x.named[f.name]; !known {
			x.named[f.name] = n
		}
	}
	x.function, x.typ = innermost(functions, len(s.tokens)), innermost(types, len(s.tokens))
	for at, t := range s.tokens {
		s.note(&x, at)
		switch {
		case t.kind == identifier && s.is(at+1, "=") && !s.is(at+2, "=", ">") && !s.is(at-1, "."):
			x.given[t.value] = append(x.given[t.value], at)
		case s.is(at, "Bind") && s.is(at+1, "(") && s.isWord(at+2) && s.is(at+3, ")"):
			name := s.tokens[at+2].value
			x.given[name] = append(x.given[name], at)
		}
	}
	return x
}

// note adds what matters of one token.
func (s *source) note(x *index, at int) {
	t := s.tokens[at]
	switch t.kind {
	case text:
		if createAddress.MatchString(t.value) {
			x.creates = append(x.creates, at)
		}
	case sign:
		if t.value == "=" {
			x.equals = append(x.equals, at)
			s.noteLambda(x, at)
		}
	case identifier:
		s.noteWord(x, at)
	case number:
	}
}

func (s *source) noteWord(x *index, at int) {
	name := s.tokens[at].value
	if s.endsType(at-1) && s.is(at+1, "=", ",", ")", ";", "in") {
		x.declared[name] = append(x.declared[name], at)
	}
	if x.function[at] < 0 && s.isWord(at-1) && s.is(at+1, ";", "=", ",", ")", "{") {
		x.fields[name] = append(x.fields[name], at)
	}
	asked := s.is(at-1, "(") && s.is(at-2, "if") && s.is(at+1, ".") && s.is(at+2, "IsSuccessStatusCode") && s.is(at+3, ")")
	read := s.is(at+1, ".") && s.is(at+2, "Content")
	if !s.is(at-1, ".") && !asked && !read {
		x.used[name] = append(x.used[name], at)
	}
	_, isCall := s.call(at)
	switch {
	case s.is(at, senders...) && s.is(at+1, "("):
		x.sends = append(x.sends, at)
	case isCall && s.is(at, "GetSection", "GetRequiredSection"):
		x.sections = append(x.sections, at)
	case isCall && s.is(at, "Get"):
		x.gets = append(x.gets, at)
	case s.is(at, "ReloadInterval", "reloadInterval"):
		x.reloads = append(x.reloads, at)
	case s.is(at, "ExhangeToAltinnToken") && s.is(at+1, "=") && s.is(at+2, "true"):
		x.exchanges = append(x.exchanges, at)
	case s.is(at, "throw", "else"), s.is(at, "return") && !s.is(at+1, ";"):
		x.tells = append(x.tells, at)
	}
}

// noteLambda notes the parameters of the lambda expression whose arrow is at a
// place, if one is.
func (s *source) noteLambda(x *index, at int) {
	if !s.is(at+1, ">") {
		return
	}
	end := s.statementEnd(at + 2)
	if s.is(at+2, "{") {
		end = s.behind(at + 2)
	}
	from := at - 1
	if s.is(at-1, ")") && s.match[at-1] >= 0 {
		from = max(s.match[at-1], at-maxHeader)
	}
	for p := max(from, 0); p < at; p++ {
		if !s.isWord(p) {
			continue
		}
		known, reach := x.lambdas[s.tokens[p].value], end
		if len(known) > 0 {
			reach = max(reach, known[len(known)-1].reach)
		}
		x.lambdas[s.tokens[p].value] = append(known, span{at, reach})
	}
}

// innermost returns, for each of a number of places, the range around it that
// begins last; -1 where there is none.
func innermost(ranges [][2]int, places int) []int {
	order := make([]int, len(ranges))
	for n := range order {
		order[n] = n
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(ranges[a][0], ranges[b][0]) })
	found := make([]int, places)
	var around []int
	for at := range found {
		for len(order) > 0 && ranges[order[0]][0] <= at {
			around, order = append(around, order[0]), order[1:]
		}
		for len(around) > 0 && ranges[around[len(around)-1]][1] <= at {
			around = around[:len(around)-1]
		}
		found[at] = -1
		if len(around) > 0 {
			found[at] = around[len(around)-1]
		}
	}
	return found
}

// enclosing returns the innermost function around a token, or nil.
func (s *source) enclosing(i int) *function {
	if i < 0 || i >= len(s.tokens) || s.index.function[i] < 0 {
		return nil
	}
	return &s.functions[s.index.function[i]]
}

// enclosingType returns the innermost type around a token, or nil.
func (s *source) enclosingType(i int) *typeDeclaration {
	if i < 0 || i >= len(s.tokens) || s.index.typ[i] < 0 {
		return nil
	}
	return &s.types[s.index.typ[i]]
}

// declares reports whether the name at i is that of a declared function.
func (s *source) declares(i int) bool { return s.index.names[i] }

// declarationEnd returns the end of a function or type that is declared at i; what
// is inside runs elsewhere.
func (s *source) declarationEnd(i int) int { return max(i, s.index.ends[i]) }
