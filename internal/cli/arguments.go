package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stafett/stafett/internal/nearest"
)

// usageLine is the one line that shows how a command is called.
func usageLine(cmd *cobra.Command) string {
	_, arguments, _ := strings.Cut(cmd.Use, " ")
	parts := []string{cmd.CommandPath()}
	if cmd.HasAvailableSubCommands() {
		parts = append(parts, "COMMAND")
	}
	if arguments != "" {
		parts = append(parts, arguments)
	}
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && !cmd.HasAvailableSubCommands() && !strings.Contains(parts[len(parts)-1], "[flags]") {
			parts = append(parts, "[flags]")
		}
	})
	return strings.Join(parts, " ")
}

// misused is a mistake in how a command was called.
func misused(cmd *cobra.Command, message string) error {
	return &usageError{fmt.Errorf("%s\nusage: %s", message, usageLine(cmd))}
}

// group makes a command that only holds others.
func group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return misused(cmd, fmt.Sprintf("unknown command %q", cmd.CommandPath()+" "+args[0])+cmp.Or(didYouMean(args[0], commandNames(cmd)), elsewhere(cmd, args[0])))
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return cmd
}

// elsewhere ends a message with the command of that name in a group below this one,
// if there is one only.
func elsewhere(cmd *cobra.Command, name string) string {
	var found []string
	for _, group := range cmd.Commands() {
		if !group.Hidden && slices.Contains(commandNames(group), name) {
			found = append(found, group.Name()+" "+name)
		}
	}
	if len(found) != 1 {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", found[0])
}

// noArgs refuses arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return misused(cmd, fmt.Sprintf("%s takes no argument, but got %q", cmd.CommandPath(), args[0]))
	}
	return nil
}

// oneArg demands exactly one argument.
func oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return misused(cmd, fmt.Sprintf("%s needs %s, and got %s", cmd.CommandPath(), what, counted(len(args), "argument")))
		}
		return nil
	}
}

// nearestFlag names the flag that was probably meant.
func nearestFlag(cmd *cobra.Command, err error) string {
	_, unknown, found := strings.Cut(err.Error(), "unknown flag: ")
	if !found {
		return ""
	}
	var names []string
	for _, set := range []*pflag.FlagSet{cmd.Flags(), cmd.InheritedFlags()} {
		set.VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	}
	return didYouMean(unknown, names)
}

func commandNames(cmd *cobra.Command) []string {
	var names []string
	for _, sub := range cmd.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	return names
}

// didYouMean ends a message with the known word nearest to the one given, if
// there is a near one.
func didYouMean(word string, known []string) string {
	name, ok := nearest.Name(word, known)
	if !ok {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", name)
}

// mustComplete offers the values of a flag to the shell.
func mustComplete(cmd *cobra.Command, flag string, values func() []string) {
	err := cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return values(), cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err) // the flag is not there: a mistake in this program
	}
}
