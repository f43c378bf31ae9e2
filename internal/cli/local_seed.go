package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/project"
)

func newLocalSeed(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "seed FILE",
		Short: "Give the local platform people, rights, secrets and instances",
		Long: `Adds what FILE says, in JSON or YAML: organisations, persons with roles, scopes,
clients with public keys, delegations, system users, consents, delegated rights,
secrets, and instances with form data and files, also some that were sent in long ago;
"-" reads it from stdin. Files that it names lie beside it, or below. All of it is
added, or nothing. It is gone after "local reset"; "local up --seed" makes it part of
the beginning.`,
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
	SystemUsers   []control.SeededSystemUser   `json:"systemUsers"`
	Instances     []control.SeededInstance     `json:"instances"`
}

type seededPerson struct {
	Handle  string `json:"handle,omitempty"`
	PartyID int    `json:"partyId"`
	UserID  int    `json:"userId"`
	Name    string `json:"name"`
}

func (s *session) seedLocal(ctx context.Context, file string) error {
	seed, err := s.readSeed(file)
	if err != nil {
		return err
	}
	ready, err := s.findLocal(ctx)
	if err != nil {
		return err
	}
	seeded, err := ready.steering().AddSeed(ctx, seed)
	if err != nil {
		return fmt.Errorf("%s: %w", file, withRemedy(err, http.StatusUnprocessableEntity, "mend "+file+"; what an earlier seed has added is taken away by: stafett local reset people integrations vault instances"))
	}
	s.warnOfSince(ready.Project, file, seed)
	if s.json {
		document := seededDocument{"stafett/seeded/v1", seeded.Organisations, []seededPerson{}, seeded.Clients, seeded.SystemUsers, seeded.Instances}
		for _, p := range seeded.Persons {
			document.Persons = append(document.Persons, seededPerson{p.Handle, p.PartyID, p.UserID, p.Name})
		}
		return s.printJSON(document)
	}
	s.tellSeeded(seed, seeded)
	return nil
}

func (s *session) tellSeeded(seed control.Seed, seeded control.Seeded) {
	tell := func(format string, args ...any) {
		s.streams.Out.Printf("%s "+format+"\n", append([]any{s.streams.Out.Mark(term.OK)}, args...)...)
	}
	for _, o := range seeded.Organisations {
		tell("organisation %s %s, party %d", o.Number, o.Name, o.PartyID)
	}
	for _, p := range seeded.Persons {
		tell("person %s, user %d, party %d", p.Name, p.UserID, p.PartyID)
	}
	for _, p := range seed.Prefixes {
		tell("prefix %s of %s", p.Prefix, p.Organisation)
	}
	for _, scope := range seed.Scopes {
		tell("scope %s", scope.Name)
	}
	for _, a := range seed.Access {
		may := "may"
		if a.Denied {
			may = "may not"
		}
		tell("%s %s use %s", a.Organisation, may, a.Scope)
	}
	for _, c := range seeded.Clients {
		tell("client %s %s", c.ID, c.Name)
	}
	for _, d := range seed.Delegations {
		tell("delegation of %s from %s to %s", d.Scope, d.Consumer, d.Supplier)
	}
	for _, u := range seeded.SystemUsers {
		tell("system user %s of the system %s", u.ID, u.System)
	}
	for _, c := range seed.Consents {
		tell("consent %s to %s", c.ID, c.To)
	}
	if n := len(seed.DelegatedRights); n > 0 {
		tell("delegated rights: %d", n)
	}
	for _, added := range seed.Secrets {
		tell("secret %s", added.Name)
	}
	for _, instance := range seeded.Instances {
		tell("instance %s of %s", instance.ID, instance.Application)
	}
}

// warnOfSince tells of the forms of a seed that no handover of the project at a path
// carries, since they were sent in before it begins. Without a project there is nothing
// to tell.
func (s *session) warnOfSince(path, file string, seed control.Seed) {
	if path == "" || len(seed.Instances) == 0 {
		return
	}
	served, err := project.Load(path)
	if err != nil {
		return // whoever carries forms says what is wrong with it
	}
	for n, instance := range seed.Instances {
		for _, d := range served.Handovers {
			if d.From != instance.Application || instance.Ended.IsZero() || !instance.Ended.Before(d.Since) {
				continue
			}
			named := fmt.Sprintf("instances[%d]", n)
			if instance.Handle != "" {
				named += " (" + instance.Handle + ")"
			}
			s.warn("%s: %s ended before the since of handover %s, %s (%s:%d), so it is not carried; to have it carried, let it end later, or begin the handover earlier",
				file, named, d.ID, d.Since.Format(time.RFC3339), path, d.Position.Line)
		}
	}
}

// readSeed reads a seed with the files beside it; those of stdin lie in the working
// folder.
func (s *session) readSeed(file string) (seed control.Seed, err error) {
	if file != "-" {
		seed, err = control.ReadSeedFile(file)
	} else if content, failed := io.ReadAll(s.streams.In); failed != nil {
		err = failed
	} else {
		seed, err = control.ReadSeedIn(".", content)
	}
	if err != nil {
		return seed, fmt.Errorf("%s: %w", file, err)
	}
	return seed, nil
}

// readSeeds reads the seeds that a platform begins with.
func readSeeds(files []string) ([]control.Seed, error) {
	seeds := make([]control.Seed, len(files))
	for n, file := range files {
		var err error
		if seeds[n], err = control.ReadSeedFile(file); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return seeds, nil
}
