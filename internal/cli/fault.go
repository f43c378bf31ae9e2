package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/local/fault"
)

func newFault(s *session) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "fault",
		Short: "Let requests to the local platform fail: lost, late and refused answers",
		Example: `  stafett local fault add --path '/fts/saksmottak/instances' --drop-response --times 1
  stafett local fault list     # what was hit, and how often
  stafett local fault clear    # all is well again`,
	})
	cmd.AddCommand(newFaultAdd(s), newFaultList(s), newFaultClear(s))
	return cmd
}

func newFaultAdd(s *session) *cobra.Command {
	var rule fault.Rule
	cmd := &cobra.Command{
		Use:   "add",
		Short: "Add a fault for the requests that match",
		Long: `A fault is a real one. With --drop-response, --delay and --status --after the work
behind the answer has been done and committed when the client gets none, a late or
a wrong one. With --delay --before it is done after the client has given up.

The calls of the stand-ins among themselves count as well: an application's to
Storage, Storage's to the decision point. In --host and --path, * stands for any
characters, slashes included; without *, the whole of it must be the same.

Faults are tried in the order in which they were added; the first that is due
counts. Without --times a fault stays until it is cleared.`,
		Annotations: exits("0; 1 when no local platform runs, 64 when the fault can never be."),
		Example: `  stafett local fault add --host '*.altinn.no' --method POST --status 500 --after --times 1
  stafett local fault add --path '/storage/api/v1/instances/*' --method DELETE --status 403
  stafett local fault add --path /authentication/api/v1/exchange/maskinporten --delay 20s --times 3`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.addFault(cmd.Context(), rule) },
	}
	flags := cmd.Flags()
	flags.StringVar(&rule.Host, "host", "", "only requests to this `NAME`")
	flags.StringVar(&rule.Path, "path", "", "only requests to this `PATH`, without the query")
	flags.StringVar(&rule.Method, "method", "", "only requests with this `METHOD`")
	flags.IntVar(&rule.Status, "status", 0, "answer with the status `N`, 200 to 599")
	flags.BoolVar(&rule.After, "after", false, "with --status: when the work has been done, instead of in its place")
	flags.StringVar(&rule.Body, "body", "", "with --status: the `TEXT` of the answer")
	flags.IntVar(&rule.RetryAfter, "retry-after", 0, "with --status: the header Retry-After, in `SECONDS`")
	flags.DurationVar(&rule.Delay, "delay", 0, "hold the answer back for this `DURATION`")
	flags.BoolVar(&rule.Before, "before", false, "with --delay: hold the request back, and then do its work")
	flags.BoolVar(&rule.DropResponse, "drop-response", false, "close the connection when the work has been done")
	flags.BoolVar(&rule.Reset, "reset", false, "reset the connection before any work")
	flags.IntVar(&rule.Times, "times", 0, "for the first `N` of the requests; 0 means all")
	flags.IntVar(&rule.Skip, "skip", 0, "let `N` requests pass first")
	flags.Float64Var(&rule.Chance, "chance", 0, "for this `PART` of the requests, such as 0.1")
	flags.Uint64Var(&rule.Seed, "seed", 0, "with --chance: the `NUMBER` that makes the choice one to repeat")
	for name, complete := range map[string]cobra.CompletionFunc{
		"host":   s.completeHosts,
		"method": cobra.FixedCompletions([]string{"DELETE", "GET", "PATCH", "POST", "PUT"}, cobra.ShellCompDirectiveNoFileComp),
		"path":   cobra.NoFileCompletions,
	} {
		if err := cmd.RegisterFlagCompletionFunc(name, complete); err != nil {
			panic(err) // the flag is defined above
		}
	}
	return cmd
}

func newFaultList(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "The faults, and how many requests have met each",
		Long: `Lists the faults in the order in which they are tried. A fault whose --times are
used up stays in the list, so that one can see that it was met.`,
		Annotations: exits("0; 1 when no local platform runs."),
		Example: `  stafett local fault list
  stafett local fault list --json | jq '.faults[] | select(.met == 0)'
  watch stafett local fault list`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			steering, err := s.steer(cmd.Context())
			if err != nil {
				return err
			}
			faults, err := steering.Faults(cmd.Context())
			if err != nil {
				return err
			}
			return s.tellFaults(faults)
		},
	}
}

func newFaultClear(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "clear [ID]",
		Short: "Take one fault away, or all",
		Long: `Takes the fault with the number ID away, or all of them. Answers that are already
held back stay so until their time is over.`,
		Annotations: exits("0; 1 when no local platform runs or there is no such fault."),
		Example: `  stafett local fault clear
  stafett local fault clear 3
  stafett local fault clear --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return misused(cmd, fmt.Sprintf("%s takes one number at most, and got %s", cmd.CommandPath(), counted(len(args), "argument")))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return s.clearFaults(cmd.Context(), args) },
	}
	cmd.ValidArgsFunction = s.completeFaults
	return cmd
}

// faultsDocument is what the commands print with --json: the fault that was
// added, those that there are, or those that are left.
type faultsDocument struct {
	Schema string         `json:"schema"`
	Faults []fault.Active `json:"faults"`
}

// steer finds the control address of the running local platform.
func (s *session) steer(ctx context.Context) (*control.Client, error) {
	ready, err := s.findLocal(ctx)
	if err != nil {
		return nil, err
	}
	return ready.steering(), nil
}

// remedyError is a refusal of the local platform with what to do about it.
type remedyError struct {
	err    error
	remedy string
}

func (e *remedyError) Error() string { return e.err.Error() }
func (e *remedyError) Unwrap() error { return e.err }

// Remedy is for what was asked.
func (e *remedyError) Remedy() string { return e.remedy }

// withRemedy adds a remedy to refusals of one status.
func withRemedy(err error, status int, remedy string) error {
	if refused := (*control.Error)(nil); errors.As(err, &refused) && refused.Status == status {
		return &remedyError{err, remedy}
	}
	return err
}

func (s *session) addFault(ctx context.Context, rule fault.Rule) error {
	rule.Method = strings.ToUpper(rule.Method)
	ready, err := s.findLocal(ctx)
	if err != nil {
		return err
	}
	if rule.Host != "" && !strings.Contains(rule.Host, "*") && !slices.Contains(ready.Hosts, strings.ToLower(rule.Host)) {
		return &usageError{fmt.Errorf("the local platform does not serve %q%s", rule.Host, didYouMean(rule.Host, ready.Hosts))}
	}
	steering, err := s.steer(ctx)
	if err != nil {
		return err
	}
	id, err := steering.AddFault(ctx, rule)
	if refused := (*control.Error)(nil); errors.As(err, &refused) && refused.Status == http.StatusUnprocessableEntity {
		return &usageError{err}
	}
	if err != nil {
		return err
	}
	if s.json {
		return s.tellFaults([]fault.Active{{ID: id, Rule: rule}})
	}
	out := s.streams.Out
	out.Printf("%s Fault %d: %s\n", out.Mark(term.OK), id, describeFault(rule))
	return nil
}

func (s *session) clearFaults(ctx context.Context, args []string) error {
	id := 0
	if len(args) > 0 {
		var err error
		if id, err = strconv.Atoi(args[0]); err != nil {
			return &usageError{fmt.Errorf("%q is not the number of a fault", args[0])}
		}
	}
	steering, err := s.steer(ctx)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		err = steering.ClearFaults(ctx)
	} else {
		err = withRemedy(steering.RemoveFault(ctx, id), http.StatusNotFound, "see what there is: stafett local fault list")
	}
	if err != nil {
		return err
	}
	left, err := steering.Faults(ctx)
	if err != nil {
		return err
	}
	return s.tellFaults(left)
}

func (s *session) tellFaults(faults []fault.Active) error {
	if s.json {
		return s.printJSON(faultsDocument{Schema: "stafett/faults/v1", Faults: faults})
	}
	out := s.streams.Out
	if len(faults) == 0 {
		out.Printf("There are no faults.\n")
	}
	for _, f := range faults {
		mark := "waits"
		if f.Spent {
			mark = "spent"
		}
		out.Printf("%3d  %s  met by %d of %d requests  %s\n", f.ID, mark, f.Met, f.Matched, describeFault(f.Rule))
	}
	return nil
}

// describeFault says in one line which requests meet what.
func describeFault(r fault.Rule) string {
	method, host, path := r.Method, r.Host, r.Path
	if method == "" {
		method = "every request"
	}
	if host == "" {
		host = "any host"
	}
	if path == "" {
		path = ", any path"
	}
	text := method + " to " + host + path
	switch {
	case r.Status != 0 && r.After:
		text += fmt.Sprintf(" is answered %d after the work", r.Status)
	case r.Status != 0:
		text += fmt.Sprintf(" is answered %d", r.Status)
	case r.Before:
		text += fmt.Sprintf(" is held back for %s", r.Delay)
	case r.Delay != 0:
		text += fmt.Sprintf(" is answered %s late", r.Delay)
	case r.DropResponse:
		text += " gets no answer after the work"
	case r.Reset:
		text += " is reset"
	}
	if r.Chance > 0 {
		text += fmt.Sprintf(", with the chance %g", r.Chance)
	}
	if r.Times > 0 {
		text += fmt.Sprintf(", %d×", r.Times)
	}
	if r.Skip > 0 {
		text += fmt.Sprintf(" after %d that pass", r.Skip)
	}
	return text
}

// completeHosts offers the names that the running local platform serves.
func (s *session) completeHosts(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	ready, err := s.findLocal(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return ready.Hosts, cobra.ShellCompDirectiveNoFileComp
}

// completeFaults offers the numbers of the faults that there are.
func (s *session) completeFaults(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	steering, err := s.steer(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	faults, err := steering.Faults(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var ids []cobra.Completion
	for _, f := range faults {
		ids = append(ids, cobra.CompletionWithDesc(strconv.Itoa(f.ID), describeFault(f.Rule)))
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
