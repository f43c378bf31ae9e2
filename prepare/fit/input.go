package fit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/project"
)

// The roles of an application in a handover, as [Folder].Role has them.
const (
	Original  = "original"  // where the form is filled in
	Receiving = "receiving" // where the new instance comes into being
)

// The files of every application, below its root.
const (
	policyFile   = "config/authorization/policy.xml"
	metadataFile = "config/applicationmetadata.json"
)

// Folder is an application folder as it was read. App must not be nil.
type Folder struct {
	Role string // [Original] or [Receiving]
	Dir  string // as the project file names it
	App  *app.Folder
	// Code is what can be told of the C# side; nil counts as none.
	Code *dotnet.Code
	// Files holds, by path below Dir with slashes, each file that [Applications]
	// looks at: its bytes on disk, byte order mark and line ends included. A file
	// that is not there has no entry.
	Files map[string][]byte
}

// path gives the path below Dir of a file below the application's root.
func (f Folder) path(name string) string { return path.Join(f.App.Root, name) }

// Input is what [Applications] computes from.
type Input struct {
	Project   *project.Project
	Original  Folder
	Receiving Folder
	// Family is the family of the original application's section, which tells which
	// client its code uses. UnknownFamily where the files do not tell.
	Family  appsettings.Family
	Section string // of the original's settings, such as "MaskinportenSettings"
	// EditCode allows edits of C# files and project files. Without it they come as
	// warnings with the lines to write.
	EditCode bool
}

// Read reads the folders of both applications. The error joins everything that
// is wrong in them, as [app.Load] has it. Both applications in one folder are an
// error, for each edit of one would be an edit of the other.
func Read(p *project.Project) (Input, error) {
	if filepath.Clean(p.Applications.Original) == filepath.Clean(p.Applications.Receiving) {
		return Input{}, fmt.Errorf("read applications: %s is named as the original and as the receiving one", p.Applications.Original)
	}
	original, originalErr := readFolder(Original, p.Applications.Original)
	receiving, receivingErr := readFolder(Receiving, p.Applications.Receiving)
	if err := errors.Join(originalErr, receivingErr); err != nil {
		return Input{}, err
	}
	family, err := readFamily(p)
	if err != nil {
		return Input{}, err
	}
	return Input{Project: p, Original: original, Receiving: receiving, Family: family, Section: p.Section}, nil
}

// readFamily tells the family by the section in the original's settings files. A
// section that is not there yet tells nothing.
func readFamily(p *project.Project) (appsettings.Family, error) {
	environment, err := altinn.LookupEnvironment(p.Environment)
	if err != nil {
		return appsettings.UnknownFamily, fmt.Errorf("read application: %w", err)
	}
	name := "Staging"
	if environment.MaskinportenEnvironment == "prod" {
		name = "Production"
	}
	configuration, err := appsettings.Load(context.Background(), appsettings.Options{Dir: p.Applications.Original, EnvironmentName: name})
	if err != nil {
		return appsettings.UnknownFamily, fmt.Errorf("read application: %w", err)
	}
	section, err := appsettings.ReadMaskinporten(configuration, p.Section)
	if _, missing := errors.AsType[*appsettings.SectionError](err); missing {
		return appsettings.UnknownFamily, nil
	}
	return section.Family, err
}

func readFolder(role, dir string) (Folder, error) {
	loaded, err := app.Load(dir)
	if err != nil {
		return Folder{}, err
	}
	fsys := os.DirFS(dir)
	code, err := dotnet.Read(fsys)
	if err != nil {
		return Folder{}, fmt.Errorf("read application %s: %w", dir, err)
	}
	f := Folder{Role: role, Dir: dir, App: loaded, Code: code, Files: map[string][]byte{}}
	err = fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{"bin", "obj", "node_modules", "wwwroot", ".git"}, entry.Name()):
			return fs.SkipDir
		case entry.IsDir() || !f.wants(name):
			return nil
		}
		f.Files[name], err = fs.ReadFile(fsys, name)
		return err
	})
	if err != nil {
		return Folder{}, fmt.Errorf("read application %s: %w", dir, err)
	}
	return f, nil
}

// wants tells which files of the folder are looked at.
func (f Folder) wants(name string) bool {
	switch path.Base(name) {
	case "policy.xml":
		return name == f.path(policyFile)
	case "applicationmetadata.json":
		return name == f.path(metadataFile)
	case "values.yaml", "Program.cs", "Directory.Packages.props":
		return true
	}
	return path.Ext(name) == ".csproj"
}
