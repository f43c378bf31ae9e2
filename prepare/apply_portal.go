package prepare

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stafett/stafett/prepare/internal/keys"
	"github.com/stafett/stafett/selfservice"
)

func (r *run) createIntegration(ctx context.Context, a CreateIntegration) (string, error) {
	if err := r.keyUnchanged(ctx); err != nil {
		return "", err
	}
	thumbprint, err := r.public.Thumbprint()
	if err != nil {
		return "", err
	}
	integrations, err := r.systems.Integrations.List(ctx)
	if err != nil {
		return "", err
	}
	known := func(id string) bool {
		return slices.ContainsFunc(r.plan.state.integrations, func(i selfservice.Integration) bool { return i.ClientID == id })
	}
	if slices.ContainsFunc(integrations, func(i selfservice.Integration) bool {
		return i.Name == a.Name && !known(i.ClientID) || carries(i, thumbprint)
	}) {
		return "", &StaleError{What: "the list of integrations"}
	}
	created, err := r.systems.Integrations.Create(ctx, selfservice.NewIntegration{
		Name: a.Name, Description: r.plan.Target.description(thumbprint), Scopes: a.Scopes,
	})
	if err != nil {
		return "", err
	}
	r.clientID = created.ClientID
	return "client id " + created.ClientID, nil
}

func (r *run) publishKey(ctx context.Context) (string, error) {
	if err := r.keyUnchanged(ctx); err != nil {
		return "", err
	}
	return r.addKey(ctx, r.clientID)
}

// addKey appends the key to what lives of the integration's set now, which may be
// more than when the plan was made.
func (r *run) addKey(ctx context.Context, clientID string) (string, error) {
	thumbprint, err := r.public.Thumbprint()
	if err != nil {
		return "", err
	}
	set, err := r.systems.Integrations.Keys(ctx, clientID)
	if err != nil {
		return "", err
	}
	text := keys.Text(r.public.KeyID, thumbprint)
	if keys.Holds(set, thumbprint) {
		return text, nil
	}
	if err := checkRoom(clientID, set, r.systems.now()); err != nil {
		return "", err
	}
	wanted := keys.Living(set, r.systems.now())
	wanted.Keys = append(wanted.Keys, r.public)
	stored, err := r.systems.Integrations.ReplaceKeys(ctx, clientID, wanted)
	if err != nil {
		return "", err
	}
	if !keys.Holds(stored, thumbprint) {
		return "", fmt.Errorf("samarbeidsportalen took the key set of %s, but does not have key %s", clientID, r.public.KeyID)
	}
	return text, nil
}

func (r *run) addScopes(ctx context.Context, a AddScopes) (string, error) {
	integration, err := r.systems.Integrations.Get(ctx, a.ClientID)
	if err != nil {
		return "", err
	}
	integration.Scopes = append(slices.Clone(integration.Scopes), missingFrom(integration.Scopes, a.Scopes)...)
	changed, err := r.systems.Integrations.Update(ctx, integration)
	if err != nil {
		return "", err
	}
	if missing := missingFrom(changed.Scopes, a.Scopes); len(missing) > 0 {
		return "", fmt.Errorf("samarbeidsportalen took the change of %s, but does not have %s on it", a.ClientID, strings.Join(missing, " and "))
	}
	return "", nil
}
