package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// gitFiles asks git for the files below a folder that it keeps, and for those
// that it neither keeps nor ignores, which the next "git add" would take.
func gitFiles(ctx context.Context, dir string) ([]string, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return nil, errors.New("git is not installed")
	}
	// A repository's own settings may name a program that watches files; it is not
	// run for the sake of a list.
	command := exec.CommandContext(ctx, "git", "-C", dir, "-c", "core.fsmonitor=false", "ls-files", "-z", "--cached", "--others", "--exclude-standard") //nolint:gosec // G204: the folder is an argument of -C, not a command
	var complaint bytes.Buffer
	command.Stderr = &complaint
	output, err := command.Output()
	if err != nil {
		if strings.Contains(complaint.String(), "not a git repository") {
			return nil, fmt.Errorf("%s is in no git repository", dir)
		}
		return nil, fmt.Errorf("ask git for the files of %s: %w: %s", dir, err, strings.TrimSpace(complaint.String()))
	}
	var names []string
	for name := range strings.SplitSeq(strings.TrimRight(string(output), "\x00"), "\x00") {
		if name != "" {
			names = append(names, name)
		}
	}
	return names, nil
}
