package prepare

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare/internal/keys"
	"github.com/stafett/stafett/secret"
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
	// Warnings are about what happened on the way; sentences without full stop.
	Warnings []string
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
//   - [RegisterByHand] and what else is done by hand: the vault holds the key
//   - [PromoteKey]: the vault holds both keys and the client id that it had
//   - [CreateIntegration]: the vault holds the key, and no integration has its
//     name or names the key
//   - [CopyKey]: the vault has no key under the client's name yet, and the same
//     one under the other's
//   - [ClearKey] and [DisableSecret]: the vault holds the key that takes its place
//   - [StoreAuthority]: the vault has the authority that it had
//   - [PublishKey]: the vault holds the key. It goes beside the keys that the set
//     holds by now; a set that is full gives a [*KeySetFullError]
//   - [StoreClientID]: the vault holds the key, and the client id that it had
//   - [EditFile] and [WriteRegistration]: the file is the same, to the byte
//
// [AddScopes] depends on nothing: it adds what is missing to the scopes that the
// integration has by now. In the portal's leg, which has no vault, it is the
// hand-over file that must be the same.
//
// What a person is to do is asked of Systems.Guide, and done when Maskinporten
// gives a token; until then nothing is stored that depends on it. [ErrStopped]
// from the guide is returned like the end of ctx.
func Apply(ctx context.Context, systems Systems, plan Plan, report func(Event)) (Result, error) {
	if !plan.state.read {
		return Result{}, errors.New("prepare: the plan is not from NewPlan")
	}
	if report == nil {
		report = func(Event) {}
	}
	r := &run{
		systems: systems, plan: plan, report: report, clientID: plan.startID(),
		key: plan.key, public: plan.public, keySecret: plan.keySecret, encoded: plan.state.encodedJWK,
		bridged: plan.bridged, unbridged: plan.unbridged,
	}
	if plan.replacing() && plan.keySecret == plan.Target.replacementSecret() {
		r.encoded = plan.state.replacement
	}
	err := r.all(ctx)
	result := Result{ClientID: r.clientID, Proved: r.proved, Done: plan.Actions[:r.done], Remaining: plan.Actions[r.done:], Warnings: r.warnings}
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
	systems Systems
	plan    Plan
	report  func(Event)

	clientID  string
	key       *jwk.Key // nil while it is to be made, and in the portal's leg
	public    jwk.Public
	keySecret string        // the secret that holds the key
	encoded   secret.String // the key as that secret must have it

	// bridged is set when the integration that is replaced has the new key, and
	// unbridged when it works but cannot have it. swapped is when the application's
	// secret got the new key.
	bridged, unbridged bool
	swapped            time.Time

	done     int
	proved   bool
	warnings []string
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
		if _, promotes := action.(PromoteKey); promotes && r.bridged {
			if err := r.proveBridge(ctx); err != nil {
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

// one does one action, to its end. A person may take their time, and be
// interrupted.
func (r *run) one(ctx context.Context, action Action) error {
	r.report(Event{Stage: Started, Action: action})
	if !isByHand(action) {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), actionTimeout)
		defer cancel()
		ctx = limited
	}
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
	case ClearKey:
		return r.clearKey(ctx, a)
	case DisableSecret:
		return r.disableSecret(ctx, a)
	case StoreAuthority:
		return r.storeAuthority(ctx, a)
	case RegisterByHand, AddKeyByHand, AddScopesByHand, RenewByHand:
		return r.byHand(ctx, a)
	case BridgeByHand:
		return r.bridgeByHand(ctx, a)
	case BridgeKey:
		return r.bridgeKey(ctx, a)
	case PromoteKey:
		return r.promoteKey(ctx, a)
	case DateSecret:
		return r.dateSecret(ctx, a)
	case WriteRegistration:
		return r.writeRegistration(a)
	case EditFile:
		return "", r.systems.files().Replace(a.Path, a.before, a.after)
	}
	panic(fmt.Sprintf("prepare: %T is no action of this package", action))
}

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
	if err := r.keyUnchanged(ctx); err != nil {
		return "", err
	}
	_, err = r.systems.Vault.Set(ctx, a.Secret, key.Encoded(), keyvault.SetOptions{
		ContentType: keys.ContentType, Tags: keys.Tags(key.KeyID(), thumbprint), Expires: endOf(r.systems.now()),
	})
	if err != nil {
		return "", err
	}
	r.key, r.public, r.encoded = key, key.Public(), key.Encoded()
	return keys.Text(key.KeyID(), thumbprint), nil
}

// keyUnchanged checks that nobody has put another key in the vault, such as
// another preparation that began at the same time: the vault keeps the last of
// two, and an integration for the other one would be of no use. In the portal's
// leg the file takes the vault's place.
func (r *run) keyUnchanged(ctx context.Context) error {
	if r.plan.Target.Leg != PortalLeg {
		return r.unchanged(ctx, r.keySecret, r.encoded)
	}
	content, err := r.systems.files().Read(r.plan.Target.Registration)
	if err == nil && !bytes.Equal(content, r.plan.state.registrationText) {
		return &StaleError{What: r.plan.Target.Registration}
	}
	return err
}

// unchanged checks that a secret still holds what it held when it was read.
func (r *run) unchanged(ctx context.Context, name string, read secret.String) error {
	current, err := getSecret(ctx, r.systems.Vault, name)
	if name == r.plan.Target.replacementSecret() {
		current, err = withoutCleared(current, err)
	}
	if err != nil {
		return err
	}
	if !current.Equal(read) {
		return &StaleError{What: "the secret " + name}
	}
	return nil
}

func (r *run) storeClientID(ctx context.Context, a StoreClientID) (string, error) {
	if err := r.keyUnchanged(ctx); err != nil {
		return "", err
	}
	if err := r.unchanged(ctx, a.Secret, r.plan.state.clientID); err != nil {
		return "", err
	}
	_, err := r.systems.Vault.Set(ctx, a.Secret, secret.New(r.clientID), keyvault.SetOptions{
		ContentType: "text/plain", Tags: map[string]string{keys.TagMadeBy: keys.MadeBy},
	})
	if err == nil && !r.swapped.IsZero() && r.unbridged {
		r.warnings = append(r.warnings, fmt.Sprintf("for %s the vault held the new key with the old client id, which give no token together: an application that read it just then gets one when it reads it again",
			r.systems.now().Sub(r.swapped).Round(time.Millisecond)))
	}
	return "client id " + r.clientID, err
}
