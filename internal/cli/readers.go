package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/rotate"
)

// readers are those who read the section's secrets.
func (c *connection) readers(ctx context.Context, target prepare.Target, vault prepare.Vault) ([]rotate.Reader, error) {
	items, err := vault.List(ctx)
	if err != nil {
		return nil, err
	}
	code, err := dotnet.Read(os.DirFS(target.AppDir))
	if err != nil {
		return nil, fmt.Errorf("read the code of %s: %w", target.AppID, err)
	}
	configuration, err := appsettings.Load(ctx, appsettings.Options{Dir: target.AppDir, EnvironmentName: c.dotnetEnvironment()})
	if err != nil {
		return nil, err
	}
	section, err := appsettings.ReadMaskinporten(configuration, target.Section)
	if err != nil {
		return nil, err
	}
	return rotate.NewReaders(c.project, target.AppID, code, section, items), nil
}
