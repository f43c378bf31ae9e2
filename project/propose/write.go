package propose

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// YAML returns the file: every line with what a person has to know about it.
func (p *Proposal) YAML() []byte {
	w := &writer{}
	w.line(0, "# yaml-language-server: $schema="+p.schema, "")
	w.head(`stafett.yaml: which two applications belong together, where the organisation's secrets lie, and what is`,
		`carried from one to the other. "stafett init" has proposed it; every line is yours to change.`,
		`No secret stands in it; it belongs in version control.`)
	w.gap()
	w.head("Which Altinn environment: tt02 (test) or prod. Maskinporten's environment follows from it.")
	w.line(0, "environment: tt02", "")
	w.gap()
	w.head("The organisation on whose behalf everything is done: its code at Altinn, and its number.")
	w.line(0, "owner:", "")
	w.line(1, "org: "+scalar(p.Owner), "")
	w.line(1, "organisationNumber: "+quote(p.Number.Value), p.Number.Why)
	w.gap()
	w.head("The two application folders, relative to this file.")
	w.line(0, "applications:", "")
	w.line(1, "original: "+scalar(p.originalPath), "the form that a person fills in: "+p.Original)
	w.line(1, "receiving: "+scalar(p.receiverPath), "where each sent-in form becomes a new instance: "+p.Receiving)
	w.gap()
	w.head("The integration at Samarbeidsportalen, and the two secrets that an application reads:",
		prefix(p.Section.Value)+"--ClientId and "+prefix(p.Section.Value)+"--EncodedJwk.")
	w.line(0, "maskinporten:", "")
	w.line(1, "section: "+scalar(p.Section.Value), orElse(p.Section.Why, "the section of appsettings.json, and the start of both names"))
	w.line(1, "vault: "+scalar(p.Vault.Value), orElse(p.Vault.Why, "the organisation's Azure Key Vault"))
	w.line(1, "scopes:", "")
	for _, scope := range p.Scopes {
		w.line(2, "- "+scope, "")
	}
	w.gap()
	w.head("Without an admin client \"stafett prepare\" guides you through Samarbeidsportalen's page. With one, it registers the integration itself:",
		"selfService: {clientId: …, keySecret: the secret of the vault that holds its key}",
		"What differs in production, which is meant with --env prod only:",
		"environments: {prod: {vault: https://….vault.azure.net}}")
	w.gap()
	w.head("What is carried. All that can be said: https://github.com/stafett/stafett/blob/main/docs/definitions.md")
	w.line(0, "handovers:", "")
	w.note(1, "The id is part of the mark that each new instance carries. Choose it now: under another, what was handed over would look new.")
	w.line(1, "- id: "+scalar(p.HandoverID), "")
	w.line(2, "from: "+scalar(p.Original), "")
	w.line(2, "to: "+scalar(p.Receiving), "")
	w.line(2, "since: "+p.Since, "forms that were sent in before this day are left alone")
	w.line(2, "recipient:", "who will own the new instances")
	w.line(3, "organisationNumber: "+quote(p.Number.Value), "")
	for _, notice := range p.Notices {
		w.note(2, "Look at this: "+notice+".")
	}
	w.gap()
	w.prefill(p)
	w.gap()
	w.attachments(p.Attachments)
	return w.bytes()
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// prefix is how the names of a section's secrets start.
func prefix(section string) string { return strings.ReplaceAll(section, ":", "--") }

func (w *writer) prefill(p *Proposal) {
	if p.NoPrefill != "" {
		w.note(2, "No field can be filled in: "+p.NoPrefill+".")
		return
	}
	w.note(2, "Left: a field of "+p.Receiving+". Right: where its value comes from in "+p.Original+".")
	w.note(2, "What is less than certain is a comment; take the # away where it is right.")
	found, lacking := split(p.Prefill)
	active := false
	for _, l := range found {
		active = active || l.Certain
	}
	w.block(2, "prefill:", active)
	w.lines(3, found)
	if len(lacking) > 0 {
		w.note(3, "Nothing was found for these. {value: …} gives the same for every form; a list is an expression: [concat, \"a\", [dataModel, Field]].")
		w.lines(3, lacking)
	}
}

// split takes the lines that have a source, and those that have none: first what
// the receiving form demands.
func split(lines []Line) (found, lacking []Line) {
	var optional []Line
	for _, l := range lines {
		switch {
		case l.Reason != NoSource:
			found = append(found, l)
		case l.Required:
			lacking = append(lacking, l)
		default:
			optional = append(optional, l)
		}
	}
	return found, append(lacking, optional...)
}

func (w *writer) lines(depth int, lines []Line) {
	for _, l := range lines {
		w.commented = w.commentedAround || !l.Certain
		switch {
		case l.Reason == NoSource:
			what := l.Type
			if l.Required {
				what += ", required"
			}
			w.line(depth, scalar(l.Target)+":", what)
		case l.Rows != nil:
			w.rows(depth, l)
		default:
			w.line(depth, scalar(l.Target)+": "+scalar(l.Source), because(l))
		}
	}
	w.commented = w.commentedAround
}

// rows writes a list of groups. Around what is a comment everything is.
func (w *writer) rows(depth int, l Line) {
	around := w.commentedAround
	w.commentedAround = w.commented
	found, lacking := split(l.Rows)
	w.line(depth, scalar(l.Target)+":", because(l))
	w.line(depth+1, "each: "+scalar(l.Source), "a row for each row")
	w.line(depth+1, "fields:", "")
	w.lines(depth+2, found)
	w.lines(depth+2, lacking)
	w.commentedAround = around
}

func because(l Line) string {
	why := ""
	if l.Reason == SameName {
		why = "the same name"
	}
	if why != "" && l.Note != "" {
		why += "; "
	}
	return why + l.Note
}

func (w *writer) attachments(files []File) {
	if len(files) == 0 {
		return
	}
	w.note(2, "Which files follow, by data type in each application. "+`"ref-data-as-pdf" is the form as PDF; required: no handover without it.`)
	active := false
	for _, f := range files {
		active = active || f.Certain
	}
	w.block(2, "attachments:", active)
	for _, f := range files {
		w.commented = !f.Certain
		to := "…"
		if f.To != "" {
			to = flow(f.To)
		}
		text := "- {from: " + flow(f.From) + ", to: " + to
		if f.Required {
			text += ", required: true"
		}
		w.line(3, text+"}", f.Note)
	}
	w.commented = false
}

// writer writes lines, each with a comment at its end; comments of neighbouring
// lines stand below each other.
type writer struct {
	out                        []row
	commented, commentedAround bool
}

type row struct{ text, comment string }

func (w *writer) gap() { w.out = append(w.out, row{}) }

// head writes whole lines of comment at the margin.
func (w *writer) head(lines ...string) {
	for _, l := range lines {
		w.out = append(w.out, row{text: "# " + l})
	}
}

// note writes a whole line of comment.
func (w *writer) note(depth int, text string) {
	w.out = append(w.out, row{text: strings.Repeat("  ", depth) + "# " + text})
}

// block writes the name of a mapping or list, which is a comment where nothing in
// it is active: a name without a value is not read.
func (w *writer) block(depth int, name string, active bool) {
	w.commented = !active
	w.line(depth, name, "")
	w.commented = false
}

func (w *writer) line(depth int, text, comment string) {
	indent := strings.Repeat("  ", depth)
	if w.commented {
		text = "# " + text
	}
	w.out = append(w.out, row{text: indent + text, comment: oneLine(comment)})
}

// oneLine keeps a comment from ending: texts of models may hold line ends.
func oneLine(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029 {
			return ' '
		}
		return c
	}, text)
}

// widest is how far to the right a comment may be pushed by its neighbours.
const widest = 72

func (w *writer) bytes() []byte {
	var b bytes.Buffer
	for i := 0; i < len(w.out); {
		end, column := i, 0
		for end < len(w.out) && w.out[end].comment != "" {
			if width := utf8.RuneCountInString(w.out[end].text); width <= widest {
				column = max(column, width)
			}
			end++
		}
		if end == i {
			end++
		}
		for _, r := range w.out[i:end] {
			b.WriteString(r.text)
			if r.comment != "" {
				fmt.Fprintf(&b, "%s  # %s", strings.Repeat(" ", max(0, column-utf8.RuneCountInString(r.text))), r.comment)
			}
			b.WriteByte('\n')
		}
		i = end
	}
	return b.Bytes()
}

// scalar writes text so that YAML reads it as that text.
func scalar(text string) string {
	out, err := yaml.Marshal(text)
	if line := strings.TrimSuffix(string(out), "\n"); err == nil && !strings.Contains(line, "\n") {
		return line
	}
	return quote(text)
}

// flow is scalar between braces, where more characters mean something.
func flow(text string) string {
	if strings.ContainsAny(text, ",[]{}") {
		return quote(text)
	}
	return scalar(text)
}

// quote writes text in double quotes, as JSON does, which YAML reads.
func quote(text string) string { return fmt.Sprintf("%q", text) }
