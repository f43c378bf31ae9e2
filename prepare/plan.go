package prepare

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/jwk"
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
	integration *selfservice.Integration // the application's; nil when it is to be created
	key         *jwk.Key                 // the vault's; nil when it is to be made
	thumbprint  string
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
	if state.configuration == nil {
		return Plan{}, errors.New("plan: the state has not been read")
	}
	p := Plan{Target: state.target, state: state}
	for _, plan := range []func() error{p.checkGeneration, p.planKey, p.findIntegration, p.planIntegration, p.planClientID, p.planSettings, p.planMigration} {
		if err := plan(); err != nil {
			return Plan{}, fmt.Errorf("plan %s: %w", state.target.AppID, err)
		}
	}
	p.explainGeneration()
	return p, nil
}

func (p *Plan) add(action Action) { p.Actions = append(p.Actions, action) }

func (p *Plan) warn(format string, values ...any) {
	p.Warnings = append(p.Warnings, fmt.Sprintf(format, values...))
}

// planKey reads the vault's key, or plans one.
func (p *Plan) planKey() error {
	_, name := p.Target.secretNames()
	if p.state.keyText().IsEmpty() {
		p.add(MakeKey{Secret: name, Bits: jwk.DefaultBits})
		return nil
	}
	if p.state.encodedJWK.IsEmpty() {
		return p.planCopyOfKey(name)
	}
	key, err := jwk.ParseEncoded(p.state.encodedJWK)
	if err != nil {
		if format, ok := errors.AsType[*jwk.FormatError](err); ok {
			return &KeyError{Secret: name, Format: format}
		}
		return err
	}
	p.key = key
	for _, note := range key.Notes() {
		p.warn("secret %s: %s", name, note)
	}
	p.thumbprint, err = key.Public().Thumbprint()
	return err
}

// findIntegration finds the application's integration, if there is one: the
// vault's client id says which; else the key does.
func (p *Plan) findIntegration() error {
	var named []string
	for i, integration := range p.state.integrations {
		if integration.ClientID == p.clientID() {
			return p.adopt(&p.state.integrations[i])
		}
		if integration.Name == p.Target.Integration {
			named = append(named, integration.ClientID)
		}
	}
	// The set of keys says more than a description, which another may copy.
	for _, isOurs := range []func(selfservice.Integration) bool{
		func(i selfservice.Integration) bool {
			return p.key != nil && holds(p.state.keys[i.ClientID], p.thumbprint)
		},
		func(i selfservice.Integration) bool { return carries(i, p.thumbprint) },
	} {
		if at := slices.IndexFunc(p.state.integrations, isOurs); at >= 0 {
			return p.adopt(&p.state.integrations[at])
		}
	}
	secretName, _ := p.Target.secretNames()
	switch {
	case len(named) > 0:
		return &NameTakenError{Name: p.Target.Integration, ClientIDs: named, Secret: secretName}
	case p.clientID() != "":
		return &UnknownClientError{ClientID: p.clientID(), Secret: secretName, Environment: p.Target.Maskinporten}
	}
	return nil
}

// clientID is the vault's client id, without white space that was stored with
// it by mistake.
func (p *Plan) clientID() string { return strings.TrimSpace(p.state.clientID.Reveal()) }

func (p *Plan) adopt(integration *selfservice.Integration) error {
	switch {
	case integration.IntegrationType != "" && integration.IntegrationType != "maskinporten":
		return &UnfitError{
			ClientID: integration.ClientID,
			Problem:  fmt.Sprintf("it is of type %s, and the type cannot be changed", integration.IntegrationType),
			remedy:   "store the client id of an integration of type maskinporten in the vault, or delete and purge the secret to have one made",
		}
	case integration.OrgNumber != "" && integration.OrgNumber != p.Target.OrganisationNumber:
		return &UnfitError{
			ClientID: integration.ClientID,
			Problem:  fmt.Sprintf("it belongs to organisation %s, and the applications to %s", integration.OrgNumber, p.Target.OrganisationNumber),
			remedy:   "use the self-service client of the organisation that owns the applications, or mend owner.organisationNumber in stafett.yaml",
		}
	}
	p.integration = integration
	if integration.Name != p.Target.Integration {
		p.warn("the application's integration %s is called %q, not %s; its name is left as it is", integration.ClientID, integration.Name, p.Target.Integration)
	}
	return nil
}

// planIntegration plans what is missing at Samarbeidsportalen.
func (p *Plan) planIntegration() error {
	if p.integration == nil {
		p.add(CreateIntegration{Name: p.Target.Integration, Scopes: p.Target.Scopes, Thumbprint: p.thumbprint})
		p.checkOverride()
		p.add(PublishKey{KeyID: p.keyID(), Thumbprint: p.thumbprint})
		return nil
	}
	set := p.state.keys[p.integration.ClientID]
	if registered, found := findKey(set, p.thumbprint); found {
		p.checkRegistered(registered)
	} else {
		if err := checkRoom(p.integration.ClientID, set, p.state.readAt); err != nil {
			return err
		}
		if _, taken := set.Find(p.keyID()); taken && p.key != nil {
			_, name := p.Target.secretNames()
			return &KeyIDTakenError{ClientID: p.integration.ClientID, KeyID: p.keyID(), Secret: name}
		}
		p.checkOverride()
		p.add(PublishKey{ClientID: p.integration.ClientID, KeyID: p.keyID(), Thumbprint: p.thumbprint, Others: len(set.Keys)})
	}
	if missing := missingFrom(p.integration.Scopes, p.Target.Scopes); len(missing) > 0 {
		p.add(AddScopes{ClientID: p.integration.ClientID, Scopes: missing})
	}
	return nil
}

func (p *Plan) keyID() string {
	if p.key == nil {
		return ""
	}
	return p.key.KeyID()
}

// nearEnd is how long before its end a key is warned of.
const nearEnd = 30 * 24 * time.Hour

// checkRegistered warns of a registered key that works badly or not for long.
func (p *Plan) checkRegistered(registered jwk.Public) {
	used := p.keyID()
	if override := p.keyOverride().Text; override != "" {
		used = override
	}
	switch {
	case registered.KeyID == used:
	case p.Target.Family == appsettings.BuiltIn:
		p.warn("the key is registered on %s as %s, and the application names it %s; register it under that id too, for this client has no setting for the id", p.integration.ClientID, registered.KeyID, used)
	default:
		p.warn("the key is registered on %s as %s, and the application names it %s; set Kid in the section to %s", p.integration.ClientID, registered.KeyID, used, registered.KeyID)
	}
	if registered.Expires == nil {
		return
	}
	end := time.Unix(*registered.Expires, 0).UTC()
	switch left := end.Sub(p.state.readAt); {
	case left <= 0:
		p.warn("key %s expired on %s; posting the same key again at Samarbeidsportalen renews it for a year", registered.KeyID, end.Format(time.DateOnly))
	case left < nearEnd:
		p.warn("key %s expires on %s; posting the same key again at Samarbeidsportalen renews it for a year", registered.KeyID, end.Format(time.DateOnly))
	}
}

// checkOverride warns of a setting that gives the key another id than it is to
// be registered under.
func (p *Plan) checkOverride() {
	if override := p.keyOverride(); override.Text != "" && override.Text != p.keyID() {
		p.warn("%s: Kid gives the key another id than it is registered under; remove Kid", override.Origin)
	}
}

// checkRoom refuses a set that cannot take one more key.
func checkRoom(clientID string, set jwk.Set, now time.Time) error {
	if len(set.Keys) < selfservice.MaximumKeys {
		return nil
	}
	full := &KeySetFullError{ClientID: clientID}
	for _, key := range set.Keys {
		full.KeyIDs = append(full.KeyIDs, key.KeyID)
		if key.Expires != nil && !time.Unix(*key.Expires, 0).After(now) {
			full.Expired = append(full.Expired, key.KeyID)
		}
	}
	return full
}

func (p *Plan) planClientID() error {
	name, _ := p.Target.secretNames()
	stored := p.state.clientID.Reveal()
	switch {
	case p.integration == nil:
		p.add(StoreClientID{Secret: name, Replaces: stored})
	case p.integration.ClientID != stored:
		p.add(StoreClientID{Secret: name, ClientID: p.integration.ClientID, Replaces: stored})
	}
	p.checkSecrets()
	p.checkSharing()
	return nil
}

// missingFrom returns those of wanted that have lacks, in wanted's order.
func missingFrom(have, wanted []string) []string {
	var missing []string
	for _, one := range wanted {
		if !slices.Contains(have, one) {
			missing = append(missing, one)
		}
	}
	return missing
}

// SystemChanges are a plan's changes to one system, for a person to read.
type SystemChanges struct {
	System System
	Name   string // the vault's address, the organisation's number, or the folder
	Lines  []ChangeLine
	Files  []FileChange // of the application's folder
}

// ChangeLine is one change in a line.
type ChangeLine struct {
	Sign Sign
	Text string
}

// FileChange is a change to one file. Secrets in the diff are redacted.
type FileChange struct {
	Sign    Sign
	Name    string // such as "appsettings.json"
	Path    string
	Diff    []appsettings.DiffLine
	Reasons []string // why, one for each change
}

// Changes groups the actions by system, in the order in which they come first.
func (p Plan) Changes() []SystemChanges {
	names := map[System]string{KeyVault: p.Target.Vault, Samarbeidsportal: p.Target.OrganisationNumber, ApplicationFolder: p.Target.AppDir}
	var groups []SystemChanges
	for _, action := range p.Actions {
		at := slices.IndexFunc(groups, func(g SystemChanges) bool { return g.System == action.System() })
		if at < 0 {
			at = len(groups)
			groups = append(groups, SystemChanges{System: action.System(), Name: names[action.System()]})
		}
		edit, isEdit := action.(EditFile)
		if !isEdit {
			groups[at].Lines = append(groups[at].Lines, ChangeLine{Sign: action.Sign(), Text: action.String()})
			continue
		}
		change := FileChange{Sign: edit.Sign(), Name: edit.Name, Path: edit.Path, Diff: appsettings.Diff(edit.before, edit.after)}
		for _, setting := range edit.Changes {
			change.Reasons = append(change.Reasons, setting.Name+": "+setting.Reason)
		}
		groups[at].Files = append(groups[at].Files, change)
	}
	return groups
}
