package prepare_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stafett/stafett/prepare"
)

func TestReplaceKeepsModeAndLink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target, link := filepath.Join(dir, "real.json"), filepath.Join(dir, "link.json")
	if err := os.WriteFile(target, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real.json", link); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	files := prepare.LocalFiles{}
	if err := files.Replace(link, []byte("before"), []byte("after")); err != nil {
		t.Fatal(err)
	}
	content, err := files.Read(target)
	if err != nil || string(content) != "after" {
		t.Errorf("%q, %v", content, err)
	}
	if info, err := os.Stat(target); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link became a file (%v)", err)
	}
}

func TestReplaceRefusesWhatChanged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.json")
	files := prepare.LocalFiles{}
	stale := func(before []byte) {
		t.Helper()
		if _, ok := errors.AsType[*prepare.StaleError](files.Replace(path, before, []byte("after"))); !ok {
			t.Error("it was replaced")
		}
	}
	stale([]byte("before"))
	if err := files.Replace(path, nil, []byte("made")); err != nil {
		t.Fatal(err)
	}
	stale(nil)
	stale([]byte("before"))
	if content, err := files.Read(path); err != nil || string(content) != "made" {
		t.Errorf("%q, %v", content, err)
	}
	if _, err := files.Read(filepath.Join(path, "b")); err == nil {
		t.Error("a file below a file was read")
	}
}

func TestReplaceThatFailsLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "a.json")
	// A folder in the file's place makes the rename fail.
	if err := os.MkdirAll(filepath.Join(path, "b"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := (prepare.LocalFiles{}).Replace(path, nil, []byte("x")); err == nil {
		t.Error("a folder was replaced")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

// A process that was killed while it wrote leaves its file behind; nobody else's
// is touched.
func TestReplaceRemovesWhatAKilledProcessLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"appsettings.json", ".appsettings.json.stafett-123", ".appsettings.json.bak", ".appsettings.Staging.json.stafett-1"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := (prepare.LocalFiles{}).Replace(filepath.Join(dir, "appsettings.json"), []byte("{}"), []byte("{ }")); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if want := []string{".appsettings.Staging.json.stafett-1", ".appsettings.json.bak", "appsettings.json"}; !slices.Equal(names, want) {
		t.Errorf("files %q, want %q", names, want)
	}
}
