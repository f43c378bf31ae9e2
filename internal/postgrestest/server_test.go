package postgrestest_test

import (
	"bufio"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/stafett/stafett/internal/postgrestest"
)

// TestMain is also the program that TestServerEndsWithAKilledProgram kills.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func query(t *testing.T, url, sql string) (value string, err error) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		return "", err
	}
	defer conn.Close(t.Context()) //nolint:errcheck // what was asked has been answered
	err = conn.QueryRow(t.Context(), sql).Scan(&value)
	return value, err
}

func run(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // what was asked has been answered
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestDatabasesAreEmptyAndSeparate(t *testing.T) {
	t.Parallel()
	one, other := postgrestest.New(t), postgrestest.New(t)
	if one == other {
		t.Fatalf("two tests got the same database %s", one)
	}
	run(t, one, "CREATE TABLE x AS SELECT 'here' AS y")
	for _, url := range []string{other, postgrestest.New(t)} {
		if n, err := query(t, url, "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'"); err != nil || n != "0" {
			t.Errorf("%s has %s tables, %v", url, n, err)
		}
	}
}

func TestServerKeepsItsDataWhenEnded(t *testing.T) {
	t.Parallel()
	s := postgrestest.Start(t, "synchronous_commit=on")
	url := s.New(t)
	run(t, url, "CREATE TABLE x AS SELECT 'kept' AS y")
	for name, end := range map[string]func() error{"Stop": s.Stop, "Kill": s.Kill} {
		if err := end(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := query(t, url, "SELECT y FROM x"); err == nil {
			t.Errorf("after %s the server still answers", name)
		}
		if err := s.Start(); err != nil {
			t.Fatalf("Start after %s: %v", name, err)
		}
		if got, err := query(t, url, "SELECT y FROM x"); err != nil || got != "kept" {
			t.Errorf("after %s and Start: %q, %v", name, got, err)
		}
	}
	if err := s.Start(); err == nil {
		t.Error("a second Start was taken")
	}
}

const childVariable = "POSTGRESTEST_CHILD"

// TestChild is no test of its own: it is what the next one kills.
func TestChild(t *testing.T) {
	t.Parallel()
	if os.Getenv(childVariable) == "" {
		return
	}
	if _, err := os.Stdout.WriteString(postgrestest.New(t) + "\n"); err != nil {
		t.Fatal(err)
	}
	select {}
}

func TestServerEndsWithAKilledProgram(t *testing.T) {
	t.Parallel()
	postgrestest.New(t) // skips where there is none
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$", "-test.v=false")
	child.Env = append(os.Environ(), childVariable+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the child said %q, %v", address, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // killed, as it says
	u, err := url.Parse(address[:len(address)-1])
	if err != nil {
		t.Fatal(err)
	}
	dir := u.Query().Get("host")
	if dir == "" {
		t.Fatalf("the address is %s", address)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still there", dir)
		}
	}
}
