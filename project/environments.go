package project

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// environment is what differs in an environment that the file does not speak of
// by default.
type environment struct {
	name        string
	vault       string
	integration string
	selfService SelfService
	service     Service
}

// Environments are those that the file speaks of: the one by default, then the
// others. They are the same in each of them.
func (p *Project) Environments() []string {
	p = p.byDefault()
	names := []string{p.Environment}
	for _, other := range p.others {
		names = append(names, other.name)
	}
	return names
}

// byDefault is the project as it is in the environment by default.
func (p *Project) byDefault() *Project {
	if p.base != nil {
		return p.base
	}
	return p
}

// For returns the project as it is in an environment; "" is the one by default.
// What the file does not say of another environment is as in the default one,
// except that there is no test mode in prod, and that an integration has no name
// of its own and no admin client unless it says so: nothing that Digdir knows
// crosses between environments. One that the file does not speak of is an error.
func (p *Project) For(name string) (*Project, error) {
	p = p.byDefault()
	if name == "" || name == p.Environment {
		return p, nil
	}
	for _, other := range p.others {
		if other.name != name {
			continue
		}
		there := *p
		there.base = p
		there.Environment, there.Vault = other.name, other.vault
		there.Integration.Name, there.SelfService = other.integration, other.selfService
		there.Service, there.Test = other.service, Test{}
		return &there, nil
	}
	return nil, &UnknownEnvironmentError{Name: name, Path: p.Path, Known: p.Environments()}
}

// UnknownEnvironmentError says that the project file does not speak of an
// environment.
type UnknownEnvironmentError struct {
	Name, Path string
	Known      []string
}

// Error names both.
func (e *UnknownEnvironmentError) Error() string {
	return fmt.Sprintf("%s speaks of %s, not of %s", e.Path, strings.Join(e.Known, " and "), e.Name)
}

// Remedy says what to write.
func (e *UnknownEnvironmentError) Remedy() string {
	return fmt.Sprintf("write environments: {%s: {vault: https://….vault.azure.net}} in the file", e.Name)
}

func (r *reader) environments(n *yaml.Node, p *Project) {
	if !r.kind(n, yaml.MappingNode, "environments", "a mapping of environments") {
		return
	}
	r.entries(n, "environments", func(key, value *yaml.Node) {
		if wrong := checkEnvironment(key.Value); wrong != "" {
			r.fault(position(key), "environments: %s", wrong)
			return
		}
		if key.Value == p.Environment {
			r.fault(position(key), "environments: %s is the one that the rest of the file speaks of", key.Value)
			return
		}
		what := "environments." + key.Value
		there := environment{name: key.Value, service: p.Service}
		r.mapping(value, what,
			field{"vault", true, r.vault(what+".vault", &there.vault)},
			field{"integration", false, r.text(what+".integration", &there.integration)},
			field{"selfService", false, func(n *yaml.Node) { r.selfService(n, what+".selfService", p.Dir, &there.selfService) }},
			field{"service", false, func(n *yaml.Node) { r.service(n, &there.service) }},
		)
		if there.vault != "" && there.vault == p.Vault {
			r.fault(position(value), "%s.vault is that of %s; the secrets of two environments would take each other's place", what, p.Environment)
		}
		there.selfService.settle(there.vault)
		p.others = append(p.others, there)
	})
}
