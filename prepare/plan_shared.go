package prepare

import (
	"slices"
	"strings"

	"github.com/stafett/stafett/keyvault"
)

// checkSharing warns of secrets that more than one application reads. A vault is
// the organisation's, and each of its applications that adds it to its
// configuration has all of it.
func (p *Plan) checkSharing() {
	section := p.Target.Section
	if p.state.isShared {
		p.warn("the receiving application has a section %s too, so both read the same secrets and act as one client; a section of its own for each, such as %s, keeps them apart", section, p.prefixed())
	}
	if strings.Contains(section, ":") {
		return
	}
	var prefixed []string
	for _, item := range p.state.items {
		path := strings.ToLower(keyvault.SettingPath(item.Name))
		if strings.HasPrefix(path, "stafett:") { // a key on its way, which no application reads
			continue
		}
		for _, setting := range []string{"clientid", "encodedjwk", "jwkbase64"} {
			if owner, isPrefixed := strings.CutSuffix(path, ":"+strings.ToLower(section)+":"+setting); isPrefixed {
				prefixed = append(prefixed, item.Name[:len(owner)+strings.Count(owner, ":")])
			}
		}
	}
	slices.Sort(prefixed)
	if prefixed = slices.Compact(prefixed); len(prefixed) > 0 {
		p.warn("the vault has section %s with a prefix for %s; without one, its secrets are read by every application that has a section of that name: consider %s", section, strings.Join(prefixed, " and "), p.prefixed())
	}
}

// prefixed is the section below a name of the application's own.
func (p *Plan) prefixed() string {
	_, app, _ := strings.Cut(p.Target.AppID, "/")
	return app + ":" + p.Target.Section
}
