package story

import (
	"net/http"
	"slices"
	"strings"

	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/entra"
	"github.com/stafett/stafett/local/fault"
	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/selfservice"
)

// explanation is why something was refused, for people.
type explanation struct {
	Why string
	// Remedy is what would have to be different; empty where nobody can tell.
	Remedy string
	// Said is what the system itself has said; may be empty.
	Said string
}

// explain tells why an exchange was refused. It is nil for one that was not.
func (v *voice) explain(t *tree) *explanation {
	if !t.refused() {
		return nil
	}
	for _, cause := range []func(*tree) *explanation{
		v.injected, v.levelTooLow, v.missingScope, v.byPolicy, v.notAccepted, v.byMaskinporten, v.byVault, v.byEntra, v.byPortal,
	} {
		if why := cause(t); why != nil {
			return why
		}
	}
	if why, ok := v.word("why.status." + statusKey(t.Status)); ok {
		return &explanation{Why: why}
	}
	return &explanation{Why: v.T("why.unknown", t.System, t.Status)}
}

func statusKey(status int) string {
	switch {
	case status == 0:
		return "0"
	case status >= http.StatusInternalServerError:
		return "500"
	}
	return map[int]string{
		http.StatusBadRequest: "400", http.StatusNotFound: "404", http.StatusConflict: "409",
		http.StatusUnprocessableEntity: "400", http.StatusRequestEntityTooLarge: "413", http.StatusUnsupportedMediaType: "415",
	}[status]
}

// word gives a word that may not exist.
func (v *voice) word(key string, args ...any) (string, bool) {
	text := v.T(key, args...)
	return text, text != key
}

// injected is for what somebody has put in the way on purpose.
func (v *voice) injected(t *tree) *explanation {
	for b := range t.all() {
		for _, noted := range b.Facts {
			met, ok := noted.(fault.Met)
			switch {
			case !ok:
			case met.Rule.Reset || met.Rule.DropResponse:
				return &explanation{Why: v.T("why.injected.cut", b.System), Remedy: v.T("remedy.injected")}
			case met.Rule.Status >= http.StatusBadRequest:
				return &explanation{Why: v.T("why.injected.status", b.System), Remedy: v.T("remedy.injected")}
			}
		}
	}
	return nil
}

// intercepted reports whether a fault on demand answered before anybody looked at
// what was sent.
func (t *tree) intercepted() bool {
	for _, noted := range t.Facts {
		if met, ok := noted.(fault.Met); ok && (met.Rule.Status > 0 || met.Rule.Reset) {
			return true
		}
	}
	return false
}

func (v *voice) levelTooLow(t *tree) *explanation {
	if fact, ok := first[authorization.LevelTooLow](t); ok && t.Status == http.StatusForbidden {
		return &explanation{
			Why:    v.T("why.level", fact.Action, fact.Required, fact.Level),
			Remedy: v.T("remedy.level", fact.Required),
		}
	}
	return nil
}

func (v *voice) missingScope(t *tree) *explanation {
	fact, ok := first[authentication.MissingScope](t)
	if !ok || t.Status != http.StatusForbidden {
		return nil
	}
	wanted := strings.Join(fact.Scopes, v.T("either"))
	has := fact.Has
	if has == "" {
		has = v.T("none")
	}
	return &explanation{Why: v.T("why.scope", wanted, has), Remedy: v.T("remedy.scope", wanted)}
}

func (v *voice) notAccepted(t *tree) *explanation {
	fact, ok := first[authentication.NotAccepted](t)
	if !ok || t.Status != http.StatusUnauthorized {
		return nil
	}
	if fact.Reason == authentication.ErrNoToken.Error() {
		return &explanation{Why: v.T("why.no-token", t.System), Remedy: v.T("remedy.no-token"), Said: fact.Reason}
	}
	return &explanation{Why: v.T("why.bad-token", t.System), Remedy: v.T("remedy.bad-token"), Said: fact.Reason}
}

// byPolicy explains a decision that was not a permit.
func (v *voice) byPolicy(t *tree) *explanation {
	d, ok := denied(t)
	if !ok {
		return nil
	}
	name, _ := v.who(t)
	appID := applicationOf(d)
	switch d.Result {
	case policy.Deny:
		return &explanation{Why: v.T("why.denied", v.rule(appID, d.RuleID), appID, d.Action)}
	case policy.Indeterminate:
		return &explanation{Why: v.T("why.indeterminate", appID, d.Action), Said: d.Reason}
	}
	why := &explanation{Why: v.T("why.no-rule", appID, name, d.Action)}
	if len(d.Nearest) == 0 {
		why.Remedy = v.T("remedy.no-rule", d.Action)
		return why
	}
	near := d.Nearest[0]
	var gaps []string
	for _, gap := range near.Gaps {
		gaps = append(gaps, v.gap(gap))
	}
	why.Remedy = v.T("remedy.nearest", v.rule(appID, near.Rule.ID), strings.Join(gaps, " "))
	return why
}

// denied is the decision that made a request fail: the first that is not a permit,
// of those whose request came to nothing. Of the actions that were asked about
// together, that is the one whose rules came closest.
func denied(t *tree) (authorization.Decision, bool) {
	if t.Status != http.StatusForbidden {
		return authorization.Decision{}, false
	}
	for b := range t.all() {
		var closest *authorization.Decision
		for _, fact := range b.Facts {
			d, ok := fact.(authorization.Decision)
			if ok && d.Result != policy.Permit && (closest == nil || lacks(d) < lacks(*closest)) {
				closest = &d
			}
		}
		if closest != nil {
			return *closest, true
		}
	}
	return authorization.Decision{}, false
}

// lacks counts how far the nearest rule is from permitting.
func lacks(d authorization.Decision) int {
	if len(d.Nearest) == 0 {
		return 1 << 10
	}
	return len(d.Nearest[0].Gaps)
}

func (v *voice) byMaskinporten(t *tree) *explanation {
	fact, ok := first[maskinporten.RefusedGrant](t)
	if !ok {
		return nil
	}
	said := strings.TrimSpace(fact.Page + " " + fact.Description)
	key := fact.Page
	switch {
	case key != "":
	case strings.Contains(fact.Description, "(kid)"):
		key = "kid"
	case strings.Contains(fact.Description, "too long lifetime"):
		key = "lifetime"
	case strings.Contains(fact.Description, "after now"):
		key = "clock"
	}
	if why, ok := v.word("why.maskinporten."+key, fact.ClientID, fact.KeyID, fact.Scope); ok {
		remedy, _ := v.word("remedy.maskinporten."+key, fact.ClientID, fact.KeyID, fact.Scope)
		return &explanation{Why: why, Remedy: remedy, Said: said}
	}
	return &explanation{Why: v.T("why.maskinporten"), Said: said}
}

func (v *voice) byVault(t *tree) *explanation {
	fact, ok := first[keyvault.Access](t)
	if !ok || fact.Code == "" {
		return nil
	}
	why := &explanation{Why: v.T("why.vault"), Said: fact.Code + ": " + fact.Reason}
	switch t.Status {
	case http.StatusForbidden:
		why.Why = v.T("why.vault.permission", t.Caller.ClientID, fact.Permission, fact.Vault)
		why.Remedy = v.T("remedy.vault.permission", fact.Permission)
	case http.StatusUnauthorized:
		why.Why, why.Remedy = v.T("why.bad-token", t.System), v.T("remedy.vault.token")
	}
	return why
}

func (v *voice) byEntra(t *tree) *explanation {
	fact, ok := first[entra.Refused](t)
	if !ok {
		return nil
	}
	said := fact.Message
	known := []int{700016, 7000215, 7000216, 90002}
	if slices.Contains(known, fact.Number) {
		key := map[int]string{700016: "client", 7000215: "secret", 7000216: "no-secret", 90002: "tenant"}[fact.Number]
		return &explanation{Why: v.T("why.entra." + key), Remedy: v.T("remedy.entra." + key), Said: said}
	}
	return &explanation{Why: v.T("why.entra"), Said: said}
}

func (v *voice) byPortal(t *tree) *explanation {
	fact, ok := first[selfservice.Refused](t)
	if !ok {
		return nil
	}
	why := &explanation{Why: v.T("why.portal"), Said: fact.Reason}
	switch t.Status {
	case http.StatusUnauthorized:
		why.Why, why.Remedy = v.T("why.bad-token", t.System), v.T("remedy.portal.token")
	case http.StatusForbidden:
		why.Why, why.Remedy = v.T("why.portal.scope"), v.T("remedy.portal.scope")
	}
	return why
}
