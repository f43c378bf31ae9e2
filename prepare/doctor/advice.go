package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/project"
)

// eventSwitch is the setting by which an application publishes events.
const eventSwitch = "AppSettings:RegisterEventsWithEventsComponent"

// Advice tells, in sentences, what the handovers of a service do that may
// surprise, and what its triggers lack in the original application, whose
// configuration is given.
func Advice(p *project.Project, original *appsettings.Configuration) []string {
	var told []string
	for _, definition := range p.Handovers {
		if definition.Confirm {
			told = append(told, confirmAdvice(p, definition))
		}
	}
	if lacksEvents(p, original) {
		told = append(told, fmt.Sprintf("no event comes from the original application: set %s to true in its appsettings.json and deploy it; until then forms are found by sweeping", eventSwitch))
	}
	return told
}

func confirmAdvice(p *project.Project, definition project.Definition) string {
	return fmt.Sprintf("handover %s confirms each original instance: who lists instances without those that %s has confirmed does not see it any more, and Altinn may delete it", definition.ID, p.Owner.Org)
}

// lacksEvents reports whether the service waits for events that the application
// does not send.
func lacksEvents(p *project.Project, original *appsettings.Configuration) bool {
	if p.Service.Events.Address == "" {
		return false
	}
	value, _ := original.Get(eventSwitch)
	text, _ := value.Text()
	return !strings.EqualFold(text, "true")
}

func eventsOn(_ context.Context, f *facts) findings {
	switch {
	case f.project.Service.Events.Address == "":
		return skip("%s names no address for events (service.events): forms are found by sweeping", f.project.Path)
	case lacksEvents(f.project, f.configuration):
		value, _ := f.configuration.Get(eventSwitch)
		return fault(Warn, eventSwitch+" is not true", "no event comes from the original application; until it does, forms are found by sweeping",
			by("set %s to true in %s and deploy the application", eventSwitch, f.place(value.Origin)))
	}
	return ok("%s is true", eventSwitch)
}

func confirms(_ context.Context, f *facts) findings {
	var found findings
	for _, definition := range f.project.Handovers {
		if definition.Confirm {
			found = append(found, finding{
				status: Warn, evidence: fmt.Sprintf("%s:%d: %s", f.project.Path, definition.Position.Line, confirmAdvice(f.project, definition)),
				cause:  "that is what confirm means, and cannot be taken back",
				remedy: by("leave confirm out of the definition unless no other system needs the form"),
			})
		}
	}
	if found == nil {
		return ok("%d handovers, of which none confirms its source", len(f.project.Handovers))
	}
	return found
}
