package local

import (
	"slices"

	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/local/web/records"
)

// records is what the console shows of what the stand-ins hold.
func (p *Platform) records() records.Config {
	return records.Config{
		Registry: p.registry, Propagation: p.Propagation,
		Vault: p.vault, Secrets: func() ([]keyvault.SecretInfo, error) { return p.keyvault.Inventory(p.vault) },
		Tokens: p.tokens,
	}
}

// tokens are the latest of all issuers, the newest first. Of those of the same
// second, one comes before what it was asked for with: Entra's token opens the
// vault with the key for Maskinporten, whose token Altinn exchanges.
func (p *Platform) tokens() []records.Token {
	var tokens []records.Token
	for _, t := range p.entra.Issued() {
		origin := records.BySecret
		if t.ManagedIdentity {
			origin = records.ByMachine
		}
		tokens = append(tokens, records.Token{Issuer: records.Entra, Origin: origin, Time: t.Time, Claims: t.Claims})
	}
	for _, t := range p.maskinporten.Issued() {
		tokens = append(tokens, records.Token{Issuer: records.Maskinporten, Origin: records.ByGrant, Time: t.Time, KeyID: t.KeyID, Claims: t.Claims})
	}
	for _, t := range p.authentication.Issued() {
		tokens = append(tokens, records.Token{Issuer: records.Altinn, Origin: altinnOrigin(t.Origin), Time: t.Time, Claims: t.Claims})
	}
	slices.Reverse(tokens)
	slices.SortStableFunc(tokens, func(a, b records.Token) int { return int(b.Time.Unix() - a.Time.Unix()) })
	return tokens
}

func altinnOrigin(origin string) records.Origin {
	switch origin {
	case authentication.OriginExchange:
		return records.ByExchange
	case authentication.OriginRefresh:
		return records.ByRefresh
	}
	return records.ByTestLogin
}
