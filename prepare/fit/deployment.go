package fit

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/appsettings"
)

// The ids of what the C# side of the original application may lack, as [Need].ID
// has them.
const (
	NeedMount      = "deployment-mount"    // the mount with the vault's address and credential
	NeedVault      = "program-vault"       // the vault in the program's configuration
	NeedVaultOrder = "program-vault-order" // the vault behind Altinn's own sources
	NeedVaultGuard = "program-vault-guard" // the vault outside Development only
	NeedGeneration = "package-generation"  // a generation of Altinn's library that has what the code is to call
	NeedPackage    = "package-client"      // the package whose client the code uses
)

// The mount that gives an application its kvSetting: the address of the vault and
// the credential for it. Source: docs.altinn.studio, secrets.
const (
	secretMount     = "altinn-appsettings-secret"  //nolint:gosec // G101: the name of a mount
	secretMountPath = "/altinn-appsettings-secret" //nolint:gosec // G101: where it is mounted
	valuesFile      = "deployment/values.yaml"
)

// mountLines are the lines of the mount as they stand in values.yaml.
const mountLines = `deployment:
  volumeMounts:
    - name: altinn-appsettings-secret
      mountPath: "/altinn-appsettings-secret"
  volumes:
    - name: altinn-appsettings-secret
      secret:
        secretName: altinn-appsettings-secret`

// client tells which Maskinporten client the original's code reads the section
// with.
type client struct {
	builtIn bool
	// vault tells that the client's secrets come from the vault, so that the
	// program must add it. Since generation 9 those of the built-in client do not.
	vault bool
}

// clientOf looks for the client in the original's code; ok is false when there
// is none, and Stafett's own service is what reads the section.
func clientOf(in Input) (c client, ok bool) {
	code := in.Original.Code
	if code == nil || !code.HasCode {
		return client{}, false
	}
	c.builtIn, ok = code.Reads(in.Section)
	if !ok {
		return client{}, false
	}
	if in.Family == appsettings.ClientLibrary {
		c.builtIn = false
	}
	c.vault = !c.builtIn || code.Generation() != dotnet.Generation9
	return c, true
}

// deployment fits what the original application is deployed with: where its
// program reads the vault, or is going to, it needs the mount.
func deployment(in Input) (Result, error) {
	code := in.Original.Code
	if code == nil || !code.HasCode {
		return Result{}, nil
	}
	_, reads := code.Program.ReadsVault()
	if c, ok := clientOf(in); !reads && (!ok || !c.vault) {
		return Result{}, nil
	}
	name, file := in.Original.values()
	need := Need{
		ID: NeedMount, Application: Original, File: name,
		What:   "the deployment does not mount " + secretMount + ", which holds the vault's address and the credential for it (kvSetting), so the application does not start with the vault in its configuration",
		Remedy: fmt.Sprintf("write in %s:\n%s", name, mountLines),
	}
	if file == nil {
		return byHand(need, "there is no "+name+" in the folder"), nil
	}
	after, err := addMount(file)
	if refused, ok := errors.AsType[*mountError](err); ok {
		return byHand(need, refused.Error()), nil
	}
	if err != nil {
		need.What = fmt.Sprintf("%s cannot be read: %v", name, err)
		return Result{Missing: []Need{need}, Warnings: []string{need.What}}, nil
	}
	edit, changed := in.Original.edit(name, after, []string{"the application reads the vault with the address and the credential that are mounted as " + secretMount})
	if !changed {
		return Result{}, nil
	}
	return Result{Edits: []Edit{edit}, Missing: []Need{need}}, nil
}

// byHand is the result for a need that no edit mends.
func byHand(need Need, why string) Result {
	return Result{
		Missing:  []Need{need},
		Warnings: []string{fmt.Sprintf("%s, and Stafett does not change it, since %s; %s", need.What, why, need.Remedy)},
	}
}

// values returns the file of the deployment's values and its content, nil when
// the folder has none. Of several below the folder it is the first by name.
func (f Folder) values() (name string, content []byte) {
	if content, ok := f.Files[valuesFile]; ok {
		return valuesFile, content
	}
	for _, name := range slices.Sorted(maps.Keys(f.Files)) {
		if path.Base(name) == "values.yaml" && path.Base(path.Dir(name)) == "deployment" {
			return name, f.Files[name]
		}
	}
	return valuesFile, nil
}
