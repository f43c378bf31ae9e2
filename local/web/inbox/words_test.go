package inbox

import (
	"encoding/json"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every word that a page asks for is there, and none is there in vain: a key that
// is missing would be shown to people.
func TestWordsAreThoseThatAreUsed(t *testing.T) {
	t.Parallel()
	data, err := fs.ReadFile(embedded, "pages/words.nb.json")
	if err != nil {
		t.Fatal(err)
	}
	var words map[string]string
	if err := json.Unmarshal(data, &words); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, from := range []struct {
		files   fs.FS
		pattern string
	}{{embedded, "pages/*.html"}, {os.DirFS("."), "*.go"}} {
		names, err := fs.Glob(from.files, from.pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no %s: %v", from.pattern, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			content, err := fs.ReadFile(from.files, name)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(content)
		}
	}
	used := text.String()
	for _, found := range regexp.MustCompile(`(?:\bt|\.T\(|Refuse\(http\.\w+,|Key:) ?"([a-z][a-zA-Z.-]*)"`).FindAllStringSubmatch(used, -1) {
		key := found[1]
		if _, ok := words[key]; !ok && !strings.HasPrefix(key, "frame.") && !strings.HasSuffix(key, ".") {
			t.Errorf("there is no word %q", key)
		}
	}
	// These are put together, from what the platform or a folder is called.
	for _, made := range []string{
		"folder.active", "folder.archived", "folder.deleted", "empty.active", "empty.archived", "empty.deleted",
		"scan.Pending", "scan.Infected",
		"task.data", "task.confirmation", "task.signing", "task.payment", "task.feedback",
		"event.StartEvent", "event.EndEvent", "event.StartTask", "event.EndTask", "event.AbandonTask", "menu",
	} {
		if _, ok := words[made]; !ok {
			t.Errorf("there is no word %q", made)
		}
		used += `"` + made + `"`
	}
	for key := range words {
		if !strings.Contains(used, `"`+key+`"`) {
			t.Errorf("the word %q is used nowhere", key)
		}
	}
}
