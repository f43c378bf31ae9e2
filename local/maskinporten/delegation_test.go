package maskinporten_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/selfservice"
)

func TestDelegation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	delegation := selfservice.Delegation{Scope: delegable, Consumer: club, Supplier: agency}
	ask := func() string { return w.assertion(fault{claims: object{"scope": delegable, "consumer_org": club}}) }
	w.must(w.registry.AddDelegation(delegation))
	w.refused("the owner has not granted it to the consumer", w.grant(ask()), 403,
		errorBody("forbidden", "Consumer has not been granted access to the scope "+delegable+".", "MP-250"))
	w.must(w.registry.GrantAccess(delegable, club))
	response := w.granted("delegated", w.grant(ask()))
	_, claims := w.verified(response.AccessToken)
	supplier := `"supplier":{"authority":"iso6523-actorid-upis","ID":"0192:` + agency + `"},"iss"`
	consumer := `"consumer":{"authority":"iso6523-actorid-upis","ID":"0192:` + club + `"}}`
	if !strings.Contains(claims, supplier) || !strings.Contains(claims, `"delegation_source":"https://tt02.altinn.no/"`) || !strings.HasSuffix(claims, consumer) {
		t.Errorf("claims are %s", claims)
	}
	if got := w.server.Issued()[0].ConsumerOrg; got != club {
		t.Errorf("issued for %s", got)
	}
	// The scope lets a token live for 30 seconds.
	if response.ExpiresIn != 29 {
		t.Errorf("expires in %d", response.ExpiresIn)
	}
	w.registry.RemoveDelegation(delegation)
	w.refused("taken back", w.grant(ask()), 403,
		errorBody("forbidden", "Consumer "+club+" has not delegated access to the scope "+delegable+" to supplier "+agency+".", "MP-251"))
	w.refused("a scope that nobody can delegate", w.grant(w.assertion(fault{claims: object{"consumer_org": club}})), 403,
		errorBody("forbidden", "Consumer "+club+" has not delegated access to the scope "+readScope+" to supplier "+agency+".", "MP-251"))
}

// A scope and the access to it take as long to arrive as a client does.
func TestScopesPropagate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(cfg *maskinporten.Config) { cfg.PropagationDelay = 2 * time.Minute })
	shut := errorBody("forbidden", "Consumer has not been granted access to the scope "+delegable+".", "MP-250")
	ask := func() string { return w.assertion(fault{claims: object{"scope": delegable}}) }
	scope, _ := w.registry.Scope(delegable)
	scope.Description, scope.AccessibleForAll, scope.TokenMaxAge = "Ruter", true, 60
	_, err := w.registry.UpdateScope(scope)
	w.must(err)
	w.clock.advance(2*time.Minute - time.Nanosecond)
	w.refused("on its way", w.grant(ask()), 403, shut)
	w.clock.advance(time.Nanosecond)
	if got := w.granted("arrived", w.grant(ask())).ExpiresIn; got != 59 {
		t.Errorf("expires in %d", got)
	}
	scope.TokenMaxAge = 20
	_, err = w.registry.UpdateScope(scope)
	w.must(err)
	w.must(w.registry.DeactivateScope(delegable))
	if got := w.granted("the end is on its way", w.grant(ask())).ExpiresIn; got != 59 {
		t.Errorf("expires in %d though the shorter life is on its way", got)
	}
	w.clock.advance(2 * time.Minute)
	w.refused("the end has arrived", w.grant(ask()), 403, shut)
}
