package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/rotate"
)

// rotation is what rotate and renew have in common.
type rotation struct {
	command string // "rotate" or "renew"
	plan    func(rotate.State) (rotate.Plan, error)

	portal    portalOptions
	show      bool // --plan
	yes       bool
	quiet     bool
	within    daysValue
	olderThan daysValue
	finish    bool
	wait      time.Duration
}

func newRotate(s *session) *cobra.Command {
	r := &rotation{command: "rotate", plan: rotate.NewRotation}
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "A new key, with no request that fails",
		Long: `Makes a new key, stores it in the vault, registers it beside the old one, waits until
Maskinporten accepts it, and publishes it in the secrets that applications read. The
old key is removed when nobody can be using it any more: whoever reads the secrets
again by themselves has done so, and whoever reads them when it starts has been
started again, which --finish says. Until then the exit code is 6.

It can be stopped at any point; running it again goes on. docs/rotation.md says what
happens when, and what to put into a schedule.`,
		Annotations: exits("0; 1 when it cannot be done, 2 with --plan when something is pending, 3 when\nnobody can be asked, 4 when a system refuses, 5 when one does not answer, 6 when\nthe new key is in use and the old one waits for somebody."),
		Example: `  stafett rotate                                  # show the plan and ask
  stafett rotate --finish --yes                   # after the redeploy: remove the old key
  stafett rotate --yes --within 60d --quiet       # for a schedule: only near the key's end`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.rotate(cmd, r) },
	}
	r.addFlags(cmd)
	flags := cmd.Flags()
	flags.Var(&r.olderThan, "older-than", "only if the key has been in the vault for that long, such as 90d")
	flags.BoolVar(&r.finish, "finish", false, "everything that reads the secrets when it starts has been started\nagain since the new key was published")
	flags.DurationVar(&r.wait, "wait", 0, "how long to wait for those who read the secrets again by themselves")
	return cmd
}

func newRenew(s *session) *cobra.Command {
	r := &rotation{command: "renew", plan: rotate.NewRenewal}
	cmd := &cobra.Command{
		Use:   "renew",
		Short: "The same key, one more year",
		Long: `Posts the same public key at Samarbeidsportalen again, which gives it another year.
No secret gets a new value and nothing is deployed. The new end is read back; when it
has not moved, that is an error, and "stafett rotate" is the way.`,
		Annotations: exits("0; 1 when it cannot be done or the end has not moved, 2 with --plan when something\nis pending, 3 when nobody can be asked, 4 when a system refuses, 5 when one does not\nanswer."),
		Example: `  stafett renew                                   # show the plan and ask
  stafett renew --yes --within 60d --quiet        # for a schedule: nothing until it is time
  stafett renew --plan --within 30d --json        # for an alert: how many days are left`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.rotate(cmd, r) },
	}
	r.addFlags(cmd)
	return cmd
}

func (r *rotation) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&r.show, "plan", false, "show what would change and change nothing; exit code 2 when something is pending")
	flags.BoolVarP(&r.yes, "yes", "y", false, "apply the plan without asking")
	flags.BoolVarP(&r.quiet, "quiet", "q", false, "say nothing unless something is wrong")
	flags.Var(&r.within, "within", "only if the key ends within that time, such as 60d")
	r.portal.addFlags(cmd)
}

// rotationDocument is what rotate and renew print with --json.
type rotationDocument struct {
	Schema   string            `json:"schema"`
	Command  string            `json:"command"`
	App      string            `json:"app"`
	ClientID string            `json:"clientId,omitempty"`
	Key      keyDocument       `json:"key"`
	Pending  []prepareAction   `json:"pending"`
	Done     []prepareAction   `json:"done"`
	Proved   bool              `json:"proved,omitempty"`
	Awaiting []awaitedDocument `json:"awaiting"`
	Errand   *errandDocument   `json:"errand,omitempty"`
	Warnings []string          `json:"warnings"`
}

type keyDocument struct {
	KeyID      string    `json:"keyId"`
	Thumbprint string    `json:"thumbprint"`
	Expires    time.Time `json:"expires,omitzero"`
	DaysLeft   *int      `json:"daysLeft,omitempty"` // absent when the end is not known
	// Alert is the least of 60, 30, 7 and 1 that DaysLeft is within, 0 for a key
	// that has expired or is not registered; absent for none.
	Alert *int `json:"alert,omitempty"`
}

type awaitedDocument struct {
	Name  string    `json:"name"`
	Text  string    `json:"text"`
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

func newKeyDocument(status rotate.KeyStatus) keyDocument {
	document := keyDocument{KeyID: status.KeyID, Thumbprint: status.Thumbprint, Expires: status.Expires}
	if !status.Expires.IsZero() {
		document.DaysLeft = &status.DaysLeft
	}
	if status.Alert >= 0 {
		document.Alert = &status.Alert
	}
	return document
}

func awaitedOf(awaited []rotate.Awaited) []awaitedDocument {
	all := make([]awaitedDocument, len(awaited))
	for i, one := range awaited {
		all[i] = awaitedDocument{Name: one.Name, Text: one.String(), Since: one.Since, Until: one.Until}
		if one.Secret != "" {
			all[i].Name = one.Secret
		}
	}
	return all
}

func (s *session) rotate(cmd *cobra.Command, r *rotation) error {
	if r.show && r.yes {
		return misused(cmd, "--plan and --yes exclude each other")
	}
	if r.wait < 0 {
		return misused(cmd, fmt.Sprintf("--wait %s: give a positive duration, such as 10m", r.wait))
	}
	ctx := cmd.Context()
	connection, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer connection.close()
	systems, guide, target, err := connection.rotationTarget(ctx, s, r)
	if err != nil {
		return err
	}
	state, err := rotate.Read(ctx, systems, target)
	if err != nil {
		return err
	}
	plan, err := r.plan(state)
	if err != nil {
		return err
	}
	document := rotationDocument{
		Schema: "stafett/rotation/v1", Command: r.command, App: target.AppID, Key: newKeyDocument(plan.Key),
		Pending: actionsOf(plan.Actions), Done: []prepareAction{}, Awaiting: awaitedOf(plan.Awaiting), Warnings: append([]string{}, plan.Warnings...),
	}
	asks := !plan.IsEmpty() && !r.show && !r.yes // and so has to show what about
	if !s.json && (!r.quiet || asks) {
		s.tellRotation(plan)
	}
	if apply, err := s.settles(ctx, proposal{empty: plan.IsEmpty(), show: r.show, yes: r.yes}, document); !apply {
		return err
	}
	var restarts []string
	if r.finish { // nobody can start it again, and it may hold the key that is removed
		restarts = connection.restartService(ctx, s)
	}
	var result rotate.Result
	err = connection.audited(ctx, s, r.command, target.Target, func(ctx context.Context, record func(prepare.Event)) (err error) {
		tell := s.progress(guide)
		result, err = rotate.Apply(ctx, systems, plan, func(event prepare.Event) {
			record(event)
			if !r.quiet {
				tell(event)
			}
		})
		return err
	})
	if slices.ContainsFunc(result.Done, func(a prepare.Action) bool { _, is := a.(rotate.StoreKey); return is }) {
		restarts = connection.restartService(ctx, s)
	}
	result.Warnings = append(result.Warnings, restarts...)
	if s.json {
		document.ClientID, document.Key, document.Proved = result.ClientID, newKeyDocument(result.Key), result.Proved
		document.Pending, document.Done = actionsOf(result.Remaining), actionsOf(result.Done)
		document.Awaiting, document.Errand = awaitedOf(result.Awaiting), guide.document(err)
		document.Warnings = append(document.Warnings, result.Warnings...)
		return errors.Join(err, s.printJSON(document))
	}
	if !r.quiet {
		for _, warning := range result.Warnings {
			s.warn("%s", warning)
		}
	}
	if waits := (*rotate.AwaitError)(nil); errors.As(err, &waits) {
		// Nothing is wrong, so that is not told as an error.
		s.streams.Err.Printf("%s %v\nnext: %s\n", s.streams.Err.Mark(term.Pending), waits, s.inThisWorld(waits.Remedy()))
		return &exitError{exitAwaiting}
	}
	if err != nil {
		if !guide.waiting {
			s.tellRemaining(prepare.Result{Remaining: result.Remaining}, err)
		}
		return err
	}
	if !r.quiet {
		s.streams.Out.Printf("\n%s uses key %s%s.\n", target.AppID, result.Key.KeyID, until(result.Key))
	}
	return nil
}

// rotationTarget gathers what a rotation or a renewal works on.
func (c *connection) rotationTarget(ctx context.Context, s *session, r *rotation) (prepare.Systems, *personGuide, rotate.Target, error) {
	target, err := c.target()
	if err != nil {
		return prepare.Systems{}, nil, rotate.Target{}, err
	}
	systems, err := c.systems(ctx, target, !r.portal.guided)
	if err != nil {
		return prepare.Systems{}, nil, rotate.Target{}, err
	}
	guide := c.guided(s, &systems, r.portal)
	wanted := rotate.Target{
		Target: target, Within: time.Duration(r.within), OlderThan: time.Duration(r.olderThan), Finish: r.finish, Wait: r.wait,
	}
	if wanted.Readers, err = c.readers(ctx, target, systems.Vault); err != nil {
		return prepare.Systems{}, nil, rotate.Target{}, err
	}
	if systems.Integrations != nil {
		key, err := c.adminKey(ctx)
		if err != nil {
			return prepare.Systems{}, nil, rotate.Target{}, err
		}
		thumbprint, err := key.Public().Thumbprint()
		if err != nil {
			return prepare.Systems{}, nil, rotate.Target{}, err
		}
		wanted.Keep = []string{thumbprint}
	}
	return systems, guide, wanted, nil
}

func (s *session) tellRotation(plan rotate.Plan) {
	for _, warning := range plan.Warnings {
		s.warn("%s", s.inThisWorld(warning))
	}
	out := s.streams.Out
	if plan.IsEmpty() {
		out.Printf("%s Key %s is valid%s; there is nothing to do.\n", out.Mark(term.OK), plan.Key.KeyID, until(plan.Key))
		return
	}
	s.tellChanges(plan.Changes())
	if len(plan.Awaiting) == 0 {
		return
	}
	out.Printf("The old key is removed when nobody can be using it any more:\n")
	for _, one := range plan.Awaiting {
		out.Printf("  %s\n", one)
	}
}

// until tells when a key ends; nothing when that is not known.
func until(key rotate.KeyStatus) string {
	if key.Expires.IsZero() {
		return ""
	}
	return " until " + key.Expires.Format(time.DateOnly) + " (" + counted(key.DaysLeft, "day") + ")"
}
