// Package audit keeps the log of what has been changed at Samarbeidsportalen, in
// Key Vault and in application folders: when, by whom, what, and how it ended.
//
// The log is a file of JSON lines that is only ever appended to. It holds ids and
// thumbprints, as [prepare.Action] prints them, and nothing that is secret.
package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/stafett/stafett/prepare"
)

// Run is what the entries of one run of a command have in common.
type Run struct {
	// Actor is who runs the command, such as "kari@maskin".
	Actor string `json:"actor"`
	// Command is its name, such as "prepare".
	Command string `json:"command"`
	// Environment is Altinn's, or that of one life of the local platform.
	Environment  string `json:"environment"`
	Organisation string `json:"organisation"` // organisation number
	Application  string `json:"application"`  // org/app
}

// Entry is one line of the log.
type Entry struct {
	Time time.Time `json:"time"` // UTC
	Run
	// Stage is "begun" and "ended" for the run as a whole, otherwise
	// [prepare.Started], [prepare.Done] or [prepare.Failed] of one action.
	Stage  string `json:"stage"`
	System string `json:"system,omitempty"`
	Change string `json:"change,omitempty"` // "+", "~" or "-"
	Text   string `json:"text,omitempty"`   // what the action does
	Detail string `json:"detail,omitempty"` // what became known, or what went wrong
}

// Log appends the entries of one run. It is safe for concurrent use; several
// processes may append to one file.
type Log struct {
	run Run
	now func() time.Time

	mu   sync.Mutex
	file *os.File
	err  error
}

// Open opens the log at path, making it, readable to its owner only, if there is
// none, and writes that the run has begun. Nothing should be changed without it.
// A nil now is time.Now.
func Open(path string, run Run, now func() time.Time) (*Log, error) {
	if now == nil {
		now = time.Now
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open the audit log: %w", err)
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the audit log: %w", err)
	}
	l := &Log{run: run, now: now, file: file}
	if isCutOff(path) {
		_, l.err = file.WriteString("\n")
	}
	l.append(Entry{Stage: "begun"})
	if l.err != nil {
		return nil, errors.Join(l.err, file.Close())
	}
	return l, nil
}

// isCutOff reports whether the file ends within a line, as a crash or a full disk
// leaves it. One that cannot be read, such as a pipe, is taken for whole.
func isCutOff(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	last := make([]byte, 1)
	_, err = file.ReadAt(last, info.Size()-1)
	return err == nil && last[0] != '\n'
}

// Record writes what an event tells of an action. Events without one, which are
// about waiting and proving, change nothing and are not written.
func (l *Log) Record(event prepare.Event) {
	if event.Action == nil {
		return
	}
	l.append(Entry{
		Stage: string(event.Stage), System: string(event.Action.System()), Change: string(rune(event.Action.Sign())),
		Text: event.Action.String(), Detail: event.Detail,
	})
}

// Err returns the first failure to write; nil for none.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Close writes how the run ended, and closes the file. It returns the first
// failure to write.
func (l *Log) Close(outcome error) error {
	entry := Entry{Stage: "ended"}
	if outcome != nil {
		entry.Detail = outcome.Error()
	}
	l.append(entry)
	return errors.Join(l.Err(), l.file.Close())
}

// append writes one line with one call, so that lines of several processes do
// not mix, and waits until it is on disk.
func (l *Log) append(entry Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return
	}
	entry.Run, entry.Time = l.run, l.now().UTC()
	line, err := json.Marshal(entry)
	if err == nil {
		_, err = l.file.Write(append(line, '\n'))
	}
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		l.err = fmt.Errorf("write the audit log: %w", err)
	}
}
