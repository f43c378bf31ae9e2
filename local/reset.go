package local

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stafett/stafett/local/control"
)

// beginning brings the stand-ins back to how they were when the platform had
// started.
type beginning struct{ integrations, vault, people, settings func() }

// remember notes how the stand-ins are.
func (p *Platform) remember() (beginning, error) {
	delay, rules := p.Propagation(), p.KeyRules()
	vault, err := p.keyvault.Checkpoint(p.vault)
	if err != nil {
		return beginning{}, err
	}
	parties := p.parties.Checkpoint()
	integrations, organisations := p.registry.Checkpoint()
	return beginning{
		integrations: integrations, vault: vault,
		people: func() {
			parties()
			organisations()
		},
		settings: func() {
			p.maskinporten.SetPropagationDelay(delay)
			p.SetKeyRules(rules)
		},
	}, nil
}

// Reset brings parts of the platform back to how they were when it had started,
// what its seeds say included; no parts means all of them. Keys, addresses, forwards
// and tokens stay good, and the timeline keeps what it has. Nothing else should be
// under way.
func (p *Platform) Reset(ctx context.Context, parts ...control.Part) error {
	if err := control.CheckParts(parts); err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	p.changing.Lock()
	defer p.changing.Unlock()
	wanted := func(part control.Part) bool { return len(parts) == 0 || slices.Contains(parts, part) }
	if wanted(control.Faults) { // first, so that nothing else meets one
		p.faults.Clear()
	}
	if wanted(control.Instances) {
		if err := p.storage.Clear(ctx); err != nil {
			return fmt.Errorf("reset: %w", err)
		}
		p.events.Clear()
		for _, f := range p.folders {
			f.current.Load().host.Clear()
		}
		if p.born != nil {
			if err := p.born.give(ctx, p, time.Time{}); err != nil {
				return fmt.Errorf("reset: %w", err)
			}
		}
	}
	if wanted(control.Integrations) {
		p.beginning.integrations()
		p.maskinporten.ForgetGrants()
	}
	if wanted(control.Vault) {
		p.beginning.vault()
	}
	if wanted(control.People) {
		p.beginning.people()
	}
	if wanted(control.Settings) {
		p.beginning.settings()
	}
	if wanted(control.Integrations) || wanted(control.Vault) {
		p.resets.Add(1)
	}
	return nil
}

// CredentialResets counts how often integrations or the vault were reset. What a
// program has read there is void after that, and it must read it again.
func (p *Platform) CredentialResets() int64 { return p.resets.Load() }
