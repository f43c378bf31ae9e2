package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare/doctor"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/selfservice"
)

func newDoctor(s *session) *cobra.Command {
	offline := false
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find what is wrong, and tell how to mend it",
		Long: `Checks, in order: stafett.yaml and both application folders, the settings and
where each value comes from, the C# code, secrets in tracked files, the vault, the
key, this machine's clock, the integration at Samarbeidsportalen, Maskinporten's
token, Altinn's token, the receiving application, and what is handed over. Each
fault comes with its cause and its remedy: a command, or an exact place. Nothing
is changed.

A check that builds on one that failed is skipped. Mend the first fault, then run
it again. docs/doctor.md tells of each check by its id.`,
		Annotations: exits("0 when no check failed, warnings or not; 1 when one did."),
		Example: `  stafett doctor               # everything
  stafett doctor --offline     # what can be told from the files alone
  stafett doctor --json        # for programs; every check by its id`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.doctor(cmd.Context(), offline) },
	}
	cmd.Flags().BoolVar(&offline, "offline", false, "ask no other machine")
	return cmd
}

// doctorDocument is what doctor prints with --json.
type doctorDocument struct {
	Schema      string          `json:"schema"`
	Environment string          `json:"environment,omitempty"` // absent when stafett.yaml cannot be read
	Failed      int             `json:"failed"`
	Warnings    int             `json:"warnings"`
	Results     []doctor.Result `json:"results"`
}

func (s *session) doctor(ctx context.Context, offline bool) error {
	p, loadErr := s.findProject()
	if loadErr == nil {
		p, loadErr = s.inEnvironment(p)
	}
	if errors.As(loadErr, new(*usageError)) {
		return loadErr
	}
	world := doctor.World{Load: func() (*project.Project, error) { return p, loadErr }, Offline: offline, Environ: s.environ}
	document := doctorDocument{Schema: "stafett/doctor/v1"}
	if loadErr == nil {
		document.Environment = p.Environment
	}
	if loadErr == nil && !offline {
		connection, err := s.connectTo(ctx, p)
		if err != nil {
			return err
		}
		defer connection.close()
		world.HTTPClient, world.Environ = connection.client, connection.environ
		world.Vault = func(*project.Project) (*keyvault.Vault, error) { return connection.vault() }
		world.Portal = func(ctx context.Context, _ *project.Project) (*selfservice.Client, error) {
			return connection.selfService(ctx)
		}
	}
	report := doctor.Run(ctx, world, nil)
	for i := range report.Results {
		remedy := &report.Results[i].Remedy
		if s.local && report.Results[i].Status == doctor.Fail && slices.Contains([]string{"receiving.deployed", "handover.original"}, report.Results[i].ID) {
			remedy.Text += "; the local platform reads its folders anew with: stafett local reload"
		}
		remedy.Command, remedy.Text = s.likewise(remedy.Command), s.inThisWorld(remedy.Text)
	}
	document.Results = report.Results
	for _, result := range report.Results {
		switch result.Status {
		case doctor.Fail:
			document.Failed++
		case doctor.Warn:
			document.Warnings++
		}
	}
	if s.json {
		if err := s.printJSON(document); err != nil {
			return err
		}
	} else {
		s.tellReport(document)
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if report.Failed() {
		return &exitError{exitFailed}
	}
	return nil
}

// tellReport tells of each stage in one line, and of what is not as it should be
// in full. With --verbose every check has its line.
func (s *session) tellReport(document doctorDocument) {
	out := s.streams.Out
	results := document.Results
	for len(results) > 0 {
		stage := results[0].Stage
		var ok, skipped int
		var told []doctor.Result
		for len(results) > 0 && results[0].Stage == stage {
			switch result := results[0]; {
			case s.verbose || result.Status == doctor.Fail || result.Status == doctor.Warn:
				told = append(told, result)
			case result.Status == doctor.OK:
				ok++
			default:
				skipped++
			}
			results = results[1:]
		}
		var counts []string
		if ok > 0 {
			counts = append(counts, fmt.Sprintf("%d ok", ok))
		}
		if skipped > 0 {
			counts = append(counts, fmt.Sprintf("%d skipped", skipped))
		}
		out.Printf("%s  %s\n", out.Bold(fmt.Sprintf("%-12s", stage)), out.Faint(strings.Join(counts, ", ")))
		for _, result := range told {
			s.tellResult(result)
		}
	}
	switch {
	case document.Failed > 0:
		out.Printf("\n%s %s; mend the first one, then run doctor again.\n", out.Mark(term.Failed), counted(document.Failed, "fault"))
	case document.Warnings > 0:
		out.Printf("\n%s No faults, and %s.\n", out.Mark(term.OK), counted(document.Warnings, "warning"))
	default:
		out.Printf("\n%s Nothing is wrong.\n", out.Mark(term.OK))
	}
}

func (s *session) tellResult(result doctor.Result) {
	out := s.streams.Out
	mark := map[doctor.Status]term.Mark{doctor.OK: term.OK, doctor.Warn: term.Warned, doctor.Fail: term.Failed, doctor.Skip: term.Skipped}[result.Status]
	out.Printf("  %s %s  %s\n", out.Mark(mark), result.ID, result.Title)
	for _, line := range []struct{ name, text string }{
		{"", result.Evidence}, {"why: ", result.Cause}, {"mend: ", result.Remedy.Text},
		{"run: ", strings.Join(result.Remedy.Command, " ")}, {"needs: ", result.Needs}, {"docs: ", result.Docs},
	} {
		for part := range strings.Lines(line.text) {
			out.Printf("      %s%s\n", line.name, strings.TrimSuffix(part, "\n"))
			line.name = strings.Repeat(" ", len(line.name))
		}
	}
}

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
