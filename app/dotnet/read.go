package dotnet

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Bounds of what is read. Real applications stay far below them.
const (
	maxFile  = 8 << 20
	maxFiles = 5000
)

// Read reads the C# side of the application in fsys, whose root is the folder
// that holds config/ or App/config/. A file that cannot be understood is listed
// in [Code.Unread]; the error is for a folder that cannot be read.
func Read(fsys fs.FS) (*Code, error) {
	found, err := collect(fsys)
	if err != nil {
		return nil, fmt.Errorf("read the C# code: %w", err)
	}
	r := &reader{fsys: fsys, code: &Code{HasCode: len(found.projects)+len(found.sources) > 0}}
	r.projects(found)
	files := r.sources(found)
	constants := constantsOf(files)
	program, walker := readProgram(files)
	r.code.Program = program
	r.code.Registrations = readRegistrations(files, constants, walker)
	r.code.Scopes = readScopes(files, constants)
	r.code.UsesBuiltIn = usesBuiltIn(files)
	r.code.files = files
	return r.code, nil
}

// names are the files of a folder that matter here, sorted, with slashes.
type names struct {
	shared   []string // properties and versions for all projects below
	projects []string
	sources  []string
}

// collect lists files. Folders with no code of the application's own are left
// out: what was built, what is served, the generated classes of data models.
func collect(fsys fs.FS) (names, error) {
	var found names
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if d.IsDir() {
			if slices.Contains([]string{"bin", "obj", "models", "node_modules", "wwwroot"}, base) || len(base) > 1 && base[0] == '.' {
				return fs.SkipDir
			}
			return nil
		}
		switch {
		case strings.EqualFold(base, "Directory.Build.props"), strings.EqualFold(base, "Directory.Packages.props"):
			found.shared = append(found.shared, name)
		case strings.EqualFold(path.Ext(name), ".csproj"):
			found.projects = append(found.projects, name)
		case strings.EqualFold(path.Ext(name), ".cs"):
			found.sources = append(found.sources, name)
		}
		if n := len(found.projects) + len(found.sources); n > maxFiles {
			return fmt.Errorf("there are more than %d files of code", maxFiles)
		}
		return nil
	})
	return found, err
}

// sources takes the C# files apart, but for those of test projects.
func (r *reader) sources(found names) []*source {
	var tests []string
	for _, p := range r.code.Projects {
		if p.isTest() {
			tests = append(tests, path.Dir(p.File)+"/")
		}
	}
	var files []*source
	for _, name := range found.sources {
		if slices.ContainsFunc(tests, func(folder string) bool { return strings.HasPrefix(name, folder) }) {
			continue
		}
		if data, ok := r.file(name); ok {
			files = append(files, parse(name, string(data)))
		}
	}
	return files
}

// reader gathers what the files say.
type reader struct {
	fsys fs.FS
	code *Code
}

// file reads a file; one that cannot be read is told of in Unread.
func (r *reader) file(name string) ([]byte, bool) {
	data, err := readFile(r.fsys, name)
	if err != nil {
		r.unread(name, err)
		return nil, false
	}
	return data, true
}

func (r *reader) unread(name string, err error) {
	r.code.Unread = append(r.code.Unread, Unread{File: name, Err: err})
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("it is larger than %d MiB", maxFile>>20)
	}
	return data, nil
}
