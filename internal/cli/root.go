package cli

import (
	"bufio"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/local"
)

// session is what all commands of one invocation share.
type session struct {
	streams *term.Streams
	environ []string
	lookup  func(name string) string

	// Global flags.
	project string
	env     string
	local   bool
	json    bool
	verbose bool

	// input is what a person answers, read by the line; nil until somebody is asked.
	input *bufio.Reader

	// keys are those of a platform that the command starts; what is missing is made.
	keys local.Keys

	// ignored are the signals that this process was started to ignore, as a shell starts
	// what runs in the background, and heeds all the same; another program must not.
	ignored []os.Signal

	// here is the local platform that this process is, for what runs beside it: another
	// one may have taken its place in the state file. It is nil elsewhere.
	here *readyDocument

	// answerTime is how long a stand-in may take to answer; 0 means as long as a
	// system may.
	answerTime time.Duration
}

// logger writes to stderr: debug and up with --verbose, otherwise warnings.
func (s *session) logger() *slog.Logger {
	level := slog.LevelWarn
	if s.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(s.streams.Err, &slog.HandlerOptions{Level: level}))
}

// quietLogger is for what tells its outcome itself: it logs with --verbose only.
func (s *session) quietLogger() *slog.Logger {
	if s.verbose {
		return s.logger()
	}
	return slog.New(slog.DiscardHandler)
}

// warn tells what works, or nearly, and should be looked at. With --json it is
// a member of the document instead, for stderr then holds the error alone.
func (s *session) warn(format string, args ...any) {
	if !s.json {
		s.streams.Err.Printf("warning: "+format+"\n", args...)
	}
}

// localByEnvironment reads STAFETT_LOCAL. What is neither yes nor no must not
// count as no: the command would go to the real systems.
func (s *session) localByEnvironment() (bool, error) {
	text := s.lookup("STAFETT_LOCAL")
	if text == "" {
		return false, nil
	}
	local, err := strconv.ParseBool(text)
	if err != nil {
		return false, &usageError{fmt.Errorf("the environment variable STAFETT_LOCAL is %q: set it to 1 or 0, or unset it", text)}
	}
	return local, nil
}

func newRoot(s *session) *cobra.Command {
	root := &cobra.Command{
		Use:   "stafett",
		Short: "Hand submitted forms over between Altinn applications",
		Long: `Stafett prepares two Altinn 3 applications to work together on behalf of an
organisation, proves that they can, carries each submitted form from the one to
the other, and runs the whole world of it on a laptop.`,
		Example: `  stafett demo                 # the whole story on this machine, in a second, with no account
  stafett local up             # the same world, for your own commands and programs
  stafett init FORM INBOX      # begin with two applications of your own`,
		Version:       readVersion().Version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	group(root)
	root.SetOut(s.streams.Out)
	root.SetErr(s.streams.Err)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { printHelp(s.streams.Out, cmd) })
	root.SetVersionTemplate("stafett {{.Version}}\n")
	root.SetHelpCommand(newHelp())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return misused(cmd, fmt.Sprintf("%v%s", err, nearestFlag(cmd, err)))
	})
	flags := root.PersistentFlags()
	flags.StringVarP(&s.project, "project", "p", s.lookup("STAFETT_PROJECT"), "the project `FILE`, or its folder (env STAFETT_PROJECT; else the nearest stafett.yaml from here upwards)")
	flags.StringVar(&s.env, "env", s.lookup("STAFETT_ENV"), "the environment, tt02 or prod; prod must be named, here or in the\nenvironment STAFETT_ENV (default: that of stafett.yaml)")
	mustComplete(root, "env", func() []string { return []string{"tt02", "prod"} })
	local, localErr := s.localByEnvironment()
	flags.BoolVar(&s.local, "local", local, "go through the local platform that \"stafett local up\" has started (env STAFETT_LOCAL=1)")
	flags.BoolVar(&s.json, "json", false, "print one JSON document on stdout; errors become JSON on stderr")
	flags.BoolVarP(&s.verbose, "verbose", "v", false, "tell more on stderr: each request, and what happens below")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if flags.Changed("local") {
			return nil
		}
		return localErr
	}
	root.AddCommand(newDemo(s), newInit(s), newPrepare(s), newDoctor(s), newRotate(s), newRenew(s), newPolicy(s), newToken(s), newHandover(s), newServe(s), newLocal(s), newVersion(s))
	root.AddCommand(newTopics()...)
	addCompletion(root)
	return root
}
