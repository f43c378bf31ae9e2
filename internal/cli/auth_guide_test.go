package cli

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// guideScript turns a page of the documentation into a script: its blocks of
// shell run in one shell, in order, and each line of the block of text that
// follows one must be in its output. What they leave running ends with the shell.
func guideScript(page string) string {
	var script strings.Builder
	script.WriteString("set -euo pipefail\ntrap 'jobs -p | while read -r job; do kill \"$job\"; done' EXIT\n")
	blocks := regexp.MustCompile("(?ms)^```sh\n(.*?)^```\n(?:```text\n(.*?)^```\n)?").FindAllStringSubmatch(page, -1)
	for i, block := range blocks {
		fmt.Fprintf(&script, "{\n%s} >block.out 2>block.err || { echo 'block %d failed'; cat block.out block.err; exit 1; }\n", block[1], i+1)
		for line := range strings.Lines(block[2]) {
			wanted := "'" + strings.ReplaceAll(strings.TrimSpace(line), "'", `'\''`) + "'"
			fmt.Fprintf(&script, "grep -qF -- %s block.out || { echo 'block %d does not tell:' %s; cat block.out block.err; exit 1; }\n", wanted, i+1, wanted)
		}
	}
	fmt.Fprintf(&script, "echo '%d blocks'\n", len(blocks))
	return script.String()
}

func readGuide(path string) (string, error) {
	page, err := os.ReadFile(path)
	return guideScript(string(page)), err
}

func TestGuideScriptFindsItsBlocks(t *testing.T) {
	t.Parallel()
	got := guideScript("a\n\n```sh\nstafett x\n```\n```text\nit's so\n```\n\n```json\n{}\n```\n```sh\ny\n```\n")
	for _, want := range []string{"{\nstafett x\n} >block.out", `grep -qF -- 'it'\''s so' block.out`, "{\ny\n} >block.out", "echo '2 blocks'"} {
		if !strings.Contains(got, want) {
			t.Errorf("the script lacks %q:\n%s", want, got)
		}
	}
}
