package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"os/signal"

	"github.com/spf13/cobra"
)

type localExecOptions struct {
	isolate bool
	ports   portList
}

func newLocalExec(s *session) *cobra.Command {
	var options localExecOptions
	cmd := &cobra.Command{
		Use:   "exec [flags] -- COMMAND [ARGUMENT...]",
		Short: "Run a program inside the local platform",
		Long: `Runs COMMAND with an environment that leads it to the running local platform: proxy
variables in both cases of letters, the certificate authority in every variable that
programs read it from, and the synthetic credentials for Azure, also as the section
kvSetting of a .NET application, with the platform's addresses under the names that
Altinn's library reads. Real credentials in AZURE_* and the like are left out.

Input, output, signals and exit code are the program's own; one warning is on stderr
where the program is a Node.js that heeds no proxy, unless a module is loaded first.

With --isolate (Linux) the program gets a network of its own, in which only the names
that the platform serves exist. It need not know of proxies, and cannot leave.`,
		Annotations: exits("the program's own, 128 and the number for a signal; 127 when there is no such program, 126 when it\ncannot be run, 1 when no local platform runs."),
		Example: `  stafett local exec -- curl https://test.maskinporten.no/.well-known/oauth-authorization-server
  stafett local exec --isolate -- go test ./...     # a program's own tests, and no way out
  stafett local exec -- dotnet run --no-build --project App    # with the secrets of the local vault`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misused(cmd, "stafett local exec needs a program to run")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(options.ports) > 0 && !options.isolate {
				return misused(cmd, "--port goes with --isolate: without it the program reaches every port")
			}
			return s.localExec(cmd.Context(), options, args)
		},
	}
	cmd.Flags().BoolVar(&options.isolate, "isolate", false, "give the program a network of its own with nothing but the served names (Linux)")
	cmd.Flags().Var(&options.ports, "port", "with --isolate: a loopback `PORT` of this machine that the program reaches as well,\nsuch as a database's (can be given several times)")
	cmd.Flags().SetInterspersed(false) // what follows COMMAND is its own
	return cmd
}

func (s *session) localExec(ctx context.Context, options localExecOptions, command []string) error {
	ready, err := s.findLocal(ctx)
	if err != nil {
		return err
	}
	path, err := findProgram(command[0])
	if err != nil {
		return err
	}
	stateDir, err := s.stateDir()
	if err != nil {
		return err
	}
	environ := ready.whereabouts(stateDir).Environ(s.environ)
	if len(s.ignored) > 0 { // none would mean all
		signal.Ignore(s.ignored...)
	}
	if options.isolate {
		return isolated(ready, path, command, environ, options.ports)
	}
	s.warnOfNode(ctx, path, command[1:])
	return become(path, command, environ)
}

// findProgram looks a program up as a shell does.
func findProgram(name string) (string, error) {
	path, err := exec.LookPath(name)
	if errors.Is(err, exec.ErrDot) {
		err = nil // a shell on Windows runs it too; elsewhere a dot in PATH is a person's own choice
	}
	if err != nil {
		return "", newProgramError(name, err)
	}
	return path, nil
}

// programError says that a program could not be started.
type programError struct {
	name string
	code int // as shells have it
	err  error
}

func newProgramError(name string, err error) *programError {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return &programError{name, exitNotFound, err}
	}
	return &programError{name, exitCannotRun, err}
}

// Exit codes that shells have for programs that they cannot start.
const (
	exitCannotRun = 126
	exitNotFound  = 127
)

func (e *programError) Error() string {
	if e.code == exitNotFound {
		return fmt.Sprintf("run %s: there is no such program", e.name)
	}
	return fmt.Sprintf("run %s: %v", e.name, e.err)
}

func (e *programError) Unwrap() error { return e.err }

// Remedy says where a program is looked for.
func (e *programError) Remedy() string {
	if e.code == exitNotFound {
		return "give the path of the program, or a name that is found on PATH; a command of the shell needs the shell: sh -c '…'"
	}
	return "check that the file is a program and that you may execute it"
}
