package cli

import (
	"context"
	"time"

	"github.com/spf13/pflag"
	"github.com/stafett/stafett/local/control"
)

// vaultFlags are the settings of the vault that "local set" changes.
type vaultFlags struct {
	delay           time.Duration
	retention       int
	purgeProtection bool
	accessPolicy    bool
	emptyPages      bool
}

func (v *vaultFlags) add(flags *pflag.FlagSet) {
	flags.DurationVar(&v.delay, "vault-delay", 0, "how long the vault takes to delete, recover or purge a secret")
	flags.IntVar(&v.retention, "vault-retention", 90, "how many `DAYS` a deleted secret can be recovered, 7 to 90")
	flags.BoolVar(&v.purgeProtection, "vault-purge-protection", false, "a deleted secret cannot be purged before that")
	flags.BoolVar(&v.accessPolicy, "vault-access-policy", false, "the vault words refusals as one with access policies, not roles")
	flags.BoolVar(&v.emptyPages, "vault-empty-pages", false, "each list of the vault begins with an empty page")
}

// set changes what was named, and returns the settings as they are then.
func (v vaultFlags) set(ctx context.Context, steering *control.Client, changed func(flag string) bool) (control.VaultSettings, error) {
	settings, err := steering.VaultSettings(ctx)
	if err != nil {
		return settings, err
	}
	before := settings
	for flag, take := range map[string]func(){
		"vault-delay":            func() { settings.DeletionDelay = v.delay },
		"vault-retention":        func() { settings.RetentionDays = v.retention },
		"vault-purge-protection": func() { settings.PurgeProtection = v.purgeProtection },
		"vault-access-policy":    func() { settings.AccessPolicy = v.accessPolicy },
		"vault-empty-pages":      func() { settings.EmptyPages = v.emptyPages },
	} {
		if changed(flag) {
			take()
		}
	}
	if settings == before {
		return settings, nil
	}
	return settings, wrongValue(steering.SetVaultSettings(ctx, settings))
}
