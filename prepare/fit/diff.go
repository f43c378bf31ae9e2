package fit

import "github.com/stafett/stafett/appsettings"

// Diff compares two versions of a file line by line, as [appsettings.Diff] does
// for settings files, which go on being compared by that one: it hides secrets,
// and this one does not. A version that is nil has no lines.
func Diff(before, after []byte) []appsettings.DiffLine { return appsettings.DiffText(before, after) }
