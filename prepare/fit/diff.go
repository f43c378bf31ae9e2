package fit

import "github.com/stafett/stafett/appsettings"

// Diff compares two versions of a file line by line, as [appsettings.DiffText]
// does. Settings files go on being compared by [appsettings.Diff], which knows
// where they hold secrets. A version that is nil has no lines.
func Diff(before, after []byte) []appsettings.DiffLine { return appsettings.DiffText(before, after) }
