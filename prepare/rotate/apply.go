package rotate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/internal/keys"
	"github.com/stafett/stafett/secret"
)

// actionTimeout bounds one action that no person takes part in. It goes on to its
// end when the caller's context ends, so that none is left half done.
const actionTimeout = 2 * time.Minute

// Result says what was done.
type Result struct {
	ClientID string
	Key      KeyStatus // the key that is read from the vault from now on
	Proved   bool      // Maskinporten gave a token with it in this run
	Done     []prepare.Action
	// Remaining was not done. When there is any, reading and planning again goes on
	// where this ended.
	Remaining []prepare.Action
	// Awaiting are those who may still sign with the key that was replaced.
	Awaiting []Awaited
	// Warnings are about what was not done and is not needed, as in Plan.
	Warnings []string
}

// Apply does what the plan says, in its order, and tells report (nil for nobody)
// of each step, as prepare.Apply does. Before the new key is published,
// Maskinporten must give a token with it; before the old one is removed, it must
// give one with the key in the vault.
//
// When the old key has to stay for now, Apply returns an [*AwaitError], after all
// that can be done is done.
//
// When ctx ends, the action under way is done to its end, and Apply returns with
// the cause; a person who is being asked is left alone at once. On an error the
// Result says what was done. What others have changed since the plan was made is
// found before it is built on, and gives a *prepare.StaleError. What this run may have
// taken out of the key set by then, since others published it at the same time, is
// put back.
func Apply(ctx context.Context, systems prepare.Systems, plan Plan, report func(prepare.Event)) (Result, error) {
	if len(plan.state.current) == 0 {
		return Result{}, errors.New("rotate: the plan is not from NewRotation or NewRenewal")
	}
	if report == nil {
		report = func(prepare.Event) {}
	}
	r := &run{
		systems: systems, plan: plan, target: plan.Target, report: report, status: plan.Key,
		current: slices.Clone(plan.state.current), next: plan.state.next, clientID: plan.state.clientID,
		published: plan.state.published(), ends: map[string]time.Time{},
	}
	err := r.all(ctx)
	if _, stale := errors.AsType[*prepare.StaleError](err); stale && r.posted {
		undoing, cancel := context.WithTimeout(context.WithoutCancel(ctx), actionTimeout)
		err = errors.Join(err, r.putBack(undoing))
		cancel()
	}
	result := Result{
		ClientID: r.clientID, Key: r.status, Proved: r.proved, Done: plan.Actions[:r.done], Remaining: plan.Actions[r.done:],
		Warnings: r.warnings,
	}
	if awaited, ok := errors.AsType[*AwaitError](err); ok {
		result.Awaiting = awaited.Awaited
	}
	if err != nil {
		return result, fmt.Errorf("%s %s: %w", plan.purpose, plan.Target.AppID, err)
	}
	return result, nil
}

// run is one application of a plan.
type run struct {
	systems  prepare.Systems
	plan     Plan
	target   Target
	report   func(prepare.Event)
	clientID string

	current   []held
	next      *held
	published time.Time // when current got their values
	stored    bool      // in this run
	posted    bool      // the key set, in this run
	ends      map[string]time.Time
	status    KeyStatus
	proved    bool

	done     int
	warnings []string
}

func (r *run) all(ctx context.Context) error {
	for _, action := range r.plan.Actions {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := r.before(ctx, action); err != nil {
			return err
		}
		r.report(prepare.Event{Stage: prepare.Started, Action: action})
		detail, err := r.one(ctx, action)
		if err != nil {
			r.report(prepare.Event{Stage: prepare.Failed, Action: action, Detail: err.Error()})
			return err
		}
		r.done++
		r.report(prepare.Event{Stage: prepare.Done, Action: action, Detail: detail})
	}
	return nil
}

// before does what must be so before an action.
func (r *run) before(ctx context.Context, action prepare.Action) error {
	switch action.(type) {
	case StoreKey:
		return r.proveOnce(ctx, r.next.key)
	case RemoveKey, RemoveKeyByHand:
		if err := r.await(ctx); err != nil {
			return err
		}
		return r.proveOnce(ctx, r.current[0].key)
	}
	return nil
}

func (r *run) one(ctx context.Context, action prepare.Action) (detail string, err error) {
	switch a := action.(type) { // a person takes the time that it takes
	case AddKeyByHand:
		return r.addByHand(ctx)
	case RemoveKeyByHand:
		return "", r.removeByHand(ctx, a)
	case RenewKeyByHand:
		return "", r.renewByHand(ctx, a)
	case RestoreKey:
		return r.restoreKey(ctx, a)
	case RenewKey:
		return r.renew(ctx, a)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), actionTimeout)
	defer cancel()
	switch a := action.(type) {
	case MakeNextKey:
		return r.makeNext(ctx, a)
	case AddKey:
		return r.addKey(ctx)
	case StoreKey:
		return r.store(ctx, a)
	case ClearNextKey:
		return "", r.clearNext(ctx, a)
	case RemoveKey:
		return "", r.removeKey(ctx, a)
	case DateSecret:
		return r.date(ctx, a)
	}
	panic(fmt.Sprintf("rotate: %T is no action of this package", action))
}

// makeNext makes the key before it looks whether none waits yet: the making takes
// a tenth of a second, in which another rotation may store its own. What is left of
// that window is closed by the looks that follow.
func (r *run) makeNext(ctx context.Context, a MakeNextKey) (string, error) {
	key, err := jwk.Generate(jwk.NewKeyID(r.target.Org, r.target.Environment), a.Bits)
	if err != nil {
		return "", err
	}
	thumbprint, err := key.Public().Thumbprint()
	if err != nil {
		return "", err
	}
	if err := r.nextUnchanged(ctx, a.Secret); err != nil {
		return "", err
	}
	made := held{key: key, thumbprint: thumbprint}
	made.Name, made.Value = a.Secret, key.Encoded()
	if _, err = r.systems.Vault.Set(ctx, a.Secret, made.Value, keyvault.SetOptions{ContentType: keys.ContentType, Tags: keys.Tags(key.KeyID(), thumbprint)}); err != nil {
		return "", err
	}
	r.next = &made
	return keys.Text(key.KeyID(), thumbprint), nil
}

// nextUnchanged checks that the key which waits is the one that this run goes by:
// of two rotations at once, the one whose key was replaced must stop.
func (r *run) nextUnchanged(ctx context.Context, name string) error {
	found, err := r.systems.Vault.Get(ctx, name)
	if errors.Is(err, keyvault.ErrNotFound) || errors.As(err, new(*keyvault.DisabledError)) {
		found, err = keyvault.Secret{}, nil
	}
	if err != nil {
		return err
	}
	unchanged := r.next == nil && !isKey(found.Value) || r.next != nil && found.Value.Equal(r.next.Value)
	if !unchanged {
		return &prepare.StaleError{What: "the secret " + name}
	}
	return nil
}

func isKey(value secret.String) bool {
	_, err := jwk.ParseEncoded(value)
	return err == nil
}

// store publishes the new key in one of the section's secrets.
func (r *run) store(ctx context.Context, a StoreKey) (string, error) {
	at := slices.IndexFunc(r.current, func(one held) bool { return one.Name == a.Secret })
	old := r.current[at]
	for _, read := range []keyvault.Secret{old.Secret, r.plan.state.named} {
		if err := r.unchanged(ctx, read); err != nil {
			return "", err
		}
	}
	if err := r.nextUnchanged(ctx, r.target.nextSecret()); err != nil {
		return "", err
	}
	end := r.endOf(r.next.thumbprint)
	options := keyvault.SetOptions{ContentType: old.ContentType, Tags: publishedTags(old, *r.next), Expires: end}
	if options.ContentType == "" {
		options.ContentType = keys.ContentType
	}
	item, err := r.systems.Vault.Set(ctx, a.Secret, r.next.Value, options)
	if err != nil {
		return "", err
	}
	item.Tags = options.Tags
	r.current[at] = held{Secret: keyvault.Secret{Item: item, Value: r.next.Value}, key: r.next.key, thumbprint: r.next.thumbprint}
	r.stored, r.published = true, later(r.published, item.Created)
	r.status = statusOf(r.next.key.KeyID(), r.next.thumbprint, end, now(r.systems))
	return keys.Text(r.next.key.KeyID(), r.next.thumbprint), nil
}

// endOf is the end of a key: as registered, else what is left of a year that began
// now, a day short.
func (r *run) endOf(thumbprint string) time.Time {
	if end, known := r.ends[thumbprint]; known {
		return end
	}
	if registered, found := keys.Find(r.plan.state.registered, thumbprint); found && registered.Expires != nil {
		return keys.End(registered)
	}
	return lifetime(now(r.systems)).Add(-day)
}

// inUse checks that the vault still names the integration and holds the keys that
// the plan was made for.
func (r *run) inUse(ctx context.Context) error {
	for _, one := range r.current {
		if err := r.unchanged(ctx, one.Secret); err != nil {
			return err
		}
	}
	return r.unchanged(ctx, r.plan.state.named)
}

// unchanged checks that a secret still holds what it held when it was read.
func (r *run) unchanged(ctx context.Context, one keyvault.Secret) error {
	found, err := r.systems.Vault.Get(ctx, one.Name)
	if err != nil {
		return err
	}
	if !found.Value.Equal(one.Value) {
		return &prepare.StaleError{What: "the secret " + one.Name}
	}
	return nil
}

// clearNext lets go of the new key's own secret when the key is still registered:
// somebody who had read the key set before it was added may have posted it since.
func (r *run) clearNext(ctx context.Context, a ClearNextKey) error {
	if err := r.nextUnchanged(ctx, a.Secret); err != nil {
		return err
	}
	if !r.plan.state.guided {
		set, err := r.systems.Integrations.Keys(ctx, r.clientID)
		if err != nil {
			return err
		}
		if _, found := keys.Find(set, r.next.thumbprint); !found {
			return &prepare.StaleError{What: "the key set of " + r.clientID}
		}
	}
	_, err := r.systems.Vault.Set(ctx, a.Secret, secret.New(keys.Cleared), keyvault.SetOptions{
		ContentType: "text/plain", Tags: map[string]string{keys.TagMadeBy: keys.MadeBy},
	})
	if err == nil {
		r.next = nil
	}
	return err
}

// date moves the date on a secret. It is for people and for alerts; whoever may not
// set it has renewed the key all the same.
func (r *run) date(ctx context.Context, a DateSecret) (string, error) {
	at := slices.IndexFunc(r.current, func(one held) bool { return one.Name == a.Secret })
	end := a.Expires
	if end.IsZero() {
		end = r.endOf(r.current[at].thumbprint)
	}
	_, err := r.systems.Vault.Update(ctx, a.Secret, r.current[at].Version, keyvault.UpdateOptions{Expires: end})
	if refused, ok := errors.AsType[*keyvault.AccessError](err); ok {
		r.warnings = append(r.warnings, fmt.Sprintf("the date on secret %s was not moved: %v", a.Secret, refused))
		return "not allowed", nil
	}
	return end.UTC().Format(time.DateOnly), err
}
