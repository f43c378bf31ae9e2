package dotnet

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/stafett/stafett/app/internal/xmltree"
)

// props are the properties and package versions that hold for a project: its own,
// and those of the folders above it.
type props struct {
	above      *props             // nil at the root
	properties map[string]string  // by name in lower case
	versions   map[string]Package // by package name in lower case
}

// projects reads all project files, each with the Directory.*.props in the
// folders from the root down to its own.
func (r *reader) projects(found names) {
	shared := map[string]*props{} // by folder
	for _, name := range found.shared {
		if root, ok := r.xml(name); ok {
			folder := path.Dir(name)
			if shared[folder] == nil {
				shared[folder] = newProps()
			}
			shared[folder].add(root, name)
		}
	}
	for _, name := range found.projects {
		root, ok := r.xml(name)
		if !ok {
			continue
		}
		p := newProps()
		for _, folder := range foldersTo(path.Dir(name)) {
			if of := shared[folder]; of != nil {
				of.above = p.above // which is the same for every project below it
				p.above = of
			}
		}
		p.add(root, name)
		r.code.Projects = append(r.code.Projects, p.project(root, name))
	}
}

func newProps() *props {
	return &props{properties: map[string]string{}, versions: map[string]Package{}}
}

// property returns the value of a property, by its name in lower case.
func (p *props) property(name string) (value string, ok bool) {
	for ; p != nil && !ok; p = p.above {
		value, ok = p.properties[name]
	}
	return value, ok
}

// version returns the central version of a package, by its name in lower case.
func (p *props) version(name string) (version Package, ok bool) {
	for ; p != nil && !ok; p = p.above {
		version, ok = p.versions[name]
	}
	return version, ok
}

func (r *reader) xml(name string) (*xmltree.Element, bool) {
	data, ok := r.file(name)
	if !ok {
		return nil, false
	}
	root, err := xmltree.Parse(data)
	if err != nil {
		r.unread(name, err)
		return nil, false
	}
	return root, true
}

// foldersTo returns ".", "a", "a/b" for "a/b".
func foldersTo(folder string) []string {
	folders := []string{"."}
	if folder == "." {
		return folders
	}
	for i, c := range folder {
		if c == '/' {
			folders = append(folders, folder[:i])
		}
	}
	return append(folders, folder)
}

// add takes over the properties and the central versions of a file. A later
// file wins, as it does when a project is built.
func (p *props) add(root *xmltree.Element, file string) {
	for _, group := range root.Children {
		switch group.Name {
		case "PropertyGroup":
			for _, property := range group.Children {
				p.properties[strings.ToLower(property.Name)] = property.Text()
			}
		case "ItemGroup":
			for _, item := range group.Children {
				if item.Name != "PackageVersion" {
					continue
				}
				if name := include(item); name != "" {
					p.versions[strings.ToLower(name)] = Package{Name: name, Version: metadata(item, "Version"), VersionAt: Position{file, item.Line}}
				}
			}
		}
	}
}

func (p *props) project(root *xmltree.Element, file string) Project {
	sdk, _ := root.Attribute("Sdk")
	project := Project{File: file, Web: strings.EqualFold(sdk, "Microsoft.NET.Sdk.Web")}
	for _, name := range []string{"targetframeworks", "targetframework"} {
		value, _ := p.property(name)
		if all := strings.Split(p.expand(value), ";"); all[len(all)-1] != "" {
			project.TargetFramework = strings.TrimSpace(all[len(all)-1])
		}
	}
	for _, group := range root.Children {
		if group.Name != "ItemGroup" {
			continue
		}
		for _, item := range group.Children {
			if name := include(item); item.Name == "PackageReference" && name != "" {
				reference := p.reference(item, name, file)
				reference.Condition = condition(group, item)
				project.Packages = append(project.Packages, reference)
				project.Web = project.Web || strings.EqualFold(name, PackageAPI)
			}
		}
	}
	return project
}

// isTest tells a project of tests by the package that runs them.
func (p Project) isTest() bool {
	return slices.ContainsFunc(p.Packages, func(p Package) bool { return strings.EqualFold(p.Name, "Microsoft.NET.Test.Sdk") })
}

func (p *props) reference(item *xmltree.Element, name, file string) Package {
	at := Position{file, item.Line}
	reference := Package{Name: name, Position: at, VersionAt: at}
	for _, member := range []string{"VersionOverride", "Version"} {
		if reference.Version = p.expand(metadata(item, member)); reference.Version != "" {
			return reference
		}
	}
	if central, ok := p.version(strings.ToLower(name)); ok {
		reference.Version, reference.VersionAt = p.expand(central.Version), central.VersionAt
	}
	return reference
}

// include returns the package that an item is about.
func include(item *xmltree.Element) string {
	for _, name := range []string{"Include", "Update"} {
		if value, ok := item.Attribute(name); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// metadata returns a member of an item, given as attribute or as element.
func metadata(item *xmltree.Element, name string) string {
	if value, ok := item.Attribute(name); ok {
		return strings.TrimSpace(value)
	}
	for _, child := range item.Children {
		if child.Name == name {
			return child.Text()
		}
	}
	return ""
}

// maxCondition is how much of a condition is kept, in bytes: each reference in a
// group has the condition of the group.
const maxCondition = 1 << 10

func condition(elements ...*xmltree.Element) string {
	var all []string
	for _, e := range elements {
		if text, ok := e.Attribute("Condition"); ok && strings.TrimSpace(text) != "" {
			text = strings.TrimSpace(text)
			if len(text) > maxCondition {
				text = strings.ToValidUTF8(text[:maxCondition], "") + "…"
			}
			all = append(all, text)
		}
	}
	return strings.Join(all, " and ")
}

var propertyUse = regexp.MustCompile(`\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)`)

// maxExpanded bounds what properties come to, in bytes: versions and frameworks are
// made of them, of which there are many.
const maxExpanded = 1 << 10

// expand replaces $(Name). The result is "" when a property is not set in the
// folder, is set by itself, or comes to more than [maxExpanded].
func (p *props) expand(text string) string {
	for range 10 {
		if !propertyUse.MatchString(text) {
			return text
		}
		missing, length := false, len(text)
		text = propertyUse.ReplaceAllStringFunc(text, func(use string) string {
			value, ok := p.property(strings.ToLower(propertyUse.FindStringSubmatch(use)[1]))
			length += len(value)
			if missing = missing || !ok || length > maxExpanded; missing {
				return ""
			}
			return value
		})
		if missing {
			return ""
		}
	}
	return ""
}
