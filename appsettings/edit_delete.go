package appsettings

import "bytes"

// deleteAll removes every member that a path leads to.
func deleteAll(text []byte, path []string) ([]byte, error) {
	for {
		doc, err := parse("", text)
		if err != nil {
			return nil, err
		}
		found := doc.find(path).found
		if len(found) == 0 {
			return text, nil
		}
		text = splice(text, doc.removals(found)...)
	}
}

// removals returns the cuts that take out members that do not stand beside each
// other: of those that do, every second.
func (d *document) removals(found []member) []cut {
	var cuts []cut
	var last member
	for n, m := range found {
		if n > 0 && m.object == last.object && m.index == last.index+1 {
			last = member{}
			continue
		}
		cuts = append(cuts, d.removal(m)...)
		last = m
	}
	return cuts
}

// removal returns the cuts that take a member out of its object.
func (d *document) removal(m member) []cut {
	var cuts []cut
	if previous, ok := d.commaLeftOver(m); ok {
		cuts = append(cuts, cut{start: previous, end: previous + 1})
	}
	start, end := m.name().StartOffset, m.value().EndOffset
	comma, ok := m.comma()
	if ok {
		end = comma + 1
	}
	head := bytes.TrimRight(d.text[:start], " \t")
	tail := d.skipToLineEnd(end)
	switch ownLine := atLineStart(head); {
	case ownLine && atLineEnd(d.text[tail:]): // the whole line goes, with a comment behind the setting
		start, end = len(head), tail+bytes.IndexByte(d.text[tail:], '\n')+1
	case atLineEnd(d.text[tail:]) || !ok: // others before it, or the closing brace behind it
		start = len(head)
	default: // others behind it
		end += len(d.text[end:]) - len(bytes.TrimLeft(d.text[end:], " \t"))
	}
	return append(cuts, cut{start: start, end: end})
}

// comma returns the offset of the comma behind a member, if there is one.
func (m member) comma() (offset int, ok bool) {
	v := m.value()
	if m.index == len(m.object.Members)-1 && v.AfterExtra == nil {
		return 0, false
	}
	return v.EndOffset + len(v.AfterExtra), true
}

// commaLeftOver returns the comma that would become a trailing one when a member
// is removed from an object that has no trailing comma.
func (d *document) commaLeftOver(m member) (offset int, ok bool) {
	if _, ok := m.comma(); ok || m.index == 0 {
		return 0, false
	}
	m.index--
	return m.comma()
}

// skipToLineEnd returns the offset behind the blanks and comments that follow an
// offset on its line. A comment that goes on over the line end is not skipped.
func (d *document) skipToLineEnd(offset int) int {
	rest, _, _ := bytes.Cut(d.text[offset:], []byte("\n"))
	for {
		line := bytes.TrimLeft(rest, " \t")
		blanks := len(rest) - len(line)
		switch {
		case bytes.HasPrefix(line, []byte("//")):
			comment, _, _ := bytes.Cut(line, []byte("\r")) // which ends it also where no line feed follows
			return offset + blanks + len(comment)
		case bytes.HasPrefix(line, []byte("/*")):
			const opening = len("/*")
			length := bytes.Index(line[opening:], []byte("*/"))
			if length < 0 {
				return offset
			}
			offset += blanks + opening + length + len("*/")
			rest = line[opening+length+len("*/"):]
		default:
			return offset + blanks
		}
	}
}

// atLineStart reports whether nothing stands before the end of text on its line.
func atLineStart(text []byte) bool { return len(text) == 0 || text[len(text)-1] == '\n' }

// atLineEnd reports whether text begins with a line break.
func atLineEnd(text []byte) bool {
	return bytes.HasPrefix(text, []byte("\n")) || bytes.HasPrefix(text, []byte("\r\n"))
}
