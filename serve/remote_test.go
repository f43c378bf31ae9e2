package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
)

// operator is a service's operations: it writes down what it is asked.
type operator struct {
	asked  []any
	record handover.Record
	err    error
}

func (o *operator) note(what ...any) error { o.asked = append(o.asked, what...); return o.err }

func (o *operator) List(_ context.Context, f handover.Filter) ([]handover.Record, error) {
	return []handover.Record{o.record}, o.note("list", f)
}

func (o *operator) Show(_ context.Context, name string) ([]handover.Record, error) {
	return []handover.Record{o.record}, o.note("show", name)
}

func (o *operator) Begin(_ context.Context, definitionID, source string, t handover.Trigger) ([]handover.Record, error) {
	return []handover.Record{o.record}, o.note("begin", definitionID, source, t)
}

func (o *operator) Retry(_ context.Context, key string) (handover.Record, error) {
	return o.record, o.note("retry", key)
}

func (o *operator) Cancel(_ context.Context, key, why string) (handover.Record, error) {
	return o.record, o.note("cancel", key, why)
}

func (o *operator) Reconcile(_ context.Context, definitionID string) (handover.Reconciliation, error) {
	return handover.Reconciliation{Sources: 7, Orphans: []string{"1/a"}}, o.note("reconcile", definitionID)
}

func (o *operator) Pause(_ context.Context, definitionID string, paused bool) error {
	return o.note("pause", definitionID, paused)
}

func (o *operator) Summary(context.Context) (handover.Status, error) {
	failing := []handover.FailingSweep{{DefinitionID: "a", Times: 2, Cause: "no token"}}
	return handover.Status{Paused: []string{"a"}, Failing: failing, Summary: handover.Summary{Counts: []handover.Count{{DefinitionID: "a", State: handover.Done, Records: 3}}}}, o.note("summary")
}

// What the socket's server has to say is in the log's format, like all else.
func TestTheSocketTellsTheLog(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	server := newLocalServer(&operator{}, slog.New(slog.NewJSONHandler(&log, nil)))
	if server.ErrorLog == nil {
		t.Fatal("it writes to stderr")
	}
	server.ErrorLog.Print("a connection is broken")
	if !strings.Contains(log.String(), `"msg":"a connection is broken"`) {
		t.Errorf("the log says %q", log.String())
	}
}

// dialed serves operations at a socket and returns the other end.
func dialed(t *testing.T, o handover.Operations) *Remote {
	t.Helper()
	socket := SocketPath(filepath.Join(t.TempDir(), "j.db"))
	listener, err := listenLocal(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	server := newLocalServer(o, slog.New(slog.DiscardHandler))
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	remote, err := Dial(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remote.Close)
	return remote
}

func TestOperationsOverTheSocket(t *testing.T) {
	t.Parallel()
	at := time.Date(2031, 4, 2, 8, 0, 0, 123, time.UTC)
	o := &operator{record: handover.Record{
		Key: "k", DefinitionID: "d", Source: "1/a", State: handover.Unclear, Reach: at, NotBefore: at, Attempts: 2, Trigger: handover.ByEvent,
		Setback: handover.Setback{Cause: "POST: 500", Status: 500, UnknownParty: true}, Files: []handover.File{{Element: "e", Size: 5}},
		Duplicates: []handover.Duplicate{{Instance: "1/b", Fate: handover.Marked}}, Confirmed: true, Version: 9,
	}}
	remote, ctx := dialed(t, o), t.Context()
	filter := handover.Filter{DefinitionID: "d", States: []handover.State{handover.Failed}, After: handover.Cursor{CreatedAt: at, Key: "k"}, Limit: 3}
	var got []any
	note := func(value any, err error) {
		if err != nil {
			t.Error(err)
		}
		got = append(got, value)
	}
	list, err := remote.List(ctx, filter)
	note(list, err)
	shown, err := remote.Show(ctx, "50900001/x")
	note(shown, err)
	begun, err := remote.Begin(ctx, "d", "1/a", handover.ByCommand)
	note(begun, err)
	retried, err := remote.Retry(ctx, "k")
	note(retried, err)
	cancelled, err := remote.Cancel(ctx, "k", "withdrawn")
	note(cancelled, err)
	reconciled, err := remote.Reconcile(ctx, "d")
	note(reconciled, err)
	note(nil, remote.Pause(ctx, "d", true))
	summary, err := remote.Summary(ctx)
	note(summary, err)

	all := []handover.Record{o.record}
	wantSummary, _ := o.Summary(ctx)
	want := []any{all, all, all, o.record, o.record, handover.Reconciliation{Sources: 7, Orphans: []string{"1/a"}}, nil, wantSummary}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("results:\n%+v\nwant:\n%+v", got, want)
	}
	asked := []any{
		"list", filter, "show", "50900001/x", "begin", "d", "1/a", handover.ByCommand, "retry", "k", "cancel", "k", "withdrawn",
		"reconcile", "d", "pause", "d", true, "summary", "summary",
	}
	if !reflect.DeepEqual(o.asked, asked) {
		t.Errorf("asked:\n%+v\nwant:\n%+v", o.asked, asked)
	}
}

func TestErrorsSurviveTheSocket(t *testing.T) {
	t.Parallel()
	o := &operator{}
	remote := dialed(t, o)
	for _, sentinel := range sentinels {
		o.err = fmt.Errorf("show handover: %w", sentinel)
		if _, err := remote.Show(t.Context(), "k"); !errors.Is(err, sentinel) || err.Error() != o.err.Error() {
			t.Errorf("%v became %v", o.err, err)
		}
	}
	at := time.Date(2031, 4, 2, 8, 0, 0, 0, time.UTC)
	typed := []error{
		&handover.NotCompletedError{Instance: "1/a", Task: "Task_1"},
		&handover.SourceError{Instance: "1/a", Reason: "r"},
		&handover.MissingAttachmentError{Instance: "1/a", DataType: "pdf"},
		&handover.AttachmentError{DataType: "d", Element: "e", Reason: "r"},
		&handover.MappingError{Target: "t", Reason: "r"},
		&handover.NotCancellableError{Key: "k", State: handover.Done, Receiving: "1/b", NotBefore: at},
		&handover.FirstStartError{DefinitionID: "d", Forms: 200},
		&handover.LineageError{DefinitionID: "d", Former: "c", Reason: "r"},
		&altinn.StatusError{Status: 403, Method: "GET", Path: "/x", Title: "no", RetryAfter: time.Second},
	}
	if len(typed) != len(kinds) {
		t.Errorf("%d of %d types are tested", len(typed), len(kinds))
	}
	for _, want := range typed {
		o.err = fmt.Errorf("begin: %w", errors.Join(want, handover.ErrHeld))
		_, err := remote.Show(t.Context(), "k")
		got := reflect.New(reflect.TypeOf(want))
		if !errors.As(err, got.Interface()) || !reflect.DeepEqual(got.Elem().Interface(), want) || !errors.Is(err, handover.ErrHeld) || err.Error() != o.err.Error() {
			t.Errorf("%T became %v", want, err)
		}
	}
	o.err = errors.New("something else")
	if err := remote.Pause(t.Context(), "d", true); err == nil || err.Error() != "something else" {
		t.Error(err)
	}
}

func TestNobodyElseMayUseTheSocket(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no permission bits; the folder is the user's own")
	}
	socket := filepath.Join(t.TempDir(), "run", "socket")
	if err := os.MkdirAll(filepath.Dir(socket), 0o755); err != nil { // one that was left open
		t.Fatal(err)
	}
	if err := os.WriteFile(socket, nil, 0o644); err != nil { // and a left-over
		t.Fatal(err)
	}
	listener, err := listenLocal(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for path, want := range map[string]os.FileMode{filepath.Dir(socket): 0o700, socket: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestASocketWithALongPathIsToldAsSuch(t *testing.T) {
	t.Parallel()
	_, err := listenLocal(t.Context(), filepath.Join(t.TempDir(), strings.Repeat("d", 120), "socket"))
	long, is := errors.AsType[*longPathError](err)
	if !is || !strings.Contains(long.Remedy(), "--journal") {
		t.Errorf("listen: %v", err)
	}
}

func TestNoServiceAnswers(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "socket")
	if _, err := Dial(t.Context(), socket); !errors.Is(err, ErrNotRunning) {
		t.Error(err)
	}
	// A service that was killed leaves its socket behind.
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Dial(t.Context(), socket); !errors.Is(err, ErrNotRunning) {
		t.Error(err)
	}
}

func TestSocketPath(t *testing.T) {
	t.Parallel()
	if got, want := SocketPath("/var/lib/stafett/journal.db"), filepath.FromSlash("/var/lib/stafett/journal.db.run/socket"); runtime.GOOS != "windows" && got != want {
		t.Errorf("got %s", got)
	}
	deep := string(filepath.Separator) + strings.Repeat("deep"+string(filepath.Separator), 30) + "journal.db"
	one, two := SocketPath(deep), SocketPath(deep+"2")
	if cache, err := os.UserCacheDir(); err == nil && len(cache) < 50 && (len(one) > maxSocketPath || one == two) {
		t.Errorf("%s and %s", one, two)
	}
}
