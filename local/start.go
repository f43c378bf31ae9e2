package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/apphost"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/entra"
	"github.com/stafett/stafett/local/events"
	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/portal"
	"github.com/stafett/stafett/local/register"
	"github.com/stafett/stafett/local/selfservice"
	"github.com/stafett/stafett/local/storage"
	"github.com/stafett/stafett/secret"
)

// Digdir's and the scopes' facts, as public as the real ones.
const digdirNumber = "991825827"

// scope is a right that Maskinporten can put in a token.
type scope struct{ name, description string }

var (
	altinnScopes = []scope{
		{"altinn:serviceowner", "Handle som tjenesteeier i Altinn"},
		{"altinn:serviceowner/instances.read", "Lese instanser som tjenesteeier"},
		{"altinn:serviceowner/instances.write", "Opprette og endre instanser som tjenesteeier"},
	}
	// adminScopes are those of the owner's admin client.
	adminScopes = []scope{
		{"idporten:dcr.read", "Lese integrasjoner i selvbetjenings-API-et"},
		{"idporten:dcr.write", "Opprette og endre integrasjoner i selvbetjenings-API-et"},
	}
	// ownerScopes are granted to the owner without its admin client having them.
	ownerScopes = []scope{
		{"idporten:dcr.modify", "Endre integrasjoner i selvbetjenings-API-et"},
		{"idporten:scopes.write", "Opprette scopes og gi tilgang til dem"},
	}
)

func names(scopes []scope) []string {
	list := make([]string, len(scopes))
	for n, s := range scopes {
		list[n] = s.name
	}
	return list
}

// startDigdir seeds Digdir's registry and starts Maskinporten and
// Samarbeidsportalen over it.
func (p *Platform) startDigdir(cfg Config, keys Keys) (err error) {
	registry := selfservice.NewRegistry(nil)
	registry.SetRules(selfservice.Rules(cfg.KeyRules))
	p.registry = registry
	organisations := []selfservice.Organisation{{Number: digdirNumber, Name: "Digitaliseringsdirektoratet"}}
	for _, organisation := range p.seed.Organisations {
		organisations = append(organisations, selfservice.Organisation{Number: organisation.OrgNumber, Name: organisation.Name})
	}
	for _, organisation := range organisations {
		if err := registry.AddOrganisation(organisation); err != nil {
			return fmt.Errorf("seed Samarbeidsportalen: %w", err)
		}
	}
	for _, owner := range cfg.owners() {
		if err := registry.AssignPrefix(owner.Code, owner.Number); err != nil {
			return fmt.Errorf("seed Samarbeidsportalen: %w", err)
		}
	}
	own := make([]scope, len(cfg.Scopes))
	for n, name := range cfg.Scopes {
		own[n] = scope{name, name}
	}
	digdirs := slices.Concat(altinnScopes, adminScopes, ownerScopes)
	if err := addScopes(registry, digdirNumber, digdirs, cfg.owners()); err != nil {
		return err
	}
	if err := addScopes(registry, cfg.Owner.Number, own, []Organisation{cfg.Owner}); err != nil {
		return err
	}
	kid := cfg.Owner.Code + "-admin-" + uuid.NewString()
	_, err = registry.AddClient(selfservice.Client{
		ClientID: p.seed.SelfServiceClientID, Name: cfg.Owner.Code + "-admin", Description: "Admin client of " + cfg.Owner.Name,
		OrgNumber: cfg.Owner.Number, Active: true, Scopes: names(adminScopes),
	}, selfservice.NewKey(kid, &keys.Admin.PublicKey))
	if err != nil {
		return fmt.Errorf("seed admin client: %w", err)
	}
	private, err := json.Marshal(jose.JSONWebKey{Key: keys.Admin, KeyID: kid, Algorithm: "RS256", Use: "sig"})
	if err != nil {
		return fmt.Errorf("seed key of the admin client: %w", err)
	}
	p.seed.SelfServiceKey = secret.New(string(private))

	if p.business, err = maskinporten.NewBusinessAuthority(time.Now()); err != nil {
		return err
	}
	p.maskinporten, err = maskinporten.New(maskinporten.Config{
		Issuer: maskinportenIssuer, Registry: registry, Key: keys.Maskinporten, CertificateRoots: p.business.Roots(), PropagationDelay: cfg.Propagation, Logger: cfg.Logger.With("stand-in", "maskinporten"),
	})
	if err != nil {
		return err
	}
	p.selfservice, err = selfservice.New(selfservice.Config{
		Registry: registry, Issuer: maskinportenIssuer, HTTPClient: p.inside, Logger: cfg.Logger.With("stand-in", "samarbeidsportalen"),
	})
	if err != nil {
		return err
	}
	people := make([]portal.Person, len(p.seed.Persons))
	for n, person := range p.seed.Persons {
		people[n].Name = person.Name
		if person.DailyManagerOf != "" {
			people[n].Administers = []string{person.DailyManagerOf}
		}
	}
	p.portal, err = portal.New(portal.Config{
		Registry: registry, People: people, Organisations: organisations[1:], // Digdir itself has no need of it
		Wrap:   p.recorded(PortalHost),
		Logger: cfg.Logger.With("stand-in", "portal"),
	})
	return err
}

// addScopes makes scopes of one organisation and gives others access to them.
func addScopes(registry *selfservice.Registry, owner string, scopes []scope, users []Organisation) error {
	for _, scope := range scopes {
		if err := registry.AddScope(selfservice.Scope{Name: scope.name, Description: scope.description, Visibility: "PUBLIC", Active: true, OwnerOrgNumber: owner}); err != nil {
			return fmt.Errorf("seed scope %s: %w", scope.name, err)
		}
		for _, user := range users {
			if err := registry.GrantAccess(scope.name, user.Number); err != nil {
				return fmt.Errorf("seed access to %s: %w", scope.name, err)
			}
		}
	}
	return nil
}

// startAzure starts Entra ID with one service principal, and the vault that it
// may read and write.
func (p *Platform) startAzure(cfg Config, keys Keys, vault string) (err error) {
	application := entra.App{ClientID: p.seed.AzureClientID, Secret: p.seed.AzureClientSecret, ObjectID: uuid.NewString(), Workload: workload(p.seed.TenantID)}
	identity := ""
	if cfg.ManagedIdentity {
		identity = application.ClientID
	}
	p.entra, err = entra.New(entra.Config{
		TenantID: p.seed.TenantID, Apps: []entra.App{application}, ManagedIdentity: identity,
		Key: keys.Entra, Logger: cfg.Logger.With("stand-in", "entra"),
	})
	if err != nil {
		return err
	}
	p.keyvault, err = keyvault.New(keyvault.Config{
		Validate: p.entra.Validate, TenantID: p.seed.TenantID, Logger: cfg.Logger.With("stand-in", "keyvault"),
	})
	if err != nil {
		return err
	}
	p.vault, _, _ = strings.Cut(vault, ".")
	p.principal = application.ObjectID
	if err := p.keyvault.AddVault(keyvault.VaultConfig{Name: p.vault, Settings: keyvault.Settings(cfg.VaultSettings)}); err != nil {
		return err
	}
	return p.keyvault.Grant(p.vault, application.ObjectID, keyvault.AllPermissions()...)
}

// eventCode is the secret that whoever sends events to an application must know,
// from the vault of all applications.
func (p *Platform) eventCode(context.Context) (secret.String, error) {
	code, ok := p.keyvault.Secret(p.vault, "EventSubscription--SecretCode")
	if !ok {
		return code, errors.New("read the application's event code: the vault has no secret EventSubscription--SecretCode")
	}
	return code, nil
}

// startAltinn starts the components of the platform and the applications.
func (p *Platform) startAltinn(cfg Config, keys Keys, parties *register.Parties) (err error) {
	logger := cfg.Logger.With("stand-in", "altinn")
	for _, owner := range cfg.owners() {
		p.orgs = append(p.orgs, authentication.Org{Code: owner.Code, Number: owner.Number, Name: map[string]string{"nb": owner.Name, "nn": owner.Name, "en": owner.Name}})
	}
	p.login = authentication.Config{
		Platform: platformURL, MaskinportenIssuers: []string{maskinportenIssuer}, HTTPClient: p.inside,
		Orgs: p.orgs, People: parties.Person, Key: keys.Authentication, Logger: logger,
		Represents: func(userID, partyID int) bool { return len(parties.Roles(userID, partyID)) > 0 },
		HasOrganisation: func(number string) bool {
			_, ok := parties.ByOrgNumber(number)
			return ok
		},
		SelfIdentified: parties.SelfIdentified,
		SystemUser: func(id string) (authentication.SystemUser, bool) {
			user, ok := p.registry.SystemUserByID(id)
			return authentication.SystemUser{SystemID: user.SystemID, OrgNumber: user.OrgNumber}, ok
		},
	}
	if p.authentication, err = authentication.New(p.login); err != nil {
		return err
	}
	if p.register, err = register.New(register.Config{Parties: parties, Verifier: p.authentication}); err != nil {
		return err
	}
	if p.remotes, err = startRemotes(cfg.Remotes, cfg.RemoteTold); err != nil {
		return err
	}
	find := func(appID string) (*app.Folder, bool) {
		if served, ok := p.folders[appID]; ok {
			return served.current.Load().folder, true
		}
		return p.remotes.find(appID)
	}
	p.folder = find
	p.authorization, err = authorization.New(authorization.Config{
		Applications: find, Parties: parties, Verifier: p.authentication, Platform: platformURL, HTTPClient: p.inside, Logger: logger,
	})
	if err != nil {
		return err
	}
	requireWriteScope := !cfg.AnyOrgScope
	p.storage, err = storage.New(storage.Config{
		Dir: cfg.Dir, Platform: platformURL, AppsDomain: appsDomain, HTTPClient: p.inside,
		Applications: find, Verifier: p.authentication, RequireWriteScope: &requireWriteScope, Logger: logger,
		Deleted: p.forget,
	})
	if err != nil {
		return err
	}
	p.events, err = events.New(events.Config{
		Platform: platformURL, AppsDomain: appsDomain, HTTPClient: p.inside, Outward: p.outward(),
		Applications: find, Verifier: p.authentication, Parties: parties, Logger: logger.With("component", "events"),
	})
	if err != nil {
		return err
	}
	for _, folder := range cfg.Apps {
		host, err := apphost.New(apphost.Config{
			Folder: folder, Platform: platformURL, HTTPClient: p.inside, Verifier: p.authentication, Logger: logger.With("app", folder.ID),
			EventCode: p.eventCode, SpoolDir: p.parts,
		})
		if err != nil {
			return fmt.Errorf("serve application %s: %w", folder.ID, err)
		}
		served := newServedFolder(host, folder)
		p.apps[folder.ID], p.folders[folder.ID] = served, served
	}
	for id, remote := range p.remotes.byID {
		p.apps[id] = remote.forward(logger.With("app", id))
	}
	for _, id := range cfg.appIDs() {
		p.seed.Apps = append(p.seed.Apps, AppAddress{ID: id, URL: "https://" + orgOf(id) + "." + appsDomain + "/" + id})
	}
	served := make(map[string]http.Handler)
	for _, org := range cfg.orgs() {
		served[org] = p.serveApp(org)
	}
	p.localtest, err = p.newLocaltest(http.HandlerFunc(p.servePlatform), func(org string) http.Handler { return served[org] })
	return err
}
