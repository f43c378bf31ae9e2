package keyvault

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Settings are those points of a vault that differ between vaults, or from one
// moment to the next. They can be changed while the vault serves.
type Settings struct {
	// DeletionDelay is how long a deletion, a recovery or a purge goes on after it
	// was answered; zero means that it is over at once. Azure takes seconds.
	DeletionDelay time.Duration
	// RetentionDays is how long a deleted secret can be recovered, 7 to 90; zero
	// means 90. A change holds for what is deleted already, too.
	RetentionDays int
	// PurgeProtection forbids to purge before that.
	PurgeProtection bool
	// AccessPolicy makes the vault use access policies instead of Azure roles,
	// which changes how it words a refusal.
	AccessPolicy bool
	// EmptyPages lets each list begin with a page that has no items and a link to
	// the next, which Azure's lists may have anywhere.
	EmptyPages bool
}

const (
	minRetentionDays = 7
	maxRetentionDays = 90
)

// withDefaults returns the settings as they hold, or what is wrong with them.
func (s Settings) withDefaults() (Settings, error) {
	if s.RetentionDays == 0 {
		s.RetentionDays = maxRetentionDays
	}
	if s.RetentionDays < minRetentionDays || s.RetentionDays > maxRetentionDays {
		return s, fmt.Errorf("retention must be %d to %d days, not %d", minRetentionDays, maxRetentionDays, s.RetentionDays)
	}
	if s.DeletionDelay < 0 {
		return s, fmt.Errorf("the delay of a deletion must not be negative: %s", s.DeletionDelay)
	}
	return s, nil
}

// Settings returns those of a vault.
func (s *Server) Settings(vaultName string) (Settings, error) {
	v, err := s.vault(vaultName)
	if err != nil {
		return Settings{}, fmt.Errorf("read settings: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.config.Settings, nil
}

// SetSettings changes those of a vault. A deletion that is under way takes as
// long as was said when it began.
func (s *Server) SetSettings(vaultName string, settings Settings) error {
	v, err := s.vault(vaultName)
	if err != nil {
		return fmt.Errorf("change settings: %w", err)
	}
	if settings, err = settings.withDefaults(); err != nil {
		return fmt.Errorf("change settings of vault %s: %w", v.config.Name, err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.config.Settings = settings
	return nil
}

// DemandClaims makes a vault refuse the next so many tokens, good as they are,
// with a claims challenge, as continuous access evaluation does when something
// about the caller has changed. A token that was refused so stays refused; a
// client that asks for a new one, with the claims of the challenge, is let in.
// Zero ends the demand for tokens that were not refused yet.
func (s *Server) DemandClaims(vaultName string, tokens int) error {
	v, err := s.vault(vaultName)
	if err != nil {
		return fmt.Errorf("demand claims: %w", err)
	}
	if tokens < 0 {
		return errors.New("demand claims: the number of tokens must not be negative")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.demands = tokens
	return nil
}

// demandsClaims tells whether a token must be exchanged for a newer one.
func (v *vault) demandsClaims(tokenID string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.demands > 0 && !v.revoked[tokenID] {
		v.demands--
		v.revoked[tokenID] = true
	}
	return v.revoked[tokenID]
}

// challenge is what a client must do to be let in: to log in, or to do so anew
// for a token that has been issued from now on.
func (c *call) challenge() string {
	if c.revoked {
		claims := `{"access_token":{"nbf":{"essential":true,"value":"` + strconv.FormatInt(c.now.Unix(), 10) + `"}}}`
		return `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", ` +
			`error="insufficient_claims", claims="` + base64.StdEncoding.EncodeToString([]byte(claims)) + `"`
	}
	// The Go SDK splits this at spaces, so one must follow the comma.
	return fmt.Sprintf(`Bearer authorization="https://login.microsoftonline.com/%s", resource="%s"`, c.server.tenantID, resource)
}

func insufficientClaims() *problem {
	return &problem{http.StatusUnauthorized, "Unauthorized", "The token does not meet the claims that are demanded; get a new one.", ""}
}
