package prepare

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/prepare/fit"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

// Plan says what is to be done, in order. Only [NewPlan] makes one that [Apply]
// takes, for it knows the state that it was made from. It holds no key material
// that prints.
type Plan struct {
	Target  Target
	Actions []Action
	// Warnings are about what works, or is not Stafett's to change, and should be
	// looked at; one sentence each, without full stop.
	Warnings []string

	state       State
	integration *selfservice.Integration // the application's; nil when it is to be created, or cannot be read
	// keySecret is the name of the secret that holds the key, or is to hold it.
	keySecret string
	key       *jwk.Key // nil when it is to be made, and in the portal's leg
	// public and thumbprint are the key's; empty when it is to be made.
	public     jwk.Public
	thumbprint string
	// underOverride is set when the key is registered under the id that the settings
	// give it.
	underOverride bool

	// oldKey is the vault's key when an integration is being replaced; nil when it
	// is of no use.
	oldKey *jwk.Key
	// bridged is set when the integration that is replaced has the new key, and
	// unbridged when it works but cannot have it.
	bridged, unbridged bool
}

// IsEmpty reports whether everything is as it should be.
func (p Plan) IsEmpty() bool { return len(p.Actions) == 0 }

// String lists the actions and warnings, one line each.
func (p Plan) String() string {
	var text strings.Builder
	for i, action := range p.Actions {
		fmt.Fprintf(&text, "%d. %s %c %s\n", i+1, action.System(), action.Sign(), action)
	}
	for _, warning := range p.Warnings {
		fmt.Fprintf(&text, "warning: %s\n", warning)
	}
	if p.IsEmpty() {
		text.WriteString("nothing to do\n")
	}
	return text.String()
}

// NewPlan computes what is to be done. It does no I/O, and gives the same plan
// for the same state. The actions are in an order in which whatever worked
// before keeps working: the key is in the vault before an integration is made
// for it, and an application gets the client id only when the integration has
// the key and the scopes. What cannot be planned round is an error of a type of
// this package, each with a Remedy. A State that is not from [Read] is refused.
func NewPlan(state State) (Plan, error) {
	if !state.read {
		return Plan{}, errors.New("plan: the state has not been read")
	}
	p := &Plan{Target: state.target, state: state, underOverride: state.underOverride}
	for _, step := range p.steps() {
		if err := step(); err != nil {
			return Plan{}, fmt.Errorf("plan %s: %w", state.target.AppID, err)
		}
	}
	return *p, nil
}

// steps are what is planned in the leg, in order.
func (p *Plan) steps() []func() error {
	portal := []func() error{p.findIntegration, p.planIntegration}
	if p.state.guided {
		portal = []func() error{p.planByHand}
	}
	rest := []func() error{p.planClientID, p.planDates, p.planSettings, p.planApplications, p.planMigration, p.explainGeneration}
	switch p.Target.Leg {
	case KeyLeg:
		return []func() error{p.checkGeneration, p.planKey, p.planRegistration}
	case PortalLeg:
		return slices.Concat([]func() error{p.readRegistered}, portal, []func() error{p.planRegisteredID})
	case StoreLeg:
		return slices.Concat([]func() error{p.checkGeneration, p.checkRegistration}, rest)
	default:
		return slices.Concat([]func() error{p.checkGeneration, p.planKey}, portal, rest)
	}
}

func (p *Plan) add(action Action) { p.Actions = append(p.Actions, action) }

func (p *Plan) warn(format string, values ...any) {
	p.Warnings = append(p.Warnings, fmt.Sprintf(format, values...))
}

// planKey reads the key, or plans one.
func (p *Plan) planKey() error {
	if p.replacing() {
		return p.planNewKey()
	}
	_, p.keySecret = p.Target.secretNames()
	switch {
	case p.state.keyText().IsEmpty():
		p.add(MakeKey{Secret: p.keySecret, Bits: jwk.DefaultBits})
		return nil
	case p.state.encodedJWK.IsEmpty():
		return p.planCopyOfKey(p.keySecret)
	}
	return p.useKey(p.keySecret, p.state.encodedJWK)
}

// useKey takes the key that a secret holds.
func (p *Plan) useKey(name string, text secret.String) error {
	key, err := jwk.ParseEncoded(text)
	if err != nil {
		if format, ok := errors.AsType[*jwk.FormatError](err); ok {
			return &KeyError{Secret: name, Format: format}
		}
		return err
	}
	p.key, p.public = key, key.Public()
	for _, note := range key.Notes() {
		p.warn("secret %s: %s", name, note)
	}
	p.thumbprint, err = p.public.Thumbprint()
	return err
}

// replacing reports whether the vault's client is replaced by this plan.
func (p *Plan) replacing() bool { return p.Target.replaces(p.state.clientID.Reveal()) }

func (p *Plan) keyID() string { return p.public.KeyID }

// clientID is the client id that is known so far; empty for none.
func (p *Plan) clientID() string { return p.state.knownID() }

// startID is the client id that the plan starts with; empty when it is to be made.
func (p *Plan) startID() string {
	switch {
	case p.integration != nil:
		return p.integration.ClientID
	case p.Target.Leg == StoreLeg:
		return p.state.registration.ClientID
	case p.state.guided && !p.replacing():
		return p.clientID()
	}
	return ""
}

func (p *Plan) planClientID() error {
	if p.replacing() {
		p.planHandOver()
		return nil
	}
	name, _ := p.Target.secretNames()
	stored := p.state.clientID.Reveal()
	if wanted := p.startID(); wanted == "" || wanted != stored {
		p.add(StoreClientID{Secret: name, ClientID: wanted, Replaces: stored})
	}
	p.checkReplacement()
	p.checkSecrets()
	p.checkSharing()
	return nil
}

// planApplications plans what the two applications lack besides settings.
func (p *Plan) planApplications() error {
	if err := p.state.notFitted; err != nil {
		p.warn("the two applications are not fitted to each other: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	if p.state.applications == nil {
		return nil
	}
	result, err := fit.Applications(*p.state.applications)
	if err != nil {
		return err
	}
	p.Warnings = append(p.Warnings, result.Warnings...)
	for _, edit := range result.Edits {
		p.add(EditFile{Application: edit.Application, Name: edit.Name, Path: edit.Path, Reasons: edit.Reasons, before: edit.Before, after: edit.After})
	}
	return nil
}
