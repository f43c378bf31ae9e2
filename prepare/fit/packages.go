package fit

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/stafett/stafett/app/dotnet"
)

// clientLibraryVersion is the version of the client library that a project gets
// which has none.
const clientLibraryVersion = "10.1.0"

// packages fits the references of the original application's project.
func packages(in Input, c client) Result {
	code := in.Original.Code
	generation := code.Generation()
	project, ok := webProject(code)
	if !ok {
		return Result{}
	}
	switch {
	case c.builtIn && generation != dotnet.UnknownGeneration && generation < dotnet.Generation8:
		return byHand(Need{
			ID: NeedGeneration, Application: Original, File: project,
			What:   fmt.Sprintf("the code uses the Maskinporten client of Altinn's library, which generation %d does not have", generation),
			Remedy: "update Altinn.App.Api and Altinn.App.Core to 8 or later, or use the package " + dotnet.PackageClientLibrary,
		}, "that is a change of the whole application")
	case !c.builtIn && code.LacksClientLibrary():
		return clientLibrary(in, project)
	}
	return Result{}
}

// webProject returns the project file of the application itself.
func webProject(code *dotnet.Code) (file string, ok bool) {
	for _, p := range code.Projects {
		if p.Web {
			return p.File, true
		}
	}
	return "", false
}

// clientLibrary adds the package to the project, and its version to where the
// versions are kept.
func clientLibrary(in Input, project string) Result {
	version := clientLibraryVersion
	central, managed := centralVersions(in.Original, project)
	if managed {
		version = ""
	}
	need := Need{
		ID: NeedPackage, Application: Original, File: project,
		What:   fmt.Sprintf("%s does not reference %s, which the code uses and generation 9 of Altinn's library no longer brings along, so it does not compile", project, dotnet.PackageClientLibrary),
		Remedy: fmt.Sprintf("write in %s:\n%s", project, dotnet.PackageLine(dotnet.PackageClientLibrary, version)),
	}
	if managed {
		need.Remedy += fmt.Sprintf("\nand give it version %s in %s", clientLibraryVersion, central)
	}
	if !in.EditCode {
		return byHand(need, "project files are changed with --edit-code only")
	}
	after, err := dotnet.AddPackage(in.Original.Files[project], dotnet.PackageClientLibrary, version)
	if err != nil {
		return byHand(need, err.Error())
	}
	result := in.Original.codeEdit(need, after)
	if !managed {
		return result
	}
	after, err = dotnet.AddPackageVersion(in.Original.Files[central], dotnet.PackageClientLibrary, clientLibraryVersion)
	if err != nil {
		return byHand(need, central+" cannot be changed: "+err.Error())
	}
	if edit, changed := in.Original.edit(central, after, []string{"the versions of packages are kept in this file"}); changed {
		edit.Code = true
		result.Edits = append(result.Edits, edit)
	}
	return result
}

// centralVersions returns the nearest Directory.Packages.props at or above a
// project, when it gives the versions of packages.
func centralVersions(f Folder, project string) (file string, ok bool) {
	for folder := path.Dir(project); ; folder = path.Dir(folder) {
		name := path.Join(folder, "Directory.Packages.props")
		if content, found := f.Files[name]; found {
			return name, bytes.Contains(bytes.ToLower(content), []byte(strings.ToLower("<PackageVersion ")))
		}
		if folder == "." {
			return "", false
		}
	}
}
