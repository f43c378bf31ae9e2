package integration

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/keyvault"
)

// missing says why a setting that ought to lie in the vault has no value: the
// vault's secret is disabled or not there, or lies under another section's name.
func (b *builder) missing(ctx context.Context, name string, has func(appsettings.MaskinportenSection) bool) error {
	faults := []string{"has no value"}
	if elsewhere := b.elsewhere(name, has); elsewhere != "" {
		faults = append(faults, elsewhere)
	}
	if b.options.Vault == nil {
		return errors.New(strings.Join(faults, "; "))
	}
	secretName := strings.ReplaceAll(b.section.Name, ":", "--") + "--" + name
	_, err := b.options.Vault.Get(ctx, secretName)
	var disabled *keyvault.DisabledError
	switch {
	case err == nil: // it is there and empty, or came between
		return errors.New(strings.Join(append(faults, "the vault's secret "+secretName+" is empty"), "; "))
	case errors.Is(err, keyvault.ErrNotFound):
		return errors.New(strings.Join(append(faults, fmt.Sprintf("the vault %s has no secret %s", b.options.Vault.Host(), secretName)), "; "))
	case errors.As(err, &disabled):
		return fmt.Errorf("%s, for the application passes over disabled secrets: %w", strings.Join(faults, "; "), disabled)
	}
	return fmt.Errorf("%s: %w", strings.Join(faults, "; "), err)
}

// elsewhere finds another section that has the setting.
func (b *builder) elsewhere(name string, has func(appsettings.MaskinportenSection) bool) string {
	for _, other := range b.configuration.MaskinportenSections() {
		if strings.EqualFold(other, b.section.Name) {
			continue
		}
		section, err := appsettings.ReadMaskinporten(b.configuration, other)
		if err == nil && has(section) {
			v, _ := b.configuration.Get(other + ":" + name)
			return fmt.Sprintf("section %s has one (%s)", other, v.Origin)
		}
	}
	return ""
}
