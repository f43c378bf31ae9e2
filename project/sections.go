package project

import (
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"
)

func (r *reader) project(root *yaml.Node, p *Project) {
	var others *yaml.Node
	r.mapping(root, "the project",
		field{"environment", true, r.checked("environment", &p.Environment, checkEnvironment)},
		field{"owner", true, func(n *yaml.Node) {
			r.mapping(n, "owner",
				field{"org", true, r.checked("owner.org", &p.Owner.Org, checkOrg)},
				field{"organisationNumber", true, r.checked("owner.organisationNumber", &p.Owner.OrganisationNumber, checkOrganisationNumber)},
			)
		}},
		field{"applications", true, func(n *yaml.Node) {
			r.mapping(n, "applications",
				field{"original", true, r.folder("applications.original", p.Dir, &p.Applications.Original)},
				field{"receiving", true, r.folder("applications.receiving", p.Dir, &p.Applications.Receiving)},
			)
		}},
		field{"maskinporten", true, func(n *yaml.Node) { r.maskinporten(n, p) }},
		field{"selfService", false, func(n *yaml.Node) { r.selfService(n, "selfService", p.Dir, &p.SelfService) }},
		field{"access", false, func(n *yaml.Node) {
			r.mapping(n, "access", field{"delete", false, r.truth("access.delete", &p.Access.Delete)})
		}},
		field{"handovers", false, func(n *yaml.Node) { r.handovers(n, p) }},
		field{"service", false, func(n *yaml.Node) { r.service(n, &p.Service) }},
		field{"test", false, func(n *yaml.Node) { r.test(n, p) }},
		field{"environments", false, func(n *yaml.Node) { others = n }},
	)
	p.SelfService.settle(p.Vault)
	if others != nil { // they start from what the rest of the file says
		r.environments(others, p)
	}
	for _, d := range p.Handovers {
		r.owned(d, p.Owner.Org)
	}
	if p.Environment == "prod" && p.Test.Position != (Position{}) {
		r.fault(p.Test.Position, "test is for tt02; there is no test mode in prod")
	}
}

func (r *reader) maskinporten(n *yaml.Node, p *Project) {
	r.mapping(n, "maskinporten",
		field{"section", true, r.checked("maskinporten.section", &p.Section, checkSection)},
		field{"vault", true, r.vault("maskinporten.vault", &p.Vault)},
		field{"integration", false, r.text("maskinporten.integration", &p.Integration.Name)},
		field{"scopes", false, func(n *yaml.Node) { p.Integration.Scopes = r.scopes(n) }},
	)
	if p.Integration.Scopes == nil {
		p.Integration.Scopes = defaultScopes()
	}
}

func (r *reader) selfService(n *yaml.Node, what, dir string, s *SelfService) {
	before := len(r.faults)
	r.mapping(n, what,
		field{"clientId", true, r.text(what+".clientId", &s.ClientID)},
		field{"keyFile", false, r.folder(what+".keyFile", dir, &s.KeyFile)},
		field{"keySecret", false, r.checked(what+".keySecret", &s.KeySecret, checkSecretName)},
		field{"vault", false, r.vault(what+".vault", &s.Vault)},
	)
	switch {
	case len(r.faults) > before:
	case (s.KeyFile == "") == (s.KeySecret == ""):
		r.fault(position(n), "%s needs one of keyFile and keySecret: where the admin client's private key lies", what)
	case s.KeyFile != "" && s.Vault != "":
		r.fault(position(n), "%s: vault goes with keySecret, not with keyFile", what)
	}
}

// settle gives the secret of an admin client the project's own vault.
func (s *SelfService) settle(vault string) {
	if s.KeySecret != "" && s.Vault == "" {
		s.Vault = vault
	}
}

func (r *reader) scopes(n *yaml.Node) []string {
	var scopes []string
	r.items(n, "maskinporten.scopes", func(item *yaml.Node) {
		var scope string
		r.checked("maskinporten.scopes", &scope, checkScope)(item)
		switch {
		case scope == "":
		case slices.Contains(scopes, scope):
			r.fault(position(item), "maskinporten.scopes: %s is there already", scope)
		default:
			scopes = append(scopes, scope)
		}
	})
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		r.fault(position(n), "maskinporten.scopes is empty; leave it out to get the scopes that a handover needs")
	}
	return scopes
}

// folder reads a path that starts where the project file lies.
func (r *reader) folder(what, dir string, to *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		var path string
		r.text(what, &path)(n)
		if path == "" {
			return
		}
		if path = filepath.FromSlash(path); !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		*to = path
	}
}

func (r *reader) vault(what string, to *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		var address string
		r.text(what, &address)(n)
		if address == "" {
			return
		}
		bare, wrong := parseVault(address)
		if wrong != "" {
			r.fault(position(n), "%s: %s", what, wrong)
			return
		}
		*to = bare
	}
}
