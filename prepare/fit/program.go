package fit

import (
	"fmt"

	"github.com/stafett/stafett/app/dotnet"
)

// program fits the C# side of the original application: its program adds the
// vault in the right place, and its project references what its client needs.
func program(in Input) (Result, error) {
	c, ok := clientOf(in)
	if !ok {
		return Result{}, nil
	}
	var result Result
	if c.vault {
		result = vault(in)
	}
	return join(result, packages(in, c)), nil
}

// join puts results together.
func join(results ...Result) Result {
	var all Result
	for _, r := range results {
		all.Edits = append(all.Edits, r.Edits...)
		all.Warnings = append(all.Warnings, r.Warnings...)
		all.Missing = append(all.Missing, r.Missing...)
	}
	return all
}

// vault fits where the program adds the vault to its configuration.
func vault(in Input) Result {
	p := in.Original.Code.Program
	need := Need{Application: Original, File: p.File, Remedy: fmt.Sprintf(
		"write behind the call that leads to ConfigureAppWebHost, with the name of your builder:\n%s", dotnet.VaultLines)}
	step, reads := p.ReadsVault()
	early, host, isEarly := p.VaultBeforeAppWebHost()
	switch {
	case p.File == "":
		need.ID, need.File = NeedVault, "Program.cs"
		need.What = "the code reads secrets of the vault, and there is no Program.cs that adds it to the configuration"
		return byHand(need, "there is no Program.cs")
	case !reads:
		need.ID = NeedVault
		need.What = fmt.Sprintf("%s does not add the vault to the configuration, so the application sees neither its client id nor its key", p.File)
		if g := in.Original.Code.Generation(); g != dotnet.UnknownGeneration && g < dotnet.Generation8 {
			return byHand(need, fmt.Sprintf("generation %d of Altinn's library has no AddAzureKeyVaultAsConfigProvider", g))
		}
	case isEarly:
		need.ID = NeedVaultOrder
		need.What = fmt.Sprintf("%s adds the vault before Altinn's own sources (line %d), which give its address and credential, so the application does not start", early.Position, host.Line)
	case step.Kind == dotnet.VaultProvider && !step.OutsideDevelopment:
		need.ID = NeedVaultGuard
		need.What = fmt.Sprintf("%s adds the vault on a developer's machine too, where there is no credential for it, so the application does not start there", step.Position)
	default:
		return Result{}
	}
	if !in.EditCode {
		return byHand(need, "C# is changed with --edit-code only")
	}
	after, err := dotnet.AddVault(in.Original.Files[p.File])
	if err != nil {
		return byHand(need, err.Error())
	}
	return in.Original.codeEdit(need, after)
}

// codeEdit is the result for a need that an edit of code mends.
func (f Folder) codeEdit(need Need, after []byte) Result {
	edit, changed := f.edit(need.File, after, []string{need.What})
	if !changed { // what is needed is not where the file says so
		return byHand(need, "the place is not in "+need.File)
	}
	edit.Code = true
	return Result{Edits: []Edit{edit}, Missing: []Need{need}}
}
