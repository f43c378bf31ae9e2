package cli

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/serve"
)

const (
	// localUnclearWait is beyond what a stand-in takes for any request.
	localUnclearWait = 10 * time.Second
	localSweepEvery  = time.Second
	// localPoll is how often it is looked whether the project is prepared, or its
	// file has changed.
	localPoll = 2 * time.Second
)

// serveBeside runs the handover service of a project beside the local platform:
// as soon as the project is prepared, and anew when its file changes. It returns
// when the context ends.
func (s *session) serveBeside(ctx context.Context, projectPath string) {
	own := *s
	own.local, own.project = true, projectPath
	for last := (trouble{}); ctx.Err() == nil; {
		err := own.serveUntilChanged(ctx, projectPath, last.over)
		if ctx.Err() == nil && last.isNews(err) {
			s.warn("no form is carried over: %v", err)
		}
		_ = sleepUntil(ctx, time.Now().Add(localPoll))
	}
}

// trouble is what keeps the service from running. It is told once, and again when
// it comes back after the service has run.
type trouble struct{ told string }

func (t *trouble) over() { t.told = "" }

func (t *trouble) isNews(err error) bool {
	if err == nil || errors.Is(err, errNotPrepared) || err.Error() == t.told {
		return false
	}
	t.told = err.Error()
	return true
}

var errNotPrepared = errors.New("the project is not prepared yet")

// serveUntilChanged serves until the project's file has changed. It calls ready
// when the service runs.
func (s *session) serveUntilChanged(ctx context.Context, projectPath string, ready func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		for as := changedAt(projectPath); sleepUntil(ctx, time.Now().Add(localPoll)) == nil; {
			if !changedAt(projectPath).Equal(as) {
				cancel()
			}
		}
	}()
	connection, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer connection.close()
	config, err := connection.serveConfig(s, serveOptions{
		operatorOptions: operatorOptions{unclearWait: localUnclearWait}, listen: "none", sweepEvery: localSweepEvery, yes: true,
	})
	if err != nil {
		return err
	}
	if _, err := connection.integration(ctx); len(integration.Faults(err)) > 0 {
		return errNotPrepared
	} else if err != nil {
		return err
	}
	config.Logger = s.quietLogger()
	return serve.Run(ctx, config, func(*serve.Server) {
		ready()
		if !s.json {
			s.streams.Err.Printf("%s the service carries each form that is sent in; see it with: stafett handover list --local --all\n", s.streams.Err.Mark(term.OK))
		}
	})
}

// changedAt is when a file was last written; zero if that cannot be told.
func changedAt(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
