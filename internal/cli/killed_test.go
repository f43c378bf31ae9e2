package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/sqlite"
	"github.com/stafett/stafett/project"
)

// TestAKilledHandoverIsHealed kills stafett handover send with SIGKILL, runs it
// again as a person would, and holds the outcome to the promise: no form is lost,
// and each has exactly one recorded, complete receiving instance. Commands are
// processes; the platform is in this one.
//
// That the test can fail was tried by hand, with package handover changed so that
// the key is not stamped into the instance, nothing is waited for after a stop, a
// search finds nothing, the journal does not hear of a create before it is sent,
// or an instance counts as complete without being read back. Each of these fails.
func TestAKilledHandoverIsHealed(t *testing.T) {
	t.Parallel()
	sites := make(chan *site, 6)
	for range cap(sites) {
		sites <- newSite(t)
	}
	for _, m := range []moment{before, after, late} {
		t.Run(string(m)+" each request", func(t *testing.T) {
			t.Parallel()
			var kills, complete atomic.Int64
			onAll(sites, func(i int) bool { return complete.Load() == 0 }, func(i int, s *site) {
				where, err := s.killedAtRequest(t.Context(), i+1, m)
				if err != nil {
					t.Errorf("killed %s request %d (%s): %v", m, i+1, where, err)
				}
				if where == "" {
					complete.Add(1)
				} else {
					kills.Add(1)
				}
			})
			t.Logf("killed at %d requests", kills.Load())
		})
	}
	t.Run("at any time", func(t *testing.T) {
		t.Parallel()
		s := <-sites
		whole, err := s.undisturbed(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sites <- s
		const runs = 20
		random := rand.New(rand.NewPCG(20310402, 1))
		var at [runs]time.Duration
		for i := range at {
			at[i] = time.Duration(random.Float64() * float64(whole))
		}
		onAll(sites, func(i int) bool { return i < runs }, func(i int, s *site) {
			if err := s.killedAtTime(t.Context(), at[i], i%2 == 1); err != nil {
				t.Errorf("killed after %s of %s (journal lost: %t): %v", at[i], whole, i%2 == 1, err)
			}
		})
	})
}

// onAll calls work with 0, 1, 2 … while more says so, on each site one at a time.
func onAll(sites chan *site, more func(i int) bool, work func(i int, s *site)) {
	var group sync.WaitGroup
	for i := 0; more(i); i++ {
		s := <-sites
		group.Go(func() {
			work(i, s)
			sites <- s
		})
	}
	group.Wait()
}

// site is a project with a platform, in which one command runs at a time.
type site struct {
	bench
	*killer
	wire       *wire
	definition project.Definition
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{killer: newKiller()}
	s.bench.start(t, s.killer.wrap)
	if code, _, stderr := s.bench.run(t.Context(), "prepare", "--yes"); code != exitOK {
		t.Fatal(stderr)
	}
	var err error
	if s.wire, err = newWire(s.state); err != nil {
		t.Fatal(err)
	}
	loaded, err := project.Load(filepath.Join(s.dir, "stafett.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s.definition = loaded.Handovers[0]
	return s
}

// program is one run of stafett handover send, as a process of its own.
type program struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	waits          func() // called when it says that it waits for an unclear outcome
	started, dead  chan struct{}
}

// Write takes stderr.
func (p *program) Write(text []byte) (int, error) {
	if bytes.Contains(text, []byte("looking again")) {
		p.waits()
	}
	return p.stderr.Write(text)
}

// patience is how long a run may take on a machine that has much else to do.
const patience = 4 * time.Minute

func (s *site) program(ctx context.Context, source string) *program {
	p := &program{started: make(chan struct{}), dead: make(chan struct{}), waits: func() {}}
	p.cmd = exec.CommandContext(ctx, "stafett", "handover", "send", "--local", "--unclear-wait", "1s", source)
	p.cmd.Env = append(os.Environ(), append(s.environ, "LC_ALL=C")...)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, p
	return p
}

// run runs the program to its end, which may be a violent one.
func (p *program) run() error {
	if err := p.cmd.Start(); err != nil {
		return err
	}
	close(p.started)
	err := p.cmd.Wait()
	close(p.dead)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil
	}
	return err
}

// kill returns when the program is dead.
func (p *program) kill() {
	<-p.started
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.dead
}

// killedAtRequest sends a form, kills the command at its n-th boundary, and checks
// that a second run heals it. It returns the request, or "" if a run has fewer.
func (s *site) killedAtRequest(ctx context.Context, n int, m moment) (where string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	source, err := s.wire.sendExample()
	if err != nil {
		return "", err
	}
	first := s.program(ctx, source)
	resume := s.arm(n, m, first.kill)
	defer resume()
	err = first.run()
	if m == before {
		s.rest()
	}
	if where = s.disarm(); where == "" {
		return "", errors.Join(err, first.succeeded())
	}
	second := s.program(ctx, source)
	second.waits = resume
	err = errors.Join(err, second.run())
	resume()
	s.rest()
	if err != nil {
		return where, err
	}
	return where, s.holds(ctx, source, second)
}

// killedAtTime does the same with a kill after some time, and maybe the journal
// lost with the process.
func (s *site) killedAtTime(ctx context.Context, after time.Duration, losesJournal bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	source, err := s.wire.sendExample()
	if err != nil {
		return err
	}
	first := s.program(ctx, source)
	timer := time.AfterFunc(after, first.kill)
	err = first.run()
	timer.Stop()
	if err != nil {
		return err
	}
	if losesJournal {
		// Nobody knows any more that a request may be under way, so there must be
		// none: whoever restores a journal has to wait that long.
		s.rest()
		if err := os.RemoveAll(filepath.Join(s.dir, ".stafett")); err != nil {
			return err
		}
	}
	second := s.program(ctx, source)
	if err := second.run(); err != nil {
		return err
	}
	return s.holds(ctx, source, second)
}

// undisturbed tells how long a run takes that nobody kills.
func (s *site) undisturbed(ctx context.Context) (time.Duration, error) {
	source, err := s.wire.sendExample()
	if err != nil {
		return 0, err
	}
	start := time.Now()
	p := s.program(ctx, source)
	err = p.run()
	return time.Since(start), errors.Join(err, p.succeeded())
}

func (p *program) succeeded() error {
	if code := p.cmd.ProcessState.ExitCode(); code != exitOK {
		return fmt.Errorf("it ended with %d:\n%s", code, &p.stderr)
	}
	return nil
}

// holds checks what is promised: the run succeeded, there is exactly one receiving
// instance, complete, the journal says that it is done, and to ask again gives
// the same one.
func (s *site) holds(ctx context.Context, source string, p *program) error {
	if err := p.succeeded(); err != nil {
		return err
	}
	receiving := strings.TrimSpace(p.stdout.String())
	recipient, _ := s.definition.Recipients[0].Fixed() // the example's is
	key := handover.Key(s.definition.ID, source, recipient)
	stamped, err := s.stamped(key)
	if err != nil {
		return err
	}
	if len(stamped) != 1 || stamped[0].ID != receiving {
		return fmt.Errorf("the command printed %s, and %d live instances carry the key: %+v\n%s", receiving, len(stamped), stamped, &p.stderr)
	}
	if err := s.complete(source, stamped[0]); err != nil {
		return err
	}
	journal, err := sqlite.Open(ctx, filepath.Join(s.dir, ".stafett", localWorld(s.bench.ready.Seed.TenantID)+".db"), sqlite.Options{})
	if err != nil {
		return err
	}
	record, err := journal.Get(ctx, key)
	if err := errors.Join(err, journal.Close()); err != nil {
		return err
	}
	if record.State != handover.Done || record.Receiving != receiving || len(record.Duplicates) > 0 || record.Setback != (handover.Setback{}) {
		return fmt.Errorf("the journal says %+v", record)
	}
	third := s.program(ctx, source)
	if err := errors.Join(third.run(), third.succeeded()); err != nil {
		return fmt.Errorf("the third run: %w", err)
	}
	if again := strings.TrimSpace(third.stdout.String()); again != receiving {
		return fmt.Errorf("the third run printed %s, not %s", again, receiving)
	}
	return nil
}
