package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/project"
	"github.com/stafett/stafett/project/propose"
)

// found is what the settings and the code of two applications tell.
type found struct {
	section, vault propose.Choice // empty = not told
	notices        []string
}

// settingsOf finds the section that a Maskinporten client of the applications
// reads, the original one's first, and the address of the vault. Settings that
// cannot be read are told of: prepare will need them.
func settingsOf(ctx context.Context, original, receiving *app.Folder) found {
	var f found
	var own *appsettings.Configuration
	for _, folder := range []*app.Folder{original, receiving} {
		if f.section.Value == "" {
			f.section = sectionInCode(folder)
		}
		for _, environment := range []string{"Production", "Staging", "Development"} {
			settings, err := appsettings.Load(ctx, appsettings.Options{Dir: folder.Dir, EnvironmentName: environment})
			if err != nil {
				f.notices = append(f.notices, fmt.Sprintf("the settings of %s cannot be read: %v", folder.ID, err))
				break
			}
			if own == nil && folder == original {
				own = settings
			}
			if f.section.Value == "" {
				f.section = sectionInSettings(folder, settings)
			}
			if f.vault.Value == "" {
				f.vault = vaultInSettings(folder, settings)
			}
		}
	}
	if f.section.Value == "" {
		f.section = propose.DefaultSection()
	}
	if own != nil && len(own.Children(f.section.Value)) == 0 {
		f.notices = append(f.notices, fmt.Sprintf(`the settings of %s have no section %s yet: add {%s} to its appsettings.json, and "stafett prepare" fills in the rest`,
			original.ID, f.section.Value, emptySection(f.section.Value)))
	}
	return f
}

// emptySection is what appsettings.json must have for a section to be there.
func emptySection(name string) string {
	text := `"ClientId": ""`
	for _, part := range slices.Backward(strings.Split(name, ":")) {
		text = fmt.Sprintf("%q: {%s}", part, text)
	}
	return text
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
	if set, ok := settings.Get("kvSetting:SecretUri"); ok {
		if address, ok := set.Text(); ok && project.ValidVault(address) {
			return propose.Choice{Value: strings.TrimRight(address, "/"), Why: "kvSetting:SecretUri in the settings of " + folder.ID}
		}
	}
	return propose.Choice{}
}
