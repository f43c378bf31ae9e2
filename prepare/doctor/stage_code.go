package doctor

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/appsettings"
)

const docsSecrets = "https://docs.altinn.studio/altinn-studio/v8/reference/configuration/secrets/"

// codeChecks are the checks of stage code. They look at the original application,
// which is the one that reads the section. Whether its own code uses it or Stafett
// alone does, only the code tells: where it sets up no client of the section,
// nothing is demanded of it.
func codeChecks() []check {
	read := []string{"code.read", "settings.section"}
	return []check{
		{id: "code.read", title: "the original application's code can be read", needs: []string{"files.original"}, run: readCode},
		{id: "code.generation", title: "the application's library is one that is kept up", needs: []string{"code.read"}, run: codeGeneration},
		{id: "code.client", title: "the code sets up the client that the section is written for", docs: docsDefinitions, needs: read, run: codeClient},
		{id: "code.vault", title: "the program adds the vault after Altinn's own settings", docs: docsSecrets, needs: read, run: codeVault},
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

// clients returns the clients that the code sets up for the section, or for one
// that it computes.
func (f *facts) clients() []dotnet.Registration {
	return slices.DeleteFunc(slices.Clone(f.code.Registrations), func(r dotnet.Registration) bool {
		return r.Section != "" && !strings.EqualFold(r.Section, f.section.Name)
	})
}

func codeClient(_ context.Context, f *facts) findings {
	clients := f.clients()
	if len(f.code.Registrations) == 0 {
		return ok("the code sets up no Maskinporten client: Stafett alone uses the section")
	}
	if len(clients) == 0 {
		other := f.code.Registrations[0]
		return fault(Fail, fmt.Sprintf("%s reads section %s, and %s says %s", other.Position, other.Section, f.project.Path, f.section.Name),
			"the application itself reads other settings, and other secrets, than those that are prepared",
			by("set maskinporten.section in %s to %s, or change %s", f.project.Path, other.Section, other.Position))
	}
	wanted := f.section.Family == appsettings.BuiltIn
	client := clients[0]
	if f.section.Family != appsettings.UnknownFamily && client.BuiltIn != wanted {
		return fault(Fail, fmt.Sprintf("%s sets up %s", client.Position, clientName(client.BuiltIn)),
			fmt.Sprintf("the section %s is written for %s, and the two read different names", f.section.Name, familyName(f.section.Family)),
			by("move the section to the other client: stafett prepare --migrate; or change %s", client.Position))
	}
	if !client.BuiltIn && f.code.LacksClientLibrary() {
		return fault(Fail, fmt.Sprintf("no project file references %s", dotnet.PackageClientLibrary),
			client.Position.String()+" uses it, and generation 9 of Altinn's library does not bring it along: the application does not build",
			by("add it to the application's project file: dotnet add package %s", dotnet.PackageClientLibrary))
	}
	return ok("%s sets up %s", client.Position, clientName(client.BuiltIn))
}

func clientName(builtIn bool) string {
	if builtIn {
		return "the client of the application library"
	}
	return "the client of " + dotnet.PackageClientLibrary
}

func codeVault(_ context.Context, f *facts) findings {
	program := f.code.Program
	vault, host, early := program.VaultBeforeAppWebHost()
	step, reads := program.ReadsVault()
	switch {
	case early:
		return fault(Fail, fmt.Sprintf("%s adds the vault, and %s Altinn's own settings after it", vault.Position, host.Position),
			"the vault's address and credential are among those: the application stops when it starts, or its mounted settings win over the vault's",
			by("move the call at %s below that at %s", vault.Position, host.Position))
	case reads && !step.OutsideDevelopment:
		return fault(Warn, fmt.Sprintf("%s adds the vault on a developer's machine, too", step.Position), "there is no credential for it there: the application stops when it is started locally",
			by("put the call at %s in: if (!builder.Environment.IsDevelopment()) { … }", step.Position))
	case reads:
		return ok("%s", step.Position)
	case len(f.clients()) == 0 || f.code.Generation() == dotnet.Generation9 && f.clients()[0].BuiltIn:
		return ok("the code does not need the vault")
	}
	return fault(Fail, "the program adds no Key Vault to its configuration", "the application starts without the two secrets",
		by("call builder.AddAzureKeyVaultAsConfigProvider() in %s, after ConfigureAppWebHost and outside of development; stafett prepare --edit-code does", programFile(program)))
}

func programFile(program dotnet.Program) string {
	if program.File == "" {
		return "Program.cs"
	}
	return program.File
}

// codeScopes looks at the built-in client, whose scopes are in code.
func codeScopes(_ context.Context, f *facts) findings {
	clients := f.clients()
	if len(clients) == 0 || !clients[0].BuiltIn || len(f.code.Scopes) == 0 {
		return ok("the code names no scopes")
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
			by("name the scope as an argument of %s at %s", first.Method, first.Position))
	}
	return ok("%s", strings.Join(named, " "))
}

func codeSecrets(_ context.Context, f *facts) findings {
	reading := f.code.SecretReading(f.section.Family == appsettings.BuiltIn)
	switch {
	case len(f.clients()) == 0:
		return ok("the code sets up no client of the section, so a changed secret concerns Stafett only")
	case reading.How == dotnet.EveryFiveMinutes:
		return ok("a changed secret takes effect within five minutes: %s", reading.Why)
	case reading.How == dotnet.Mounted:
		return ok("a changed file takes effect at once: %s", reading.Why)
	}
	return ok("a changed secret takes effect when the application is deployed again: %s", reading.Why)
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
