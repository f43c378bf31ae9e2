package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/stafett/stafett/app/dotnet"
	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/rotate"
)

// readers are those who read the section's secrets: the application, and the
// handover service, which takes it that some day it runs.
func (c *connection) readers(ctx context.Context, target prepare.Target) ([]rotate.Reader, error) {
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
	application := rotate.Reader{Name: target.AppID}
	if code.SecretReading(section.Family == appsettings.BuiltIn).How == dotnet.EveryFiveMinutes {
		application.Rereads = 5 * time.Minute
	}
	return []rotate.Reader{application, {Name: "stafett serve", Rereads: c.project.Service.RereadSecrets}}, nil
}
