package house_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// provenBy finds the tests that a table of docs/fidelity names, as
// `local/keyvault.TestPaging`.
var provenBy = regexp.MustCompile("`([a-z0-9_/]+)\\.(Test[A-Za-z0-9_]+)`")

// TestFidelityTablesNameTestsThatExist holds the pages that tell a user how far a
// stand-in can be trusted to the tests that prove it.
func TestFidelityTablesNameTestsThatExist(t *testing.T) {
	t.Parallel()
	root := root(t)
	pages, err := filepath.Glob(filepath.Join(root, "docs", "fidelity", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{} // the test files of a package, joined
	for _, page := range pages {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, named := range provenBy.FindAllStringSubmatch(string(content), -1) {
			folder, test := named[1], named[2]
			if _, read := tests[folder]; !read {
				tests[folder] = testFiles(t, filepath.Join(root, filepath.FromSlash(folder)))
			}
			if !strings.Contains(tests[folder], "func "+test+"(") {
				t.Errorf("%s names %s in %s, which is not there", filepath.Base(page), test, folder)
			}
		}
	}
}

// testFiles returns the test files of a folder, one after the other.
func testFiles(t *testing.T, folder string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(content)
	}
	return all.String()
}
