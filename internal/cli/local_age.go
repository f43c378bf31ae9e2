package cli

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/local/control"
)

func newLocalAge(s *session) *cobra.Command {
	var aging control.Aging
	cmd := &cobra.Command{
		Use:   "age AGE",
		Short: "Make a client's keys, or a secret, older than they are",
		Long: `Moves dates that the local platform has stored back by AGE, such as 370d or 36h:
those of a client at Samarbeidsportalen, of its keys, and of the secrets in the
vault that go with it. No clock is moved, for no program, so that what a key is
like after a year can be tried within a minute.`,
		Annotations: exits("0; 1 when there is no such client or secret, or no local platform runs, 64 when\nAGE is none."),
		Example: `  stafett local age 340d                    # the client whose id the vault holds
  stafett local age --client ID 370d        # its keys have expired
  stafett local age --secret NAME 30d       # one secret of the vault only`,
		Args: oneArg("an AGE, such as 370d"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if aging.By, err = control.ParseAge(args[0]); err != nil {
				return &usageError{err}
			}
			return s.age(cmd.Context(), aging)
		},
	}
	cmd.Flags().StringVar(&aging.Client, "client", "", "the client with this `ID` (default: the one that the project's\nvault holds)")
	cmd.Flags().StringVar(&aging.Secret, "secret", "", "the secret with this `NAME`")
	return cmd
}

// ageDocument is what age prints with --json.
type ageDocument struct {
	Schema string `json:"schema"`
	control.Aged
}

func (s *session) age(ctx context.Context, aging control.Aging) error {
	s.local = true // whatever an error tells people to run is for this world, too
	steering, err := s.steer(ctx)
	if err != nil {
		return err
	}
	if aging.Client == "" && aging.Secret == "" {
		if aging.Client, err = s.storedClient(ctx); err != nil {
			return err
		}
	}
	aged, err := steering.Age(ctx, aging)
	if err != nil {
		return withRemedy(err, http.StatusNotFound, "see the client ids and secrets of the project: stafett doctor --verbose")
	}
	if s.json {
		return s.printJSON(ageDocument{"stafett/age/v1", control.Aged{Keys: append([]control.AgedKey{}, aged.Keys...), Secrets: append([]control.AgedSecret{}, aged.Secrets...)}})
	}
	out := s.streams.Out
	for _, key := range aged.Keys {
		out.Printf("%s key %s ends %s\n", out.Mark(term.OK), key.KeyID, key.Expires.Format(time.DateOnly))
	}
	for _, secret := range aged.Secrets {
		ends := "has no end"
		if !secret.Expires.IsZero() {
			ends = "ends " + secret.Expires.Format(time.DateOnly)
		}
		out.Printf("%s secret %s %s\n", out.Mark(term.OK), secret.Name, ends)
	}
	return nil
}

// storedClient is the client id in the project's vault at the local platform.
func (s *session) storedClient(ctx context.Context) (string, error) {
	connection, err := s.connect(ctx)
	if err != nil {
		return "", err
	}
	defer connection.close()
	loaded, err := connection.integration(ctx)
	if err != nil {
		return "", fmt.Errorf("find the client to age: %w", err)
	}
	return loaded.ClientID, nil
}
