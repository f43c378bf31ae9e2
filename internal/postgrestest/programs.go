package postgrestest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// programs are the parts of an installed PostgreSQL that a server needs, and the
// user that they run as.
type programs struct {
	initdb, postgres string
	uid, gid         int // -1: the user of the test
}

// need skips a test where it cannot have a server.
func need(t testing.TB) {
	t.Helper()
	if _, err := find(); err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
}

// find looks for the programs in PATH, then where Debian and Red Hat's packages
// put them, newest version first.
func find() (programs, error) {
	p := programs{uid: -1, gid: -1}
	if !supported {
		return p, errors.New("a PostgreSQL for tests needs a Unix system")
	}
	folders := filepath.SplitList(os.Getenv("PATH"))
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return p, err
		}
		slices.Reverse(found)
		folders = append(folders, found...)
	}
	i := slices.IndexFunc(folders, func(dir string) bool {
		return executable(filepath.Join(dir, "initdb")) && executable(filepath.Join(dir, "postgres"))
	})
	if i < 0 {
		return p, errors.New("there is no PostgreSQL server (initdb and postgres) in PATH or where packages put it; on Debian: apt-get install postgresql")
	}
	p.initdb, p.postgres = filepath.Join(folders[i], "initdb"), filepath.Join(folders[i], "postgres")
	if os.Getuid() != 0 {
		return p, nil
	}
	// PostgreSQL refuses to run as root.
	u, err := user.Lookup("postgres")
	if err != nil {
		return p, errors.New("PostgreSQL does not run as root, and there is no user postgres to run it as")
	}
	var uidErr, gidErr error
	p.uid, uidErr = strconv.Atoi(u.Uid)
	p.gid, gidErr = strconv.Atoi(u.Gid)
	return p, errors.Join(uidErr, gidErr)
}

func executable(path string) bool {
	_, err := exec.LookPath(path)
	return err == nil
}

// own gives a folder to the user that the programs run as.
func (p programs) own(dir string) error {
	if p.uid < 0 {
		return nil
	}
	return os.Chown(dir, p.uid, p.gid)
}

// command prepares one of the programs to run in a folder.
func (p programs) command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // G204: the programs that find has found
	cmd.Dir = dir
	// Nothing of the test's own environment: PGDATA and its kin would be obeyed.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	isolate(cmd, p.uid, p.gid)
	return cmd
}
