package cli

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/stafett/stafett/local/control"
)

type localSettings struct {
	propagation        time.Duration
	permissions        []string
	keyIDsPerClient    bool
	keepExpiryOnRepost bool
	vault              vaultFlags
}

func newLocalSet(s *session) *cobra.Command {
	var settings localSettings
	cmd := &cobra.Command{
		Use:   "set",
		Short: "Change how the local platform behaves, and show it",
		Long: `Sets what the flags name, for everything that happens from now on, and shows all of
the settings. Without flags they are only shown.

Digdir says that a change at Samarbeidsportalen takes up to two minutes to reach
Maskinporten; here it takes no time unless --propagation says otherwise. Two points
about keys are open in Digdir's documentation and can be set either way.`,
		Annotations: exits("0; 1 when a setting is refused, or no local platform runs."),
		Example: `  stafett local set --propagation 30s           # as slow as the real one can be
  stafett local set --vault-permissions list    # somebody who may not read secrets
  stafett local set                             # only show`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.setLocal(cmd.Context(), settings, func(name string) bool { return cmd.Flags().Changed(name) })
		},
	}
	flags := cmd.Flags()
	flags.DurationVar(&settings.propagation, "propagation", 0, "how long a change at Samarbeidsportalen is on its way, at most 10m")
	flags.StringSliceVar(&settings.permissions, "vault-permissions", nil, "what Stafett may do in the vault: a `LIST` such as get,list,set; or \"all\"")
	flags.BoolVar(&settings.keyIDsPerClient, "key-ids-per-client", false, "two clients may have keys of the same id")
	flags.BoolVar(&settings.keepExpiryOnRepost, "keep-expiry", false, "posting a key again does not prolong it")
	settings.vault.add(flags)
	mustComplete(cmd, "vault-permissions", func() []string { return vaultPermissions() })
	return cmd
}

// vaultPermissions are all of them, in the words of Azure's access policies.
func vaultPermissions() []string {
	return []string{"get", "list", "set", "delete", "recover", "purge", "backup", "restore"}
}

// settingsDocument is what set prints with --json.
type settingsDocument struct {
	Schema           string   `json:"schema"`
	Propagation      string   `json:"propagation"`
	VaultPermissions []string `json:"vaultPermissions"`
	control.KeyRules
	Vault control.VaultSettings `json:"vault"`
}

func (s *session) setLocal(ctx context.Context, settings localSettings, changed func(flag string) bool) error {
	steering, err := s.steer(ctx)
	if err != nil {
		return err
	}
	if changed("propagation") {
		if err := steering.SetPropagation(ctx, settings.propagation); err != nil {
			return wrongValue(err)
		}
	}
	if changed("vault-permissions") {
		if len(settings.permissions) == 1 && settings.permissions[0] == "all" {
			settings.permissions = vaultPermissions()
		}
		if err := steering.SetVaultPermissions(ctx, settings.permissions...); err != nil {
			return wrongValue(err)
		}
	}
	rules, err := steering.KeyRules(ctx)
	if err != nil {
		return err
	}
	if changed("key-ids-per-client") || changed("keep-expiry") {
		if changed("key-ids-per-client") {
			rules.KeyIDsPerClient = settings.keyIDsPerClient
		}
		if changed("keep-expiry") {
			rules.KeepExpiryOnRepost = settings.keepExpiryOnRepost
		}
		if err := steering.SetKeyRules(ctx, rules); err != nil {
			return err
		}
	}
	vault, err := settings.vault.set(ctx, steering, changed)
	if err != nil {
		return err
	}
	return s.tellSettings(ctx, steering, rules, vault)
}

// wrongValue tells a setting that can never be from one that could not be made.
func wrongValue(err error) error {
	if refused, ok := errors.AsType[*control.Error](err); ok && refused.Status == http.StatusUnprocessableEntity {
		return &usageError{err}
	}
	return err
}

func (s *session) tellSettings(ctx context.Context, steering *control.Client, rules control.KeyRules, vault control.VaultSettings) error {
	propagation, err := steering.Propagation(ctx)
	if err != nil {
		return err
	}
	permissions, err := steering.VaultPermissions(ctx)
	if err != nil {
		return err
	}
	if s.json {
		return s.printJSON(settingsDocument{"stafett/settings/v1", propagation.String(), append([]string{}, permissions...), rules, vault})
	}
	out := s.streams.Out
	for _, setting := range []struct {
		flag  string
		value any
	}{
		{"propagation", propagation},
		{"key-ids-per-client", rules.KeyIDsPerClient},
		{"keep-expiry", rules.KeepExpiryOnRepost},
		{"vault-permissions", strings.Join(permissions, ",")},
		{"vault-delay", vault.DeletionDelay},
		{"vault-retention", vault.RetentionDays},
		{"vault-purge-protection", vault.PurgeProtection},
		{"vault-access-policy", vault.AccessPolicy},
		{"vault-empty-pages", vault.EmptyPages},
	} {
		out.Printf("%-23s %v\n", setting.flag, setting.value)
	}
	return nil
}
