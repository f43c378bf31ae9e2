package dotnet

import (
	"fmt"
	"strings"
)

// Names of the packages that matter here, as on nuget.org. Package names have
// no case.
const (
	PackageAPI           = "Altinn.App.Api"
	PackageCore          = "Altinn.App.Core"
	PackageClientLibrary = "Altinn.ApiClients.Maskinporten"
)

// Code is the C# side of an application folder. It is read-only and safe for
// concurrent use.
type Code struct {
	// HasCode tells that there is C# at all: a project file or a source file.
	// A folder of configuration only has none, and everything else is empty.
	HasCode bool

	// Projects are the project files, test projects included, in order of path.
	Projects []Project

	// Program is what the application does when it starts.
	Program Program

	// Registrations are the Maskinporten clients that the code sets up, in order
	// of file and line.
	Registrations []Registration

	// UsesBuiltIn tells that the code asks the built-in Maskinporten client for
	// tokens, which needs no registration.
	UsesBuiltIn bool

	// Scopes are those that the code names, in order of file and line.
	Scopes []Scope

	// Unread are the files that could not be read as what they are: a project
	// file that is no XML, a file that is too large. The rest was read.
	Unread []Unread

	files []*source
}

// Position is a place in a file.
type Position struct {
	File string // below the folder that was read, with slashes
	Line int    // 1-based
}

// String returns "App/Program.cs:12".
func (p Position) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// Unread is a file that could not be read, and why.
type Unread struct {
	File string
	Err  error
}

// Project is one project file.
type Project struct {
	File            string
	TargetFramework string // such as "net8.0"; of several the last; "" when a file elsewhere says it
	// Web tells that the project is a program of ASP.NET, as an application is.
	Web      bool
	Packages []Package // in order of appearance
}

// Package is one reference to a package.
type Package struct {
	Name string // as spelled in the project file
	// Version is the lowest version that the reference takes, such as "8.6.4".
	// It is "" when the file gives none, or gives it by a property that is not
	// set in the folder.
	Version string
	Position
	// VersionAt is where the version stands: in the project file, or in
	// Directory.Packages.props when versions are managed there.
	VersionAt Position
	// Condition is the condition on the reference or on its group, as written; the
	// beginning of one that is longer than any real one.
	Condition string
}

// Package returns the reference to a package by name, that of an ASP.NET project
// before others'.
func (c *Code) Package(name string) (Package, bool) {
	var found Package
	ok := false
	for _, project := range c.Projects {
		for _, p := range project.Packages {
			if !strings.EqualFold(p.Name, name) {
				continue
			}
			if project.Web {
				return p, true
			}
			if !ok {
				found, ok = p, true
			}
		}
	}
	return found, ok
}

// LibraryVersion returns the version of Altinn's application library, that of
// Altinn.App.Api before that of Altinn.App.Core. ok is false when neither is
// referenced with a version.
func (c *Code) LibraryVersion() (version Version, ok bool) {
	for _, name := range []string{PackageAPI, PackageCore} {
		if p, found := c.Package(name); found {
			if version, ok = ParseVersion(p.Version); ok {
				return version, true
			}
		}
	}
	return Version{}, false
}

// Generation is the major version of Altinn's application library. It decides
// how an application is configured.
type Generation int

// The generations that are told apart.
const (
	UnknownGeneration Generation = 0 // no code, or no version that could be read
	Generation6       Generation = 6 // and older: another start-up, another process API
	Generation7       Generation = 7
	Generation8       Generation = 8
	// Generation9 has one Maskinporten identity for the application, which the
	// platform provides; it is never read from the configuration.
	Generation9 Generation = 9
)

// Generation returns the generation of the application.
func (c *Code) Generation() Generation {
	v, ok := c.LibraryVersion()
	switch {
	case !ok:
		return UnknownGeneration
	case v.Major <= int(Generation6):
		return Generation6
	case v.Major >= int(Generation9):
		return Generation9
	}
	return Generation(v.Major)
}
