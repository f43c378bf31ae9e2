package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stafett/stafett/internal/term"
)

// deployed finds the command lines in the files of deploy/ and the runbook,
// without the program's name.
func deployed(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for pattern, expressions := range map[string][]string{
		"../../deploy/systemd/*":           {`(?m)^ExecStart=/usr/local/bin/stafett (.+)$`},
		"../../deploy/docker/Dockerfile":   {`(?m)^CMD \[(.+)\]$`},
		"../../deploy/kubernetes/*/*.yaml": {`(?m)^ +args: \[(.+)\]$`},
		"../../docs/runbook.md":            {"`stafett ([a-z][^`]+)`"},
	} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, expression := range expressions {
				for _, match := range regexp.MustCompile(expression).FindAllStringSubmatch(string(content), -1) {
					found[match[1]] = words(match[1])
				}
			}
		}
	}
	return found
}

// words splits a shell's command line, or a list in YAML or JSON.
func words(line string) []string {
	var all []string
	for _, word := range regexp.MustCompile(`"[^"]*"|[^\s,"]+`).FindAllString(line, -1) {
		all = append(all, strings.Trim(word, `"`))
	}
	return all
}

// TestDeployedCommandsExist holds deploy/ and the runbook to the commands and
// flags that there are.
func TestDeployedCommandsExist(t *testing.T) {
	t.Parallel()
	lines := deployed(t)
	if len(lines) < 10 {
		t.Fatalf("found only %d command lines: %v", len(lines), lines)
	}
	for line, args := range lines {
		root := newRoot(&session{streams: &term.Streams{}, lookup: term.Lookup(nil)})
		cmd, rest, err := root.Find(args)
		if err == nil {
			err = cmd.ParseFlags(rest)
		}
		if err == nil {
			err = cmd.ValidateArgs(cmd.Flags().Args())
		}
		if err != nil {
			t.Errorf("stafett %s: %v", line, err)
		}
		if cmd.HasSubCommands() {
			t.Errorf("stafett %s is no command that does something", line)
		}
	}
}
