package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/stafett/stafett/handover"
)

// maxCall bounds the body of a call over the local socket, in bytes.
const maxCall = 1 << 20

// The operations, as the local socket names them.
const (
	opList      = "list"
	opShow      = "show"
	opBegin     = "begin"
	opRetry     = "retry"
	opCancel    = "cancel"
	opReconcile = "reconcile"
	opPause     = "pause"
	opSummary   = "summary"
)

// The arguments of the operations.
type (
	showCall   struct{ Name string }
	beginCall  struct{ Definition, Source, Trigger string }
	keyCall    struct{ Key, Why string }
	definition struct {
		Definition string
		Paused     bool
	}
)

// listenLocal opens the local socket, for this user only: the folder that it lies
// in is closed to others before the socket is there. The journal's lock has told
// that no other service runs, so a socket that lies there is left over.
func listenLocal(ctx context.Context, path string) (net.Listener, error) {
	dir := filepath.Dir(path)
	fail := func(err error) (net.Listener, error) {
		return nil, fmt.Errorf("open the local socket %s: %w", path, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fail(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // G302: a folder; without x nobody comes in
		return fail(err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fail(err)
	}
	var config net.ListenConfig
	opened, err := config.Listen(ctx, "unix", path)
	if err != nil && len(path) > maxSocketPath {
		return fail(&longPathError{err}) // the system says "invalid argument"
	}
	if err != nil {
		return fail(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return fail(errors.Join(err, opened.Close()))
	}
	return opened, nil
}

// longPathError says that a socket cannot have its path.
type longPathError struct{ err error }

func (e *longPathError) Error() string {
	return fmt.Sprintf("its path is longer than the %d bytes that every system takes: %v", maxSocketPath, e.err)
}

func (e *longPathError) Unwrap() error { return e.err }

// Remedy says where a shorter one comes from.
func (e *longPathError) Remedy() string {
	return "name a journal with a shorter path (--journal, STAFETT_JOURNAL), or a shorter folder for caches (XDG_CACHE_HOME)"
}

// newLocalServer serves operations over the local socket. Its calls may last: to
// reconcile reads all of Storage.
func newLocalServer(o handover.Operations, log *slog.Logger) *http.Server {
	mux := http.NewServeMux()
	operation(mux, opList, func(ctx context.Context, f handover.Filter) ([]handover.Record, error) { return o.List(ctx, f) })
	operation(mux, opShow, func(ctx context.Context, c showCall) ([]handover.Record, error) { return o.Show(ctx, c.Name) })
	operation(mux, opBegin, func(ctx context.Context, c beginCall) ([]handover.Record, error) {
		return o.Begin(ctx, c.Definition, c.Source, handover.Trigger(c.Trigger))
	})
	operation(mux, opRetry, func(ctx context.Context, c keyCall) (handover.Record, error) {
		return o.Retry(ctx, c.Key)
	})
	operation(mux, opCancel, func(ctx context.Context, c keyCall) (handover.Record, error) { return o.Cancel(ctx, c.Key, c.Why) })
	operation(mux, opReconcile, func(ctx context.Context, c definition) (handover.Reconciliation, error) {
		return o.Reconcile(ctx, c.Definition)
	})
	operation(mux, opPause, func(ctx context.Context, c definition) (struct{}, error) {
		return struct{}{}, o.Pause(ctx, c.Definition, c.Paused)
	})
	operation(mux, opSummary, func(ctx context.Context, _ struct{}) (handover.Status, error) { return o.Summary(ctx) })
	return &http.Server{
		Handler: mux, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// operation serves one operation: arguments and result are JSON, and so is an
// error (see [encodeError]).
func operation[In, Out any](mux *http.ServeMux, name string, do func(context.Context, In) (Out, error)) {
	mux.HandleFunc("POST /"+name, func(w http.ResponseWriter, r *http.Request) {
		var in In
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxCall)).Decode(&in); err != nil {
			writeJSON(w, http.StatusBadRequest, encodeError(fmt.Errorf("read the call: %w", err)))
			return
		}
		out, err := do(r.Context(), in)
		if err != nil {
			writeJSON(w, http.StatusUnprocessableEntity, encodeError(err))
			return
		}
		writeJSON(w, http.StatusOK, out)
	})
}
