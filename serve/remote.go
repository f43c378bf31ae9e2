package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/stafett/stafett/handover"
)

// ErrNotRunning reports that no service answers at a local socket.
var ErrNotRunning = errors.New("no handover service is running here")

// Remote is a service of this machine, reached through its local socket. Its
// errors have the same words and, where a caller may branch on them, the same
// types as in the service. It is safe for concurrent use.
type Remote struct {
	client *http.Client
	socket string
}

var _ handover.Operations = (*Remote)(nil)

const dialTime = 5 * time.Second

// Dial finds the service at a socket; see [SocketPath]. The error is
// [ErrNotRunning] if there is none.
func Dial(ctx context.Context, socket string) (*Remote, error) {
	dialer := net.Dialer{Timeout: dialTime}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "unix", socket)
	}
	probe, err := dial(ctx, "", "")
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, fmt.Errorf("reach the service at %s: %w", socket, ErrNotRunning)
	}
	if err := probe.Close(); err != nil {
		return nil, fmt.Errorf("reach the service at %s: %w", socket, err)
	}
	return &Remote{client: &http.Client{Transport: &http.Transport{DialContext: dial}}, socket: socket}, nil
}

// Close releases the connections.
func (r *Remote) Close() { r.client.CloseIdleConnections() }

// List implements [handover.Operations].
func (r *Remote) List(ctx context.Context, f handover.Filter) ([]handover.Record, error) {
	return ask[[]handover.Record](ctx, r, opList, f)
}

// Show implements [handover.Operations].
func (r *Remote) Show(ctx context.Context, name string) ([]handover.Record, error) {
	return ask[[]handover.Record](ctx, r, opShow, showCall{name})
}

// Begin implements [handover.Operations].
func (r *Remote) Begin(ctx context.Context, definitionID, source string, t handover.Trigger) ([]handover.Record, error) {
	return ask[[]handover.Record](ctx, r, opBegin, beginCall{definitionID, source, string(t)})
}

// Retry implements [handover.Operations].
func (r *Remote) Retry(ctx context.Context, key string) (handover.Record, error) {
	return ask[handover.Record](ctx, r, opRetry, keyCall{Key: key})
}

// Cancel implements [handover.Operations].
func (r *Remote) Cancel(ctx context.Context, key, why string) (handover.Record, error) {
	return ask[handover.Record](ctx, r, opCancel, keyCall{key, why})
}

// Reconcile implements [handover.Operations].
func (r *Remote) Reconcile(ctx context.Context, definitionID string) (handover.Reconciliation, error) {
	return ask[handover.Reconciliation](ctx, r, opReconcile, definition{Definition: definitionID})
}

// Pause implements [handover.Operations].
func (r *Remote) Pause(ctx context.Context, definitionID string, paused bool) error {
	_, err := ask[struct{}](ctx, r, opPause, definition{definitionID, paused})
	return err
}

// Summary implements [handover.Operations].
func (r *Remote) Summary(ctx context.Context) (handover.Status, error) {
	return ask[handover.Status](ctx, r, opSummary, struct{}{})
}

// ask calls an operation.
func ask[Out any](ctx context.Context, r *Remote, name string, in any) (Out, error) {
	var out Out
	body, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://stafett/"+name, bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	resp, err := r.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return out, context.Cause(ctx)
		}
		return out, fmt.Errorf("ask the service at %s: %w", r.socket, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return out, fmt.Errorf("read the answer of the service at %s: %w", r.socket, err)
	}
	if resp.StatusCode == http.StatusOK {
		err = json.Unmarshal(answer, &out)
	} else {
		var failed wireError
		if err = json.Unmarshal(answer, &failed); err == nil && failed.Message != "" {
			return out, failed.decode()
		}
	}
	if err != nil || resp.StatusCode != http.StatusOK {
		return out, fmt.Errorf("ask the service at %s: it answered %d in a form that this version does not know; is it another version?", r.socket, resp.StatusCode)
	}
	return out, nil
}
