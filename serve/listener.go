package serve

import (
	"context"
	_ "embed"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// openAPI describes the HTTP interface (OpenAPI 3.1).
//
//go:embed openapi.yaml
var openAPI []byte

const (
	headerTime = 10 * time.Second
	readTime   = 30 * time.Second
	// Altinn gives a webhook 45 seconds.
	triggerTime = 40 * time.Second
	writeTime   = 60 * time.Second
	idleTime    = 2 * time.Minute
	maxHeader   = 32 << 10 // bytes; a token has a few kilobytes

	// maxTriggers bounds the triggers that are worked on at a time. Each may hold a
	// form in memory.
	maxTriggers = 32
)

// listener is the HTTP interface of the service.
type listener struct {
	callers  *callers // nil: nobody may ask
	webhook  *webhook // nil: no events are taken
	triggers *triggers
	health   *health
	metrics  http.Handler
	log      *slog.Logger

	places chan struct{} // one for each trigger that is worked on
}

// public returns the handler of what other systems call.
func (l *listener) public() *http.ServeMux {
	mux := http.NewServeMux()
	if l.callers != nil {
		mux.Handle("POST /handovers", l.bounded(l.postHandovers))
		mux.Handle("GET /handovers/{key}", l.bounded(l.getHandover))
	}
	if l.webhook != nil {
		mux.Handle("POST /events/{secret}", l.bounded(l.postEvent))
	}
	mux.HandleFunc("GET /openapi.yaml", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(openAPI)
	})
	l.addHealth(mux)
	return mux
}

// internal returns the handler of what the ones who run the service call.
func (l *listener) internal() *http.ServeMux {
	mux := http.NewServeMux()
	l.addHealth(mux)
	mux.Handle("GET /metrics", l.metrics)
	return mux
}

func (l *listener) addHealth(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "alive"})
	})
	mux.Handle("GET /readyz", l.health)
}

// bounded lets a trigger in when there is room for one, and bounds its time.
func (l *listener) bounded(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case l.places <- struct{}{}:
			defer func() { <-l.places }()
		default:
			later("the service is busy").write(w)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), triggerTime)
		defer cancel()
		next(w, r.WithContext(ctx))
	})
}

// newHTTPServer returns a server with bounds on what a caller may cost. Requests
// are not logged: an address may hold the webhook's secret.
func newHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           http.NewCrossOriginProtection().Handler(handler),
		ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// listen opens a TCP address.
func listen(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	opened, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return opened, nil
}

// isLoopback reports whether only this machine can reach an address.
func isLoopback(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
