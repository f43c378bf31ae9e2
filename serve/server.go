package serve

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"

	"github.com/stafett/stafett/handover"
)

// Server is a running handover service. It is safe for concurrent use.
type Server struct {
	parts

	cfg    Config
	local  net.Listener // nil: no local socket
	public net.Listener // nil: no HTTP listener
	inside net.Listener // nil: no listener for metrics alone

	stop    context.CancelFunc // of everything
	stopped chan struct{}      // closed when nothing runs any more
	err     error              // why the service ended; to be read after stopped
	fatal   chan error         // from what may not fail
	running sync.WaitGroup
	once    sync.Once
	servers []*http.Server
}

// Start starts the service. When it returns, everything answers, the secrets have
// been read, and forms are being swept. The context bounds the start only; Stop
// ends the service.
//
// Errors of settings are those of integration.Load; definitions that do not go
// with what the journal knows are those of [handover.Service.CheckLineage], among
// them a [*handover.FirstStartError].
func Start(ctx context.Context, cfg Config) (_ *Server, err error) {
	if cfg, err = cfg.withDefaults(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, stopped: make(chan struct{}), fatal: make(chan error, 8), stop: func() {}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.release())
		}
	}()
	if err := s.parts.open(ctx, cfg); err != nil {
		return nil, err
	}
	if err := s.listen(ctx); err != nil {
		return nil, err
	}
	s.begin(context.WithoutCancel(ctx))
	return s, nil
}

// listen opens all addresses, before anything is served.
func (s *Server) listen(ctx context.Context) (err error) {
	if s.cfg.Listen != "" {
		if s.public, err = listen(ctx, s.cfg.Listen); err != nil {
			return err
		}
	}
	if s.cfg.MetricsListen != "" {
		if s.inside, err = listen(ctx, s.cfg.MetricsListen); err != nil {
			return err
		}
	}
	if s.cfg.DatabaseURL.IsEmpty() {
		s.local, err = listenLocal(ctx, SocketPath(s.cfg.Journal))
	}
	return err
}

// begin starts all that runs until the service is stopped.
func (s *Server) begin(ctx context.Context) {
	ctx, s.stop = context.WithCancel(ctx)
	s.triggers.ctx = ctx
	if s.public != nil {
		mux := s.listener.public()
		if s.inside == nil && isLoopback(s.public.Addr()) {
			mux.Handle("GET /metrics", s.listener.metrics)
		}
		s.serve(s.public, newHTTPServer(mux, s.cfg.Logger))
	}
	if s.inside != nil {
		s.serve(s.inside, newHTTPServer(s.listener.internal(), s.cfg.Logger))
	}
	if s.local != nil {
		s.serve(s.local, newLocalServer(s.operations, s.cfg.Logger))
	}
	s.running.Go(func() {
		if err := s.engine.Run(ctx); err != nil && ctx.Err() == nil {
			s.fatal <- err
		}
	})
	if interval := s.cfg.Project.Service.RereadSecrets; interval > 0 {
		s.running.Go(func() { s.secrets.rereadEvery(ctx, interval) })
	}
	if s.subscriber != nil {
		s.running.Go(func() { s.subscriber.keep(ctx) })
	}
	s.cfg.Logger.Info("the service is ready", "address", s.Addr(), "socket", s.Socket(), "journal", s.cfg.Journal, "definitions", s.definitionIDs())
	go func() {
		if err, failed := <-s.fatal; failed && err != nil {
			s.cfg.Logger.Error("the service cannot go on", "reason", handover.Reason(err))
			s.end(err)
		}
	}()
}

// serve serves a listener until the service ends.
func (s *Server) serve(on net.Listener, server *http.Server) {
	s.servers = append(s.servers, server)
	s.running.Go(func() {
		if err := server.Serve(on); !errors.Is(err, http.ErrServerClosed) {
			s.fatal <- err
		}
	})
}

// Operations returns what people and other programs can do with handovers.
func (s *Server) Operations() handover.Operations { return s.operations }

// Addr is the address of the HTTP listener, empty if there is none.
func (s *Server) Addr() string {
	if s.public == nil {
		return ""
	}
	return s.public.Addr().String()
}

// MetricsAddr is the address of the listener for health and metrics alone, empty
// if there is none.
func (s *Server) MetricsAddr() string {
	if s.inside == nil {
		return ""
	}
	return s.inside.Addr().String()
}

// Socket is the path of the local socket, empty if there is none.
func (s *Server) Socket() string {
	if s.local == nil {
		return ""
	}
	return s.local.Addr().String()
}

// Wait waits until the service has ended, and tells why if it was not stopped.
func (s *Server) Wait() error {
	<-s.stopped
	return s.err
}

// Stop ends the service: nothing new is taken in, steps that are under way may go
// on for the grace, and what is left then is found out by the next start. When the
// context ends, it does not wait any longer. It may be called again.
func (s *Server) Stop(ctx context.Context) error {
	go s.end(nil)
	select {
	case <-s.stopped:
		return s.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// end ends everything, once.
func (s *Server) end(cause error) {
	s.once.Do(func() {
		s.listener.health.stopping.Store(true)
		s.stop()
		ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Grace)
		defer cancel()
		var closing sync.WaitGroup
		for _, server := range s.servers {
			closing.Go(func() {
				if server.Shutdown(ctx) != nil {
					_ = server.Close() // calls that are still under way are cut off
				}
			})
		}
		closing.Wait()
		s.triggers.looks.Wait()
		s.running.Wait()
		close(s.fatal)
		s.err = errors.Join(cause, s.release())
		s.cfg.Logger.Info("the service has stopped")
		close(s.stopped)
	})
}

// release gives back what the start has taken.
func (s *Server) release() error {
	for _, opened := range []net.Listener{s.public, s.inside, s.local} {
		if opened != nil {
			_ = opened.Close() // it is closed already if it was served
		}
	}
	return s.parts.close()
}

// Run starts the service, calls ready when everything answers, and stops it when
// the context ends. It returns nil after a stop, or why the service could not
// start or go on.
func Run(ctx context.Context, cfg Config, ready func(*Server)) error {
	s, err := Start(ctx, cfg)
	if err != nil {
		return err
	}
	if ready != nil {
		ready(s)
	}
	select {
	case <-s.stopped:
		return s.err
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Grace+shutdownTime)
	defer cancel()
	return s.Stop(stopping)
}

// definitionIDs lists the definitions that are served.
func (s *Server) definitionIDs() []string {
	var ids []string
	for _, d := range s.cfg.Definitions {
		ids = append(ids, d.ID())
	}
	return ids
}
