package propose

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
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
	w.line(1, "section: "+scalar(p.Section.Value), cmp.Or(p.Section.Why, "the section of appsettings.json, and the start of both names"))
	w.line(1, "vault: "+scalar(p.Vault.Value), cmp.Or(p.Vault.Why, "the organisation's Azure Key Vault"))
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
	w.block(2, "prefill:", slices.ContainsFunc(found, func(l Line) bool { return l.Certain }))
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
	switch {
	case l.Reason != SameName:
		return l.Note
	case l.Note == "":
		return "the same name"
	}
	return "the same name; " + l.Note
}

func (w *writer) attachments(files []File) {
	if len(files) == 0 {
		return
	}
	w.note(2, "Which files follow, by data type in each application. "+app.PDFDataType+" is the form as PDF; required: no handover without it.")
	w.block(2, "attachments:", slices.ContainsFunc(files, func(f File) bool { return f.Certain }))
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
