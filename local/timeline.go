package local

import (
	"net/http"
	"slices"

	"github.com/stafett/stafett/local/redact"
	"github.com/stafett/stafett/local/timeline"
)

// know adds what the platform knows of a caller of the timeline: the names, and
// the key behind a token.
func (p *Platform) know(caller timeline.Caller) timeline.Caller {
	if caller.TokenID != "" {
		if token, ok := p.maskinporten.Token(caller.TokenID); ok {
			caller.ClientID, caller.KeyID = token.ClientID, token.KeyID
		}
	}
	if caller.ClientID != "" && caller.Kind != timeline.KindAzure {
		if registration, err := p.registry.Registration(caller.ClientID); err == nil {
			caller.ClientName = redact.Text(registration.Client.Name)
		}
	}
	if caller.Name == "" {
		caller.Name = p.nameOf(caller)
	}
	return caller
}

// nameOf finds the name of the person or the organisation.
func (p *Platform) nameOf(caller timeline.Caller) string {
	if caller.UserID != 0 {
		at := slices.IndexFunc(p.seed.Persons, func(person Person) bool { return person.UserID == caller.UserID })
		if at >= 0 {
			return p.seed.Persons[at].Name
		}
	}
	if caller.OrgNumber != "" {
		at := slices.IndexFunc(p.seed.Organisations, func(party Party) bool { return party.OrgNumber == caller.OrgNumber })
		if at >= 0 {
			return p.seed.Organisations[at].Name
		}
	}
	return ""
}

// recorded wraps handlers of a host that are reached past the network.
func (p *Platform) recorded(host string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if p.story == nil {
			return next
		}
		return p.story.Wrap(host, next)
	}
}

// outward is the way of the platform's own messages to the world.
func (p *Platform) outward() http.RoundTripper {
	if p.story == nil {
		return p.forwards
	}
	return p.story.Outward("Altinn Events", p.forwards)
}
