package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/serve"
)

type serveOptions struct {
	operatorOptions
	listen     string
	metrics    string
	sweepEvery time.Duration
	yes        bool
	logFormat  string
}

func newServe(s *session) *cobra.Command {
	var options serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "The handover service: every submitted form, by itself",
		Long: `Finds each form that is sent in, and carries it to the receiving application, until
it is interrupted. It needs nothing of the original application and nothing that
reaches in from outside. A crash at any moment loses no form; start it again.

A first start that would take more than 100 old forms shows their number and asks;
"since" in stafett.yaml says where to begin.

The journal is one SQLite file, for one process. With STAFETT_DATABASE_URL it is a
PostgreSQL database, which any number of processes may share.

With --json one line is printed when it serves:
{"schema":"stafett/serve/v1","listen":…,"socket":…,"definitions":[…]}.`,
		Annotations: exits("0 after an interrupt; 1 when it could not start, 3 when somebody has to agree to\nthe first start."),
		Example: `  stafett serve                                   # for the stafett.yaml of this folder
  stafett serve --local                           # against "stafett local up"
  STAFETT_DATABASE_URL=postgres://… stafett serve # one of several processes`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.serve(cmd.Context(), options) },
	}
	addJournalFlags(cmd, &options.operatorOptions)
	flags := cmd.Flags()
	flags.StringVar(&options.listen, "listen", s.lookup("STAFETT_LISTEN"), "`ADDRESS` for health, POST /handovers and the events, and for\nmetrics if it is loopback (env STAFETT_LISTEN; default: service.listen\nof stafett.yaml; none: no listener)")
	flags.StringVar(&options.metrics, "metrics-listen", s.lookup("STAFETT_METRICS_LISTEN"), "`ADDRESS` for health and metrics alone, which others need not\nreach (env STAFETT_METRICS_LISTEN)")
	flags.DurationVar(&options.unclearWait, "unclear-wait", unclearWait,
		"how long the server may still be working on a request whose\nanswer was lost; a shorter `DURATION` is for --local only")
	flags.DurationVar(&options.sweepEvery, "sweep-every", 0, "how often to look for forms that were sent in (default: service.sweepEvery of\nstafett.yaml, else 1m0s)")
	flags.BoolVar(&options.yes, "yes", false, "agree to a first start that takes more than 100 old forms")
	flags.StringVar(&options.logFormat, "log-format", "", "text or json (default: text on a terminal, else json)")
	mustComplete(cmd, "log-format", func() []string { return []string{"text", "json"} })
	return cmd
}

// serveDocument is the line that serve --json prints when it serves.
type serveDocument struct {
	Schema      string   `json:"schema"`
	Listen      string   `json:"listen,omitempty"`
	Socket      string   `json:"socket,omitempty"`
	Journal     string   `json:"journal,omitempty"`
	Definitions []string `json:"definitions"`
	PID         int      `json:"pid"`
}

func (s *session) serve(ctx context.Context, options serveOptions) error {
	if err := s.checkUnclearWait(options.unclearWait); err != nil {
		return err
	}
	if options.sweepEvery < 0 {
		return &usageError{fmt.Errorf("--sweep-every %s: give a positive duration, such as 30s", options.sweepEvery)}
	}
	if err := errors.Join(checkListen(ctx, "--listen", options.listen), checkListen(ctx, "--metrics-listen", options.metrics)); err != nil {
		return err
	}
	logger, err := s.serviceLogger(options.logFormat)
	if err != nil {
		return err
	}
	// Who trusts that a server is done so soon after an answer was lost need not wait
	// longer than that for an answer.
	s.answerTime = min(options.unclearWait, serverTimeout)
	connection, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer connection.close()
	config, err := connection.serveConfig(s, options)
	if err != nil {
		return err
	}
	advice, err := connection.advice(ctx)
	if err != nil {
		return err
	}
	for _, text := range advice {
		logger.Warn(text)
	}
	config.Logger = logger
	if err := connection.forwardEvents(ctx, s, config.Listen); err != nil {
		return err
	}
	err = serve.Run(ctx, config, s.tellServing(config))
	var first *handover.FirstStartError
	if !errors.As(err, &first) {
		return err
	}
	agreed, confirmErr := s.confirm(ctx, fmt.Sprintf("Hand over the %d forms that were sent in before", first.Forms))
	if confirmErr != nil {
		return errors.Join(err, confirmErr)
	}
	if !agreed {
		return err
	}
	config.AcceptFirst = true
	return serve.Run(ctx, config, s.tellServing(config))
}

// checkListen refuses what is no address to listen on. The flag can be set by a variable
// of the environment too.
func checkListen(ctx context.Context, flag, address string) error {
	if address == "" || address == "none" {
		return nil
	}
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.DefaultResolver.LookupPort(ctx, "tcp", port)
	}
	if err != nil {
		return &usageError{fmt.Errorf("%s %s: %w; give a host and a port, such as 127.0.0.1:8080", flag, address, err)}
	}
	return nil
}

// serveConfig is how a project is served.
func (c *connection) serveConfig(s *session, options serveOptions) (serve.Config, error) {
	definitions, err := c.definitions(options.test)
	if err != nil {
		return serve.Config{}, err
	}
	config := serve.Config{
		Project: c.project, Definitions: definitions, Environment: c.environment, HTTPClient: c.client,
		Load: c.integrationThrough, Secret: c.secretThrough,
		Listen: options.listen, MetricsListen: options.metrics, UnclearWait: options.unclearWait, SweepEvery: options.sweepEvery, AcceptFirst: options.yes,
	}
	if url := s.lookup(databaseVariable); url != "" && options.journal == "" && !options.test {
		config.DatabaseURL = secret.New(url)
		return config, nil
	}
	if config.Journal = options.journal; config.Journal == "" {
		if config.Journal, err = c.journalPath(options.test); err != nil {
			return serve.Config{}, err
		}
	}
	return config, nil
}

func (c *connection) secretThrough(ctx context.Context, client *http.Client, name string) (secret.String, error) {
	vault, err := c.vaultThrough(client)
	if err != nil {
		return secret.String{}, err
	}
	found, err := vault.Get(ctx, name)
	return found.Value, err
}

// tellServing tells where a service is reached, when it serves.
func (s *session) tellServing(config serve.Config) func(*serve.Server) {
	return func(server *serve.Server) {
		var ids []string
		for _, definition := range config.Definitions {
			ids = append(ids, definition.ID())
		}
		if s.json {
			_ = s.printJSON(serveDocument{
				Schema: "stafett/serve/v1", Listen: server.Addr(), Socket: server.Socket(), Journal: config.Journal, Definitions: ids, PID: os.Getpid(),
			})
			return
		}
		if !s.streams.Out.IsTerminal {
			return
		}
		out := s.streams.Out
		out.Printf("%s Serving %s.\n", out.Mark(term.OK), strings.Join(ids, ", "))
		if address := server.Addr(); address != "" {
			out.Printf("  listens on %s\n", address)
		}
		flags := " --all"
		if s.local {
			flags = " --local --all"
		}
		out.Printf("  see what it does: stafett handover list%s\n  stop it with Ctrl-C; nothing is lost\n", flags)
	}
}

// serviceLogger logs what the service does, for people or for programs.
func (s *session) serviceLogger(format string) (*slog.Logger, error) {
	if format == "" {
		if format = "json"; s.streams.Err.IsTerminal {
			format = "text"
		}
	}
	level := slog.LevelInfo
	if s.verbose {
		level = slog.LevelDebug
	}
	options := &slog.HandlerOptions{Level: level}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(s.streams.Err, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(s.streams.Err, options)), nil
	}
	return nil, &usageError{fmt.Errorf("--log-format %s: it is text or json", format)}
}
