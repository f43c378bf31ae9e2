package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/handover"
)

// eventSwitch is the setting by which an application publishes events.
const eventSwitch = "AppSettings:RegisterEventsWithEventsComponent"

// advice tells what the definitions of a service do that may surprise, and what
// its triggers lack in the original application.
func (c *connection) advice(ctx context.Context, definitions []*handover.Definition) ([]string, error) {
	var told []string
	for _, definition := range definitions {
		if definition.Confirms() {
			told = append(told, fmt.Sprintf("handover %s confirms each original instance: who lists instances without those that %s has confirmed does not see it any more, and Altinn may delete it", definition.ID(), c.project.Owner.Org))
		}
	}
	if c.project.Service.Events.Address == "" {
		return told, nil
	}
	settings, err := appsettings.Load(ctx, appsettings.Options{Dir: c.project.Applications.Original, EnvironmentName: c.dotnetEnvironment(), Environ: c.environ})
	if err != nil {
		return nil, err
	}
	value, _ := settings.Get(eventSwitch)
	if text, _ := value.Text(); !strings.EqualFold(text, "true") {
		told = append(told, fmt.Sprintf("no event comes from the original application: set %s to true in its appsettings.json and deploy it; until then forms are found by sweeping", eventSwitch))
	}
	return told, nil
}
