package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/internal/term"
)

// sources returns the code of the command line, without its tests.
func sources(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(content)
	}
	return all.String()
}

// TestCodesAreDocumented holds docs/exit-codes.md to what commands end with and
// what errors are called, in both directions.
func TestCodesAreDocumented(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../docs/exit-codes.md")
	if err != nil {
		t.Fatal(err)
	}
	document := string(content)
	code := sources(t)
	used := map[string]bool{}
	for _, match := range regexp.MustCompile(`told\.code(?:, told\.\w+)* = "([A-Z-]+)"|\bcode: "([A-Z-]+)"`).FindAllStringSubmatch(code, -1) {
		used[match[1]+match[2]] = true
	}
	for _, match := range regexp.MustCompile(`cannotListen\("[a-z-]+", "([A-Z-]+)"`).FindAllStringSubmatch(code, -1) {
		used[match[1]] = true
	}
	used["INTERRUPTED"] = strings.Contains(code, `"INTERRUPTED"`)
	if len(used) < 30 {
		t.Fatalf("found only %d error codes in the sources", len(used))
	}
	for name := range used {
		if !strings.Contains(document, "| `"+name+"` |") {
			t.Errorf("the error code %s is not documented", name)
		}
	}
	for _, match := range regexp.MustCompile("\\| `([A-Z-]+)` \\|").FindAllStringSubmatch(document, -1) {
		if !used[match[1]] {
			t.Errorf("the documented error code %s is never told", match[1])
		}
	}
	for _, exit := range []int{exitOK, exitFailed, exitPending, exitNeedsInput, exitDenied, exitUnavailable, exitAwaiting, exitUsage, exitInterrupted} {
		row := regexp.MustCompile(fmt.Sprintf(`(?m)^\| %d \| ([^|]+) \|`, exit)).FindStringSubmatch(document)
		line := regexp.MustCompile(fmt.Sprintf(`(?m)^ +%d  (.+)$`, exit)).FindStringSubmatch(exitCodesHelp)
		if row == nil || line == nil {
			t.Errorf("exit code %d is missing from the document or the help", exit)
			continue
		}
		meaning := regexp.MustCompile("[`]| \\(Ctrl-C\\)").ReplaceAllString(row[1], "")
		said := strings.TrimSuffix(line[1], "; trying again may help")
		if meaning != said {
			t.Errorf("exit code %d: the document says %q, the help %q", exit, meaning, said)
		}
	}
}

func TestEnvironmentIsDocumented(t *testing.T) {
	t.Parallel()
	names := regexp.MustCompile(`lookup\("(\w+)"\)`).FindAllStringSubmatch(sources(t), -1)
	if len(names) < 4 {
		t.Fatalf("found only %d variables", len(names))
	}
	for _, name := range names {
		if !strings.Contains(environmentHelp, name[1]) {
			t.Errorf("%s is not in the help on environment variables", name[1])
		}
	}
}

// TestHelpIsComplete holds each command to the same form of help.
func TestHelpIsComplete(t *testing.T) {
	t.Parallel()
	root := newRoot(&session{streams: &term.Streams{}, lookup: term.Lookup(nil)})
	var check func(cmd *cobra.Command)
	check = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			check(sub)
		}
		isShell := cmd.HasParent() && cmd.Parent().Name() == "completion"
		if cmd.IsAdditionalHelpTopicCommand() || cmd.Name() == "help" || isShell {
			return
		}
		if lines := strings.Split(cmd.Example, "\n"); len(lines) != 3 {
			t.Errorf("%s: %d lines of examples, want three", cmd.CommandPath(), len(lines))
		}
		for _, line := range strings.Split(cmd.Example+"\n"+cmd.Long, "\n") {
			if len([]rune(line)) > 100 {
				t.Errorf("%s: a line is longer than 100 characters: %s", cmd.CommandPath(), line)
			}
		}
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: its purpose is %q", cmd.CommandPath(), cmd.Short)
		}
		if !cmd.HasSubCommands() && (cmd.Long == "" || cmd.Annotations[exitNotes] == "") {
			t.Errorf("%s: no description, or no exit codes", cmd.CommandPath())
		}
	}
	check(root)
}
