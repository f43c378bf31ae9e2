package definition_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stafett/stafett/local/web/api"
	"github.com/stafett/stafett/local/web/definition"
	"github.com/stafett/stafett/local/web/form"
)

// What an application says with a text of its own keeps what it says in it.
func TestFound(t *testing.T) {
	t.Parallel()
	var issues []api.Issue
	answer := `[{"severity": 1, "field": "Soker.Navn", "code": "taken", "description": "no", "source": "Custom",
		"customTextKey": "name.taken", "customTextParameters": {"name": "Máret", "odd": 1}}, {"severity": 2, "customTextKey": null, "customTextParameters": null}]`
	if err := json.Unmarshal([]byte(answer), &issues); err != nil {
		t.Fatal(err)
	}
	want := []form.BackendIssue{
		{Severity: 1, Field: "Soker.Navn", Code: "taken", Description: "no", Source: "Custom", TextKey: "name.taken", TextParams: map[string]string{"name": "Máret"}},
		{Severity: 2, TextParams: map[string]string{}},
	}
	if got := definition.Found(issues); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}
