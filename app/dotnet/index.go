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
}

func (s *source) makeIndex() index {
	x := index{ends: map[int]int{}, named: map[string]int{}, names: map[int]bool{}, given: map[string][]int{}}
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
	for at, t := range s.tokens {
		switch {
		case t.kind == identifier && s.is(at+1, "=") && !s.is(at+2, "=", ">") && !s.is(at-1, "."):
			x.given[t.value] = append(x.given[t.value], at)
		case s.is(at, "Bind") && s.is(at+1, "(") && s.isWord(at+2) && s.is(at+3, ")"):
			name := s.tokens[at+2].value
			x.given[name] = append(x.given[name], at)
		}
	}
	x.function, x.typ = innermost(functions, len(s.tokens)), innermost(types, len(s.tokens))
	return x
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
