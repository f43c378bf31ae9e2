package cli

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/local"
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
// as soon as the project is prepared, and anew when its file or those of its
// applications change, or what it has read from the vault is void. It returns when the
// context ends.
func (s *session) serveBeside(ctx context.Context, projectPath string, platform *local.Platform) {
	own := *s
	own.local, own.project = true, projectPath
	flags := s.localFlags(projectPath)
	failed := &failures{err: s.streams.Err, flags: flags, told: make(map[string]bool)}
	var last trouble
	for again := false; ctx.Err() == nil; {
		err := own.serveUntilChanged(ctx, projectPath, platform, failed, func() {
			last.over()
			if !again && !s.json {
				s.streams.Err.Printf("%s the service carries each form that is sent in; see it with: stafett handover list %s --all\n", s.streams.Err.Mark(term.OK), flags)
			}
		})
		if again = errors.Is(err, errApplicationsChanged); !again && ctx.Err() == nil && last.isNews(err) {
			s.warn("no form is carried over: %v%s", err, hintOfPolicies(err, flags))
		}
		_ = sleepUntil(ctx, time.Now().Add(localPoll))
	}
}

// trouble is what keeps the service from running. It is told once, and again when
// it comes back after the service has run.
type trouble struct{ told string }

func (t *trouble) over() { t.told = "" }

func (t *trouble) isNews(err error) bool {
	if err == nil || err.Error() == t.told {
		return false
	}
	t.told = err.Error()
	return true
}

// errApplicationsChanged says that a service has ended since what it was made for is
// no longer so.
var errApplicationsChanged = errors.New("the files of the applications have changed")

// serveUntilChanged serves until the project's file or those of its applications have
// changed, or there was a reset. It calls ready when the service runs.
func (s *session) serveUntilChanged(ctx context.Context, projectPath string, platform *local.Platform, failed *failures, ready func()) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	endWhen := func(reason error, changed func() bool) {
		for sleepUntil(ctx, time.Now().Add(localPoll)) == nil {
			if changed() {
				cancel(reason)
			}
		}
	}
	file, reset := changedAt(projectPath), platform.CredentialResets()
	go endWhen(nil, func() bool {
		return !changedAt(projectPath).Equal(file) || platform.CredentialResets() != reset
	})
	config, files, done, err := s.besideConfig(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	defer done()
	serveAsChecked(ctx, platform)
	go endWhen(errApplicationsChanged, func() bool { return applicationFiles(config.Project) != files })
	config.Logger, config.Failed = s.quietLogger(), failed.tell
	err = serve.Run(ctx, config, func(*serve.Server) { ready() })
	if err == nil && errors.Is(context.Cause(ctx), errApplicationsChanged) {
		return errApplicationsChanged
	}
	return err
}

// besideConfig waits until the project is prepared, and reads what it then is. What
// is wrong with the definitions is told before the wait. The files are those of the
// applications, see applicationFiles; the function ends the connections.
func (s *session) besideConfig(ctx context.Context) (config serve.Config, files string, done func(), err error) {
	options := serveOptions{operatorOptions: operatorOptions{unclearWait: localUnclearWait}, listen: "none", sweepEvery: localSweepEvery, yes: true}
	for waited := false; ; {
		connection, err := s.connect(ctx)
		if err != nil {
			return config, "", nil, err
		}
		files = applicationFiles(connection.project)
		if config, err = connection.serveConfig(s, options); err == nil && !waited {
			err = connection.untilPrepared(ctx)
		}
		if err != nil || waited || ctx.Err() != nil {
			return config, files, connection.close, err
		}
		connection.close() // preparing may have changed both applications
		waited = true
	}
}

// untilPrepared waits until the settings and secrets make an integration, or the
// context ends. It signs in to the vault once, however long that takes.
func (c *connection) untilPrepared(ctx context.Context) error {
	vault, err := c.vaultThrough(c.client)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		if _, err = c.integrationFrom(ctx, c.client, vault); len(integration.Faults(err)) == 0 {
			break
		}
		err = nil
		_ = sleepUntil(ctx, time.Now().Add(localPoll))
	}
	return err
}

// changedAt is when a file was last written; zero if that cannot be told.
func changedAt(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
