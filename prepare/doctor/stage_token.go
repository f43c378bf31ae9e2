package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/secret"
)

const docsToken = "https://docs.digdir.no/docs/Maskinporten/maskinporten_feilsoking" //nolint:gosec // G101: an address, not a credential

// tokenChecks are the checks of stage token: what Maskinporten gives the
// application.
func tokenChecks() []check {
	return []check{
		{id: "token.issued", title: "Maskinporten gives a token", docs: docsToken, online: true, needs: []string{"files.project", "key.client-id", "key.readable", "settings.scopes"}, run: askToken},
		{id: "token.organisation", title: "the token speaks for the applications' owner", docs: docsToken, needs: []string{"token.issued"}, run: checkTokenOrganisation},
		{id: "token.scopes", title: "the token has the scopes that a handover needs", docs: docsToken, needs: []string{"token.issued"}, run: checkTokenScopes},
	}
}

// tokens is what has been had from Maskinporten and Altinn.
type tokens struct {
	source   *maskinporten.Source
	machine  altinn.Claims // token.issued
	altinn   altinn.Claims // exchange.accepted
	exchange *altinn.Exchange
}

func askToken(ctx context.Context, f *facts) findings {
	client, err := maskinporten.New(maskinporten.Config{
		Issuer: f.issuer.Issuer, TokenURL: f.issuer.TokenURL, ClientID: f.clientID.Reveal(), Key: f.key, KeyID: f.keyID, HTTPClient: f.client(), Now: f.world.Now,
	})
	if err != nil {
		return fault(Fail, err.Error(), "no token can be asked for", running("prepare the application anew", preparing...))
	}
	grant := maskinporten.Grant{Scopes: f.scopes, Resource: f.section.Resource.Text, ConsumerOrg: f.section.ConsumerOrgNo.Text}
	f.tokens.source = client.Source(grant)
	token, err := f.tokens.source.TokenContext(ctx)
	if err != nil {
		return f.tokenFault(ctx, client, grant, err)
	}
	if f.tokens.machine, err = altinn.ParseClaims(secret.New(token.AccessToken)); err != nil {
		return fault(Fail, err.Error(), "what Maskinporten gave is no token of the kind that it should be", by("look whether a proxy stands between this machine and %s", f.issuer.TokenURL))
	}
	return ok("for %s, until %s", strings.Join(f.scopes, " "), f.tokens.machine.Expires.UTC().Format(time.TimeOnly))
}

// tokenFault decodes a refusal.
func (f *facts) tokenFault(ctx context.Context, client *maskinporten.Client, grant maskinporten.Grant, err error) findings {
	refusal, refused := errors.AsType[*maskinporten.Error](err)
	switch {
	case !refused && noAnswer(err):
		return unreachable("Maskinporten", err)
	case !refused:
		return fault(Fail, err.Error(), "no token can be asked for with what the section says", by("mend what is named in section %s of the original application's appsettings.json", f.section.Name))
	}
	evidence, cause := refusal.Error(), refusal.Cause()
	switch refusal.Fault() {
	case maskinporten.InvalidScope, maskinporten.ScopeNotGranted, maskinporten.ScopeNotDelegated, maskinporten.WrongIntegrationType:
		if which := refusedScopes(ctx, client, grant); len(which) > 0 && len(which) < len(grant.Scopes) {
			evidence += "; asked for one by one, it refuses " + strings.Join(which, " ")
		}
	case maskinporten.UnknownKeyID, maskinporten.ClientNotFound:
		if f.portal.registered != nil && f.portal.registered.KeyID == f.keyID {
			return fault(Fail, evidence, "the integration and its key are registered at Samarbeidsportalen, and Maskinporten has not heard of it yet",
				by("wait for two minutes after the last change, then run: stafett doctor"))
		}
		if id := f.clientID.Reveal(); refusal.Fault() == maskinporten.ClientNotFound && uuid.Validate(id) != nil {
			cause += fmt.Sprintf("; %s is no UUID, as the client ids of today are", id)
		}
	}
	return fault(Fail, evidence, cause, f.tokenRemedy(refusal))
}

// refusedScopes asks for one scope at a time.
func refusedScopes(ctx context.Context, client *maskinporten.Client, grant maskinporten.Grant) []string {
	if len(grant.Scopes) < 2 {
		return nil
	}
	var refused []string
	for _, scope := range grant.Scopes {
		single := grant
		single.Scopes = []string{scope}
		_, err := client.Source(single).TokenContext(ctx)
		if _, isRefusal := errors.AsType[*maskinporten.Error](err); isRefusal {
			refused = append(refused, scope)
		}
	}
	return refused
}

// tokenRemedy gives a command where there is one that mends the fault.
func (f *facts) tokenRemedy(refusal *maskinporten.Error) Remedy {
	remedy := by("%s", refusal.Remedy())
	switch refusal.Fault() {
	case maskinporten.ExpiredKey:
		remedy.Command = rotating
	case maskinporten.UnknownKeyID, maskinporten.InvalidScope:
		remedy.Command = preparing
	case maskinporten.ClientNotFound, maskinporten.WrongIntegrationType:
		remedy.Command = f.replacing()
	case maskinporten.IssuedInFuture, maskinporten.AssertionExpired:
		remedy.Text += "; look at the clock stage"
	case maskinporten.ConsumerIsSelf, maskinporten.ScopeNotDelegated:
		if set := f.section.ConsumerOrgNo; set.Text != "" {
			remedy.Text += fmt.Sprintf("; ConsumerOrgNo of section %s is set in %s", f.section.Name, set.Origin)
		}
	}
	return remedy
}

func checkTokenOrganisation(_ context.Context, f *facts) findings {
	got, want := f.tokens.machine.Consumer, f.project.Owner.OrganisationNumber
	if got == want {
		return ok("%s", got)
	}
	if got == "" {
		return fault(Fail, "the token names no organisation (consumer)", "Altinn takes no such token", by("ask servicedesk@digdir.no why the tokens of %s have no consumer; the applications belong to %s (owner in %s)", f.clientID.Reveal(), want, f.project.Path))
	}
	evidence := fmt.Sprintf("the token speaks for organisation %s, and the applications belong to %s", got, want)
	if set := f.section.ConsumerOrgNo; set.Text != "" {
		return fault(Fail, evidence, "ConsumerOrgNo makes it speak for a customer", by("remove ConsumerOrgNo from section %s (%s)", f.section.Name, set.Origin))
	}
	return fault(Fail, evidence, "the integration belongs to that organisation", by("store client id and key of an integration of %s; or mend owner in %s", want, f.project.Path))
}

func checkTokenScopes(_ context.Context, f *facts) findings {
	got := strings.Fields(f.tokens.machine.Scope)
	var missing []string
	for _, scope := range f.project.Integration.Scopes {
		if !slices.Contains(got, scope) {
			missing = append(missing, scope)
		}
	}
	if missing == nil {
		return ok("%s", f.tokens.machine.Scope)
	}
	return fault(Fail, "the token lacks "+strings.Join(missing, " "), "the section does not ask for it", running("let the section ask for what is needed", preparing...))
}
