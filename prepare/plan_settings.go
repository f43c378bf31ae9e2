package prepare

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/prepare/fit"
)

// settingsEdits are changes to the section, by the file that they are made in.
type settingsEdits map[string][]appsettings.Change

func (e settingsEdits) set(file, name string, value any, reason string) {
	e[file] = append(e[file], appsettings.Change{Name: name, Value: value, Reason: reason})
}

func (e settingsEdits) remove(file, name, reason string) {
	e[file] = append(e[file], appsettings.Change{Name: name, Delete: true, Reason: reason})
}

// mention reports whether a setting is changed in any file.
func (e settingsEdits) mention(name string) bool {
	for _, changes := range e {
		if slices.ContainsFunc(changes, func(c appsettings.Change) bool { return strings.EqualFold(c.Name, name) }) {
			return true
		}
	}
	return false
}

// planSettings fits the section in appsettings.json and its overlay. Only these
// two files are changed, and each setting where it stands.
func (p *Plan) planSettings() error {
	settings := p.state.settings
	edits := make(settingsEdits)
	if p.Target.Family == appsettings.BuiltIn {
		p.fitAuthority(edits)
		p.fitMigration(edits)
	} else {
		p.fitEnvironment(edits)
		p.fitScope(edits)
		p.fitExchange(edits)
		p.fitNewSection(edits)
	}
	p.removeDebugLog(edits)
	for _, note := range settings.Notes {
		if !edits.mention(note.Name) && (note.ReadBy == appsettings.UnknownFamily || note.ReadBy != p.Target.Family) {
			p.warn("%s: %s %s", note.Origin, note.Name, note.Text)
		}
	}
	if settings.Certificate != "" {
		p.warn("section %s: %s is set, and the application may sign with that certificate instead of the key", p.Target.Section, settings.Certificate)
	}
	for _, f := range p.state.files {
		changes := edits[f.name]
		if len(changes) == 0 {
			continue
		}
		content := f.content
		if content == nil {
			content = []byte("{\n}\n")
		}
		after, err := appsettings.Edit(content, p.Target.Section, changes)
		if p.mayBeInList() && (err != nil || bytes.Equal(after, content)) {
			p.warnOfList(f.name, changes)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		edit := EditFile{Application: fit.Original, Name: f.name, Path: f.path, Section: p.Target.Section, Changes: changes, before: f.content, after: after}
		for _, change := range changes {
			edit.Reasons = append(edit.Reasons, change.Name+": "+change.Reason)
		}
		p.add(edit)
	}
	return nil
}

// mayBeInList reports whether the section may lie in a list, whose elements are
// found by number.
func (p *Plan) mayBeInList() bool {
	return slices.ContainsFunc(strings.Split(p.Target.Section, ":"), func(part string) bool {
		_, err := strconv.ParseUint(part, 10, 31)
		return err == nil
	})
}

// warnOfList tells what a person must change. Files are edited at names only: the
// number of an element is another in each file that has the list.
func (p *Plan) warnOfList(file string, changes []appsettings.Change) {
	for _, change := range changes {
		p.warn("%s: section %s is an element of a list, which is not edited here; %s yourself (%s)", file, p.Target.Section, changeText(change), change.Reason)
	}
}

// inFiles returns the values that the setting has in the files, weakest first.
func (p *Plan) inFiles(name string) []appsettings.Value {
	return slices.DeleteFunc(p.state.configuration.All(p.Target.Section+":"+name), func(v appsettings.Value) bool {
		return v.Origin.Kind != appsettings.File || !slices.ContainsFunc(p.state.files, func(f file) bool { return f.name == v.Origin.Name })
	})
}

// effective returns the setting's text in the files, and the file to change it
// in.
func (p *Plan) effective(name string) (text, file string) {
	values := p.inFiles(name)
	if len(values) == 0 {
		return "", p.home()
	}
	last := values[len(values)-1]
	text, _ = last.Text()
	return strings.TrimSpace(text), last.Origin.Name
}

// placeFor returns the file to say in what belongs to this environment. A value
// that another living environment has stays for that one: the file serves it too,
// and this one's overlay takes the change.
func (p *Plan) placeFor(in string, servesAnother bool) string {
	if servesAnother {
		return p.state.files[1].name
	}
	return in
}

// home is the file that the section stands in.
func (p *Plan) home() string {
	for _, name := range p.state.configuration.Children(p.Target.Section) {
		if values := p.inFiles(name); len(values) > 0 {
			return values[0].Origin.Name
		}
	}
	return p.state.files[0].name
}
