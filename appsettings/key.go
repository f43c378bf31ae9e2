package appsettings

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// separator joins the segments of a path.
const separator = ":"

// fold returns the form in which paths are compared: upper case by simple
// mapping, one character at a time, as .NET's StringComparer.OrdinalIgnoreCase.
// Dotless i and long s stay what they are, for .NET does not let them match an
// ASCII letter.
func fold(path string) string {
	return strings.Map(func(r rune) rune {
		if r == 'ı' || r == 'ſ' {
			return r
		}
		return unicode.ToUpper(r)
	}, path)
}

// join puts a segment (or several) below a path; the root is "".
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + separator + name
}

// compareSegments orders child keys as .NET's ConfigurationKeyComparer: an empty
// one, integers by value, then the rest without regard to case.
func compareSegments(a, b string) int {
	na, errA := integer(a)
	nb, errB := integer(b)
	switch {
	case a == "" || b == "":
		return cmp.Compare(len(a), len(b))
	case errA == nil && errB == nil && na != nb:
		return cmp.Compare(na, nb)
	case errA == nil && errB == nil: // such as 7 and 07, which .NET leaves as it finds them
		return cmp.Compare(a, b)
	case errA == nil:
		return -1
	case errB == nil:
		return 1
	}
	return cmp.Compare(fold(a), fold(b))
}

// integer reads a segment as .NET's Int32.TryParse does, which passes over white space around it.
func integer(segment string) (int64, error) {
	return strconv.ParseInt(strings.Trim(segment, " \t\n\v\f\r"), 10, 32)
}

// secretEndings are the ends of names whose content is a secret whatever layer
// it lies in.
var secretEndings = []string{
	"JWK", "JWKS", "JWKBASE64", "ENCODEDX509", "SECRET", "PASSWORD",
	"APIKEY", "ACCESSKEY", "PRIVATEKEY", "CONNECTIONSTRING",
}

// connectionStrings is the section whose settings are all secret, folded.
const connectionStrings = "CONNECTIONSTRINGS"

// secretByName reports whether a setting's path says that its value is secret. Any
// segment may say so: of a key that is given member by member, it is the parent.
func secretByName(path string) bool {
	segments := strings.Split(fold(path), separator)
	if segments[0] == connectionStrings && len(segments) > 1 {
		return true
	}
	return secretSegments(segments)
}

// secretSegments reports whether any segment says so, folded.
func secretSegments(segments []string) bool {
	return slices.ContainsFunc(segments, func(segment string) bool {
		return slices.ContainsFunc(secretEndings, func(end string) bool { return strings.HasSuffix(segment, end) })
	})
}
