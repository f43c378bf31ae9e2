package deploylint_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the files that are made from others")

// root returns a path from the root of the repository.
func root(path ...string) string {
	return filepath.Join(append([]string{"..", ".."}, path...)...)
}

// deploy returns a path in the folder deploy.
func deploy(path ...string) string {
	return root(append([]string{"deploy"}, path...)...)
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
