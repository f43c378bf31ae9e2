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

// A sub-identity of a client is for one customer, of whom the token speaks; the
// scope must be granted to the client's owner all the same.
func TestOnBehalfOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.addClient(selfservice.Client{
		Scopes:     []string{readScope, delegable},
		OnBehalfOf: []selfservice.OnBehalfOf{{Value: "turlag", Name: "Vidda turlag", OrgNumber: club}, {Value: "dir", Name: "Digdir", OrgNumber: digdir}},
	}, selfservice.NewKey("sub", &otherKey().PublicKey))
	ask := func(changes object) string {
		return sign(object{"alg": "RS256", "kid": "sub"}, w.claims().with(object{"iss": client.ClientID}).with(changes), otherKey())
	}
	for value, number := range map[string]string{"turlag": club, "dir": digdir} {
		_, claims := w.verified(w.granted(value, w.grant(ask(object{"iss_onbehalfof": value}))).AccessToken)
		if !strings.HasSuffix(claims, `"consumer":{"authority":"iso6523-actorid-upis","ID":"0192:`+number+`"}}`) || !strings.Contains(claims, `"client_id":"`+client.ClientID+`"`) || strings.Contains(claims, "supplier") {
			t.Errorf("%s: claims are %s", value, claims)
		}
	}
	for name, changes := range map[string]object{
		"nobody's":          {"iss_onbehalfof": "x"},
		"with consumer_org": {"iss_onbehalfof": "turlag", "consumer_org": club},
		"a number":          {"iss_onbehalfof": 5},
		"empty":             {"iss_onbehalfof": ""},
	} {
		w.refused(name, w.grant(ask(changes)), 400, invalidAssertion)
	}
	w.must(w.registry.GrantAccess(delegable, club))
	shut := errorBody("forbidden", "Consumer has not been granted access to the scope "+delegable+".", "MP-250")
	w.refused("granted to the customer alone", w.grant(ask(object{"iss_onbehalfof": "turlag", "scope": delegable})), 403, shut)
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
