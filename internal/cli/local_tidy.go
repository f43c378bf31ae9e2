package cli

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/stafett/stafett/local/front"
)

// expiresSoon is how long before its end a platform's certificate is told of.
const expiresSoon = 12 * time.Hour

// warnOfExpiry tells once that the certificate of a platform that was started at a
// time ends soon. It returns then, or when the context ends.
func (s *session) warnOfExpiry(ctx context.Context, started time.Time) {
	ends := started.Add(front.AuthorityLifetime)
	if sleepUntil(ctx, ends.Add(-expiresSoon)) == nil {
		s.streams.Err.Printf("warning: the certificate of this local platform ends at %s, in %d hours; stop it and start it again before\n", ends.Format("2006-01-02 15:04"), int(expiresSoon.Hours()))
	}
}

// localJournal is the name of a file of a journal of one life of a local platform.
var localJournal = regexp.MustCompile(`^(local-[0-9A-Za-z]{1,8}(?:-test)?)\.(db|db-wal|db-shm|db\.lock|db\.run)$`)

// removeOldJournals removes the journals of local platforms that have ended from
// the folder beside a stafett.yaml. Only those are surely of no use to anybody that
// have not been touched for longer than a platform can be used, and that no process
// has locked. What cannot be removed is left.
func removeOldJournals(dir string, now time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	files, newest := make(map[string][]string), make(map[string]time.Time)
	for _, entry := range entries {
		match := localJournal.FindStringSubmatch(entry.Name())
		info, err := entry.Info()
		if match == nil || err != nil {
			continue
		}
		name := match[1]
		files[name] = append(files[name], filepath.Join(dir, entry.Name()))
		if info.ModTime().After(newest[name]) {
			newest[name] = info.ModTime()
		}
	}
	for name, paths := range files {
		lock := filepath.Join(dir, name+".db.lock")
		if now.Sub(newest[name]) <= front.AuthorityLifetime || !isFree(lock, now) {
			continue
		}
		for _, path := range paths {
			if !strings.HasSuffix(path, ".lock") {
				_ = os.RemoveAll(path) // db.run is a folder
			}
		}
		_ = os.Remove(lock)
	}
}

// isFree reports whether a journal's lock, if it has one, is held by nobody.
func isFree(lock string, now time.Time) bool {
	if _, err := os.Lstat(lock); os.IsNotExist(err) {
		return true
	}
	return isUnlocked(lock, now)
}
