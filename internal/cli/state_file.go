package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sharedState is where commands with --local look first. Each platform has a file of its
// own beside it, by which it is found when one that was started later has died.
const sharedState = "local.json"

func (s *session) statePath() (string, error) {
	dir, err := s.stateDir()
	return filepath.Join(dir, sharedState), err
}

// ownState is the path of the state file of one process beside the one that all share.
func ownState(shared string, pid int) string {
	return filepath.Join(filepath.Dir(shared), "local-"+strconv.Itoa(pid)+".json")
}

// writeState makes the platform findable for the user who runs it, and for
// nobody else: before all others, and after those that are started later.
func writeState(shared string, document readyDocument) error {
	content, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return fmt.Errorf("encode state file: %w", err)
	}
	content = append(content, '\n')
	if err := writePrivate(ownState(shared, document.PID), content); err != nil {
		return err
	}
	return writePrivate(shared, content)
}

// removeState removes the state of this process. If it was the one that commands find,
// they find the platform that was started last of those that run.
func removeState(ctx context.Context, shared string) {
	_ = os.Remove(ownState(shared, os.Getpid()))
	if document, err := readState(shared); err != nil || document.PID != os.Getpid() {
		return
	}
	if other, ok := otherState(ctx, shared); ok && writeState(shared, other) == nil {
		return
	}
	_ = os.Remove(shared)
}

// otherState is the state of the platform that was started last of those that have a
// file of their own and answer. The files of those that do not are removed.
func otherState(ctx context.Context, shared string) (readyDocument, bool) {
	type entry struct {
		path    string
		written time.Time
	}
	var entries []entry
	for _, path := range named(filepath.Dir(shared), "local-", ".json") {
		if info, err := os.Stat(path); err == nil {
			entries = append(entries, entry{path, info.ModTime()})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(b.written.Compare(a.written), cmp.Compare(b.path, a.path)) })
	for _, one := range entries {
		document, err := readState(one.path)
		if err == nil && answers(ctx, document) == nil {
			return document, true
		}
		if err == nil && ctx.Err() == nil {
			_ = os.Remove(one.path)
		}
	}
	return readyDocument{}, false
}

// named are the paths of what lies in a folder under a name that begins and ends so;
// none where the folder cannot be read. Folders may have any name: no pattern will do.
func named(dir, begins, ends string) []string {
	var paths []string
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if name := entry.Name(); strings.HasPrefix(name, begins) && strings.HasSuffix(name, ends) {
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	return paths
}

func readState(path string) (readyDocument, error) {
	var document readyDocument
	content, err := os.ReadFile(path)
	if err != nil {
		return document, err
	}
	if err := json.Unmarshal(content, &document); err != nil || document.Schema != readySchema {
		return document, fmt.Errorf("read %s: it is not a state file of this version of Stafett", path)
	}
	return document, nil
}

// notRunningError says that there is no local platform to talk to.
type notRunningError struct{ why string }

func (e *notRunningError) Error() string { return "the local platform is not running: " + e.why }

// findLocal reads the state file and makes sure that somebody answers there. Where
// nobody does, it is the platform that was started last of those that run.
func (s *session) findLocal(ctx context.Context) (readyDocument, error) {
	if s.here != nil {
		return *s.here, nil
	}
	path, err := s.statePath()
	if err != nil {
		return readyDocument{}, err
	}
	document, err := readState(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = &notRunningError{"there is no state file " + path}
	case err != nil:
		err = &notRunningError{err.Error()}
	default:
		err = answers(ctx, document)
	}
	if errors.As(err, new(*notRunningError)) {
		if other, ok := otherState(ctx, path); ok {
			return other, nil
		}
	}
	return document, err
}

// answers makes sure that the platform of a state file is there. Of a platform that is
// gone, one port may be another program's by now, but hardly two.
func answers(ctx context.Context, document readyDocument) error {
	dialer := net.Dialer{Timeout: 2 * time.Second}
	for _, address := range []string{document.Proxy, document.Control.URL} {
		if address == "" { // of a platform that is not steered
			continue
		}
		at, err := url.Parse(address)
		if err != nil {
			return fmt.Errorf("read an address in the state file: %w", err)
		}
		conn, err := dialer.DialContext(ctx, "tcp", at.Host)
		if err != nil {
			return &notRunningError{fmt.Sprintf("the state file names %s, but nobody answers there", address)}
		}
		_ = conn.Close()
	}
	return nil
}
