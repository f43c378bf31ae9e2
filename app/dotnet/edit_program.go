package dotnet

import (
	"errors"
	"slices"
	"strings"
)

// VaultLines are the lines that add the vault to a program's configuration, for
// a builder by the name builder.
const VaultLines = `if (!builder.Environment.IsDevelopment())
{
    builder.AddAzureKeyVaultAsConfigProvider();
}`

// ErrShape is returned for a Program.cs that is not written as Altinn's template
// is, so that it is not known where a line belongs.
var ErrShape = errors.New("the program is not written as Altinn's template is")

// AddVault returns Program.cs with the vault added behind Altinn's own sources
// and outside Development, as docs.altinn.studio says under secrets. Where it
// stands too early or without that condition, it is moved. Everything else is
// kept byte for byte. A program that is right, or that adds a vault in its own
// way, is returned as it is.
func AddVault(program []byte) ([]byte, error) {
	s := parse("Program.cs", string(program))
	p, _ := readProgram([]*source{s})
	if _, ok := p.Step(OwnVault); ok {
		return program, nil
	}
	vault, has := p.Step(VaultProvider)
	if _, _, early := p.VaultBeforeAppWebHost(); has && !early && vault.OutsideDevelopment {
		return program, nil
	}
	builder := s.builder()
	host := s.reaching(AppWebHost)
	if builder == "" || host[1] == 0 {
		return nil, ErrShape
	}
	edited := slices.Clone(program)
	insertAt, ok := s.lineBehind(host[1])
	if !ok {
		return nil, ErrShape
	}
	block := s.block(strings.ReplaceAll(VaultLines, "builder", builder), host[0])
	if !has {
		edited = slices.Insert(edited, insertAt, []byte(s.lineEnd()+block)...)
	} else {
		statement := s.reaching(VaultProvider)
		from, to, alone := s.wholeLines(statement)
		if !alone || !s.onlyAddsVault(statement) || s.hasComment(statement, from, to) {
			return nil, ErrShape
		}
		switch {
		case from >= insertAt: // in the right place, without its condition
			edited = slices.Replace(edited, from, to, []byte(strings.TrimPrefix(block, s.lineEnd())+s.lineEnd())...)
		default:
			edited = slices.Insert(edited, insertAt, []byte(s.lineEnd()+block)...)
			edited = slices.Delete(edited, from, to)
		}
	}
	if !vaultIsRight(edited) {
		return nil, ErrShape
	}
	return edited, nil
}

// vaultIsRight checks an edited program by reading it again.
func vaultIsRight(program []byte) bool {
	p, _ := readProgram([]*source{parse("Program.cs", string(program))})
	vault, ok := p.Step(VaultProvider)
	_, _, early := p.VaultBeforeAppWebHost()
	return ok && vault.OutsideDevelopment && !early
}

// builder returns the name of the variable that the program builds from.
func (s *source) builder() string {
	for i := range s.tokens {
		if s.isWord(i) && s.is(i+1, "=") && s.is(i+2, "WebApplication") && s.is(i+4, "CreateBuilder") && s.enclosing(i) == nil {
			return s.tokens[i].value
		}
	}
	return ""
}

// statements returns the top-level statements in order, each with the index
// behind its last token.
func (s *source) statements() [][2]int {
	var all [][2]int
	for i := 0; i < len(s.tokens); {
		if end := s.declarationBehind(i); end > i {
			i = end
			continue
		}
		end := s.statementBehind(i)
		all = append(all, [2]int{i, end})
		i = end
	}
	return all
}

// declarationBehind returns the index behind a function or type whose declaration
// starts at i.
func (s *source) declarationBehind(i int) int {
	end := s.statementEnd(i)
	for n := i; n < end; n++ {
		if behind := s.declarationEnd(n); behind > n {
			if s.is(behind, "}", ";") {
				behind++
			}
			return behind
		}
		if s.is(n, "=", ";", "{", "(") {
			return i
		}
	}
	return i
}

// statementBehind returns the index behind the statement at i, an if with its
// else included.
func (s *source) statementBehind(i int) int {
	if s.is(i, "{") {
		return s.behind(i)
	}
	if s.is(i, "if", "using", "switch", "while", "for", "foreach", "try", "lock") {
		at := i + 1
		if s.is(at, "(") {
			at = s.behind(at)
		}
		at = s.statementBehind(at)
		for s.is(at, "else", "catch", "finally") {
			at++
			if s.is(at, "(") {
				at = s.behind(at)
			}
			at = s.statementBehind(at)
		}
		return at
	}
	return max(i, min(s.statementEnd(i), len(s.tokens)-1)) + 1
}

// reaching returns the last top-level statement that runs a step, or zeros.
func (s *source) reaching(kind StepKind) [2]int {
	var last [2]int
	w := &walker{extensions: map[string]place{}, conditions: map[*source]*conditions{}, visited: map[place]int{}, running: map[place]bool{}}
	for _, statement := range s.statements() {
		before := len(w.steps)
		w.walk(s, statement[0], statement[1], nil)
		if slices.ContainsFunc(w.steps[before:], func(step Step) bool { return step.Kind == kind }) {
			last = statement
		}
	}
	return last
}

// onlyAddsVault reports whether a statement is "x.AddAzureKeyVaultAsConfigProvider();",
// alone or inside of one if statement.
func (s *source) onlyAddsVault(statement [2]int) bool {
	i := statement[0]
	if s.is(i, "if") && s.is(i+1, "(") {
		if i = s.behind(i + 1); s.is(i, "{") {
			i++
		}
	}
	if !s.isWord(i) || !s.is(i+1, ".") || !s.is(i+2, "AddAzureKeyVaultAsConfigProvider") || !s.is(i+3, "(") || !s.is(i+4, ")") || !s.is(i+5, ";") {
		return false
	}
	i += 6
	return i == statement[1] || s.is(i, "}") && i+1 == statement[1]
}

// hasComment reports whether anything but the tokens of a statement and white
// space stands between two offsets around it. A comment is somebody's, and is not
// written anew with the statement.
func (s *source) hasComment(statement [2]int, from, to int) bool {
	for i := statement[0]; i < statement[1]; i++ {
		if strings.TrimSpace(s.text[from:s.tokens[i].start]) != "" {
			return true
		}
		from = s.tokens[i].end
	}
	return strings.TrimSpace(s.text[from:to]) != ""
}

// lineBehind returns the offset of the end of the line on which the statement
// before the token at i ends; ok is false when something but a comment follows.
func (s *source) lineBehind(i int) (offset int, ok bool) {
	offset = s.tokens[i-1].end
	offset += lineLength(s.text[offset:])
	return offset, i == len(s.tokens) || s.tokens[i].start >= offset
}

// wholeLines returns the offsets of the lines of a statement, line end included;
// alone is false when other code shares them.
func (s *source) wholeLines(statement [2]int) (from, to int, alone bool) {
	from = strings.LastIndexByte(s.text[:s.tokens[statement[0]].start], '\n') + 1
	to, alone = s.lineBehind(statement[1])
	if rest := s.text[to:]; strings.HasPrefix(rest, "\r\n") {
		to += 2
	} else if rest != "" {
		to++
	}
	return from, to, alone && (statement[0] == 0 || s.tokens[statement[0]-1].end <= from)
}

// lineEnd returns the line end of the file.
func (s *source) lineEnd() string {
	if n := strings.IndexByte(s.text, '\n'); n > 0 && s.text[n-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// block returns lines as they are written in the file, on lines of their own with
// the indentation of the statement at i.
func (s *source) block(lines string, i int) string {
	start := strings.LastIndexByte(s.text[:s.tokens[i].start], '\n') + 1
	indent := s.text[start:s.tokens[i].start]
	if strings.TrimSpace(indent) != "" {
		indent = ""
	}
	if strings.Contains(s.text, "\n\t") {
		lines = strings.ReplaceAll(lines, "    ", "\t")
	}
	var block strings.Builder
	for line := range strings.SplitSeq(lines, "\n") {
		block.WriteString(s.lineEnd() + indent + line)
	}
	return block.String()
}
