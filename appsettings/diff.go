package appsettings

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/tailscale/hujson"

	"github.com/stafett/stafett/secret"
)

// Operation tells what happened to a line.
type Operation byte

// The operations, as they are printed.
const (
	Kept    Operation = ' '
	Removed Operation = '-'
	Added   Operation = '+'
)

// DiffLine is one line of a comparison of two files.
type DiffLine struct {
	Operation Operation
	Old, New  int    // line numbers from 1; 0 on the side that lacks the line
	Text      string // without line end; the value of a secret setting is [redacted]
}

// maxTable bounds the memory of a comparison.
const maxTable = 4 << 20

// Diff compares two versions of a settings file line by line and returns every
// line, in order. Lines that differ in their end alone count as different, and so
// do lines whose secrets differ, though both print alike. A version that is not a
// valid settings file prints as [redacted] lines, for its secrets cannot be told.
// Versions without common beginning and end that are very long (their lines
// multiplied exceed four million) come as all removed, then all added.
func Diff(before, after []byte) []DiffLine {
	return compare(lines(before, redact(before)), lines(after, redact(after)))
}

// DiffText is Diff for files that are no settings files. Of their secrets, those
// are hidden that show by their form: 64 characters or more of base64 or
// hexadecimal, as keys are written.
func DiffText(before, after []byte) []DiffLine {
	return compare(lines(before, redactRuns(before)), lines(after, redactRuns(after)))
}

// run is text that is a key rather than anything else. A run has no line break, so
// the lines are as many as before.
var run = regexp.MustCompile(`[A-Za-z0-9+/_-]{64,}={0,2}`)

func redactRuns(file []byte) [][]byte {
	return split(run.ReplaceAll(file, []byte(secret.Redacted)))
}

func compare(a, b []line) []DiffLine {
	head := 0
	for head < min(len(a), len(b)) && a[head].same(b[head]) {
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail].same(b[len(b)-1-tail]) {
		tail++
	}
	d := differ{}
	for _, l := range a[:head] {
		d.add(Kept, l)
	}
	d.middle(a[head:len(a)-tail], b[head:len(b)-tail])
	for _, l := range a[len(a)-tail:] {
		d.add(Kept, l)
	}
	return d.lines
}

// line is a line as it is compared and as it is shown.
type line struct {
	raw   []byte // with its end
	shown string
}

func (l line) same(other line) bool { return bytes.Equal(l.raw, other.raw) }

// split cuts a file behind every line feed.
func split(file []byte) [][]byte {
	parts := bytes.SplitAfter(file, []byte("\n"))
	if last := len(parts) - 1; len(parts[last]) == 0 {
		parts = parts[:last]
	}
	return parts
}

// lines pairs a file's lines with those to show; nil shows none of them.
func lines(file []byte, shown [][]byte) []line {
	parts := split(file)
	all := make([]line, len(parts))
	for i, raw := range parts {
		all[i] = line{raw: raw, shown: secret.Redacted}
		if shown != nil {
			all[i].shown = string(bytes.TrimRight(shown[i], "\r\n"))
		}
	}
	return all
}

// redact returns the lines of a file with the values of secret settings hidden,
// or nil when it is not a valid settings file. A value has no line break, so the
// lines are as many as before.
func redact(file []byte) [][]byte {
	text := bytes.TrimPrefix(file, bomUTF8)
	doc, err := parse("", text)
	if err != nil || !utf8.Valid(text) {
		return nil
	}
	cuts := cutsOfSecrets(nil, hujson.Value{Value: doc.root}, secrecy{root: true})
	return bytes.SplitAfter(redactComments(splice(text, cuts...)), []byte("\n"))
}

// secrecy is what the names down to a place say of it, as [secretByName] of its path.
type secrecy struct {
	root  bool // there are none
	here  bool // a value here is secret
	below bool // and so is all below
}

func (s secrecy) of(name string) secrecy {
	segments := strings.Split(fold(name), separator)
	connections := s.root && segments[0] == connectionStrings
	here := s.below || connections && len(segments) > 1 || secretSegments(segments)
	return secrecy{root: s.root && name == "", here: here, below: here || connections}
}

// cutsOfSecrets adds the cuts that hide the secrets of a value.
func cutsOfSecrets(cuts []cut, v hujson.Value, s secrecy) []cut {
	switch content := v.Value.(type) {
	case *hujson.Object:
		for _, m := range content.Members {
			cuts = cutsOfSecrets(cuts, m.Value, s.of(m.Name.Value.(hujson.Literal).String()))
		}
	case *hujson.Array:
		for _, element := range content.Elements {
			cuts = cutsOfSecrets(cuts, element, s)
		}
	case hujson.Literal:
		if content.Kind() == '"' && len(content) > len(`""`) && s.here {
			cuts = append(cuts, cut{v.StartOffset, v.EndOffset, quote(secret.Redacted)})
		}
	}
	return cuts
}

// namedText is a member with a text as its value, as it may stand in a comment.
var namedText = regexp.MustCompile(`"([^"\\\r\n]*)"[ \t]*:[ \t]*"([^"\\\r\n]+)"`)

// redactComments hides secrets in settings that are commented out.
func redactComments(text []byte) []byte {
	var cuts []cut
	for _, match := range namedText.FindAllSubmatchIndex(text, -1) {
		if secretByName(string(text[match[2]:match[3]])) {
			cuts = append(cuts, cut{match[4], match[5], secret.Redacted})
		}
	}
	return splice(text, cuts...)
}

type differ struct {
	lines    []DiffLine
	old, new int
}

func (d *differ) add(operation Operation, l line) {
	shown := DiffLine{Operation: operation, Text: l.shown}
	if operation != Added {
		d.old++
		shown.Old = d.old
	}
	if operation != Removed {
		d.new++
		shown.New = d.new
	}
	d.lines = append(d.lines, shown)
}

// middle compares what is left, by the longest common subsequence.
func (d *differ) middle(a, b []line) {
	if len(a)*len(b) > maxTable {
		for _, l := range a {
			d.add(Removed, l)
		}
		a = nil
	}
	// common[i][j] is the length of the longest common subsequence of a[i:] and b[j:].
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if a[i].same(b[j]) {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i].same(b[j]):
			d.add(Kept, a[i])
			i++
			j++
		case i < len(a) && (j == len(b) || common[i+1][j] >= common[i][j+1]):
			d.add(Removed, a[i])
			i++
		default:
			d.add(Added, b[j])
			j++
		}
	}
}
