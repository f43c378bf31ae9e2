package prepare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/maskinporten"
)

// planSettings fits the section in appsettings.json and its overlay. Only these
// two files are changed, and each setting where it stands.
func (p *Plan) planSettings() error {
	settings := p.state.settings
	if settings.Family == appsettings.BuiltIn {
		return &FamilyError{Section: p.Target.Section, Family: string(settings.Family)}
	}
	edits := make(map[string][]appsettings.Change)
	p.fitEnvironment(edits)
	p.fitScope(edits)
	p.removeDebugLog(edits)
	for _, note := range settings.Notes {
		if note.Name != debugLog {
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
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		p.add(EditFile{Name: f.name, Path: f.path, Section: p.Target.Section, Changes: changes, before: f.content, after: after})
	}
	return nil
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

// home is the file that the section stands in.
func (p *Plan) home() string {
	for _, name := range p.state.configuration.Children(p.Target.Section) {
		if values := p.inFiles(name); len(values) > 0 {
			return values[0].Origin.Name
		}
	}
	return p.state.files[0].name
}

func (p *Plan) fitEnvironment(edits map[string][]appsettings.Change) {
	const name = "Environment"
	wanted := p.Target.Maskinporten
	have, in := p.effective(name)
	if have == wanted {
		return
	}
	reason := fmt.Sprintf("Maskinporten's environment that goes with Altinn's %s", p.Target.Environment)
	_, err := maskinporten.LookupEnvironment(have)
	switch {
	case have == "":
	case err == nil:
		// The other living environment: the file serves that one too, so the overlay
		// of this one takes the change.
		in = p.state.files[1].name
	default:
		reason = err.Error()
	}
	edits[in] = append(edits[in], appsettings.Change{Name: name, Value: wanted, Reason: reason})
}

func (p *Plan) fitScope(edits map[string][]appsettings.Change) {
	const name = "Scope"
	text, in := p.effective(name)
	have := strings.Fields(text)
	if missing := missingFrom(have, p.Target.Scopes); len(missing) > 0 {
		edits[in] = append(edits[in], appsettings.Change{
			Name: name, Value: strings.Join(append(have, missing...), " "),
			Reason: "the application asks for what the setting names; needed to hand over: " + strings.Join(missing, ", "),
		})
	}
	granted := slices.Clone(p.Target.Scopes)
	if p.integration != nil {
		granted = append(granted, p.integration.Scopes...)
	}
	for _, extra := range missingFrom(granted, have) {
		p.warn("Scope names %s, which the integration does not have; Maskinporten refuses the whole request for that", extra)
	}
}

const debugLog = "EnableDebugLog"

func (p *Plan) removeDebugLog(edits map[string][]appsettings.Change) {
	for _, value := range p.inFiles(debugLog) {
		in := value.Origin.Name
		edits[in] = append(edits[in], appsettings.Change{
			Name: debugLog, Delete: true,
			Reason: "it does nothing: the library's name for it is EnableDebugLogging",
		})
	}
}
