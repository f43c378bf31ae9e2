package doctor

import (
	"context"
	"strings"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare"
)

// listing is the vault with the names of its secrets, asked for once.
type listing struct {
	done         bool
	opened       *keyvault.Vault
	items        []keyvault.Item
	openErr, err error
}

// inspect lists the vault, when nobody has done so before. The world must have one.
func (f *facts) inspect(ctx context.Context) listing {
	if f.listing.done {
		return f.listing
	}
	f.listing.done = true
	if f.listing.opened, f.listing.openErr = f.world.Vault(f.project); f.listing.openErr == nil {
		f.listing.items, f.listing.err = f.listing.opened.List(ctx)
	}
	return f.listing
}

// glance returns what the vault lists, before its own stage; nothing where it is
// not to be asked or does not answer, which that stage tells.
func (f *facts) glance(ctx context.Context) []keyvault.Item {
	if f.world.Vault == nil || f.world.Offline {
		return nil
	}
	return f.inspect(ctx).items
}

// familyOf is whose section it is. Where the files do not tell, the names of the
// vault's secrets may.
func (f *facts) familyOf(ctx context.Context, section appsettings.MaskinportenSection) appsettings.Family {
	if section.Family == appsettings.UnknownFamily && prepare.FamilyOf(section, f.glance(ctx), nil) == appsettings.BuiltIn {
		return appsettings.BuiltIn
	}
	return section.Family
}

// unlessInVault passes over what is wrong with a setting of the section in the
// files, where a secret takes its place: vault.overrides judges that.
func (f *facts) unlessInVault(ctx context.Context, setting string, found findings) findings {
	if found[0].status == OK {
		return found
	}
	for _, item := range f.glance(ctx) {
		if item.Enabled && strings.EqualFold(keyvault.SettingPath(item.Name), f.section.Name+":"+setting) {
			return ok("the vault has %s (%s), which wins over the files", setting, item.Name)
		}
	}
	return found
}
