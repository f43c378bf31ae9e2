package dotnet

import (
	"path"
	"slices"
	"strings"
)

// place is a token of a file.
type place struct {
	source *source
	at     int
}

// walker follows a program from its start, in the order in which it runs.
type walker struct {
	extensions map[string]place // extension methods of all files, by name, when there is one
	conditions map[*source]*conditions
	steps      []Step
	visited    map[place]int // calls in the order in which they were reached
	running    map[place]bool
	stepAt     []int // for each step, how many calls were reached before
	walked     int   // tokens of the functions that were run, conditions looked at, and bytes of those told
}

// maxWalked bounds how many tokens are walked over, function by function, how many
// conditions are looked at on the way, and how much of them is told. Calls that each lead to two others would not
// come to an end otherwise.
const maxWalked = 1_000_000

// readProgram follows Program.cs. The walker tells in which order it reached the
// calls.
func readProgram(files []*source) (Program, *walker) {
	w := &walker{extensions: map[string]place{}, conditions: map[*source]*conditions{}, visited: map[place]int{}, running: map[place]bool{}}
	var main *source
	for _, s := range files {
		if path.Base(s.name) == "Program.cs" && (main == nil || !main.calls("ConfigureAppWebHost") && s.calls("ConfigureAppWebHost")) {
			main = s
		}
	}
	if main == nil {
		return Program{}, w
	}
	w.findExtensions(files)
	w.run(main)
	return Program{File: main.name, Steps: w.steps}, w
}

// calls reports whether the file has a call by a name.
func (s *source) calls(name string) bool {
	for i := range s.tokens {
		if s.is(i, name) && s.is(i+1, "(") {
			return true
		}
	}
	return false
}

func (w *walker) findExtensions(files []*source) {
	seen := map[string]bool{}
	for _, s := range files {
		for n, f := range s.functions {
			if s.is(f.parameters[0], "this") {
				w.extensions[f.name] = place{s, n}
				if seen[f.name] {
					delete(w.extensions, f.name)
				}
				seen[f.name] = true
			}
		}
	}
}

// run starts at Main, or else at the top-level statements.
func (w *walker) run(s *source) {
	if n, ok := s.index.named["Main"]; ok {
		w.function(place{s, n}, nil)
		return
	}
	w.walk(s, 0, len(s.tokens), nil)
}

func (w *walker) function(p place, outer []guard) {
	f := p.source.functions[p.at]
	length := 1 + f.body[1] - f.body[0]
	if w.running[p] || w.walked+length > maxWalked {
		return
	}
	w.walked += length
	w.running[p] = true
	w.walk(p.source, f.body[0], f.body[1], outer)
	delete(w.running, p)
}

func (w *walker) walk(s *source, from, to int, outer []guard) {
	for i := from; i < to && w.walked <= maxWalked; i++ {
		if end := s.declarationEnd(i); end > i {
			i = end - 1
			continue
		}
		if !s.isWord(i) {
			continue
		}
		open, isCall := s.call(i)
		if isCall {
			w.visited[place{s, i}] = len(w.visited)
			w.step(s, i, open, outer)
		}
		// A function is run where it is called, and where it is handed over.
		if isCall || s.is(i-1, "(", ",") && s.is(i+1, ")", ",") {
			if p, ok := w.target(s, i); ok {
				w.function(p, slices.Concat(outer, w.around(s, i)))
			}
		}
	}
}

// target finds the function that a name means: one of the same file by its bare
// name, or an extension method.
func (w *walker) target(s *source, i int) (place, bool) {
	name := s.tokens[i].value
	if s.is(i-1, ".") && !s.is(i-2, "this", "Program") {
		p, ok := w.extensions[name]
		return p, ok
	}
	n, ok := s.index.named[name]
	return place{s, n}, ok
}

// around returns the guards that hold at a token, the outermost first.
func (w *walker) around(s *source, i int) []guard {
	c, ok := w.conditions[s]
	if !ok {
		c = conditionsOf(s)
		w.conditions[s] = c
	}
	w.walked += len(c.guards)
	var found []guard
	for _, g := range c.guards {
		if g.body[0] <= i && i < g.body[1] {
			found = append(found, g)
		}
	}
	return found
}

func (w *walker) step(s *source, i, open int, outer []guard) {
	step := Step{Position: s.position(i)}
	switch s.tokens[i].value {
	case "ConfigureAppWebHost", "LoadAppConfig":
		step.Kind = AppWebHost
	case "AddAzureKeyVaultAsConfigProvider":
		step.Kind = VaultProvider
	case "AddAzureKeyVault":
		step.Kind = OwnVault
		step.Reload = among(s.index.reloads, open, s.behind(open))
	default:
		return
	}
	var written []string
	for _, g := range slices.Concat(outer, w.around(s, i)) {
		if w.walked += g.length(); w.walked > maxWalked {
			return
		}
		written = append(written, g.String())
		step.OutsideDevelopment = step.OutsideDevelopment || g.inDevelopment() == no
	}
	step.Guard = strings.Join(written, " && ")
	w.steps = append(w.steps, step)
	w.stepAt = append(w.stepAt, len(w.visited))
}

// beforeVault reports whether a call is reached before the program adds the
// vault.
func (w *walker) beforeVault(p place) bool {
	order, reached := w.visited[p]
	for n, step := range w.steps {
		if reached && (step.Kind == VaultProvider || step.Kind == OwnVault) {
			return order < w.stepAt[n]
		}
	}
	return false
}
