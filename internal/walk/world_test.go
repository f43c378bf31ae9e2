package walk_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/internal/browsertest"
	"github.com/stafett/stafett/internal/cli"
)

// asProgram, in the environment, makes this test binary be the program.
const asProgram = "STAFETT_WALK_PROGRAM"

// patience is how long the program may take for anything.
const patience = 4 * time.Minute

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		_ = os.Unsetenv(asProgram)
		os.Exit(cli.Main(os.Args[1:], os.Environ()))
	}
	code := m.Run()
	if w, err := shared(); w != nil {
		err = errors.Join(err, w.end())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// shared is the world of all tests: starting one takes longer than most of them. Each
// test is known by its own forms, which it names by their area.
var shared = sync.OnceValues(begin)

// world is a local platform with a prepared project, as a newcomer has after two
// commands.
type world struct {
	dir     string
	up      *exec.Cmd
	ended   chan error
	told    bytes.Buffer // on its standard error
	Console string       `json:"console"`
	Proxy   string       `json:"proxy"`
	CA      string       `json:"ca"`
	Seed    struct {
		Persons []struct {
			Name    string `json:"name"`
			UserID  int    `json:"userId"`
			PartyID int    `json:"partyId"`
			Number  string `json:"ssn"` // synthetic
		} `json:"persons"`
	} `json:"seed"`
}

// theWorld returns the shared world, for a test that has a browser.
func theWorld(t *testing.T) *world {
	t.Helper()
	browsertest.Need(t)
	w, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// newWorld returns a world of the test's own, whose timeline tells of nothing else: it
// only goes so far back.
func newWorld(t *testing.T) *world {
	t.Helper()
	browsertest.Need(t)
	w, err := begin()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.end(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func begin() (_ *world, err error) {
	dir, err := os.MkdirTemp("", "walk-")
	if err != nil {
		return nil, err
	}
	w := &world{dir: dir, ended: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.end())
		}
	}()
	if err := examples.WriteTo(filepath.Join(dir, "project")); err != nil {
		return nil, err
	}
	w.up = w.command(context.Background(), "local", "up", "--json")
	w.up.Stderr = &w.told
	out, err := w.up.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := w.up.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	go func() { w.ended <- w.up.Wait() }()
	if err != nil {
		return nil, fmt.Errorf("start the local platform: %w\n%s", err, w.told.Bytes())
	}
	if err := json.Unmarshal(line, w); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if output, err := w.command(ctx, "prepare", "--local", "--yes").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("prepare: %w\n%s", err, output)
	}
	return w, nil
}

// command prepares the program to run in the project's folder, with nothing of the
// environment that it could take for its own.
func (w *world) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Dir = filepath.Join(w.dir, "project")
	cmd.Env = []string{asProgram + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "TMPDIR=" + w.dir, "STAFETT_STATE_DIR=" + filepath.Join(w.dir, "state")}
	return cmd
}

// end ends the platform as Ctrl-C does and removes what is left of it.
func (w *world) end() error {
	var err error
	if w.up != nil && w.up.Process != nil {
		err = w.up.Process.Signal(os.Interrupt)
		select {
		case ended := <-w.ended:
			if err = errors.Join(err, ended); err != nil {
				err = fmt.Errorf("end the local platform: %w\n%s", err, w.told.Bytes())
			}
		case <-time.After(patience):
			err = errors.Join(errors.New("the local platform does not end"), w.up.Process.Kill())
		}
	}
	return errors.Join(err, os.RemoveAll(w.dir))
}

// The two people of the local platform, by what one calls them.
const (
	applicant  = "Máret"
	caseWorker = "Jørn"
)

// enter opens the console as a person who is chosen there, in bokmål.
func (w *world) enter(p *browsertest.Page, person string) {
	p.Open(w.Console)
	p.Click(browsertest.Box(person))
	p.Follow(browsertest.Button("Gå videre"))
	p.See(browsertest.Heading("Velg skjema"))
}

// at is an address of the console.
func (w *world) at(path string) string { return strings.TrimSuffix(w.Console, "/") + path }
