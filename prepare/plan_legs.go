package prepare

import (
	"bytes"
	"fmt"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/prepare/internal/keys"
)

// WriteRegistration writes the hand-over file: what to register, or in the
// portal's leg the client id that came of it.
type WriteRegistration struct {
	Path string
	// KeyID and Thumbprint are empty while the key is still to be made.
	KeyID, Thumbprint string
	// ClientID is set when the file is to name an integration that there is.
	ClientID string

	forPortal bool   // it is the portal's leg, whose integration may be still to be made
	before    []byte // nil for a file that is to be made
}

// System implements [Action].
func (WriteRegistration) System() System { return RegistrationFile }

// Sign implements [Action].
func (a WriteRegistration) Sign() Sign {
	if a.before == nil {
		return Add
	}
	return Alter
}

// String implements [Action].
func (a WriteRegistration) String() string {
	switch {
	case !a.forPortal:
		return fmt.Sprintf("write the public part of %s, and what to register with it", keys.Text(a.KeyID, a.Thumbprint))
	case a.ClientID != "":
		return "write client id " + a.ClientID
	}
	return "write the new integration's client id"
}

// planRegistration plans the file of the key's leg. A client id that the portal's
// leg has written for the same key stays.
func (p *Plan) planRegistration() error {
	if existing := p.state.registration; existing != nil {
		if reason := existing.foreign(p.Target); reason != "" {
			return p.registrationError(reason, "name another file, or remove this one")
		}
		if existing.Thumbprint != p.thumbprint {
			_, name := p.Target.secretNames()
			return p.registrationError(fmt.Sprintf("it is stale: its key has thumbprint %s, and secret %s holds another", existing.Thumbprint, name),
				"remove the file and run this leg again; whoever has it for registering needs the new one")
		}
	}
	write := WriteRegistration{Path: p.Target.Registration, KeyID: p.keyID(), Thumbprint: p.thumbprint, before: p.state.registrationText}
	if p.thumbprint != "" {
		content, err := p.registration(p.public).Encode()
		if err != nil || bytes.Equal(content, p.state.registrationText) {
			return err
		}
	}
	p.add(write)
	return nil
}

// registration is what the file is to say about the key.
func (p *Plan) registration(public jwk.Public) Registration {
	clientSecret, keySecret := p.Target.secretNames()
	thumbprint := thumbprintOf(public)
	r := Registration{
		Org: p.Target.Org, OrganisationNumber: p.Target.OrganisationNumber, Environment: p.Target.Environment, Application: p.Target.AppID,
		Integration: p.Target.Integration, Description: p.Target.description(thumbprint), Scopes: p.Target.Scopes,
		PublicKey: public, Thumbprint: thumbprint, Vault: p.Target.Vault, KeySecret: keySecret, ClientIDSecret: clientSecret,
	}
	if p.state.registration != nil {
		r.ClientID = p.state.registration.ClientID
	}
	return r
}

// readRegistered takes the key to register from the file.
func (p *Plan) readRegistered() error {
	r := p.state.registration
	if r == nil {
		return noRegistration(p.Target.Registration)
	}
	if reason := r.foreign(p.Target); reason != "" {
		return p.registrationError(reason, "name the file of this application")
	}
	p.public, p.thumbprint = r.PublicKey, r.Thumbprint
	return nil
}

// checkRegistration holds the file against the vault.
func (p *Plan) checkRegistration() error {
	if err := p.readRegistered(); err != nil {
		return err
	}
	r := *p.state.registration
	_, name := p.Target.secretNames()
	if p.state.keyText().IsEmpty() {
		return p.registrationError(fmt.Sprintf("the vault has no key in secret %s", name), "name the vault that the file was written for, "+r.Vault+", or begin again with the key's leg")
	}
	if err := p.planKey(); err != nil {
		return err
	}
	switch {
	case p.thumbprint != r.Thumbprint:
		remedy := "if the vault's key is the right one, "
		if r.ClientID != "" {
			remedy += fmt.Sprintf("remove key %s from integration %s at Samarbeidsportalen, for whoever has its private part can act as the organisation; then ", r.PublicKey.KeyID, r.ClientID)
		}
		return p.registrationError(fmt.Sprintf("its key has thumbprint %s, and that of secret %s is %s", r.Thumbprint, name, p.thumbprint),
			remedy+"remove the file and begin again with the key's leg")
	case r.ClientID == "":
		return p.registrationError("it has no clientId: nothing is registered yet", "have the holder of the portal run their leg with it, and send it back")
	case p.clientID() != "" && p.clientID() != r.ClientID:
		clientSecret, _ := p.Target.secretNames()
		return p.registrationError(fmt.Sprintf("it names %s, and the secret %s names %s", r.ClientID, clientSecret, shownID(p.clientID())),
			"find out which integration is the application's; to take the file's, delete and purge the secret "+clientSecret)
	}
	return nil
}

// planRegisteredID plans to write the client id into the file.
func (p *Plan) planRegisteredID() error {
	write := WriteRegistration{Path: p.Target.Registration, KeyID: p.public.KeyID, Thumbprint: p.thumbprint, forPortal: true, before: p.state.registrationText}
	if p.integration != nil {
		write.ClientID = p.integration.ClientID
	}
	if known := p.clientID(); known == "" || write.ClientID != "" && write.ClientID != known {
		p.add(write)
	}
	return nil
}

func (p *Plan) registrationError(problem, remedy string) error {
	return &RegistrationError{File: p.Target.Registration, Problem: problem, remedy: remedy}
}

// writeRegistration writes the file with what has become known.
func (r *run) writeRegistration(a WriteRegistration) (string, error) {
	content := r.plan.registration(r.public)
	if a.forPortal {
		content = *r.plan.state.registration
		content.ClientID = r.clientID
	}
	text, err := content.Encode()
	if err != nil {
		return "", err
	}
	return a.Path, r.systems.files().Replace(a.Path, a.before, text)
}
