package dotnet

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/stafett/stafett/app/internal/xmltree"
)

// ErrNoReference is returned for a project file that references no package of
// Altinn's, so that it is not known where another one belongs.
var ErrNoReference = errors.New("the file references no package of Altinn's application library")

// PackageLine returns the line that references a package. An empty version is
// left out, as it is where versions are managed centrally.
func PackageLine(name, version string) string { return packageLine("PackageReference", name, version) }

func packageLine(element, name, version string) string {
	if version != "" {
		version = fmt.Sprintf(` Version="%s"`, version)
	}
	return fmt.Sprintf(`<%s Include="%s"%s />`, element, name, version)
}

// AddPackage returns a project file with a reference to a package behind the last
// reference to one of Altinn's application library, everything else kept byte for
// byte. A file that references it already is returned as it is.
func AddPackage(project []byte, name, version string) ([]byte, error) {
	return addItem(project, "PackageReference", name, version)
}

// AddPackageVersion does the same in Directory.Packages.props.
func AddPackageVersion(props []byte, name, version string) ([]byte, error) {
	return addItem(props, "PackageVersion", name, version)
}

func addItem(file []byte, element, name, version string) ([]byte, error) {
	start, end, has, err := findItem(file, element, name)
	switch {
	case err != nil:
		return nil, err
	case has:
		return file, nil
	case end == 0:
		return nil, ErrNoReference
	}
	line := bytes.LastIndexByte(file[:start], '\n') + 1
	indent := string(file[line:start])
	if strings.TrimSpace(indent) != "" {
		indent = ""
	}
	lineEnd := "\n"
	if n := bytes.IndexByte(file, '\n'); n > 0 && file[n-1] == '\r' {
		lineEnd = "\r\n"
	}
	edited := slices.Insert(slices.Clone(file), end, []byte(lineEnd+indent+packageLine(element, name, version))...)
	if _, _, has, err := findItem(edited, element, name); err != nil || !has {
		return nil, ErrNoReference
	}
	return edited, nil
}

// findItem returns the offsets of the last item about a package of Altinn's
// library, and whether there is one about the given package. Items under a
// condition are not counted for the first.
func findItem(file []byte, element, name string) (start, end int, has bool, err error) {
	if _, err := xmltree.Parse(file); err != nil {
		return 0, 0, false, err
	}
	var open []xml.StartElement
	itemStart, about := 0, ""
	for dec := xml.NewDecoder(bytes.NewReader(file)); ; {
		before := int(dec.InputOffset())
		token, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			return start, end, has, nil
		}
		if err != nil {
			return 0, 0, false, fmt.Errorf("read XML: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			open = append(open, t.Copy())
			if t.Name.Local == element {
				itemStart, about = before, attribute(t, "Include")
			}
		case xml.EndElement:
			if t.Name.Local == element && len(open) > 0 {
				has = has || strings.EqualFold(about, name)
				conditional := slices.ContainsFunc(open, func(e xml.StartElement) bool { return attribute(e, "Condition") != "" })
				if !conditional && (strings.EqualFold(about, PackageAPI) || strings.EqualFold(about, PackageCore)) {
					start, end = itemStart, int(dec.InputOffset())
				}
			}
			open = open[:max(0, len(open)-1)]
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}
