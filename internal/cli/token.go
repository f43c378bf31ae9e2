package cli

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func newToken(s *session) *cobra.Command {
	var exchanged bool
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Get a token for the organisation: its claims on a terminal, the bare token on a pipe",
		Long: `Loads the settings of the original application as it would at start-up, with the
secrets from Key Vault, and gets a token from Maskinporten with the scopes of the
section. With --altinn the token is exchanged for Altinn's, which applications and
Storage take.

On a terminal the claims are shown and not the token. On a pipe the bare token is
written, and nothing else.`,
		Annotations: exits("0; 1 when a setting or secret is wrong, 4 when the grant or the exchange is\nrefused, 5 when a system does not answer."),
		Example: `  stafett token --local                 # who a token speaks for, through the local platform
  stafett token --json | jq .claims     # the claims, for programs
  curl -H "Authorization: Bearer $(stafett token --altinn)" https://platform.tt02.altinn.no/…`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			connection, err := s.connect(cmd.Context())
			if err != nil {
				return err
			}
			defer connection.close()
			loaded, err := connection.integration(cmd.Context())
			if err != nil {
				return err
			}
			for _, warning := range loaded.Warnings() {
				s.warn("%s", warning)
			}
			var token string
			if exchanged {
				altinnToken, err := loaded.Altinn().Token(cmd.Context())
				if err != nil {
					return err
				}
				token = altinnToken.Reveal()
			} else {
				granted, err := loaded.Maskinporten().TokenContext(cmd.Context())
				if err != nil {
					return err
				}
				token = granted.AccessToken
			}
			return s.printToken(token, loaded.Warnings())
		},
	}
	cmd.Flags().BoolVar(&exchanged, "altinn", false, "exchange the token for Altinn's")
	return cmd
}

// printToken shows the claims to a person or as JSON, and the token to a pipe.
func (s *session) printToken(token string, warnings []string) error {
	if !s.json && !s.streams.Out.IsTerminal {
		s.streams.Out.Printf("%s\n", token)
		return nil
	}
	claims, err := claimsOf(token)
	if err != nil {
		return err
	}
	if s.json {
		return s.printJSON(struct {
			Schema   string          `json:"schema"`
			Claims   json.RawMessage `json:"claims"`
			Warnings []string        `json:"warnings"`
		}{"stafett/token/v1", claims, append([]string{}, warnings...)})
	}
	var readable map[string]any
	if err := json.Unmarshal(claims, &readable); err != nil {
		return fmt.Errorf("decode claims: %w", err)
	}
	indented, err := json.MarshalIndent(readable, "", "  ")
	if err != nil {
		return fmt.Errorf("print claims: %w", err)
	}
	s.streams.Out.Printf("%s\n", indented)
	if expires, ok := readable["exp"].(float64); ok {
		s.streams.Err.Printf("valid until %s; the token itself is written on a pipe only\n", time.Unix(int64(expires), 0).Format(time.RFC3339))
	}
	return nil
}

// claimsOf decodes the claims of a JWT to show them; it verifies nothing.
func claimsOf(token string) (json.RawMessage, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, fmt.Errorf("show claims: the token is not a JWT")
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || !json.Valid(claims) {
		return nil, fmt.Errorf("show claims: the token's claims are not JSON")
	}
	return claims, nil
}
