package prepare

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

// actionTimeout bounds one action. It goes on to its end when the caller's
// context ends, so that none is left half done.
const actionTimeout = 2 * time.Minute

// Stage tells how far an action has come.
type Stage string

// The stages. Waiting, Proving and Proved have no action: they are about the
// proof, between the changes at Samarbeidsportalen and the client id's secret.
const (
	Started Stage = "started"
	Done    Stage = "done"
	Failed  Stage = "failed"
	Proving Stage = "proving"
	Waiting Stage = "waiting"
	Proved  Stage = "proved"
)

// Event is told while a plan is applied.
type Event struct {
	Stage  Stage
	Action Action // nil for the proof
	// Detail adds what became known: a client id, a key id with its thumbprint, or
	// what is waited for.
	Detail string
	// Elapsed is how long the proof has taken so far.
	Elapsed time.Duration
}

// Result says what was done.
type Result struct {
	ClientID   string
	KeyID      string
	Thumbprint string // RFC 7638
	Proved     bool   // Maskinporten gave a token
	Done       []Action
	// Remaining was not done. When there is any, reading and planning again goes
	// on where this ended.
	Remaining []Action
}

// Apply does what the plan says, in its order, and tells report (nil for nobody)
// of each step. Before the client id is stored, or last when it is there
// already, Maskinporten must give the integration a token; a change that has not
// yet come through is waited for, up to Systems.PropagationLimit.
//
// A caller may cut the plan's Actions short, to apply the first of them only. As
// long as there is no integration, there is nothing to prove.
//
// When ctx ends, the action under way is done to its end, and Apply returns with
// the cause. On an error the Result says what was done and what was not.
//
// Between planning and applying, others may have changed something. An action
// looks first whether what it depends on is as it was when the plan was made, and
// returns a [*StaleError] when it is not:
//
//   - [MakeKey]: the vault has no key yet, or the empty one that it had
//   - [CreateIntegration]: the vault holds the key, and no integration has its
//     name or names the key
//   - [CopyKey]: the vault has no key under the client's name yet, and the same
//     one under the other's
//   - [DisableSecret]: the vault holds the key that takes its place
//   - [StoreAuthority]: the vault has the authority that it had
//   - [PublishKey]: the vault holds the key. It goes beside the keys that the set
//     holds by now; a set that is full gives a [*KeySetFullError]
//   - [StoreClientID]: the vault holds the key, and the client id that it had
//   - [EditFile]: the file is the same, to the byte
//
// [AddScopes] depends on nothing: it adds what is missing to the scopes that the
// integration has by now.
func Apply(ctx context.Context, systems Systems, plan Plan, report func(Event)) (Result, error) {
	if plan.state.configuration == nil {
		return Result{}, errors.New("prepare: the plan is not from NewPlan")
	}
	if report == nil {
		report = func(Event) {}
	}
	r := &run{systems: systems, plan: plan, key: plan.key, encoded: plan.state.encodedJWK, report: report}
	if plan.integration != nil {
		r.clientID = plan.integration.ClientID
	}
	err := r.all(ctx)
	result := Result{ClientID: r.clientID, Proved: r.proved, Done: plan.Actions[:r.done], Remaining: plan.Actions[r.done:]}
	if r.key != nil {
		result.KeyID = r.key.KeyID()
		result.Thumbprint, _ = r.key.Public().Thumbprint()
	}
	if err != nil {
		return result, fmt.Errorf("prepare %s: %w", plan.Target.AppID, err)
	}
	return result, nil
}

// run is one application of a plan.
type run struct {
	systems  Systems
	plan     Plan
	report   func(Event)
	key      *jwk.Key
	encoded  secret.String // the key as the vault must have it
	clientID string
	done     int
	proved   bool
}

func (r *run) all(ctx context.Context) error {
	for _, action := range r.plan.Actions {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if r.provesBefore(action) {
			if err := r.prove(ctx); err != nil {
				return err
			}
		}
		if err := r.one(ctx, action); err != nil {
			return err
		}
	}
	if r.clientID != "" && r.needsProof() && !r.proved {
		if err := r.prove(ctx); err != nil {
			return err
		}
	}
	// Key Vault has no compare-and-swap: of two preparations at once, the one
	// whose key was replaced must not say that all is ready.
	if r.key != nil && r.needsProof() {
		return r.keyUnchanged(ctx)
	}
	return nil
}

// one does one action, to its end.
func (r *run) one(ctx context.Context, action Action) error {
	r.report(Event{Stage: Started, Action: action})
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), actionTimeout)
	defer cancel()
	detail, err := r.do(ctx, action)
	if err != nil {
		r.report(Event{Stage: Failed, Action: action, Detail: err.Error()})
		return err
	}
	r.done++
	r.report(Event{Stage: Done, Action: action, Detail: detail})
	return nil
}

func (r *run) do(ctx context.Context, action Action) (detail string, err error) {
	switch a := action.(type) {
	case MakeKey:
		return r.makeKey(ctx, a)
	case CreateIntegration:
		return r.createIntegration(ctx, a)
	case PublishKey:
		return r.publishKey(ctx)
	case AddScopes:
		return r.addScopes(ctx, a)
	case StoreClientID:
		return r.storeClientID(ctx, a)
	case CopyKey:
		return r.copyKey(ctx, a)
	case DisableSecret:
		return r.disableSecret(ctx, a)
	case StoreAuthority:
		return r.storeAuthority(ctx, a)
	case EditFile:
		return "", r.systems.files().Replace(a.Path, a.before, a.after)
	}
	panic(fmt.Sprintf("prepare: %T is no action of this package", action))
}

// keyContentType is what the vault shows a key's secret as.
const keyContentType = "application/jwk+json;base64"

// makeKey makes the key before it looks whether the vault still has none: the
// making takes a tenth of a second, in which another preparation may store its
// own. What is left of that window is closed by the looks that follow, the last
// of them when all is done.
func (r *run) makeKey(ctx context.Context, a MakeKey) (string, error) {
	key, err := jwk.Generate(jwk.NewKeyID(r.plan.Target.Org, r.plan.Target.Environment), a.Bits)
	if err != nil {
		return "", err
	}
	thumbprint, err := key.Public().Thumbprint()
	if err != nil {
		return "", err
	}
	if err := r.unchanged(ctx, a.Secret, r.plan.state.encodedJWK); err != nil {
		return "", err
	}
	_, err = r.systems.Vault.Set(ctx, a.Secret, key.Encoded(), keyvault.SetOptions{
		ContentType: keyContentType,
		Tags:        map[string]string{"made-by": "stafett", "kid": key.KeyID(), "thumbprint": thumbprint},
	})
	if err != nil {
		return "", err
	}
	r.key, r.encoded = key, key.Encoded()
	return keyText(key.KeyID(), thumbprint), nil
}

// keyUnchanged checks that nobody has put another key in the vault, such as
// another preparation that began at the same time: the vault keeps the last of
// two, and an integration for the other one would be of no use.
func (r *run) keyUnchanged(ctx context.Context) error {
	_, name := r.plan.Target.secretNames()
	return r.unchanged(ctx, name, r.encoded)
}

// unchanged checks that a secret still holds what it held when it was read.
func (r *run) unchanged(ctx context.Context, name string, read secret.String) error {
	current, err := getSecret(ctx, r.systems.Vault, name)
	if err != nil {
		return err
	}
	if !current.Equal(read) {
		return &StaleError{What: "the secret " + name}
	}
	return nil
}

func (r *run) createIntegration(ctx context.Context, a CreateIntegration) (string, error) {
	if err := r.keyUnchanged(ctx); err != nil {
		return "", err
	}
	thumbprint, err := r.key.Public().Thumbprint()
	if err != nil {
		return "", err
	}
	integrations, err := r.systems.Integrations.List(ctx)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(integrations, func(i selfservice.Integration) bool { return i.Name == a.Name || carries(i, thumbprint) }) {
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

// publishKey appends the key to what the set holds now, which may be more than
// when the plan was made.
func (r *run) publishKey(ctx context.Context) (string, error) {
	if err := r.keyUnchanged(ctx); err != nil {
		return "", err
	}
	public := r.key.Public()
	thumbprint, err := public.Thumbprint()
	if err != nil {
		return "", err
	}
	set, err := r.systems.Integrations.Keys(ctx, r.clientID)
	if err != nil {
		return "", err
	}
	if holds(set, thumbprint) {
		return keyText(public.KeyID, thumbprint), nil
	}
	if err := checkRoom(r.clientID, set, r.systems.now()); err != nil {
		return "", err
	}
	set.Keys = append(set.Keys, public)
	stored, err := r.systems.Integrations.ReplaceKeys(ctx, r.clientID, set)
	if err != nil {
		return "", err
	}
	if !holds(stored, thumbprint) {
		return "", fmt.Errorf("samarbeidsportalen took the key set of %s, but does not have key %s", r.clientID, public.KeyID)
	}
	return keyText(public.KeyID, thumbprint), nil
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

func (r *run) storeClientID(ctx context.Context, a StoreClientID) (string, error) {
	if err := r.keyUnchanged(ctx); err != nil {
		return "", err
	}
	if err := r.unchanged(ctx, a.Secret, r.plan.state.clientID); err != nil {
		return "", err
	}
	_, err := r.systems.Vault.Set(ctx, a.Secret, secret.New(r.clientID), keyvault.SetOptions{
		ContentType: "text/plain", Tags: map[string]string{"made-by": "stafett"},
	})
	return "client id " + r.clientID, err
}
