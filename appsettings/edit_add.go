package appsettings

import (
	"bytes"
	"strings"

	"github.com/tailscale/hujson"
)

// layout is how a file is written, as far as an addition must follow it.
type layout struct {
	lineEnd string
	unit    string // one level of indentation
	colon   string // between a colon and a value
}

func (d *document) layout() layout {
	l := layout{lineEnd: "\n", unit: "  ", colon: " "}
	if i := bytes.IndexByte(d.text, '\n'); i > 0 && d.text[i-1] == '\r' {
		l.lineEnd = "\r\n"
	}
	if len(d.root.Members) > 0 {
		first := d.root.Members[0]
		if indent, ok := d.indentation(first.Name.StartOffset); ok && indent != "" {
			l.unit = indent
		}
		if blank(first.Value.BeforeExtra) {
			l.colon = string(first.Value.BeforeExtra)
		}
	}
	return l
}

// blank reports whether there are only blanks, on one line.
func blank(extra []byte) bool { return len(bytes.Trim(extra, " \t")) == 0 }

// indentation returns the blanks before an offset; ok is false when something
// else stands before it on its line.
func (d *document) indentation(offset int) (indent string, ok bool) {
	head := bytes.TrimRight(d.text[:offset], " \t")
	return string(d.text[len(head):offset]), len(head) > 0 && atLineStart(head)
}

// addition returns the cuts that add a setting at the rest of a container's path.
func (d *document) addition(c container, literal hujson.Literal) []cut {
	l := d.layout()
	if len(c.object.Members) == 0 {
		return d.additionToEmpty(c, l, literal)
	}
	last := member{container: c, index: len(c.object.Members) - 1}
	end := last.value().EndOffset
	comma, trailing := last.comma()
	indent, multiline := d.indentation(last.name().StartOffset)
	if !multiline {
		gap := " "
		if before := last.name().BeforeExtra; blank(before) {
			gap = string(before)
		}
		added := gap + l.inline(c.rest, gap, literal)
		if trailing {
			return []cut{{comma + 1, comma + 1, added + ","}}
		}
		return []cut{{end, end, "," + added}}
	}
	added := l.lineEnd + indent + l.spread(c.rest, indent, literal)
	if trailing {
		place := d.behindLine(comma + 1)
		return []cut{{place, place, added + ","}}
	}
	place := d.behindLine(end)
	return []cut{{end, end, ","}, {place, place, added}}
}

// behindLine returns the end of the line, so that a comment behind a setting
// stays with it; or the offset itself when more than comments follow.
func (d *document) behindLine(offset int) int {
	if tail := d.skipToLineEnd(offset); atLineEnd(d.text[tail:]) {
		return tail
	}
	return offset
}

func (d *document) additionToEmpty(c container, l layout, literal hujson.Literal) []cut {
	inner := c.object.AfterExtra
	if c.object != d.root && !bytes.Contains(d.text, []byte("\n")) {
		at := c.start + 1
		return []cut{{at, at, l.inline(c.rest, "", literal)}}
	}
	lineStart := bytes.LastIndexByte(d.text[:c.start], '\n') + 1
	line := d.text[lineStart:c.start]
	outer := string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
	added := l.lineEnd + outer + l.unit + l.spread(c.rest, outer+l.unit, literal)

	comments := bytes.TrimRight(inner, " \t\r\n")
	at := c.start + 1 + len(comments)
	closing := string(inner[len(comments):])
	if !strings.Contains(closing, "\n") {
		closing = l.lineEnd + outer
	}
	return []cut{{at, c.start + 1 + len(inner), added + closing}}
}

// spread writes a member whose inner members, if its path has more segments,
// stand on lines of their own.
func (l layout) spread(path []string, indent string, literal hujson.Literal) string {
	if len(path) == 1 {
		return quote(path[0]) + ":" + l.colon + string(literal)
	}
	inner := indent + l.unit
	return quote(path[0]) + ":" + l.colon + "{" + l.lineEnd + inner + l.spread(path[1:], inner, literal) + l.lineEnd + indent + "}"
}

// inline writes a member on one line, with the gap inside of braces.
func (l layout) inline(path []string, gap string, literal hujson.Literal) string {
	if len(path) == 1 {
		return quote(path[0]) + ":" + l.colon + string(literal)
	}
	return quote(path[0]) + ":" + l.colon + "{" + gap + l.inline(path[1:], gap, literal) + gap + "}"
}
