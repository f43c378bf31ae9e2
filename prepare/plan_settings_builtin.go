package prepare

import (
	"errors"
	"fmt"

	"github.com/stafett/stafett/maskinporten"
)

// fitAuthority gives [appsettings.BuiltIn] the issuer to ask: in the vault, where
// that has one, since it wins over every file; else in the files. The scopes of
// this client are in its code, and its Scope setting is not looked at.
func (p *Plan) fitAuthority(edits settingsEdits) {
	const name = "Authority"
	wanted, err := maskinporten.LookupEnvironment(p.Target.Maskinporten)
	if err != nil {
		p.warn("%s is not fitted: %v", name, err)
		return
	}
	if stored := p.state.authority.Reveal(); stored != "" {
		if found, err := maskinporten.LookupIssuer(stored); err != nil || found != wanted {
			p.add(StoreAuthority{Secret: NamesOf(p.Target.Family, p.Target.Section).Authority, Authority: wanted.Issuer, Replaces: shownAuthority(stored)})
		}
		return
	}
	have, in := p.effective(name)
	found, err := maskinporten.LookupIssuer(have)
	if err == nil && found == wanted {
		return
	}
	reason := fmt.Sprintf("Maskinporten's address that goes with Altinn's %s", p.Target.Environment)
	if _, gone := errors.AsType[*maskinporten.RetiredError](err); gone {
		reason = err.Error()
	}
	edits.set(p.placeFor(in, err == nil), name, wanted.Issuer, reason)
}

// shownAuthority keeps what was stored as an address, and is none, off the
// screen.
func shownAuthority(text string) string {
	_, err := maskinporten.LookupIssuer(text)
	if _, gone := errors.AsType[*maskinporten.RetiredError](err); gone || err == nil {
		return text
	}
	return "a value that is no address of Maskinporten"
}
