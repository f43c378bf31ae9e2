package project_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/project"
)

const twoEnvironments = minimal + `service: {sweepEvery: 30s, callers: {scope: fts:stafett, organisations: ["313547264"]}}
selfService: {clientId: admin-test, keySecret: admin--Jwk}
test: {recipient: {organisationNumber: "310000094"}}
access: {delete: true}
environments:
  prod:
    vault: https://kv-fts-prod.vault.azure.net
    selfService: {clientId: admin-prod, keyFile: keys/admin.jwk}
    service: {listen: none, callers: {scope: fts:stafett, organisations: ["310000094"]}}
`

func TestForAnotherEnvironment(t *testing.T) {
	t.Parallel()
	p, err := project.Parse("stafett.yaml", []byte(twoEnvironments))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "Environments", p.Environments(), []string{"tt02", "prod"})
	equal(t, "Access", p.Access, project.Access{Delete: true})
	equal(t, "SelfService", p.SelfService, project.SelfService{
		ClientID: "admin-test", KeySecret: "admin--Jwk", Vault: "https://kv-fts-tt02.vault.azure.net",
	})
	for _, name := range []string{"", "tt02"} {
		if same, err := p.For(name); err != nil || same != p {
			t.Errorf("For(%q) = %v, %v", name, same, err)
		}
	}

	prod, err := p.For("prod")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "Environment", prod.Environment, "prod")
	equal(t, "Vault", prod.Vault, "https://kv-fts-prod.vault.azure.net")
	equal(t, "Integration.Name", prod.Integration.Name, "") // not the one of the test environment
	equal(t, "Integration.Scopes", prod.Integration.Scopes, p.Integration.Scopes)
	equal(t, "SelfService", prod.SelfService, project.SelfService{ClientID: "admin-prod", KeyFile: filepath.Join("keys", "admin.jwk")})
	equal(t, "Test", prod.Test, project.Test{})
	equal(t, "Service.Listen", prod.Service.Listen, "none")
	equal(t, "Service.SweepEvery", prod.Service.SweepEvery, 30*time.Second)
	equal(t, "Service.Callers", prod.Service.Callers, project.Callers{Scope: "fts:stafett", Organisations: []string{"310000094"}})
	equal(t, "Handovers", len(prod.Handovers), 1)
	equal(t, "Environments of prod", prod.Environments(), []string{"tt02", "prod"})
	for _, name := range []string{"", "tt02"} {
		if back, err := prod.For(name); err != nil || back != p {
			t.Errorf("For(%q) of prod = %v, %v", name, back, err)
		}
	}
	equal(t, "the default's callers", p.Service.Callers.Organisations, []string{"313547264"})
}

func TestForAnUnknownEnvironment(t *testing.T) {
	t.Parallel()
	p, err := project.Parse("stafett.yaml", []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.For("prod")
	unknown, ok := errors.AsType[*project.UnknownEnvironmentError](err)
	if !ok || unknown.Name != "prod" || !slices.Equal(unknown.Known, []string{"tt02"}) || !strings.Contains(unknown.Remedy(), "environments: {prod:") {
		t.Errorf("%v", err)
	}
}

func TestEnvironmentFaults(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text string
		want       []string
	}{
		{"a list", "environments: [prod]", []string{"environments must be a mapping of environments, not a list"}},
		{"unknown", "environments: {test: {vault: https://kv-b.vault.azure.net}}", []string{"environments: Altinn's test environment is called tt02"}},
		{"the default again", "environments: {tt02: {vault: https://kv-b.vault.azure.net}}", []string{"tt02 is the one that the rest of the file speaks of"}},
		{"no vault", "environments: {prod: {integration: a}}", []string{`environments.prod lacks "vault"`}},
		{"the same vault", "environments: {prod: {vault: https://kv-fts-tt02.vault.azure.net}}", []string{"environments.prod.vault is that of tt02"}},
		{"unknown member", "environments: {prod: {vault: https://kv-b.vault.azure.net, owner: {}}}", []string{`environments.prod has no "owner"`}},
		{"admin client without a key", "selfService: {clientId: a}", []string{"selfService needs one of keyFile and keySecret"}},
		{"admin client with two keys", "selfService: {clientId: a, keyFile: b, keySecret: c}", []string{"selfService needs one of keyFile and keySecret"}},
		{"vault for a file", "selfService: {clientId: a, keyFile: b, vault: https://kv-b.vault.azure.net}", []string{"vault goes with keySecret"}},
		{"key in the file", "selfService: {clientId: a, keySecret: '{\"kty\":\"RSA\"}'}", []string{"selfService.keySecret: "}},
		{"access", "access: {delete: ja, read: true}", []string{"access.delete must be true or false", `access has no "read"`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkFaults(t, minimal+c.text+"\n", c.want)
		})
	}
}
