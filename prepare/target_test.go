package prepare_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/project"
)

func TestNewTarget(t *testing.T) {
	t.Parallel()
	file := project.Project{
		Dir: "arbeid", Environment: "tt02", Owner: project.Owner{Org: "fts", OrganisationNumber: orgNumber},
		Applications: project.Applications{Original: filepath.Join("arbeid", "original-form")}, Section: "MaskinportenSettings", Vault: "https://kv-fts-tt02.vault.azure.net",
		Integration: project.Integration{Scopes: []string{readScope, writeScope}},
	}
	got, err := prepare.NewTarget(&file, "fts/barmarkskjoring")
	if err != nil {
		t.Fatal(err)
	}
	if got.Integration != name || got.Maskinporten != "test" || got.AppDir != filepath.Join("arbeid", "original-form") ||
		!slices.Equal(got.Scopes, []string{readScope, writeScope}) {
		t.Errorf("%+v", got)
	}

	named := file
	named.Integration = project.Integration{Name: "barmark", Scopes: []string{writeScope}}
	named.Environment = "prod"
	if got, err = prepare.NewTarget(&named, "fts/barmarkskjoring"); err != nil || got.Integration != "barmark" || got.Maskinporten != "prod" || len(got.Scopes) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNewTargetRefuses(t *testing.T) {
	t.Parallel()
	whole := project.Project{Environment: "tt02", Section: "MaskinportenSettings", Vault: "https://kv-fts-tt02.vault.azure.net", Integration: project.Integration{Scopes: []string{readScope}}}
	for _, test := range []struct {
		change func(*project.Project)
		appID  string
		want   string
	}{
		{func(p *project.Project) { p.Environment = "at99" }, "fts/a", "at99"},
		{func(p *project.Project) { p.Vault = "" }, "fts/a", "no vault"},
		{func(p *project.Project) { p.Section = "" }, "fts/a", "no section"},
		{func(p *project.Project) { p.Integration.Scopes = nil }, "fts/a", "no scopes"},
		{func(*project.Project) {}, "barmarkskjoring", "not an application id"},
		{func(*project.Project) {}, "fts/", "not an application id"},
	} {
		file := whole
		test.change(&file)
		if _, err := prepare.NewTarget(&file, test.appID); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
}
