package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/secret"
)

func newLocalReload(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "reload [APP]…",
		Short: "Let the local platform read its application folders anew",
		Long: `Reads the folders of the named applications, or of all, and serves what they hold
now: metadata, policy, process, texts, data models and layouts. Where something is
wrong with one of them, none is changed. What does not work here is told as at the
start: faults of layouts, and hooks in C#. "local up" does it by itself a second or two
after a file has changed; this is for scripts, which need not wait then.`,
		Annotations: exits("0; 1 when a folder is not as it must be, or no local platform runs."),
		Example: `  stafett local reload                    # all that are served from folders
  stafett local reload fts/saksmottak     # one
  stafett local reload --json             # what was read, and what in it does not work here`,
		RunE: func(cmd *cobra.Command, args []string) error { return s.reloadLocal(cmd.Context(), args) },
	}
}

// reloadDocument is what reload prints with --json.
type reloadDocument struct {
	Schema string `json:"schema"`
	control.Reading
}

func (s *session) reloadLocal(ctx context.Context, ids []string) error {
	ready, err := s.findLocal(ctx)
	if err != nil {
		return err
	}
	read, err := ready.steering().Reload(ctx, ids...)
	if err != nil {
		return withRemedy(err, http.StatusNotFound, ready.whatReloads())
	}
	if err := s.tellEach(read.Applications, reloadDocument{"stafett/reload/v1", read}); err != nil {
		return err
	}
	for _, text := range findings(ready.Seed.Apps, read) {
		s.warn("%s", text)
	}
	return nil
}

// whatReloads names the applications that have a folder to be read anew.
func (ready readyDocument) whatReloads() string {
	var served []string
	for _, one := range ready.Seed.Apps {
		if one.Folder != "" {
			served = append(served, one.ID)
		}
	}
	if len(served) == 0 {
		return "none is: each runs as a process of its own, which tells the platform itself"
	}
	return "name one of " + strings.Join(served, ", ")
}

func (ready readyDocument) steering() *control.Client {
	return &control.Client{URL: ready.Control.URL, Token: secret.New(ready.Control.Token)}
}

// reloadEdited has the local platform read the project's applications anew, if their
// files are among what was changed and it serves them from these. It returns which it
// has read.
func (c *connection) reloadEdited(ctx context.Context, done []prepare.Action) ([]string, error) {
	if c.local == nil || !slices.ContainsFunc(done, func(a prepare.Action) bool { return a.System() == prepare.ApplicationFolder }) {
		return nil, nil
	}
	var ids []string
	for _, one := range c.local.Seed.Apps {
		if isSamePath(one.Folder, c.project.Applications.Original) || isSamePath(one.Folder, c.project.Applications.Receiving) {
			ids = append(ids, one.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	read, err := c.local.steering().Reload(ctx, ids...)
	return read.Applications, err
}

// startService has the handover service beside the local platform begin, if there is
// one for this project, and waits until it does. It returns what is to be warned of
// beside the faults of the definitions.
func (c *connection) startService(ctx context.Context, s *session) []string {
	return c.askService(ctx, s, (*control.Client).StartService)
}

// restartService has that service read its secrets again, if there is one. It returns
// what is to be warned of.
func (c *connection) restartService(ctx context.Context, s *session) []string {
	return c.askService(ctx, s, (*control.Client).RestartService)
}

func (c *connection) askService(ctx context.Context, s *session, ask func(*control.Client, context.Context) (control.ServiceState, error)) []string {
	if c.local == nil || !isSamePath(c.local.Project, c.project.Path) || len(c.handoverFaults()) > 0 {
		return nil
	}
	slowly := time.AfterFunc(slow, func() { s.tellWaiting("the handover service beside the local platform begins") })
	defer slowly.Stop()
	state, err := ask(c.local.steering(), ctx)
	refused, isRefused := errors.AsType[*control.Error](err)
	switch {
	case isRefused && refused.Status == http.StatusNotFound: // it was started with --no-serve
		return nil
	case err != nil:
		return []string{fmt.Sprintf("whether the handover service beside the local platform carries forms is not known: %v", err)}
	case !state.Serving:
		return []string{"no form is carried over: " + state.Reason}
	}
	return nil
}

// runsByItself reports whether an application reads its secrets itself, as all do that
// the local platform does not serve from a folder.
func (c *connection) runsByItself(appID string) bool {
	return c.local == nil || !slices.ContainsFunc(c.local.Seed.Apps, func(a readyApp) bool { return a.ID == appID && a.Folder != "" })
}

// isSamePath reports whether two paths lead to the same file or folder.
func isSamePath(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// applicationFiles tells one state of the files of a project's applications from
// another.
func applicationFiles(p *project.Project) string {
	return app.Fingerprint(p.Applications.Original) + app.Fingerprint(p.Applications.Receiving)
}

// serveAsChecked has the platform serve what the folders hold now, which is what a
// service's definitions were checked against. What is wrong with a folder is told by
// who watches it.
func serveAsChecked(ctx context.Context, platform *local.Platform) {
	for _, one := range platform.Seed().Apps {
		_, _ = platform.Reload(ctx, one.ID)
	}
}
