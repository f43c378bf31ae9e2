package cli

import (
	"context"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/prepare/doctor"
)

// advice tells what the definitions of a service do that may surprise, and what
// its triggers lack in the original application.
func (c *connection) advice(ctx context.Context) ([]string, error) {
	settings, err := appsettings.Load(ctx, appsettings.Options{Dir: c.project.Applications.Original, EnvironmentName: c.dotnetEnvironment(), Environ: c.environ})
	if err != nil {
		return nil, err
	}
	return doctor.Advice(c.project, settings), nil
}
