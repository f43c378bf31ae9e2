package postgrestest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// shared is the server of all tests of this program, started when the first one
// asks. It ends with the program.
var shared = sync.OnceValues(func() (*Server, error) { return start(nil) })

// New returns the URL of an empty database on a server that the tests of this
// program share. The database is dropped when the test ends, connections or not.
func New(t testing.TB) string {
	t.Helper()
	need(t)
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s.New(t)
}

// New returns the URL of an empty database on this server, which is dropped when
// the test ends if the server runs by then.
func (s *Server) New(t testing.TB) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text()[:12])
	if err := s.admin(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if s.running() {
			if err := s.admin(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
				t.Error(err)
			}
		}
	})
	return s.url(name)
}

// url is the address of a database, in the form that all PostgreSQL clients read:
// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
func (s *Server) url(database string) string {
	return "postgres://" + superuser + "@/" + database + "?host=" + url.QueryEscape(s.dir)
}

// admin runs a statement outside of the databases of tests.
func (s *Server) admin(ctx context.Context, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return fmt.Errorf("connect to the test's PostgreSQL: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the statement has been answered
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// patience is how long anything that the server is asked to do may take; a machine
// that runs other tests too can be slow.
const patience = 4 * time.Minute
