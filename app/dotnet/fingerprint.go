package dotnet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
)

// Fingerprint tells one state of the files that [Read] reads in fsys from another, by
// their names, sizes and dates. What cannot be read counts as not there.
func Fingerprint(fsys fs.FS) string {
	found, _ := collect(fsys) // what it has found so far
	sum := sha256.New()
	for _, name := range slices.Concat(found.shared, found.projects, found.sources) {
		if info, err := fs.Stat(fsys, name); err == nil {
			fmt.Fprintf(sum, "%q %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}
