package dotnet

import "strings"

// guard is a condition under which tokens are run.
type guard struct {
	source  *source
	from    int // of the condition
	to      int
	negated bool // they are run when it does not hold
	body    [2]int
}

func (g guard) String() string {
	text := g.source.written(g.from, g.to)
	if g.negated {
		return "!(" + text + ")"
	}
	return text
}

// guards finds the if statements of a file: what runs when the condition holds,
// what runs else, and what runs behind one that only leaves.
func guards(s *source) []guard {
	var all []guard
	for i := range s.tokens {
		if !s.is(i, "if") || !s.is(i+1, "(") || s.match[i+1] < 0 {
			continue
		}
		g := guard{source: s, from: i + 2, to: s.match[i+1]}
		then := s.statement(g.to + 1)
		g.body = then
		all = append(all, g)
		g.negated = true
		behind := then[1]
		if s.is(behind, "}", ";") {
			behind++
		}
		switch {
		case s.is(behind, "else"):
			g.body = s.statement(behind + 1)
			all = append(all, g)
		case s.is(then[0], "return", "throw"):
			g.body = [2]int{behind, s.blockEnd(behind)}
			all = append(all, g)
		}
	}
	return all
}

// statement returns the range inside a block at i, or of the one statement there.
func (s *source) statement(i int) [2]int {
	if s.is(i, "{") {
		return [2]int{i + 1, max(i+1, s.behind(i)-1)}
	}
	if s.is(i, "if") && s.is(i+1, "(") { // else if: its branches have guards of their own
		return [2]int{i, s.statement(s.behind(i + 1))[1]}
	}
	return [2]int{i, s.statementEnd(i)}
}

// blockEnd returns the index of the bracket that closes the block around i.
func (s *source) blockEnd(i int) int {
	for i < len(s.tokens) && !s.is(i, "}") {
		if s.is(i, "{", "(", "[") {
			i = s.behind(i)
		} else {
			i++
		}
	}
	return i
}

// truth is what is known of a condition.
type truth byte

const (
	unknown truth = iota
	yes
	no
)

func (t truth) not() truth {
	switch t {
	case yes:
		return no
	case no:
		return yes
	case unknown:
	}
	return unknown
}

// inDevelopment tells whether the guard lets its body run where the environment
// is Development.
func (g guard) inDevelopment() truth {
	left := maxVariables
	t := decider{g.source, 5, &left}.or(g.from, g.to)
	if g.negated {
		return t.not()
	}
	return t
}

// maxVariables bounds how many variables are followed for one condition, or for one
// section. Those that are set from several others would not come to an end otherwise.
const maxVariables = 1000

// decider evaluates a condition for the environment Development. What does not
// depend on the environment is unknown.
type decider struct {
	*source
	depth int  // how many variables may still be followed from one to the next
	left  *int // and how many in all
}

// split cuts a range at a doubled sign, such as && or ||, outside of brackets.
func (c decider) split(from, to int, mark string) [][2]int {
	var parts [][2]int
	start := from
	for i := from; i < to; {
		switch {
		case c.is(i, "(", "[", "{"):
			i = c.behind(i)
		case c.is(i, mark) && c.is(i+1, mark):
			parts = append(parts, [2]int{start, i})
			i += 2
			start = i
		default:
			i++
		}
	}
	return append(parts, [2]int{start, to})
}

func (c decider) or(from, to int) truth {
	result := no
	for _, part := range c.split(from, to, "|") {
		switch c.and(part[0], part[1]) {
		case yes:
			return yes
		case unknown:
			result = unknown
		case no:
		}
	}
	return result
}

func (c decider) and(from, to int) truth {
	result := yes
	for _, part := range c.split(from, to, "&") {
		switch c.comparison(part[0], part[1]) {
		case no:
			return no
		case unknown:
			result = unknown
		case yes:
		}
	}
	return result
}

func (c decider) comparison(from, to int) truth {
	if c.is(from, "!") {
		return c.comparison(from+1, to).not()
	}
	for i := from; i < to; i++ {
		switch {
		case c.is(i, "=") && c.is(i+1, "="):
			return c.equal(from, i, i+2, to)
		case c.is(i, "!") && c.is(i+1, "="):
			return c.equal(from, i, i+2, to).not()
		case c.is(i, "is") && c.is(i+1, "not"):
			return c.equal(from, i, i+2, to).not()
		case c.is(i, "is"):
			return c.equal(from, i, i+1, to)
		case c.is(i, "(", "["):
			i = c.behind(i) - 1
		}
	}
	return c.atom(from, to)
}

// equal compares a condition with true or false, or the environment's name with
// a text.
func (c decider) equal(leftFrom, leftTo, rightFrom, rightTo int) truth {
	switch {
	case rightTo == rightFrom+1 && c.is(rightFrom, "true"):
		return c.comparison(leftFrom, leftTo)
	case rightTo == rightFrom+1 && c.is(rightFrom, "false"):
		return c.comparison(leftFrom, leftTo).not()
	case leftTo > leftFrom && c.is(leftTo-1, "EnvironmentName"):
		return c.isDevelopment(rightTo - 1)
	}
	return unknown
}

// isDevelopment reads the name of an environment: a text, or a member of
// Environments.
func (c decider) isDevelopment(i int) truth {
	if i < 0 || i >= len(c.tokens) {
		return unknown
	}
	t := c.tokens[i]
	switch {
	case t.kind == text && t.interpolated, t.kind == identifier && !c.is(i-2, "Environments"), t.kind != text && t.kind != identifier:
		return unknown
	case strings.EqualFold(t.value, "Development"):
		return yes
	}
	return no
}

func (c decider) atom(from, to int) truth {
	switch {
	case from >= to:
		return unknown
	case c.is(from, "(") && c.match[from] == to-1:
		return c.or(from+1, to-1)
	case c.is(to-1, ")") && c.match[to-1] >= from+1:
		open := c.match[to-1]
		switch {
		case c.is(open-1, "IsDevelopment"):
			return yes
		case c.is(open-1, "IsProduction", "IsStaging"):
			return no
		case c.is(open-1, "IsEnvironment"):
			return c.isDevelopment(to - 2)
		}
	case to == from+1 && c.isWord(from) && c.depth > 0 && *c.left > 0:
		*c.left--
		return c.variable(from)
	}
	return unknown
}

// variable follows a variable to where it is set, if that is in one place.
func (c decider) variable(i int) truth {
	name := c.tokens[i].value
	at := -1
	for n := range c.tokens {
		if c.is(n, name) && c.is(n+1, "=") && !c.is(n+2, "=", ">") {
			if at >= 0 {
				return unknown
			}
			at = n
		}
	}
	if at < 0 {
		return unknown
	}
	return decider{c.source, c.depth - 1, c.left}.or(at+2, c.statementEnd(at+2))
}
