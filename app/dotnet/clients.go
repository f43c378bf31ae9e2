package dotnet

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// The methods that set up a Maskinporten client, and those that a scope is given
// to. Generation 9 spells authorization with a z only.
var (
	libraryMethods = []string{"AddMaskinportenHttpClient", "RegisterMaskinportenHttpClient", "RegisterMaskinportenClientDefinition"}
	scopeMethods   = []string{
		"UseMaskinportenAuthorisation", "UseMaskinportenAltinnAuthorisation",
		"UseMaskinportenAuthorization", "UseMaskinportenAltinnAuthorization",
		"GetAccessToken", "GetAltinnExchangedToken",
	}
)

// readRegistrations finds where Maskinporten clients are set up.
func readRegistrations(files []*source, v values, w *walker) []Registration {
	var all []Registration
	for _, s := range files {
		library := s.uses(PackageClientLibrary)
		for i := range s.tokens {
			open, isCall := s.call(i)
			if !isCall || s.declares(i) {
				continue
			}
			r := Registration{Position: s.position(i), Method: s.tokens[i].value}
			eager := false
			switch {
			case s.is(i, libraryMethods...):
				r.Section, eager = v.librarySection(s, open)
				r.Exchange = s.turnsOnExchange(open)
			case s.is(i, "ConfigureMaskinportenClient"):
				r.BuiltIn = true
				if arguments := s.arguments(open); len(arguments) > 0 {
					r.Section, _ = v.text(s, arguments[0][0], arguments[0][1])
				}
			case s.is(i, "Configure") && s.is(i+2, "MaskinportenSettings") && s.is(i+3, ">") && !library:
				r.BuiltIn = true
				r.Section, _ = v.librarySection(s, open)
			default:
				continue
			}
			if s.is(i+1, "<") && s.isWord(i+2) {
				r.Definition = s.tokens[i+2].value
			}
			r.BeforeVault = eager && w.beforeVault(place{s, i})
			all = append(all, r)
		}
	}
	return all
}

// usesBuiltIn reports whether the code asks the built-in client for tokens.
func usesBuiltIn(files []*source) bool {
	return slices.ContainsFunc(files, func(s *source) bool {
		return slices.ContainsFunc(s.tokens, func(t token) bool { return t.is(scopeMethods[:4]...) || t.is("IMaskinportenClient") })
	})
}

// Reads reports whether the code sets up a Maskinporten client on a section of
// the configuration, and whether that is the built-in one. A client whose section
// the code computes counts for any.
func (c *Code) Reads(section string) (builtIn, ok bool) {
	configured := false
	for _, r := range c.Registrations {
		if strings.EqualFold(r.Section, section) || r.Section == "" && !r.BuiltIn {
			return r.BuiltIn, true
		}
		configured = configured || r.BuiltIn
	}
	// Where nothing else is said, the built-in client reads this section.
	if c.UsesBuiltIn && !configured && strings.EqualFold(section, "MaskinportenSettings") {
		return true, true
	}
	return false, false
}

// LacksClientLibrary reports whether code that uses [PackageClientLibrary] does
// not compile, since no project references it. Up to generation 8 it comes along
// with Altinn.App.Core, so only generation 9 needs a reference of its own.
func (c *Code) LacksClientLibrary() bool {
	_, has := c.Package(PackageClientLibrary)
	return !has && c.Generation() == Generation9
}

// uses reports whether a using directive names a namespace or one below it.
func (s *source) uses(namespace string) bool {
	for i := range s.tokens {
		if !s.is(i, "using") {
			continue
		}
		at, name := i+1, ""
		for ; len(name) <= len(namespace) && (s.isWord(at) || s.is(at, ".")); at++ {
			name += s.tokens[at].value
		}
		if name == namespace && at == s.statementEnd(i+1) || strings.HasPrefix(name, namespace+".") {
			return true
		}
	}
	return false
}

// librarySection returns the section of the first argument that names one.
func (v values) librarySection(s *source, open int) (section string, eager bool) {
	for _, argument := range s.arguments(open) {
		if section, eager, ok := v.section(s, argument[0], argument[1]); ok {
			return section, eager
		}
	}
	return "", false
}

// turnsOnExchange finds "ExhangeToAltinnToken = true", misspelt as in the library,
// among the arguments of a call.
func (s *source) turnsOnExchange(open int) bool {
	return among(s.index.exchanges, open, s.behind(open))
}

// scopeName is the form of a scope: a prefix, a colon, and a path.
var scopeName = regexp.MustCompile(`^[a-z0-9æøå][a-z0-9æøå_-]*:[A-Za-z0-9æøåÆØÅ_./:-]*[A-Za-z0-9æøåÆØÅ_-]$`)

// readScopes finds the scopes that the code names: what is given to a method that
// takes scopes or set as Scope, and every text that is a scope of Altinn's.
func readScopes(files []*source, v values) []Scope {
	var all []Scope
	for _, s := range files {
		takers := []taker{{to: len(s.tokens)}}
		for i, t := range s.tokens {
			for takers[len(takers)-1].to <= i {
				takers = takers[:len(takers)-1]
			}
			inner := takers[len(takers)-1]
			value, method := "", ""
			if inner.method != "" && i >= inner.from {
				if word, ok := v.word(s, i); ok {
					value, method = word, inner.method
				}
			}
			if method == "" && t.kind == text && !t.interpolated && strings.HasPrefix(t.value, "altinn:") {
				value = t.value
			}
			for name := range strings.FieldsSeq(value) {
				if scopeName.MatchString(name) && !strings.HasPrefix(name, "urn:") && !strings.Contains(name, "//") {
					all = append(all, Scope{name, s.position(i), method})
				}
			}
			if found, ok := s.taker(i); ok {
				takers = append(takers, found)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Scope) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return all
}

// taker is a call or an assignment that scopes are given to, from one token to
// another. Of those inside each other, the innermost takes them.
type taker struct {
	method   string
	from, to int
}

// taker returns the one that begins with the name at i.
func (s *source) taker(i int) (taker, bool) {
	open, isCall := s.call(i)
	switch {
	case isCall && s.is(i, scopeMethods...) && !s.declares(i):
		return taker{s.tokens[i].value, open + 1, s.behind(open)}, true
	case s.is(i, "Scope", "Scopes", "scope", "scopes") && s.is(i+1, "=") && !s.is(i+2, "=", ">"):
		end := s.statementEnd(i + 2)
		return taker{"Scope", i + 2, end}, end > i
	}
	return taker{}, false
}

// word returns the constant text that one token stands for.
func (v values) word(s *source, i int) (string, bool) {
	if s.is(i+1, "(", ".") {
		return "", false
	}
	return v.text(s, i, i+1)
}
