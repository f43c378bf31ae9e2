package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/stafett/stafett/altinn"
)

const docsExchange = "https://docs.altinn.studio/api/authentication/"

// exchangeChecks are the checks of stage exchange: what Altinn makes of
// Maskinporten's token.
func exchangeChecks() []check {
	return []check{
		{id: "exchange.accepted", title: "Altinn takes the token and gives its own", docs: docsExchange, online: true, needs: []string{"token.organisation"}, run: exchangeToken},
		{id: "exchange.org", title: "Altinn's token is the service owner's", docs: docsExchange, online: true, needs: []string{"exchange.accepted"}, run: checkOrg},
	}
}

func exchangeToken(ctx context.Context, f *facts) findings {
	f.tokens.exchange = altinn.NewExchange(altinn.ExchangeConfig{
		Environment: f.altinn, HTTPClient: f.client(), Maskinporten: f.tokens.source, TestOrganisation: f.section.UseAltinnTestOrg.On, Now: f.world.Now,
	})
	token, err := f.tokens.exchange.Token(ctx)
	if err != nil {
		return f.exchangeFault(err)
	}
	if f.tokens.altinn, err = altinn.ParseClaims(token); err != nil {
		return fault(Fail, err.Error(), "what Altinn gave is no token", by("look whether a proxy stands between this machine and %s", f.altinn.Platform))
	}
	return ok("authentication level %d, until %s", f.tokens.altinn.AuthLevel, f.tokens.altinn.Expires.UTC().Format(time.TimeOnly))
}

// exchangeFault explains a refusal. Altinn refuses a token with an empty 401, so
// that the token itself must tell why.
func (f *facts) exchangeFault(err error) findings {
	status, answered := errors.AsType[*altinn.StatusError](err)
	if !answered {
		return unreachable("Altinn", err)
	}
	claims := f.tokens.machine
	switch {
	case status.Status == http.StatusUnauthorized && claims.Issuer != f.issuer.Issuer:
		return fault(Fail, err.Error(), fmt.Sprintf("the token is from %s, and Altinn's %s takes those of %s only", claims.Issuer, f.altinn.Name, f.issuer.Issuer),
			by("use the settings of one environment for both: Environment in section %s, and environment in %s", f.section.Name, f.project.Path))
	case status.Status == http.StatusUnauthorized && !claims.Expires.After(f.now()):
		return fault(Fail, err.Error(), "the token had expired: this machine's clock is wrong, or the token was under way for too long", by("set the clock by NTP"))
	case status.Status == http.StatusUnauthorized:
		return fault(Fail, err.Error(), fmt.Sprintf("the token itself is in order: from %s, for organisation %s, valid until %s. Altinn does not know Maskinporten's new signing key yet, or a proxy on the way changes the header Authorization",
			claims.Issuer, claims.Consumer, claims.Expires.UTC().Format(time.TimeOnly)), by("try again in a few minutes; behind a proxy, see that it leaves Authorization as it is"))
	case status.Status == http.StatusGone:
		return fault(Fail, err.Error(), "enterprise users ended with Altinn 2", by("remove EnterpriseUserName and EnterpriseUserPassword from section %s", f.section.Name))
	case status.Status == http.StatusTooManyRequests || status.Status >= http.StatusInternalServerError:
		return fault(Fail, err.Error(), "Altinn's authentication is out of order or overloaded", by("try again in a while; see https://status.altinn.no"))
	}
	return fault(Fail, err.Error(), "Altinn does not take the request", by("look whether a proxy stands between this machine and %s", f.altinn.Platform))
}

func checkOrg(ctx context.Context, f *facts) findings {
	got, want := f.tokens.altinn.Org, f.project.Owner.Org
	if got == want {
		return ok("urn:altinn:org is %s, of organisation %s", got, f.tokens.altinn.OrgNumber)
	}
	if f.section.UseAltinnTestOrg.On {
		return fault(Fail, fmt.Sprintf("urn:altinn:org is %q, not %s", got, want), "UseAltinnTestOrg asks for the identity of Altinn's test organisation, ttd",
			by("remove UseAltinnTestOrg from section %s (%s)", f.section.Name, f.section.UseAltinnTestOrg.Origin))
	}
	if got != "" {
		return fault(Fail, fmt.Sprintf("urn:altinn:org is %s, not %s", got, want), fmt.Sprintf("organisation %s is %s at Altinn", f.tokens.altinn.OrgNumber, got),
			by("set owner.org in %s to %s, or use an integration of %s", f.project.Path, got, want))
	}
	const evidence = "the token has no urn:altinn:org, so that no rule for the service owner lets it in"
	if !strings.Contains(f.tokens.machine.Scope, "altinn:serviceowner") {
		return fault(Fail, evidence, "Altinn gives it only to tokens with a scope that begins with altinn:serviceowner, and this one has "+f.tokens.machine.Scope,
			by("add altinn:serviceowner/instances.read and altinn:serviceowner/instances.write to maskinporten.scopes in %s, then run: stafett prepare", f.project.Path))
	}
	return fault(Fail, evidence, fmt.Sprintf("Altinn gives it only to organisations in its list of service owners (%s), in which %s %s", orgList, f.tokens.altinn.OrgNumber, f.listed(ctx)),
		by("ask Altinn (servicedesk@altinn.no) to put %s, organisation %s, into the list for %s", want, f.tokens.altinn.OrgNumber, f.altinn.Name))
}

// orgList is Altinn's public list of service owners.
const orgList = "https://altinncdn.no/orgs/altinn-orgs.json"

// listed says what the list has of the token's organisation.
func (f *facts) listed(ctx context.Context) string {
	body, err := f.fetch(ctx, orgList)
	var list struct {
		Orgs map[string]struct {
			Number string `json:"orgnr"`
		} `json:"orgs"`
	}
	if err != nil || json.Unmarshal(body, &list) != nil {
		return "cannot be looked up now"
	}
	for code, org := range list.Orgs {
		if org.Number == f.tokens.altinn.OrgNumber {
			return "is " + code
		}
	}
	return "is not"
}
