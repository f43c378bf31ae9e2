package inbox

import (
	"strconv"

	"github.com/stafett/stafett/local/web/frame"
)

// whoIs names somebody as instances tell of them: a person by the user id, an
// organisation by its number, a service owner, in the history of a process, by its
// code. What nobody here knows is shown as it is.
func whoIs(c *frame.Call, actor string) string {
	if actor == "" {
		return ""
	}
	if id, err := strconv.Atoi(actor); err == nil && id == c.Person.UserID {
		return c.T("you")
	}
	for _, person := range c.People() {
		if strconv.Itoa(person.UserID) == actor {
			return person.Name
		}
		for _, party := range person.Parties {
			if party.OrgNumber != "" && party.OrgNumber == actor {
				return party.Name
			}
		}
	}
	return actor
}
