package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/local/loopback"
	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/register"
	"github.com/stafett/stafett/local/selfservice"
)

// ControlOption tells the control address what the platform does not know.
type ControlOption func(*control.Config)

// WithService lets other programs start the handover service beside the platform.
func WithService(service control.Service) ControlOption {
	return func(cfg *control.Config) { cfg.Service = service }
}

// ServeControl opens an address at which other programs add faults and forwards
// and change settings; it stops with [Platform.Close]. Package control has the
// client.
func (p *Platform) ServeControl(ctx context.Context, options ...ControlOption) (*control.Server, error) {
	config := control.Config{Faults: p.faults, Forwards: p.forwards, Stands: p}
	for _, option := range options {
		option(&config)
	}
	server, err := control.Serve(ctx, config)
	if err == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.serving = append(p.serving, server)
	}
	return server, err
}

// ServePortal opens the page of Samarbeidsportalen at an address of its own, for
// a browser that does not use the proxy; it stops with [Platform.Close]. Through
// the proxy, the page answers at https://[PortalHost].
func (p *Platform) ServePortal(ctx context.Context) (*url.URL, error) {
	address, err := loopback.Serve(ctx, "127.0.0.1:0", p.portal)
	if err != nil {
		return nil, fmt.Errorf("serve the portal: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serving = append(p.serving, address)
	return address.URL(), nil
}

// Registry returns what Samarbeidsportalen and Maskinporten know: for tests that
// bring about what the API does not allow.
func (p *Platform) Registry() *selfservice.Registry { return p.registry }

// Parties returns what Register and the decision point know of persons,
// organisations, and who has delegated what to whom: for tests that need more than a
// seed gives.
func (p *Platform) Parties() *register.Parties { return p.parties }

// Age moves stored dates back; no clock is moved. See [control.Aging].
func (p *Platform) Age(aging control.Aging) (control.Aged, error) {
	var aged control.Aged
	if aging.Client == "" && aging.Secret == "" || aging.By <= 0 {
		return aged, errors.New("age: name a client or a secret, and how much older it becomes")
	}
	secrets, err := p.keyvault.Secrets(p.vault)
	if err != nil {
		return aged, err
	}
	var names []string
	if aging.Secret != "" {
		name, ok := findFold(slices.Collect(maps.Keys(secrets)), aging.Secret)
		if !ok {
			return aged, fmt.Errorf("age secret %s: %w", aging.Secret, control.ErrUnknown)
		}
		names = append(names, name)
	}
	if aging.Client != "" {
		registration, err := p.registry.Age(aging.Client, aging.By)
		if errors.Is(err, selfservice.ErrNotFound) {
			err = control.ErrUnknown
		}
		if err != nil {
			return aged, fmt.Errorf("age client %s: %w", aging.Client, err)
		}
		for _, key := range registration.Keys.Keys {
			aged.Keys = append(aged.Keys, control.AgedKey{KeyID: key.KeyID, Expires: time.Unix(key.Expires, 0).UTC()})
		}
		for holder, value := range secrets {
			if value.Reveal() != aging.Client {
				continue
			}
			for name := range secrets {
				if name == holder || prefix(name) != "" && strings.EqualFold(prefix(name), prefix(holder)) {
					names = append(names, name)
				}
			}
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		expires, err := p.keyvault.Age(p.vault, name, aging.By)
		if err != nil {
			return aged, err
		}
		if !expires.IsZero() {
			expires = expires.UTC()
		}
		aged.Secrets = append(aged.Secrets, control.AgedSecret{Name: name, Expires: expires})
	}
	return aged, nil
}

// prefix returns what stands before the last "--" of a secret's name: the
// section of the settings that it belongs to.
func prefix(name string) string {
	before := strings.LastIndex(name, "--")
	return name[:max(before, 0)]
}

func findFold(names []string, wanted string) (string, bool) {
	at := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, wanted) })
	if at < 0 {
		return "", false
	}
	return names[at], true
}

// Propagation tells how long a change at Samarbeidsportalen takes to reach
// Maskinporten.
func (p *Platform) Propagation() time.Duration { return p.maskinporten.PropagationDelay() }

// SetPropagation changes what [Platform.Propagation] tells, also for changes
// that are on their way; ten minutes at most.
func (p *Platform) SetPropagation(delay time.Duration) error {
	if err := checkPropagation(delay); err != nil {
		return err
	}
	p.maskinporten.SetPropagationDelay(delay)
	return nil
}

func checkPropagation(delay time.Duration) error {
	if delay < 0 || delay > maskinporten.MaxPropagationDelay {
		return fmt.Errorf("the propagation delay must be from 0s to %s, not %s", maskinporten.MaxPropagationDelay, delay)
	}
	return nil
}

// KeyRules tells how Samarbeidsportalen treats keys.
func (p *Platform) KeyRules() control.KeyRules { return control.KeyRules(p.registry.Rules()) }

// SetKeyRules changes how Samarbeidsportalen treats the keys of later requests.
func (p *Platform) SetKeyRules(rules control.KeyRules) { p.registry.SetRules(selfservice.Rules(rules)) }
