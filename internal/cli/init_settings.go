package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/project/propose"
)

// settingsOf finds the section that a Maskinporten client of the applications
// reads, the original one's first, and the address of the vault. What is not found
// is left empty: a folder whose settings cannot be read can still take part.
func settingsOf(ctx context.Context, original, receiving *app.Folder) (section, vault propose.Choice) {
	for _, folder := range []*app.Folder{original, receiving} {
		if section.Value == "" {
			section = sectionInCode(folder)
		}
		for _, environment := range []string{"Production", "Staging", "Development"} {
			settings, err := appsettings.Load(ctx, appsettings.Options{Dir: folder.Dir, EnvironmentName: environment})
			if err != nil {
				continue
			}
			if section.Value == "" {
				section = sectionInSettings(folder, settings)
			}
			if vault.Value == "" {
				vault = vaultInSettings(folder, settings)
			}
		}
	}
	return section, vault
}

// sectionInCode is the first section that the application's C# sets a client up
// with.
func sectionInCode(folder *app.Folder) propose.Choice {
	code, err := dotnet.Read(os.DirFS(filepath.Join(folder.Dir, folder.Root)))
	if err != nil {
		return propose.Choice{}
	}
	for _, registration := range code.Registrations {
		if project.ValidSection(registration.Section) {
			return propose.Choice{Value: registration.Section, Why: folder.ID + " reads it: " + registration.Position.String()}
		}
	}
	return propose.Choice{}
}

// sectionInSettings is the first section that looks like a client's.
func sectionInSettings(folder *app.Folder, settings *appsettings.Configuration) propose.Choice {
	for _, name := range settings.MaskinportenSections() {
		if project.ValidSection(name) {
			return propose.Choice{Value: name, Why: "as in the settings of " + folder.ID}
		}
	}
	return propose.Choice{}
}

// vaultInSettings is the vault whose address the settings tell, as they may on a
// developer's machine; the platform mounts it otherwise.
func vaultInSettings(folder *app.Folder, settings *appsettings.Configuration) propose.Choice {
	if found, ok := settings.Get("kvSetting:SecretUri"); ok {
		if address, ok := found.Text(); ok && project.ValidVault(address) {
			return propose.Choice{Value: strings.TrimRight(address, "/"), Why: "kvSetting:SecretUri in the settings of " + folder.ID}
		}
	}
	return propose.Choice{}
}
