package story

import (
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/entra"
	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/timeline"
)

// link is a step by which somebody came to be allowed something.
type link struct {
	ID   int64
	Text string
}

// origin follows credentials back to where they came from, and tells it in the
// order in which it happened: the secret, the token, the exchange. What is no
// longer kept is left out. Credentials that did not hold came from nowhere that is
// known: anybody may claim a key's id.
func (v *voice) origin(t *tree, roots []*tree) []link {
	var links []link
	caller := t.Caller
	for t.Caller.Kind == timeline.KindStandIn && t.parent != nil {
		t = t.parent
		caller = t.Caller
	}
	add := func(found *tree, text string) { links = append([]link{{found.ID, text}}, links...) }

	if caller.TokenID != "" {
		if found, token := issued(roots, t, func(f authentication.IssuedToken) bool { return f.ID == caller.TokenID }); found != nil {
			add(found, v.T("origin."+originKey(token.Origin), v.clock(found.Started)))
		}
		if found, token := issued(roots, t, func(f maskinporten.IssuedToken) bool { return f.ID == caller.TokenID }); found != nil {
			add(found, v.T("origin.maskinporten", v.clock(found.Started), token.ClientID, token.KeyID))
			caller.KeyID = token.KeyID
			t = found
		}
		if found, token := issued(roots, t, func(f entra.IssuedToken) bool { return f.ID == caller.TokenID }); found != nil {
			add(found, v.T("origin.entra", v.clock(found.Started), token.ClientID))
		}
	}
	if caller.KeyID == "" || caller.Kind == timeline.KindUnknown {
		return links
	}
	if found, access := issued(roots, t, func(f keyvault.Access) bool {
		return f.KeyID == caller.KeyID && f.Operation == "get" && f.Code == ""
	}); found != nil {
		name, _ := v.who(found)
		add(found, v.T("origin.secret", caller.KeyID, access.Name, access.Version, access.Vault, v.clock(found.Started), name))
	}
	return links
}

func originKey(origin string) string {
	switch origin {
	case authentication.OriginExchange:
		return "exchange"
	case authentication.OriginRefresh:
		return "refresh"
	}
	return "login"
}

// issued finds the latest exchange before another in which a fact was noted.
func issued[F any](roots []*tree, before *tree, wanted func(F) bool) (found *tree, fact F) {
	for _, root := range roots { // the newest first
		for t := range root.all() {
			if t.ID > before.ID {
				continue
			}
			for _, noted := range t.Facts {
				if f, ok := noted.(F); ok && wanted(f) && (found == nil || t.ID > found.ID) {
					found, fact = t, f
				}
			}
		}
		if found != nil {
			return found, fact
		}
	}
	return nil, fact
}
