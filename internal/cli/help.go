package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/internal/term"
)

// exitNotes is the annotation of a command that says what its exit codes mean.
const exitNotes = "exit codes"

func exits(notes string) map[string]string { return map[string]string{exitNotes: notes} }

// printHelp tells what a command is for, with examples first.
func printHelp(out *term.Stream, cmd *cobra.Command) {
	if cmd.IsAdditionalHelpTopicCommand() {
		out.Printf("%s\n", strings.TrimSpace(cmd.Long))
		return
	}
	out.Printf("%s.\n", cmd.Short)
	if cmd.Example != "" {
		out.Printf("\n%s\n%s\n", out.Bold("Examples:"), cmd.Example)
	}
	if cmd.Long != "" {
		out.Printf("\n%s\n", strings.TrimSpace(cmd.Long))
	}
	out.Printf("\n%s %s\n", out.Bold("Usage:"), usageLine(cmd))
	printCommands(out, "Commands:", cmd, func(sub *cobra.Command) bool { return sub.IsAvailableCommand() && sub.Name() != "help" })
	if flags := cmd.LocalNonPersistentFlags(); flags.HasAvailableFlags() && !cmd.HasAvailableSubCommands() {
		out.Printf("\n%s\n%s", out.Bold("Flags:"), flags.FlagUsages())
	}
	if flags := cmd.Root().PersistentFlags(); flags.HasAvailableFlags() {
		out.Printf("\n%s\n%s", out.Bold("Flags of every command:"), flags.FlagUsages())
	}
	printCommands(out, "Topics (stafett help TOPIC):", cmd, (*cobra.Command).IsAdditionalHelpTopicCommand)
	if notes := cmd.Annotations[exitNotes]; notes != "" {
		out.Printf("\n%s %s\n", out.Bold("Exit codes:"), notes)
	}
}

func printCommands(out *term.Stream, title string, cmd *cobra.Command, wanted func(*cobra.Command) bool) {
	for _, sub := range cmd.Commands() {
		if !wanted(sub) {
			continue
		}
		if title != "" {
			out.Printf("\n%s\n", out.Bold(title))
			title = ""
		}
		out.Printf("  %-12s %s\n", sub.Name(), sub.Short)
	}
}

// newHelp is `stafett help [COMMAND]`; a name that is none is a mistake in the
// call.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND or TOPIC]",
		Short: "Help about a command or topic",
		// Help is to be had also where the environment is wrong.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			found, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				name := strings.Join(args, " ")
				if found == nil {
					found = root
				}
				return misused(cmd, fmt.Sprintf("there is no command or topic %q", name)+didYouMean(args[len(args)-1], commandNames(found)))
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

// addCompletion adds cobra's own command for completion, in this program's words.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() != "completion" {
			continue
		}
		group(cmd)
		cmd.Short = "Completion of commands and flags for your shell"
		cmd.Long = "Prints a script for the shell; its own help says where to put it."
		cmd.Example = `  source <(stafett completion bash)
  stafett completion zsh > "${fpath[1]}/_stafett"
  stafett completion powershell | Out-String | Invoke-Expression`
	}
}

// newTopics are what there is to know besides the commands.
func newTopics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "config", Short: "stafett.yaml, and what overrides it", Long: configHelp},
		{Use: "environment", Short: "The environment variables that Stafett reads", Long: environmentHelp},
		{Use: "exit-codes", Short: "The exit codes of every command", Long: exitCodesHelp},
		{Use: "security", Short: "Where keys, tokens and identity numbers go, and where not", Long: securityHelp},
	}
}

const configHelp = `stafett.yaml names two application folders, their owner, the vault with the
owner's secrets, and what is carried over from the one application to the other.
It holds no secret and belongs in version control. "stafett init" writes one for
two applications; examples/stafett.yaml is one, with every line explained.

It is found by --project (-p), else STAFETT_PROJECT, else as the nearest
stafett.yaml from the working folder upwards. Paths in it start at its folder.

What is given in several places is taken from the first of: flag, environment
variable, stafett.yaml, default.`

const environmentHelp = `What is given in several places is taken from the first of: flag, environment
variable, stafett.yaml, default.

  STAFETT_PROJECT      the project file, as --project
  STAFETT_LOCAL        1 or true: as --local; 0 or false: not; anything else is refused
  STAFETT_STATE_DIR    where the local platform keeps its state file (default: a
                       folder "stafett" in the user's cache folder)
  STAFETT_SELFSERVICE_CLIENT_ID, STAFETT_SELFSERVICE_KEY_FILE
                       the admin client at Samarbeidsportalen, as in stafett.yaml
  STAFETT_DATABASE_URL the PostgreSQL database that several services share, such as
                       postgres://stafett@db.example.org/stafett?sslmode=verify-full; it holds the journal
  STAFETT_ENV          the environment, as --env; production must be named
  STAFETT_AUDIT        the file that tells what was changed where and by whom; else .stafett/audit.jsonl
                       beside stafett.yaml
  STAFETT_JOURNAL      the journal file, as --journal; not with --local. STAFETT_DATABASE_URL goes before it
  STAFETT_LISTEN       where the service listens, as serve --listen
  STAFETT_METRICS_LISTEN  where it shows health and metrics, as serve --metrics-listen
  OTEL_EXPORTER_OTLP_ENDPOINT
                       where the service sends traces; all of OpenTelemetry's
                       variables for OTLP over HTTP are read
  AZURE_*              as in Azure's own tools; ignored with --local
  HTTPS_PROXY, NO_PROXY  as usual; ignored with --local
  NODE_OPTIONS         with --import or --require: local exec trusts that Node.js finds the proxy by it
  NO_COLOR             not empty: no colour
  CLICOLOR_FORCE       not empty and not 0: colour on a pipe too
  TERM                 dumb: no colour
  LC_ALL, LC_CTYPE, LANG  not UTF-8: marks in ASCII`

const securityHelp = `A private key is made on this machine and goes to Key Vault, and nowhere else:
not to a file, the screen, an argument list or a log. Tokens are kept in memory.

  stafett token        shows a token's claims on a terminal; the token itself is
                       written on a pipe only
  stafett prepare      shows names, ids and thumbprints, never key material
  --verbose            adds no secret

National identity numbers are taken out of errors and logs.

The local platform (stafett local up) makes its own keys, credentials and people
at start. With --local, credentials in AZURE_* are ignored, so a real one never
reaches it. Its certificate authority covers the names that it serves and nothing
else; do not add it to the operating system's trust. Its state file, with which
other commands find it, is readable for you alone (0600), as whoever can read it
can use its synthetic credentials.`
