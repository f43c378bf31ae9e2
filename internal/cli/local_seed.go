package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/local/control"
)

func newLocalSeed(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "seed FILE",
		Short: "Give the local platform people, organisations and rights",
		Long: `Adds what FILE says, in JSON or YAML: organisations, persons with roles, scopes,
clients with public keys, delegations and secrets; "-" reads it from stdin. All of it
is added, or nothing. It is gone after "local reset"; "local up --seed" makes it part
of the beginning.`,
		Annotations: exits("0; 1 when something in FILE cannot be, or no local platform runs."),
		Example: `  stafett local seed people.yaml
  stafett local seed - < people.json       # from another program
  stafett local seed --json people.yaml    # with the ids that Altinn gave them`,
		Args: oneArg("a FILE, or - for stdin"),
		RunE: func(cmd *cobra.Command, args []string) error { return s.seedLocal(cmd.Context(), args[0]) },
	}
}

// seededDocument is what seed prints with --json. It has no person numbers, which the
// control address tells to whoever asks there.
type seededDocument struct {
	Schema        string                       `json:"schema"`
	Organisations []control.SeededOrganisation `json:"organisations"`
	Persons       []seededPerson               `json:"persons"`
	Clients       []control.SeededClient       `json:"clients"`
}

type seededPerson struct {
	PartyID int    `json:"partyId"`
	UserID  int    `json:"userId"`
	Name    string `json:"name"`
}

func (s *session) seedLocal(ctx context.Context, file string) error {
	content, err := s.readSeedFile(file)
	if err != nil {
		return err
	}
	seed, err := control.ReadSeed(content)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	steering, err := s.steer(ctx)
	if err != nil {
		return err
	}
	seeded, err := steering.AddSeed(ctx, content)
	if err != nil {
		return fmt.Errorf("%s: %w", file, withRemedy(err, http.StatusUnprocessableEntity, "mend "+file+"; what an earlier seed has added is taken away by: stafett local reset people integrations vault"))
	}
	if s.json {
		document := seededDocument{"stafett/seeded/v1", seeded.Organisations, []seededPerson{}, seeded.Clients}
		for _, p := range seeded.Persons {
			document.Persons = append(document.Persons, seededPerson{p.PartyID, p.UserID, p.Name})
		}
		return s.printJSON(document)
	}
	out := s.streams.Out
	for _, o := range seeded.Organisations {
		out.Printf("%s organisation %s %s, party %d\n", out.Mark(term.OK), o.Number, o.Name, o.PartyID)
	}
	for _, p := range seeded.Persons {
		out.Printf("%s person %s, user %d, party %d\n", out.Mark(term.OK), p.Name, p.UserID, p.PartyID)
	}
	for _, scope := range seed.Scopes {
		out.Printf("%s scope %s\n", out.Mark(term.OK), scope.Name)
	}
	for _, c := range seeded.Clients {
		out.Printf("%s client %s %s\n", out.Mark(term.OK), c.ID, c.Name)
	}
	for _, d := range seed.Delegations {
		out.Printf("%s delegation of %s from %s to %s\n", out.Mark(term.OK), d.Scope, d.Consumer, d.Supplier)
	}
	for _, added := range seed.Secrets {
		out.Printf("%s secret %s\n", out.Mark(term.OK), added.Name)
	}
	return nil
}

func (s *session) readSeedFile(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(s.streams.In)
	}
	return os.ReadFile(file)
}

// readSeeds reads the seeds that a platform begins with.
func readSeeds(files []string) ([]control.Seed, error) {
	seeds := make([]control.Seed, 0, len(files))
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		seed, err := control.ReadSeed(content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		seeds = append(seeds, seed)
	}
	return seeds, nil
}
