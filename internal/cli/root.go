package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/internal/term"
)

// session is what all commands of one invocation share.
type session struct {
	streams *term.Streams
	environ []string
	lookup  func(name string) string

	// Global flags.
	project string
	local   bool
	json    bool
	verbose bool
}

// logger writes to stderr: debug and up with --verbose, otherwise warnings.
func (s *session) logger() *slog.Logger {
	level := slog.LevelWarn
	if s.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(s.streams.Err, &slog.HandlerOptions{Level: level}))
}

func newRoot(s *session) *cobra.Command {
	root := &cobra.Command{
		Use:   "stafett",
		Short: "Hand submitted forms over between Altinn applications",
		Long: `Stafett prepares two Altinn 3 applications to work together on behalf of an
organisation, proves that they can, carries each submitted form from the one to
the other, and runs the whole world of it on a laptop.

Start with:

  stafett demo        the whole story on this machine, in a second, with no account`,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
		Args: cobra.ArbitraryArgs,
	}
	root.SetOut(s.streams.Out)
	root.SetErr(s.streams.Err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{fmt.Errorf("%w\nusage: %s", nearestFlag(cmd, err), cmd.UseLine())}
	})
	flags := root.PersistentFlags()
	flags.StringVarP(&s.project, "project", "p", s.lookup("STAFETT_PROJECT"), "the `FILE` stafett.yaml (env STAFETT_PROJECT; default: the nearest one from here upwards)")
	flags.BoolVar(&s.local, "local", s.lookup("STAFETT_LOCAL") == "1", "through the local platform that `stafett local up` started (env STAFETT_LOCAL=1)")
	flags.BoolVar(&s.json, "json", false, "print one JSON document on stdout; errors become JSON on stderr")
	flags.BoolVarP(&s.verbose, "verbose", "v", false, "tell more on stderr, the chain of causes of an error included")
	root.AddCommand(newDemo(s), newPrepare(s), newToken(s), newHandover(s), newLocal(s), newVersion(s), newExitCodesTopic(), newEnvironmentTopic())
	root.CompletionOptions.HiddenDefaultCmd = true
	return root
}

// noArgs and exactArgs refuse a wrong number of arguments as a usage error.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		if cmd.HasSubCommands() {
			return unknownCommand(cmd, args[0])
		}
		return &usageError{fmt.Errorf("%s takes no argument, but got %q\nusage: %s", cmd.CommandPath(), args[0], cmd.UseLine())}
	}
	return nil
}

func oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return &usageError{fmt.Errorf("%s needs %s\nusage: %s", cmd.CommandPath(), what, cmd.UseLine())}
		}
		return nil
	}
}

func unknownCommand(cmd *cobra.Command, name string) error {
	message := fmt.Sprintf("unknown command %q", cmd.CommandPath()+" "+name)
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		message += fmt.Sprintf("; did you mean %q?", near[0])
	}
	return &usageError{errors.New(message + "\nusage: " + cmd.UseLine())}
}

// nearestFlag adds the flag that was probably meant.
func nearestFlag(cmd *cobra.Command, err error) error {
	_, unknown, found := strings.Cut(err.Error(), "unknown flag: --")
	if !found {
		return err
	}
	best, distance := "", 3
	for _, name := range flagNames(cmd) {
		if d := editDistance(unknown, name); d < distance {
			best, distance = name, d
		}
	}
	if best == "" {
		return err
	}
	return fmt.Errorf("%w; did you mean --%s?", err, best)
}

// group is a command that only holds others.
func group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = noArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return cmd
}

func newExitCodesTopic() *cobra.Command {
	return &cobra.Command{Use: "exit-codes", Short: "The exit codes of every command", Long: exitCodesHelp}
}

func newEnvironmentTopic() *cobra.Command {
	return &cobra.Command{Use: "environment", Short: "The environment variables that Stafett reads", Long: `Precedence: flag, environment, stafett.yaml, default.

  STAFETT_PROJECT      the project file, as --project
  STAFETT_LOCAL        1: as --local
  STAFETT_STATE_DIR    where the local platform keeps its state file (default: a
                       folder "stafett" in the user's cache folder)
  STAFETT_SELFSERVICE_CLIENT_ID, STAFETT_SELFSERVICE_KEY_FILE
                       the admin client at Samarbeidsportalen, as in stafett.yaml
  AZURE_*              as in the Azure SDK; ignored with --local
  HTTPS_PROXY, NO_PROXY as usual; ignored with --local
  NO_COLOR, CLICOLOR_FORCE, TERM=dumb
`}
}
