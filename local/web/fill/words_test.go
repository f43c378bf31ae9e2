package fill

import (
	"encoding/json"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every word that pages and code ask for exists, and none is left over. What is
// put together of two parts is listed here.
func TestWordsAreThoseThatAreUsed(t *testing.T) {
	t.Parallel()
	var words map[string]string
	content, err := fs.ReadFile(embedded, "pages/words.nb.json")
	if err == nil {
		err = json.Unmarshal(content, &words)
	}
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for key := range words {
		if strings.HasPrefix(key, "file.why.") || strings.HasPrefix(key, "step.") {
			used[key] = true
		}
	}
	files, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := fs.Glob(os.DirFS("."), "pages/*.html")
	if err != nil {
		t.Fatal(err)
	}
	asks := regexp.MustCompile(`(?:\bT\(|Refuse\([^,]+, |refuse\(|[{(]t |if t |else}}t )"([a-z0-9.-]+)"`)
	for _, name := range slices.Concat(files, pages) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range asks.FindAllStringSubmatch(string(source), -1) {
			key := found[1]
			used[key] = true
			if _, ok := words[key]; !ok && !strings.HasPrefix(key, "frame.") && !strings.HasSuffix(key, ".") {
				t.Errorf("%s asks for the word %q", name, key)
			}
		}
	}
	for key := range words {
		if !used[key] {
			t.Errorf("nothing asks for the word %q", key)
		}
	}
}
