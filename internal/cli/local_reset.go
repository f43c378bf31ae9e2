package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/local/control"
)

func newLocalReset(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "reset [PART]…",
		Short: "Bring the local platform back to how it began",
		Long: `Brings the named parts back to how they were when the local platform had started, or
all of them: instances, integrations (at Samarbeidsportalen), vault, people, faults
and settings. What "local up --seed" has added is part of the beginning.

Its addresses, its keys and the seed's credentials stay good. Whoever subscribed to
events must do so again, and a project whose integrations and vault are reset must
be prepared again. Nothing else should be under way meanwhile.`,
		Annotations: exits("0; 1 when no local platform runs, 64 when a PART is none."),
		Example: `  stafett local reset              # all of it
  stafett local reset instances    # only what people and organisations have made
  stafett local reset faults vault # two parts`,
		ValidArgs: namesOf(control.Parts()),
		Args: func(cmd *cobra.Command, args []string) error {
			known := namesOf(control.Parts())
			for _, part := range args {
				if !slices.Contains(known, part) {
					return misused(cmd, fmt.Sprintf("%q is not a part of the local platform; there are %s", part, strings.Join(known, ", ")))
				}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return s.resetLocal(cmd.Context(), args) },
	}
}

func namesOf(parts []control.Part) []string {
	names := make([]string, len(parts))
	for n, part := range parts {
		names[n] = string(part)
	}
	return names
}

// resetDocument is what reset prints with --json.
type resetDocument struct {
	Schema string         `json:"schema"`
	Parts  []control.Part `json:"parts"`
}

func (s *session) resetLocal(ctx context.Context, names []string) error {
	parts := control.Parts()
	if len(names) > 0 {
		parts = slices.DeleteFunc(parts, func(part control.Part) bool { return !slices.Contains(names, string(part)) })
	}
	ready, err := s.findLocal(ctx)
	if err != nil {
		return err
	}
	if err := ready.steering().Reset(ctx, parts...); err != nil {
		return err
	}
	if err := s.tellEach(namesOf(parts), resetDocument{"stafett/reset/v1", parts}); err != nil {
		return err
	}
	isPrepared := func(part control.Part) bool { return part == control.Integrations || part == control.Vault }
	if !s.json && ready.Project != "" && slices.ContainsFunc(parts, isPrepared) {
		s.streams.Err.Printf("next: stafett prepare %s\n", s.localFlags(ready.Project))
	}
	return nil
}

// tellEach tells that something was done with each of the names, or prints the document
// with --json.
func (s *session) tellEach(names []string, document any) error {
	if s.json {
		return s.printJSON(document)
	}
	for _, name := range names {
		s.streams.Out.Printf("%s %s\n", s.streams.Out.Mark(term.OK), name)
	}
	return nil
}
