package dotnet

import "strings"

// guard is a condition under which tokens are run.
type guard struct {
	file    *conditions
	from    int // of the condition
	to      int
	negated bool // they are run when it does not hold
	body    [2]int
}

func (g guard) String() string {
	text := g.file.written(g.from, g.to)
	if g.negated {
		return "!(" + text + ")"
	}
	return text
}

// length is how long its text is at most, in bytes.
func (g guard) length() int {
	if g.from >= g.to {
		return 0
	}
	return g.file.tokens[g.to-1].end - g.file.tokens[g.from].start
}

// conditions are those of one file, with what has been found out about them: each is
// read once, however often it is asked about.
type conditions struct {
	*source
	guards []guard
	// set is where a variable is set, by its name; -1 for in several places.
	set   map[string]int
	known map[truthKey]truth
	ends  map[int]int // of blockEnd
	thens map[int]int // of branchEnd
}

// truthKey is a condition that was read, by where it begins, and how many variables
// could be followed from it.
type truthKey struct{ from, depth int }

func conditionsOf(s *source) *conditions {
	c := &conditions{source: s, set: map[string]int{}, known: map[truthKey]truth{}, ends: map[int]int{}, thens: map[int]int{}}
	for n, t := range s.tokens {
		if s.isWord(n) && s.is(n+1, "=") && !s.is(n+2, "=", ">") {
			if _, twice := c.set[t.value]; twice {
				n = -1
			}
			c.set[t.value] = n
		}
	}
	c.guards = c.findGuards()
	return c
}

// findGuards finds the if statements of a file: what runs when the condition holds,
// what runs else, and what runs behind one that only leaves.
func (c *conditions) findGuards() []guard {
	var all []guard
	for i := range c.tokens {
		if !c.is(i, "if") || !c.is(i+1, "(") || c.match[i+1] < 0 {
			continue
		}
		g := guard{file: c, from: i + 2, to: c.match[i+1]}
		then := c.statement(g.to + 1)
		g.body = then
		all = append(all, g)
		g.negated = true
		behind := then[1]
		if c.is(behind, "}", ";") {
			behind++
		}
		switch {
		case c.is(behind, "else"):
			g.body = c.statement(behind + 1)
			all = append(all, g)
		case c.is(then[0], "return", "throw"):
			g.body = [2]int{behind, c.blockEnd(behind)}
			all = append(all, g)
		}
	}
	return all
}

// statement returns the range inside a block at i, or of the one statement there.
func (c *conditions) statement(i int) [2]int {
	if c.is(i, "{") {
		return [2]int{i + 1, max(i+1, c.behind(i)-1)}
	}
	return [2]int{i, c.branchEnd(i)}
}

// branchEnd returns the end of a statement. That of an if statement, such as
// behind an else, is the end of its first branch; its branches have guards of their
// own. What has been passed on the way has the same end.
func (c *conditions) branchEnd(i int) int {
	var passed []int
	end, known := c.thens[i]
	for ; !known; end, known = c.thens[i] {
		if !c.is(i, "if") || !c.is(i+1, "(") {
			if end = c.statementEnd(i); c.is(i, "{") {
				end = max(i+1, c.behind(i)-1)
			}
			break
		}
		passed = append(passed, i)
		i = c.behind(i + 1)
	}
	for _, at := range passed {
		c.thens[at] = end
	}
	return end
}

// blockEnd returns the index of the bracket that closes the block around i. What has
// been passed on the way has the same end.
func (c *conditions) blockEnd(i int) int {
	var passed []int
	for i < len(c.tokens) && !c.is(i, "}") {
		if end, known := c.ends[i]; known {
			i = end
			break
		}
		passed = append(passed, i)
		if c.is(i, "{", "(", "[") {
			i = c.behind(i)
		} else {
			i++
		}
	}
	for _, at := range passed {
		c.ends[at] = i
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
	t := decider{g.file, maxFollowed, 0}.read(g.from, g.to)
	if g.negated {
		return t.not()
	}
	return t
}

// maxFollowed bounds how many variables are followed from one to the next.
const maxFollowed = 5

// maxBrackets bounds how deep brackets in a condition are followed.
const maxBrackets = 100

// decider evaluates a condition for the environment Development. What does not
// depend on the environment is unknown.
type decider struct {
	*conditions
	depth    int // how many variables may still be followed from one to the next
	brackets int // how many are around
}

// read evaluates a whole condition, once.
func (c decider) read(from, to int) truth {
	key := truthKey{from, c.depth}
	t, known := c.known[key]
	if !known {
		t = c.or(from, to)
		c.known[key] = t
	}
	return t
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
		signs := from
		for c.is(from, "!") {
			from++
		}
		if (from-signs)%2 == 0 {
			return c.comparison(from, to)
		}
		return c.comparison(from, to).not()
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
		if c.brackets == maxBrackets {
			return unknown
		}
		return decider{c.conditions, c.depth, c.brackets + 1}.or(from+1, to-1)
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
	case to == from+1 && c.isWord(from) && c.depth > 0:
		return c.variable(from)
	}
	return unknown
}

// variable follows a variable to where it is set, if that is in one place.
func (c decider) variable(i int) truth {
	at, found := c.set[c.tokens[i].value]
	if !found || at < 0 {
		return unknown
	}
	return decider{c.conditions, c.depth - 1, 0}.read(at+2, c.statementEnd(at+2))
}
