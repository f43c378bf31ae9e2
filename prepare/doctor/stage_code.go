package doctor

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/fit"
)

const docsSecrets = "https://docs.altinn.studio/altinn-studio/v8/reference/configuration/secrets/" //nolint:gosec // G101: an address, not a credential

// codeChecks are the checks of stage code. They look at the original application,
// which is the one that reads the section. Whether its own code uses it or Stafett
// alone does, only the code tells: where it sets up no client on the section,
// nothing is demanded of it.
func codeChecks() []check {
	read := []string{"code.read", "settings.section"}
	compared := []string{"code.read", "settings.section", "files.receiving"}
	return []check{
		{id: "code.read", title: "the original application's code can be read", needs: []string{"files.original"}, run: readCode},
		{id: "code.generation", title: "the application's library is one that is kept up", needs: []string{"code.read"}, run: codeGeneration},
		{id: "code.client", title: "the code sets up the client that the section is written for", docs: docsDefinitions, needs: read, run: codeClient},
		{id: "code.packages", title: "the project references what its client needs", needs: compared, run: needed("package-", "the application does not build", "what the client needs is referenced")},
		{id: "code.vault", title: "the program adds the vault where it counts", docs: docsSecrets, needs: compared, run: codeVault},
		{id: "code.deployment", title: "the deployment mounts the way to the vault", docs: docsSecrets, needs: compared, run: needed("deployment-", "the application does not reach the vault where it is deployed", "the deployment mounts what the code needs")},
		{id: "code.scopes", title: "the code asks for the scopes that a handover needs", needs: read, run: codeScopes},
		{id: "code.secrets", title: "it is known when a changed secret takes effect", docs: docsSecrets, needs: read, run: codeSecrets},
		{id: "code.guide", title: "the code has none of the guide's mistakes", docs: docsDefinitions, needs: []string{"code.read"}, run: codeGuide},
	}
}

func readCode(_ context.Context, f *facts) findings {
	code, err := dotnet.Read(os.DirFS(f.project.Applications.Original))
	if err != nil {
		return fault(Fail, err.Error(), "the code cannot be looked at", by("look at the rights of the folder"))
	}
	if !code.HasCode {
		return skip("%s holds no C#", f.project.Applications.Original)
	}
	f.code = code
	var found findings
	for _, unread := range code.Unread {
		found = append(found, finding{
			status: Warn, evidence: fmt.Sprintf("%s: %v", unread.File, unread.Err), cause: "what it says is not known to the checks of this stage",
			remedy: by("mend the file, if the application does not build either"),
		})
	}
	if found == nil {
		return ok("%d project files", len(code.Projects))
	}
	return found
}

func codeGeneration(_ context.Context, f *facts) findings {
	version, known := f.code.LibraryVersion()
	generation := f.code.Generation()
	switch {
	case !known:
		return ok("no version of %s is written in the folder", dotnet.PackageAPI)
	case generation < dotnet.Generation8:
		return fault(Warn, fmt.Sprintf("%s is version %s", dotnet.PackageAPI, version), "what is told of an application here is of generation 8 and later",
			by("upgrade the application: studioctl app update"))
	}
	return ok("%s %s", dotnet.PackageAPI, version)
}

// codeClient compares the client that the code sets up with the section.
func codeClient(_ context.Context, f *facts) findings {
	builtIn, reads := f.code.Reads(f.section.Name)
	if !reads {
		return f.otherSection()
	}
	if builtIn && f.code.Generation() == dotnet.Generation9 {
		return fault(Warn, fmt.Sprintf("the code uses the client of the application library, which is of generation 9, and does not read section %s", f.section.Name),
			"since generation 9 that client takes nothing but the file that Altinn mounts, and the section is Stafett's alone",
			by("none is needed if that is meant; for an identity of the application's own in this section, let the code use %s", dotnet.PackageClientLibrary))
	}
	family := prepare.FamilyOf(f.section, f.items, f.code)
	if builtIn != (family == appsettings.BuiltIn) {
		return fault(Fail, fmt.Sprintf("the code sets up %s", clientName(builtIn)),
			fmt.Sprintf("the section %s is written for %s, and the two read different names", f.section.Name, family),
			by("write the section for the client in the code, or let the code use the other one: stafett prepare --migrate --edit-code"))
	}
	for _, r := range f.code.Registrations {
		if r.BeforeVault && strings.EqualFold(r.Section, f.section.Name) {
			return fault(Fail, fmt.Sprintf("%s takes the section out of the configuration before the program adds the vault", r.Position),
				"the client gets neither client id nor key from the vault", by("move the call below the one that adds the vault"))
		}
	}
	return ok("the code sets up %s on %s", clientName(builtIn), f.section.Name)
}

// otherSection tells that the code reads another section, if it reads any.
func (f *facts) otherSection() findings {
	if len(f.code.Registrations) == 0 {
		return ok("the code sets up no Maskinporten client on %s: Stafett alone uses it", f.section.Name)
	}
	other := f.code.Registrations[0]
	return fault(Warn, fmt.Sprintf("%s reads section %s, and %s says %s", other.Position, cmp.Or(other.Section, "MaskinportenSettings"), f.project.Path, f.section.Name),
		"the application itself reads other settings, and other secrets, than those that are prepared; Stafett is the only one to use these",
		by("if the application is to use them, set maskinporten.section in %s to the section in the code, or change %s", f.project.Path, other.Position))
}

func clientName(builtIn bool) string {
	if builtIn {
		return "the client of the application library"
	}
	return "the client of " + dotnet.PackageClientLibrary
}

// needed is a check of what the original application's C# side lacks, by the
// beginning of the needs' ids.
func needed(prefix, cause, otherwise string) func(context.Context, *facts) findings {
	return func(_ context.Context, f *facts) findings {
		var found findings
		for _, need := range f.fit().result.Missing {
			if strings.HasPrefix(need.ID, prefix) {
				found = append(found, finding{status: Fail, evidence: need.What, cause: cause, remedy: f.fitRemedy(need)})
			}
		}
		if found == nil {
			found = ok("%s", otherwise)
		}
		return f.compared(found)
	}
}

// fitRemedy has the command where preparing can mend the need; C# and project
// files it changes only when it is told to.
func (f *facts) fitRemedy(need fit.Need) Remedy {
	remedy := by("%s", need.Remedy)
	if !slices.Contains(f.fit().left, need) {
		remedy.Command = preparing
		return remedy
	}
	input := f.fit().input
	input.EditCode = true
	result, err := fit.Applications(input)
	if err == nil && slices.ContainsFunc(result.Edits, func(e fit.Edit) bool {
		return e.Code && e.Application == need.Application && e.Name == need.File
	}) {
		remedy.Command = []string{"stafett", "prepare", "--edit-code", "--yes"}
	}
	return remedy
}

func codeVault(ctx context.Context, f *facts) findings {
	program := f.code.Program
	if step, reads := program.ReadsVault(); reads {
		return needed("program-", "the application does not start, or starts without the two secrets", step.String())(ctx, f)
	}
	return needed("program-", "the application starts without the two secrets", "the code does not need the vault")(ctx, f)
}

// codeScopes looks at the built-in client, whose scopes are in code.
func codeScopes(_ context.Context, f *facts) findings {
	if builtIn, reads := f.code.Reads(f.section.Name); !reads || !builtIn || len(f.code.Scopes) == 0 {
		return ok("the code has no say in what is asked for")
	}
	var named []string
	for _, scope := range f.code.Scopes {
		named = append(named, strings.Fields(scope.Name)...)
	}
	lacking := slices.DeleteFunc(slices.Clone(f.project.Integration.Scopes), func(scope string) bool { return slices.Contains(named, scope) })
	if len(lacking) > 0 {
		first := f.code.Scopes[0]
		return fault(Warn, fmt.Sprintf("%s and the rest of the code do not name %s", first.Position, strings.Join(lacking, " ")),
			"the application itself gets a token with which Altinn lets it do less than a handover needs; Stafett asks for all of them",
			by("name it where the client is told its scopes, as at %s", first.Position))
	}
	return ok("%s", strings.Join(named, " "))
}

func codeSecrets(_ context.Context, f *facts) findings {
	builtIn, reads := f.code.Reads(f.section.Name)
	if !reads {
		return ok("a changed secret concerns Stafett only: the code sets up no client on %s", f.section.Name)
	}
	reading := f.code.SecretReading(builtIn)
	switch reading.How {
	case dotnet.EveryFiveMinutes:
		return ok("a changed secret takes effect within five minutes: %s", reading.Why)
	case dotnet.Mounted:
		return ok("nothing has to be done when the key changes: %s", reading.Why)
	default:
		return ok("a changed secret takes effect when the application is deployed again: %s", reading.Why)
	}
}

func codeGuide(_ context.Context, f *facts) findings {
	var found findings
	for _, defect := range f.code.GuideDefects() {
		found = append(found, finding{
			status: Warn, evidence: fmt.Sprintf("%s: %s", defect.Position, defect.ID), cause: defect.What,
			remedy: by("%s", defect.Remedy),
		})
	}
	if found == nil {
		return ok("none was found, of those that can be told from the code")
	}
	return found
}
