package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// repositoryChecks are the checks of stage repository.
func repositoryChecks() []check {
	return []check{
		{
			id: "repository.files", title: "version control tells which files it keeps",
			needs: []string{"files.project"}, run: trackedFiles,
		},
		{
			id: "repository.secrets", title: "no tracked file holds a key or a secret",
			needs: []string{"repository.files"}, run: secretsInFiles,
		},
		{
			id: "repository.journal", title: "the journal, which names persons, stays out of version control",
			needs: []string{"repository.files"}, run: journalInFiles,
		},
	}
}

// trackedFiles gathers the files of the project's folder and of both
// applications' that version control keeps, or would keep when asked to keep all.
func trackedFiles(ctx context.Context, f *facts) findings {
	list := f.world.Tracked
	if list == nil {
		list = gitFiles
	}
	seen := make(map[string]bool)
	var unknown error
	for _, dir := range []string{f.project.Dir, f.project.Applications.Original, f.project.Applications.Receiving} {
		if dir == "" {
			dir = "."
		}
		names, err := list(ctx, dir)
		if err != nil {
			unknown = err
			continue
		}
		for _, name := range names {
			path := filepath.Join(dir, filepath.FromSlash(name))
			if absolute, err := filepath.Abs(path); err == nil && !seen[absolute] {
				seen[absolute] = true
				f.tracked = append(f.tracked, path)
			}
		}
	}
	if len(f.tracked) == 0 && unknown != nil {
		return skip("%v", unknown)
	}
	slices.Sort(f.tracked)
	return ok("%d files", len(f.tracked))
}

// scanned bounds what is read of one file. A key is a few thousand characters.
const scanned = 1 << 20

func secretsInFiles(ctx context.Context, f *facts) findings {
	var found findings
	for _, path := range f.tracked {
		if ctx.Err() != nil {
			return append(found, skip("the files are too many to look at all of them: %v", context.Cause(ctx))...)
		}
		content, err := beginning(path)
		if err != nil { // it is tracked and has been removed, or is a folder of another repository
			continue
		}
		for _, leak := range leaks(content) {
			found = append(found, f.leakFinding(path, leak))
		}
	}
	if found == nil {
		return ok("%d files", len(f.tracked))
	}
	return found
}

func (f *facts) leakFinding(path string, l leak) finding {
	told := finding{
		status: Fail, evidence: fmt.Sprintf("%s:%d holds %s", path, l.line, l.kind),
		cause: "whoever can read the repository, now or later, can use it; to remove it from the last version leaves it in those before",
	}
	switch {
	case forTests(path):
		told.status = Warn
		told.remedy = by("make sure that nothing but tests trusts it")
	case l.isKey:
		told.remedy = by("take it out of the file, and change the key so that this one is worth nothing: stafett rotate")
	default:
		told.remedy = by("take it out of the file, and have a new one made where it comes from")
	}
	return told
}

// forTests reports whether a file belongs to tests: Altinn's own templates have
// keys there that nothing else trusts.
func forTests(path string) bool {
	return slices.ContainsFunc(strings.Split(strings.ToLower(filepath.ToSlash(path)), "/"), func(part string) bool {
		return part == "test" || part == "tests" || part == "testdata" || strings.HasSuffix(part, ".tests") || strings.HasSuffix(part, ".test")
	})
}

// beginning reads the first part of a regular file.
func beginning(path string) (_ []byte, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("no regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, scanned))
}

// journalInFiles looks for the folder in which the journal lies by default.
func journalInFiles(_ context.Context, f *facts) findings {
	for _, path := range f.tracked {
		if slices.Contains(strings.Split(filepath.ToSlash(path), "/"), ".stafett") {
			return fault(Warn, path+" is tracked, or would be", "the journal tells who has sent in what",
				by("write .stafett/ in .gitignore beside %s, and take the folder out of version control: git rm -r --cached .stafett", f.project.Path))
		}
	}
	return ok("no file of .stafett is tracked")
}
