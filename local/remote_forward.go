package local

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httputil"

	"github.com/stafett/stafett/local/apphost"
)

// forward passes requests on to the process of an application, as the ingress of
// Altinn's clusters does: with the host that was asked for, and X-Forwarded-For,
// -Host and -Proto of its own. Bodies are passed on as they come, up to what an
// application takes.
func (r *remote) forward(logger *slog.Logger) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			target := r.target.Load()
			p.Out.URL.Scheme, p.Out.URL.Host = target.Scheme, target.Host
			p.Out.URL.RawQuery = p.In.URL.RawQuery // what Go cannot read, another language may
			p.Out.Host = p.In.Host
			p.SetXForwarded()
			if p.Out.Header.Get("X-Forwarded-For") == "" { // a connection in memory comes from no address
				p.Out.Header.Set("X-Forwarded-For", "127.0.0.1")
			}
		},
		Transport:    r.client.Transport,
		ErrorHandler: r.answerFailure,
		ErrorLog:     slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if request.ContentLength > apphost.DefaultMaxBody { // an ingress does not wait for the rest
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		request.Body = http.MaxBytesReader(w, request.Body, apphost.DefaultMaxBody)
		proxy.ServeHTTP(w, request)
	})
}

// answerFailure tells a person what an ingress would tell nobody.
func (r *remote) answerFailure(w http.ResponseWriter, _ *http.Request, err error) {
	if errors.As(err, new(*http.MaxBytesError)) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	r.want() // so that it is told
	http.Error(w, fmt.Sprintf("The application %s runs as a process of its own, which does not answer at %s: %v.", r.id, r.target.Load(), whySilent(err)), http.StatusBadGateway)
}
