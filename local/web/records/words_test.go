package records

import (
	"encoding/json"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"testing"
)

// made are the words whose keys pages put together.
func made() []string {
	var keys []string
	add := func(prefix string, names ...string) {
		for _, name := range names {
			keys = append(keys, prefix+name)
		}
	}
	add("life.", "never", "ok", "expired")
	for _, reminder := range reminders {
		add("life.", reminder.level)
	}
	add("state.", handoverStates...)
	add("state-what.", handoverStates...)
	for _, issuer := range Issuers() {
		add("issuer.", string(issuer))
	}
	add("origin.", string(BySecret), string(ByMachine), string(ByGrant), string(ByExchange), string(ByTestLogin), string(ByRefresh))
	add("access.", "REQUESTED", "APPROVED", "DENIED")
	add("trigger.", "sweep", "event", "api", "command")
	add("fate.", "found", "deleted", "marked", "kept")
	add("all-", "integrations", "secrets", "tokens", "handovers")
	for _, meaning := range meanings {
		add("claim.", meaning)
	}
	return append(keys, "menu")
}

var (
	inPages = regexp.MustCompile(`(?:[({]|:= )t "([^"]+)"`)
	inCode  = regexp.MustCompile(`(?:c\.T\(|Refuse\(http\.\w+, )"([^"]*[^".])"`)
)

// TestWordsAreThoseThatPagesUse: a word that is missing shows its key to whoever
// reads the page, and one that is left over is translated in vain.
func TestWordsAreThoseThatPagesUse(t *testing.T) {
	t.Parallel()
	used := made()
	read := func(files fs.FS, pattern string, key *regexp.Regexp) {
		names, err := fs.Glob(files, pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range names {
			content, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range key.FindAllStringSubmatch(string(content), -1) {
				used = append(used, found[1])
			}
		}
	}
	read(embedded, "pages/*.html", inPages)
	read(os.DirFS("."), "*.go", inCode)
	content, err := fs.ReadFile(embedded, "pages/words.nb.json")
	if err != nil {
		t.Fatal(err)
	}
	var words map[string]string
	if err := json.Unmarshal(content, &words); err != nil {
		t.Fatal(err)
	}
	for _, key := range used {
		if words[key] == "" {
			t.Errorf("there is no word %q", key)
		}
	}
	for key := range words {
		if !slices.Contains(used, key) {
			t.Errorf("no page uses the word %q", key)
		}
	}
}
