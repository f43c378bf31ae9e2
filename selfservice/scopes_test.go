package selfservice_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/selfservice"
)

func TestAccess(t *testing.T) {
	t.Parallel()
	client, a := newClient(t, answer(http.StatusOK, `[
		{"scope":"altinn:serviceowner/instances.read","state":"APPROVED","owner_orgno":"991825827","prefix":null},
		{"scope":"fts:kart.read","state":"DENIED","owner_orgno":"313547264","created":"2026-01-11T08:00:00+01:00"}]`))
	got, err := client.Access(t.Context())
	want := []selfservice.Access{
		{Scope: "altinn:serviceowner/instances.read", State: selfservice.Approved, OwnerOrgNumber: "991825827"},
		{Scope: "fts:kart.read", State: selfservice.Denied, OwnerOrgNumber: "313547264"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	golden(t, "access.golden", a.wire())
}

func TestOpenScopes(t *testing.T) {
	t.Parallel()
	client, a := newClient(t, answer(http.StatusOK, `[{"name":"a:b","at_max_age":120},{"name":"c:d.read"}]`))
	got, err := client.OpenScopes(t.Context())
	if err != nil || !slices.Equal(got, []string{"a:b", "c:d.read"}) {
		t.Errorf("%v, %v", got, err)
	}
	golden(t, "open-scopes.golden", a.wire())
}

func TestInactive(t *testing.T) {
	t.Parallel()
	gone := strings.Replace(integrationJSON, `"active": true`, `"active": false`, 1)
	// Whether the list has the active ones too is not documented.
	client, a := newClient(t, answer(http.StatusOK, "["+integrationJSON+","+gone+"]"))
	got, err := client.Inactive(t.Context())
	if err != nil || len(got) != 1 || got[0].Active {
		t.Errorf("%+v, %v", got, err)
	}
	golden(t, "inactive.golden", a.wire())
}

func TestScopesOfAnotherForm(t *testing.T) {
	t.Parallel()
	client, _ := newClient(t, answer(http.StatusOK, `{}`), answer(http.StatusOK, `"x"`), answer(http.StatusOK, `{}`))
	_, accessErr := client.Access(t.Context())
	_, openErr := client.OpenScopes(t.Context())
	_, inactiveErr := client.Inactive(t.Context())
	for _, err := range []error{accessErr, openErr, inactiveErr} {
		if err == nil || !strings.Contains(err.Error(), "is not a list") {
			t.Errorf("%v", err)
		}
	}
}
