package dotnet

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is a package version without what follows the third number: of
// "8.10.0-preview.2" it is 8.10.0 with Preview set.
type Version struct {
	Major, Minor, Patch int
	Preview             bool
}

// ParseVersion reads a version or a range as it stands in a project file, of
// which it takes the lower end: "8.6.4", "8.*", "[8.1.0,9.0.0)", "8.0.0-rc.1".
func ParseVersion(text string) (Version, bool) {
	text = strings.TrimSpace(text)
	if low, _, isRange := strings.Cut(strings.TrimLeft(text, "[("), ","); isRange || low != text {
		text = strings.TrimSpace(strings.TrimRight(low, "])"))
	}
	text, _, _ = strings.Cut(text, "+")
	text, _, preview := strings.Cut(text, "-")
	v := Version{Preview: preview}
	for i, part := range strings.Split(text, ".") {
		if i > 0 && part == "*" {
			break
		}
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return Version{}, false
		}
		switch i {
		case 0:
			v.Major = n
		case 1:
			v.Minor = n
		case 2:
			v.Patch = n
		}
	}
	return v, true
}

// Compare returns -1, 0 or 1. A preview stands before the version that it is a
// preview of.
func (v Version) Compare(other Version) int {
	preview := func(v Version) int {
		if v.Preview {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(v.Major, other.Major), cmp.Compare(v.Minor, other.Minor),
		cmp.Compare(v.Patch, other.Patch), cmp.Compare(preview(v), preview(other)))
}

// AtLeast reports whether v is the given version or a later one. Its previews
// do not count.
func (v Version) AtLeast(major, minor, patch int) bool {
	return v.Compare(Version{Major: major, Minor: minor, Patch: patch}) >= 0
}

// String returns "8.10.0", or "8.10.0 (preview)".
func (v Version) String() string {
	text := fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
	if v.Preview {
		text += " (preview)"
	}
	return text
}
