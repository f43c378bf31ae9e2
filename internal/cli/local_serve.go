package cli

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/control"
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

// besideService is the handover service of a project beside the local platform. It
// runs as soon as the project is prepared, and anew when its file or those of its
// applications change, or what it has read from the vault is void. All of that is
// looked at every localPoll, and at once when Start or Restart is called.
type besideService struct {
	session  *session // of the project, in the local platform
	project  string   // path of its file
	platform *local.Platform
	failed   *failures
	resets   int64 // of what was prepared, as far as told

	asks    chan ask
	waiting []chan<- error // for what comes of the next look; of the goroutine that looks
	begun   int            // how often it was asked to begin anew; likewise
	ended   chan struct{}

	last      trouble // what was told of what keeps it from carrying forms
	suspected string  // the hindrance at the last look
	carries   bool    // it was told that forms are carried
}

// ask is what somebody else wants of the service: a look at once, or that it begins anew.
type ask struct {
	outcome chan<- error
	anew    bool
}

var _ control.Service = (*besideService)(nil)

func (s *session) newBesideService(projectPath string, platform *local.Platform) *besideService {
	own := *s
	own.local, own.project = true, projectPath
	return &besideService{
		session: &own, project: projectPath, platform: platform,
		failed: &failures{err: s.streams.Err, flags: s.localFlags(projectPath), told: make(map[string]bool)},
		asks:   make(chan ask), ended: make(chan struct{}),
	}
}

// Start implements [control.Service]: the service begins at once if it can, with the
// project and the applications as they are now.
func (b *besideService) Start(ctx context.Context) error { return b.ask(ctx, false) }

// Restart implements [control.Service].
func (b *besideService) Restart(ctx context.Context) error { return b.ask(ctx, true) }

func (b *besideService) ask(ctx context.Context, anew bool) error {
	outcome := make(chan error, 1)
	select {
	case b.asks <- ask{outcome, anew}:
	case <-b.ended:
		return errPlatformEnds
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-outcome:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errPlatformEnds = errors.New("the local platform ends")

// pause waits until it is time to look again: now and then, when somebody asks for it,
// and when something happens.
func (b *besideService) pause(ctx context.Context, happens <-chan struct{}) {
	timer := time.NewTimer(localPoll)
	defer timer.Stop()
	select {
	case <-timer.C:
	case asked := <-b.asks:
		b.waiting = append(b.waiting, asked.outcome)
		if asked.anew {
			b.begun++
		}
	case <-happens:
	case <-ctx.Done():
	}
}

// settle tells those who have asked what has come of it.
func (b *besideService) settle(err error) {
	for _, outcome := range b.waiting {
		outcome <- err // never blocks
	}
	b.waiting = nil
}

// run returns when the context ends. The platform is where ready says.
func (b *besideService) run(ctx context.Context, ready readyDocument) {
	b.session.here = &ready
	for ctx.Err() == nil {
		err := b.serveUntilChanged(ctx)
		if errors.Is(err, errBeginsAnew) {
			continue
		}
		b.carries = false
		if err != nil && ctx.Err() == nil {
			if b.last.isNews(err) {
				b.warn("no form is carried over: %s", b.whyNotCarried(err))
			}
			b.settle(err)
		}
		if len(b.waiting) == 0 {
			b.pause(ctx, nil)
		}
	}
	b.settle(errPlatformEnds)
	close(b.ended)
}

// warn tells what should be looked at also with --json: the document was printed when the
// platform began, so that this has no other place.
func (b *besideService) warn(format string, args ...any) {
	b.failed.err.Printf("warning: "+format+"\n", args...)
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

// errBeginsAnew says that a service has ended to begin again: the files of the
// applications have changed, or somebody asked for it.
var errBeginsAnew = errors.New("the service begins anew")

// serveUntilChanged serves until the project's file or those of its applications have
// changed, or there was a reset.
func (b *besideService) serveUntilChanged(ctx context.Context) error {
	file, reset := changedAt(b.project), b.platform.CredentialResets()
	changed := func() bool {
		return !changedAt(b.project).Equal(file) || b.platform.CredentialResets() != reset
	}
	config, files, connection, err := b.config(ctx, changed)
	if err != nil {
		return err
	}
	defer connection.close()
	if changed() {
		return nil
	}
	begun := b.begun // what was asked for until now, the secrets read next are new enough for
	serveAsChecked(ctx, b.platform)
	vault, err := connection.vault()
	if err != nil {
		return err
	}
	run := &besideRun{connection: connection, vault: vault}
	config.Logger, config.Failed, config.Load = b.session.quietLogger(), b.failed.tell, run.noting(config.Load)

	serving, stop := context.WithCancelCause(ctx)
	started := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		b.watch(serving, started, func() error {
			switch {
			case changed():
				stop(nil)
			case b.begun != begun, applicationFiles(config.Project) != files, b.doubts() && run.isOutdated(serving):
				stop(errBeginsAnew)
			}
			return serving.Err()
		}, func() error { return run.hindrance(serving) })
	})
	err = serve.Run(serving, config, func(server *serve.Server) {
		run.server = server
		close(started)
	})
	cause := context.Cause(serving)
	stop(nil)
	watching.Wait()
	return whyEnded(cause, err)
}

// whyEnded tells what a service has ended with that says err. It is err only where
// nobody has ended the service, which the cause tells: one that is stopped while it
// starts says that it could not.
func whyEnded(cause, err error) error {
	switch {
	case cause == nil:
		return err
	case errors.Is(cause, errBeginsAnew):
		return errBeginsAnew
	}
	return nil
}

// doubts reports whether the service may hold secrets that are not the vault's any more:
// somebody has asked for it after changing them, or it was told that it gets no token.
func (b *besideService) doubts() bool { return len(b.waiting) > 0 || b.last.told != "" }

// watch looks again and again, until look fails or the context ends. Once the service
// runs, it tells those who ask, and people, whether anything hinders it.
func (b *besideService) watch(ctx context.Context, started <-chan struct{}, look, hindrance func() error) {
	for runs := false; ; {
		b.pause(ctx, started)
		if look() != nil {
			return
		}
		select {
		case <-started:
			runs, started = true, nil // a closed channel would end every pause
		default:
		}
		if !runs {
			continue
		}
		err := hindrance()
		if ctx.Err() != nil {
			return // and so it was nobody's fault
		}
		b.tell(err)
		if errors.As(err, new(*unfoundError)) {
			err = nil // it carries what it finds
		}
		b.settle(err)
	}
}

// config waits until the project is prepared or has changed, and reads what it then
// is. What is wrong with the definitions is told before the wait. The files are those
// of the applications, see applicationFiles; the caller closes the connection.
func (b *besideService) config(ctx context.Context, changed func() bool) (config serve.Config, files string, c *connection, err error) {
	options := serveOptions{operatorOptions: operatorOptions{unclearWait: localUnclearWait}, listen: "none", sweepEvery: localSweepEvery, yes: true}
	for waited := false; ; {
		connection, err := b.session.connect(ctx)
		if err != nil {
			return config, "", nil, err
		}
		files = applicationFiles(connection.project)
		if config, err = connection.serveConfig(b.session, options); err == nil && !waited {
			err = b.untilPrepared(ctx, connection, changed)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			connection.close()
			return config, "", nil, err
		}
		if waited {
			return config, files, connection, nil
		}
		connection.close() // preparing may have changed both applications
		waited = true
	}
}

// untilPrepared waits until the settings and secrets make an integration, the project
// has changed, or the context ends. It signs in to the vault once, however long that
// takes.
func (b *besideService) untilPrepared(ctx context.Context, c *connection, changed func() bool) error {
	vault, err := c.vaultThrough(c.client)
	if err != nil {
		return err
	}
	for ctx.Err() == nil && !changed() {
		_, err := c.integrationFrom(ctx, c.client, vault)
		if len(integration.Faults(err)) == 0 {
			return err
		}
		b.settle(err)
		if resets := b.platform.CredentialResets(); resets != b.resets {
			b.resets = resets
			b.warn("after the reset no form is carried until the project is prepared again: stafett prepare %s", b.failed.flags)
		}
		b.pause(ctx, nil)
	}
	return nil
}

// changedAt is when a file was last written; zero if that cannot be told.
func changedAt(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
