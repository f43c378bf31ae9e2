package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/selfservice"
)

// portal is what Samarbeidsportalen says, as far as it has been asked. An empty
// one says that there is no admin client to ask with.
type portal struct {
	client      *selfservice.Client
	active      []selfservice.Integration // integration.portal
	integration *selfservice.Integration  // integration.known; it may be inactive
	keys        jwk.Set                   // integration.key
	registered  *jwk.Public               // integration.key: the vault's key as it is registered
	granted     []string                  // integration.scope-names: what the organisation may use
	owners      map[string]string         // the same: the owners' numbers of the scopes that it has asked for
}

const (
	docsKeys        = "https://docs.digdir.no/docs/Maskinporten/maskinporten_guide_apikonsument"
	docsIntegration = "https://docs.digdir.no/docs/Maskinporten/maskinporten_sjolvbetjening_web"
)

// integrationChecks are the checks of stage integration: what is registered at
// Samarbeidsportalen, read with the organisation's admin client.
func integrationChecks() []check {
	return []check{
		{id: "integration.portal", title: "Samarbeidsportalen answers the admin client", online: true, needs: []string{"files.project"}, run: askPortal},
		{id: "integration.known", title: "the vault's client id is one of the organisation's integrations", docs: docsIntegration, online: true, needs: []string{"integration.portal", "key.client-id"}, run: findIntegration},
		{id: "integration.active", title: "the integration is active", docs: docsIntegration, needs: []string{"integration.known"}, run: checkActive},
		{id: "integration.type", title: "the integration is made for Maskinporten", docs: docsIntegration, needs: []string{"integration.known"}, run: checkType},
		{id: "integration.organisation", title: "the integration belongs to the applications' owner", needs: []string{"integration.known"}, run: checkOrganisation},
		{id: "integration.key", title: "the vault's key is registered on the integration", docs: docsKeys, online: true, needs: []string{"integration.active", "key.readable"}, run: checkRegistered},
		{id: "integration.key-id", title: "the key goes by the id under which it is registered", docs: docsKeys, needs: []string{"integration.key"}, run: checkKeyID},
		{id: "integration.key-expiry", title: "the registered key is valid for some time yet", docs: docsKeys, needs: []string{"integration.key"}, run: checkKeyExpiry},
		{id: "integration.key-room", title: "there is room for another key", docs: docsKeys, needs: []string{"integration.key"}, run: checkKeyRoom},
		{id: "integration.scope-names", title: "the scopes are spelt as their owners spell them", docs: docsIntegration, online: true, needs: []string{"integration.portal"}, run: checkScopeNames},
		{id: "integration.granted", title: "the organisation has been granted the scopes", docs: docsIntegration, needs: []string{"integration.scope-names"}, run: checkGranted},
		{id: "integration.scopes", title: "the integration has the scopes", docs: docsIntegration, needs: []string{"integration.active", "integration.granted"}, run: checkScopes},
	}
}

// The commands that mend most of what can be wrong at Samarbeidsportalen.
var (
	preparing = []string{"stafett", "prepare", "--yes"}
	rotating  = []string{"stafett", "rotate", "--yes"}
	renewing  = []string{"stafett", "renew", "--yes"}
)

// replacing is the command that has another integration made in place of the
// vault's.
func (f *facts) replacing() []string {
	return []string{"stafett", "prepare", "--replace-client", f.clientID.Reveal(), "--yes"}
}

// replacement is how the vault's client id is replaced by that of an integration
// that fits: the one that has the application's name already, or a new one.
func (f *facts) replacement() Remedy {
	name := f.integrationName()
	at := slices.IndexFunc(f.portal.active, func(i selfservice.Integration) bool {
		return i.Name == name && name != "" && i.ClientID != f.clientID.Reveal()
	})
	if at < 0 {
		return running("have a new integration made in its place", f.replacing()...)
	}
	secret, _ := keyvault.SecretNames(f.section.Name)
	return by("%q is %s already: store that client id in the secret %s if it is the application's, then run: stafett prepare; if it is another's, set another name as maskinporten.integration in %s, then run: %s",
		name, f.portal.active[at].ClientID, secret, f.project.Path, strings.Join(f.replacing(), " "))
}

// integrationName is the name by which preparing knows the application's
// integration; "" where it cannot be told.
func (f *facts) integrationName() string {
	if f.original == nil {
		return ""
	}
	target, err := prepare.NewTarget(f.project, f.original.ID)
	if err != nil {
		return ""
	}
	return target.Integration
}

func askPortal(ctx context.Context, f *facts) findings {
	if f.world.Portal == nil {
		return skip("Samarbeidsportalen is not to be asked")
	}
	client, err := f.world.Portal(ctx, f.project)
	if err != nil {
		return fault(Fail, err.Error(), "Samarbeidsportalen cannot be asked what is registered", remedyOf(err, by("mend selfService in %s", f.project.Path)))
	}
	if client == nil {
		return skip("no admin client is named in %s, as in most organisations; what is registered is shown at Samarbeidsportalen's own page, and the checks of stage token tell most of it", f.project.Path)
	}
	active, err := client.List(ctx)
	if err != nil {
		return portalFault(err)
	}
	f.portal = portal{client: client, active: active}
	return ok("%d active integrations of the organisation", len(active))
}

// portalFault tells why Samarbeidsportalen did not answer, or Maskinporten when
// the admin client asked it for a token.
func portalFault(err error) findings {
	var (
		grant   *maskinporten.Error
		refusal *selfservice.Error
	)
	switch {
	case errors.As(err, &grant):
		return fault(Fail, err.Error(), "Maskinporten refuses the admin client: "+grant.Cause(), by("for the admin client: %s", grant.Remedy()))
	case errors.As(err, &refusal):
		return fault(Fail, err.Error(), refusal.Cause(), by("%s", refusal.Remedy()))
	}
	return unreachable("Samarbeidsportalen", err)
}

func findIntegration(ctx context.Context, f *facts) findings {
	id := f.clientID.Reveal()
	matches := func(i selfservice.Integration) bool { return i.ClientID == id }
	if at := slices.IndexFunc(f.portal.active, matches); at >= 0 {
		f.portal.integration = &f.portal.active[at]
		return ok("%s, %q", id, f.portal.integration.Name)
	}
	inactive, err := f.portal.client.Inactive(ctx)
	if err != nil {
		return portalFault(err)
	}
	if at := slices.IndexFunc(inactive, matches); at >= 0 {
		f.portal.integration = &inactive[at]
		return ok("%s, %q", id, f.portal.integration.Name)
	}
	own, err := f.holder(ctx)
	if err != nil {
		return portalFault(err)
	}
	evidence := fmt.Sprintf("%s is none of the organisation's integrations in %s", id, f.issuer.Name)
	if own != nil {
		return fault(Fail, evidence, fmt.Sprintf("the vault's key is registered on %s (%q), so another client id was stored beside it", own.ClientID, own.Name),
			running("store the client id of the integration that has the key", preparing...))
	}
	return fault(Fail, evidence, "it is misspelt, was made in the other environment or by another organisation, or has been removed", f.replacement())
}

// holder finds the integration on which the vault's key is registered, among
// those that preparing would look at; nil when there is none, or no key.
func (f *facts) holder(ctx context.Context) (*selfservice.Integration, error) {
	if f.key == nil {
		return nil, nil
	}
	thumbprint, err := f.key.Public().Thumbprint()
	if err != nil {
		return nil, nil //nolint:nilerr // stage key tells of it
	}
	name := f.integrationName()
	for i, integration := range f.portal.active {
		if integration.Name != name && !strings.Contains(integration.Description, thumbprint) {
			continue
		}
		set, err := f.portal.client.Keys(ctx, integration.ClientID)
		if err != nil {
			return nil, err
		}
		if findKey(set, thumbprint) != nil {
			return &f.portal.active[i], nil
		}
	}
	return nil, nil
}

func checkActive(_ context.Context, f *facts) findings {
	if f.portal.integration.Active {
		return ok("active")
	}
	return fault(Fail, fmt.Sprintf("%s has been deactivated", f.portal.integration.ClientID), "Maskinporten gives it no token, and its client id stays taken",
		f.replacement())
}

func checkType(_ context.Context, f *facts) findings {
	kind := f.portal.integration.IntegrationType
	if kind == "" || kind == "maskinporten" {
		return ok("maskinporten")
	}
	return fault(Fail, fmt.Sprintf("%s is of type %s", f.portal.integration.ClientID, kind), "the type was chosen when it was made and cannot be changed; Maskinporten gives it no token",
		f.replacement())
}

func checkOrganisation(_ context.Context, f *facts) findings {
	number := f.portal.integration.OrgNumber
	if number == "" || number == f.project.Owner.OrganisationNumber {
		return ok("%s", f.project.Owner.OrganisationNumber)
	}
	return fault(Fail, fmt.Sprintf("%s belongs to %s, and the applications to %s", f.portal.integration.ClientID, number, f.project.Owner.OrganisationNumber),
		"Altinn sees the token's organisation as a stranger to the applications",
		by("set owner.organisationNumber in %s to the number of %s; or use the admin client and an integration of that organisation", f.project.Path, f.project.Owner.Org))
}

func checkScopeNames(ctx context.Context, f *facts) findings {
	access, err := f.portal.client.Access(ctx)
	if err == nil {
		f.portal.granted, err = f.portal.client.OpenScopes(ctx)
	}
	if refusal, refused := errors.AsType[*selfservice.Error](err); refused && !refusal.Temporary() {
		return skip("the admin client may not see what has been granted: %v", refusal)
	}
	if err != nil {
		return portalFault(err)
	}
	f.portal.owners = make(map[string]string)
	known := slices.Clone(f.portal.granted)
	for _, entry := range access {
		f.portal.owners[entry.Scope] = entry.OwnerOrgNumber
		known = append(known, entry.Scope)
		if entry.State == selfservice.Approved {
			f.portal.granted = append(f.portal.granted, entry.Scope)
		}
	}
	var found findings
	for _, scope := range f.project.Integration.Scopes {
		if slices.Contains(known, scope) {
			continue
		}
		if meant := nearScope(scope, known); meant != "" {
			found = append(found, finding{
				status: Fail, evidence: scope + " is no scope that the organisation has been given", cause: "it looks like a misspelling of " + meant,
				remedy: by("write %s in place of %s under maskinporten.scopes in %s, then run: stafett prepare", meant, scope, f.project.Path),
			})
		}
	}
	if found == nil {
		return ok("%d scopes may be used", len(f.portal.granted))
	}
	return found
}

func checkGranted(_ context.Context, f *facts) findings {
	var found findings
	for _, scope := range f.project.Integration.Scopes {
		if slices.Contains(f.portal.granted, scope) {
			continue
		}
		whom := "the owner of the scope"
		if owner := f.portal.owners[scope]; owner != "" {
			whom = "the owner of the scope, organisation " + owner
		}
		if strings.HasPrefix(scope, "altinn:") {
			whom = "Altinn (Digdir), which owns it"
		}
		found = append(found, finding{
			status: Fail, evidence: fmt.Sprintf("%s has no access to %s in %s", f.project.Owner.OrganisationNumber, scope, f.issuer.Name),
			cause:  "a scope must be granted to the organisation before an integration can have it; one that is granted in test is not granted in production",
			remedy: by("ask %s to grant %s to %s in %s", whom, scope, f.project.Owner.OrganisationNumber, f.issuer.Name),
		})
	}
	if found == nil {
		return ok("%s", strings.Join(f.project.Integration.Scopes, " "))
	}
	return found
}

func checkScopes(_ context.Context, f *facts) findings {
	var missing []string
	for _, scope := range f.project.Integration.Scopes {
		if !slices.Contains(f.portal.integration.Scopes, scope) {
			missing = append(missing, scope)
		}
	}
	if missing == nil {
		return ok("%s", strings.Join(f.portal.integration.Scopes, " "))
	}
	return fault(Fail, fmt.Sprintf("%s lacks %s", f.portal.integration.ClientID, strings.Join(missing, " ")),
		"Maskinporten refuses a token for a scope that the integration does not have", running("add the scopes to the integration", preparing...))
}
