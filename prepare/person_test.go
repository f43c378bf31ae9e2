package prepare_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/selfservice"
)

// person does what the guide asks, at the portal of the world. Before the n-th
// errand, from 1, instead may answer in its place: ok tells that it did.
type person struct {
	w       *world
	instead func(n int, errand prepare.Errand) (answer string, err error, ok bool)
	errands []prepare.Errand
}

func (p *person) Ask(_ context.Context, errand prepare.Errand) (string, error) {
	p.errands = append(p.errands, errand)
	if p.instead != nil {
		if answer, err, ok := p.instead(len(p.errands), errand); ok {
			return answer, err
		}
	}
	return p.does(errand)
}

func (p *person) does(errand prepare.Errand) (string, error) {
	var public jwk.Public
	if errand.PublicKey != "" {
		if err := json.Unmarshal([]byte(errand.PublicKey), &public); err != nil {
			return "", err
		}
	}
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	if errand.Kind == prepare.RegisterIntegration {
		id := fmt.Sprintf("client-%d", len(p.w.integrations)+1)
		p.w.existing(selfservice.Integration{ClientID: id, Name: errand.Name, Description: errand.Description, Scopes: errand.Scopes}, public)
		return id, nil
	}
	at := slices.IndexFunc(p.w.integrations, func(i selfservice.Integration) bool { return i.ClientID == errand.ClientID })
	keys := p.w.keys[errand.ClientID].Keys
	switch errand.Kind {
	case prepare.AddKey:
		if errand.InPlace {
			keys = slices.DeleteFunc(keys, func(k jwk.Public) bool { return k.KeyID == errand.KeyID })
		}
		keys = append(keys, public)
	case prepare.RenewKey:
		for i := range keys {
			if keys[i].KeyID == errand.KeyID {
				keys[i].Expires = nil
			}
		}
	case prepare.ExtendScopes:
		for _, scope := range errand.Scopes {
			if !slices.Contains(p.w.integrations[at].Scopes, scope) {
				p.w.integrations[at].Scopes = append(p.w.integrations[at].Scopes, scope)
			}
		}
	}
	p.w.keys[errand.ClientID] = jwk.Set{Keys: keys}
	return "", nil
}

// guided has the world's plans made without an admin client.
func (w *world) guided() *person {
	w.person = &person{w: w}
	return w.person
}
