// Package term is how Stafett speaks to a person or a pipe.
//
// The law of output: stdout carries the answer and nothing else; progress,
// warnings, hints and prompts go to stderr. There is no ANSI sequence unless
// the stream is a terminal (NO_COLOR, CLICOLOR_FORCE and TERM=dumb are
// honoured), and meaning is never carried by colour alone. On a pipe, success
// is silent or the bare value.
package term

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"
)

// Streams are the three standard streams and what is known of them.
type Streams struct {
	In  io.Reader
	Out *Stream // the answer
	Err *Stream // everything else

	// CanPrompt says that a person can answer: stdin and stderr are terminals.
	CanPrompt bool
}

// Stream is a standard stream that is written to. Whether it takes colour is a
// property of the stream: stderr may be a terminal while stdout is a pipe.
type Stream struct {
	io.Writer
	// IsTerminal says whether a person reads the stream.
	IsTerminal bool

	colour  bool
	unicode bool
}

// System returns the streams of the process; environ is in the form of
// os.Environ.
func System(environ []string) *Streams {
	lookup := Lookup(environ)
	streams := &Streams{In: os.Stdin, Out: newStream(os.Stdout, lookup), Err: newStream(os.Stderr, lookup)}
	streams.CanPrompt = streams.Err.IsTerminal && term.IsTerminal(int(os.Stdin.Fd()))
	return streams
}

func newStream(file *os.File, lookup func(string) string) *Stream {
	terminal := term.IsTerminal(int(file.Fd()))
	return &Stream{Writer: file, IsTerminal: terminal, colour: wantColour(lookup, terminal), unicode: speaksUnicode(lookup)}
}

// Lookup turns the form of os.Environ into a look-up function. The last of
// several entries with one name wins.
func Lookup(environ []string) func(name string) string {
	values := make(map[string]string, len(environ))
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			values[name] = value
		}
	}
	return func(name string) string { return values[name] }
}

func wantColour(lookup func(string) string, terminal bool) bool {
	switch {
	case lookup("NO_COLOR") != "":
		return false
	case lookup("CLICOLOR_FORCE") != "" && lookup("CLICOLOR_FORCE") != "0":
		return true
	default:
		return terminal && lookup("TERM") != "dumb"
	}
}

// speaksUnicode reads the locale as setlocale does: LC_ALL, LC_CTYPE, LANG.
// Windows consoles take UTF-8 from Go programs whatever the locale.
func speaksUnicode(lookup func(string) string) bool {
	if runtime.GOOS == "windows" {
		return true
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(lookup(name)); value != "" {
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return runtime.GOOS == "darwin"
}

// Mark is the sign in front of a line that tells an outcome.
type Mark int

// The outcomes that a line can tell.
const (
	OK Mark = iota
	Failed
	Skipped
	Pending
	Warned
)

// Mark returns the sign for m: a symbol where the stream's locale has it,
// otherwise a word in brackets; coloured on a terminal.
func (s *Stream) Mark(m Mark) string {
	signs := [...]struct{ symbol, word, colour string }{
		OK:      {"✓", "[ok]", "32"},
		Failed:  {"✗", "[failed]", "31"},
		Skipped: {"-", "[skipped]", "2"},
		Pending: {"…", "[waiting]", "33"},
		Warned:  {"!", "[warning]", "33"},
	}
	sign := signs[m]
	text := sign.word
	if s.unicode {
		text = sign.symbol
	}
	return s.paint(sign.colour, text)
}

// Bold returns text in bold on a terminal.
func (s *Stream) Bold(text string) string { return s.paint("1", text) }

// Faint returns text dimmed on a terminal.
func (s *Stream) Faint(text string) string { return s.paint("2", text) }

func (s *Stream) paint(code, text string) string {
	if !s.colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Printf writes to the stream. A write error is not reported: a pipe that has
// been closed ends the process by SIGPIPE, as is usual, unless a command heeds that.
func (s *Stream) Printf(format string, args ...any) { _, _ = fmt.Fprintf(s.Writer, format, args...) }
