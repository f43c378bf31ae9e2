package app

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// Fingerprint tells one state of the application's files in dir from another, by
// their names, sizes and dates: those that [Load] reads, and the settings. Code is
// left out. What cannot be read counts as not there.
func Fingerprint(dir string) string {
	fsys, root := os.DirFS(dir), "."
	if _, err := fs.Stat(fsys, "config"); err != nil {
		root = "App"
	}
	sum := sha256.New()
	add := func(name string, entry fs.DirEntry) {
		if info, err := entry.Info(); err == nil && !entry.IsDir() {
			fmt.Fprintf(sum, "%q %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		}
	}
	for _, folder := range []string{"config", "models", "options", "ui"} {
		_ = fs.WalkDir(fsys, path.Join(root, folder), func(name string, entry fs.DirEntry, err error) error {
			if err == nil {
				add(name, entry)
			}
			return nil
		})
	}
	names, _ := fs.Glob(fsys, path.Join(root, "appsettings*.json")) // the pattern is right
	for _, name := range names {
		if info, err := fs.Stat(fsys, name); err == nil {
			add(name, fs.FileInfoToDirEntry(info))
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}
