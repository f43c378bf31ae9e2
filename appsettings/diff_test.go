package appsettings_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/appsettings"
)

// show prints a comparison the way a plan does.
func show(lines []appsettings.DiffLine) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%c %d %d %s\n", l.Operation, l.Old, l.New, l.Text)
	}
	return b.String()
}

func TestDiff(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, before, after, want string }{
		{"same", "{\n}\n", "{\n}\n", "  1 1 {\n  2 2 }\n"},
		{"new file", "", "{\n}", "+ 0 1 {\n+ 0 2 }\n"},
		{"one line", "{\n\"a\":1\n}", "{\n\"a\":2\n}", "  1 1 {\n- 2 0 \"a\":1\n+ 0 2 \"a\":2\n  3 3 }\n"},
		{"two places", "{\n\"a\":1,\n\"b\":2,\n\"c\":3\n}", "{\n\"b\":2,\n\"c\":4,\n\"d\":5\n}",
			"  1 1 {\n- 2 0 \"a\":1,\n  3 2 \"b\":2,\n- 4 0 \"c\":3\n+ 0 3 \"c\":4,\n+ 0 4 \"d\":5\n  5 5 }\n"},
		{"line end alone", "{\r\n}", "{\n}", "- 1 0 {\n+ 0 1 {\n  2 2 }\n"},
		{"secrets are hidden", "{\"EncodedJwk\":\"s3cr3t\", \"a\":1}", "{\"EncodedJwk\":\"\", \"a\":1}",
			"- 1 0 {\"EncodedJwk\":\"[redacted]\", \"a\":1}\n+ 0 1 {\"EncodedJwk\":\"\", \"a\":1}\n"},
		{"a secret that differs is a line that differs", "{\"Password\":\"s3cr3t\"}", "{\"Password\":\"s3cr3t2\"}",
			"- 1 0 {\"Password\":\"[redacted]\"}\n+ 0 1 {\"Password\":\"[redacted]\"}\n"},
		{"secrets on other lines than their names", "{\"Jwk\":{\n\"d\":\n\"s3cr3t\",\"x5c\":[\"s3cr3t\"]}}", "{}",
			"- 1 0 {\"Jwk\":{\n- 2 0 \"d\":\n- 3 0 \"[redacted]\",\"x5c\":[\"[redacted]\"]}}\n+ 0 1 {}\n"},
		{"secrets that are commented out", "{ // \"EncodedJwk\" : \"s3cr3t\", \"a\":\"b\"\n}", "{\n}",
			"- 1 0 { // \"EncodedJwk\" : \"[redacted]\", \"a\":\"b\"\n+ 0 1 {\n  2 2 }\n"},
		{"a file that is not valid", "{\"EncodedJwk\": s3cr3t\n}", "{}", "- 1 0 [redacted]\n- 2 0 [redacted]\n+ 0 1 {}\n"},
		{"a file with a mark", "\ufeff{\n}", "\ufeff{\n\"a\":1}", "  1 1 {\n- 2 0 }\n+ 0 2 \"a\":1}\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := show(appsettings.Diff([]byte(test.before), []byte(test.after)))
			if got != test.want {
				t.Errorf("diff:\n%s\nwant:\n%s", got, test.want)
			}
			if strings.Contains(got, "s3cr3t") {
				t.Error("the diff shows a secret")
			}
		})
	}
}

func TestDiffOfTheGuidesEdit(t *testing.T) {
	t.Parallel()
	before, err := os.ReadFile("testdata/guide.json")
	if err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile("testdata/guide.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var changed strings.Builder
	for _, l := range appsettings.Diff(before, after) {
		if l.Operation != appsettings.Kept {
			fmt.Fprintf(&changed, "%c%s\n", l.Operation, strings.TrimSpace(l.Text))
		}
	}
	const want = `-"Environment": "ver2",
+"Environment": "test",
-"Scope": "altinn:serviceowner/instances.read",
+"Scope": "altinn:serviceowner/instances.read altinn:serviceowner/instances.write",
-"ExhangeToAltinnToken": true,
-"EnableDebugLog": true
+"ExhangeToAltinnToken": true
`
	if changed.String() != want {
		t.Errorf("changed lines:\n%swant:\n%s", changed.String(), want)
	}
}

func TestDiffOfLongFilesStaysSmall(t *testing.T) {
	t.Parallel()
	before := "{" + strings.Repeat("\n1", 3000)
	after := "[" + strings.Repeat("\n2", 3000)
	lines := appsettings.Diff([]byte(before), []byte(after))
	if len(lines) != 6002 || lines[0].Operation != appsettings.Removed || lines[6001].Operation != appsettings.Added {
		t.Errorf("%d lines", len(lines))
	}
}

func TestDiffText(t *testing.T) {
	t.Parallel()
	var text []string
	for _, l := range appsettings.DiffText([]byte("<a>\r\n  <b/>\r\n</a>"), []byte("<a>\r\n  <b/>\r\n  <c/>\r\n</a>")) {
		text = append(text, fmt.Sprintf("%c%d,%d %s", l.Operation, l.Old, l.New, l.Text))
	}
	if want := []string{" 1,1 <a>", " 2,2   <b/>", "+0,3   <c/>", " 3,4 </a>"}; !slices.Equal(text, want) {
		t.Errorf("got  %q\nwant %q", text, want)
	}
	key := "var key = \"" + strings.Repeat("eyJ-_+/9", 20) + "==\";\n"
	hidden := appsettings.DiffText([]byte(key), []byte(strings.Replace(key, "eyJ", "eyK", 1)))
	if len(hidden) != 2 || hidden[0].Text != `var key = "[redacted]";` || hidden[1].Text != hidden[0].Text {
		t.Errorf("a key in the text: %+v", hidden)
	}
	if made := appsettings.DiffText(nil, []byte("x\n")); len(made) != 1 || made[0].Operation != appsettings.Added {
		t.Errorf("a new file: %+v", made)
	}
}
