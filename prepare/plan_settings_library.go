package prepare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/maskinporten"
)

// What [appsettings.ClientLibrary] reads besides the secrets.

func (p *Plan) fitEnvironment(edits settingsEdits) {
	const name = "Environment"
	wanted := p.Target.Maskinporten
	have, in := p.effective(name)
	if have == wanted {
		return
	}
	reason := fmt.Sprintf("Maskinporten's environment that goes with Altinn's %s", p.Target.Environment)
	_, err := maskinporten.LookupEnvironment(have)
	if have != "" && err != nil {
		reason = err.Error()
	}
	edits.set(p.placeFor(in, err == nil), name, wanted, reason)
}

func (p *Plan) fitScope(edits settingsEdits) {
	const name = "Scope"
	text, in := p.effective(name)
	have := strings.Fields(text)
	if missing := missingFrom(have, p.Target.Scopes); len(missing) > 0 {
		edits.set(in, name, strings.Join(append(have, missing...), " "),
			"the application asks for what the setting names; needed to hand over: "+strings.Join(missing, ", "))
	}
	granted := slices.Clone(p.Target.Scopes)
	if p.integration != nil {
		granted = append(granted, p.integration.Scopes...)
	}
	for _, extra := range missingFrom(granted, have) {
		p.warn("Scope names %s, which the integration does not have; Maskinporten refuses the whole request for that", extra)
	}
}

// fitExchange gives the setting its library's own spelling where somebody has
// written it as it should be spelt. One that is not there stays away: an
// application may exchange its tokens in code.
func (p *Plan) fitExchange(edits settingsEdits) {
	const name, misspelt = "ExhangeToAltinnToken", "ExchangeToAltinnToken"
	if len(p.inFiles(name)) > 0 {
		return
	}
	for _, value := range p.inFiles(misspelt) {
		text, _ := value.Text()
		in := value.Origin.Name
		edits.set(in, name, strings.EqualFold(strings.TrimSpace(text), "true"), "the library's own spelling, without the first c")
		edits.remove(in, misspelt, "it does nothing: the library's name for it is "+name)
	}
}

const debugLog = "EnableDebugLog"

func (p *Plan) removeDebugLog(edits settingsEdits) {
	reason := "it does nothing: the library's name for it is EnableDebugLogging"
	if p.Target.Family == appsettings.BuiltIn {
		reason = "it does nothing: no client reads it"
	}
	for _, value := range p.inFiles(debugLog) {
		edits.remove(value.Origin.Name, debugLog, reason)
	}
}
