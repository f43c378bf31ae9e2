package prepare

import (
	"slices"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/prepare/fit"
)

// SystemChanges are a plan's changes to one system, for a person to read. Each
// application's folder is a system of its own.
type SystemChanges struct {
	System System
	Name   string // the vault's address, the organisation's number, the folder, or the file
	Lines  []ChangeLine
	Files  []FileChange // of the application's folder
}

// ChangeLine is one change in a line.
type ChangeLine struct {
	Sign Sign
	Text string
}

// FileChange is a change to one file. Secrets in the diff are redacted.
type FileChange struct {
	Sign    Sign
	Name    string // such as "appsettings.json"
	Path    string
	Diff    []appsettings.DiffLine
	Reasons []string // why, one for each change
}

// Changes groups the actions by system, in the order in which they come first.
func (p Plan) Changes() []SystemChanges {
	var groups []SystemChanges
	for _, action := range p.Actions {
		edit, isEdit := action.(EditFile)
		name := p.nameOf(action)
		at := slices.IndexFunc(groups, func(g SystemChanges) bool { return g.System == action.System() && g.Name == name })
		if at < 0 {
			at = len(groups)
			groups = append(groups, SystemChanges{System: action.System(), Name: name})
		}
		if !isEdit {
			groups[at].Lines = append(groups[at].Lines, ChangeLine{Sign: action.Sign(), Text: action.String()})
			continue
		}
		groups[at].Files = append(groups[at].Files, FileChange{Sign: edit.Sign(), Name: edit.Name, Path: edit.Path, Diff: edit.Diff(), Reasons: edit.Reasons})
	}
	return groups
}

// nameOf is which one of its kind the system is that the action changes.
func (p Plan) nameOf(action Action) string {
	switch action.System() {
	case KeyVault:
		return p.Target.Vault
	case Samarbeidsportal:
		return p.Target.OrganisationNumber
	case RegistrationFile:
		return p.Target.Registration
	}
	if edit, _ := action.(EditFile); edit.Application == fit.Receiving {
		return p.Target.ReceivingDir
	}
	return p.Target.AppDir
}
