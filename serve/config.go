package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/secret"
)

// Config is what a [Server] needs.
type Config struct {
	Project     *project.Project
	Definitions []*handover.Definition // checked against both applications, at least one
	Environment altinn.Environment

	// HTTPClient makes the connections; nil is a plain one. The service sends its
	// requests through it to the hosts of the environment, the applications,
	// Maskinporten, the vault and Microsoft's sign-in, and to no other.
	HTTPClient *http.Client
	// Load reads the settings and secrets of the integration: at the start, and
	// again as often as the project says. Its requests must go through the client
	// given, which holds them to the hosts above and counts them.
	Load func(ctx context.Context, client *http.Client) (*integration.Integration, error)
	// Secret reads a secret of the vault, through the client given. It is needed
	// only where the project configures events.
	Secret func(ctx context.Context, client *http.Client, name string) (secret.String, error)

	// Journal is the file of the journal, which one service at a time may use. The
	// local socket's path follows from it; see [SocketPath].
	Journal string
	// DatabaseURL names a PostgreSQL database that holds the journal instead. Any
	// number of services may share it. They have no local socket.
	DatabaseURL secret.String
	// Listen is the address of the HTTP listener, "host:port"; empty means the
	// project's, and "none" that there is none.
	Listen string
	// MetricsListen is the address of a listener for health and metrics alone.
	// Without one, metrics are served by the HTTP listener if that is on loopback,
	// and otherwise not at all.
	MetricsListen string

	UnclearWait time.Duration // as in handover.Config
	SweepEvery  time.Duration // 0 = as the project says
	// Grace is how long steps may go on when the service is told to stop. Default
	// 20 seconds.
	Grace time.Duration
	// AcceptFirst agrees to a first start of definitions that takes many forms which
	// were sent in before it; see handover.FirstStartError.
	AcceptFirst bool

	// Failed is told of each handover that has failed, by many goroutines at once; it
	// must be quick. The record holds ids and hashes only. nil = nobody.
	Failed func(handover.Record)

	Logger *slog.Logger     // nil = none
	Now    func() time.Time // nil = time.Now
}

// noListener is the address that means none.
const noListener = "none"

const (
	defaultGrace = 20 * time.Second
	// shutdownTime is what a stop may take beyond the grace.
	shutdownTime = 10 * time.Second
)

// withDefaults checks a configuration and fills it in.
func (cfg Config) withDefaults() (Config, error) {
	switch {
	case cfg.Project == nil || cfg.Load == nil:
		return cfg, errors.New("start the service: a project and a way to load its settings are needed")
	case len(cfg.Definitions) == 0:
		return cfg, errors.New("start the service: the project has no handovers")
	case cfg.Journal == "" && cfg.DatabaseURL.IsEmpty():
		return cfg, errors.New("start the service: a journal is needed")
	case cfg.Project.Service.Events.Address != "" && cfg.Secret == nil:
		return cfg, errors.New("start the service: events need a secret of the vault")
	}
	service := cfg.Project.Service
	if cfg.Listen == "" {
		cfg.Listen = service.Listen
	}
	if cfg.Listen == noListener {
		cfg.Listen = ""
	}
	if cfg.SweepEvery == 0 {
		cfg.SweepEvery = service.SweepEvery
	}
	if cfg.SweepEvery == 0 {
		cfg.SweepEvery = time.Minute
	}
	if cfg.Grace == 0 {
		cfg.Grace = defaultGrace
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return cfg, nil
}

// owner names this process in leases.
func owner() string {
	host, err := os.Hostname()
	if err != nil {
		host = "this machine"
	}
	return fmt.Sprintf("serve, process %d on %s", os.Getpid(), host)
}

// version is that of this program.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown)"
}
