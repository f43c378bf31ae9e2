package local_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local"
)

// demandPayment lets the example's form be paid before anything else.
func demandPayment(t *testing.T, dir string) {
	t.Helper()
	for _, edit := range []struct{ file, before, after string }{
		{"process/process.bpmn", `<altinn:taskType>data</altinn:taskType>`, `<altinn:taskType>payment</altinn:taskType>
			<altinn:paymentConfig><altinn:paymentDataType>betaling</altinn:paymentDataType>
			<altinn:paymentReceiptPdfDataType>kvittering</altinn:paymentReceiptPdfDataType></altinn:paymentConfig>`},
		{"applicationmetadata.json", `"dataTypes": [`, `"dataTypes": [{"id": "betaling"}, {"id": "kvittering"},`},
		{"authorization/policy.xml", `>reject<`, `>pay<`},
	} {
		path := filepath.Join(dir, examples.OriginalForm, "config", filepath.FromSlash(edit.file))
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(content), edit.before) {
			t.Fatalf("%s does not hold %s", edit.file, edit.before)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(content), edit.before, edit.after, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// beginPayment makes an instance that is to be paid, begins that, and returns the
// instance's id and the address of the provider's page.
func beginPayment(t *testing.T, platform *local.Platform) (id, page string) {
	t.Helper()
	person := platform.Seed().Persons[0]
	token, form := logIn(t, platform, person), platform.Seed().Apps[0].URL+"/instances/"
	status, body := send(t, platform, http.MethodPost, form+"create", token, fmt.Sprintf(`{"instanceOwner":{"partyId":"%d"}}`, person.PartyID))
	var instance struct{ ID string }
	if err := json.Unmarshal([]byte(body), &instance); err != nil || status != http.StatusCreated {
		t.Fatalf("create: %d %s", status, body)
	}
	status, body = send(t, platform, http.MethodPost, form+instance.ID+"/actions", token, `{"action":"pay"}`)
	var begun struct{ RedirectURL string }
	if err := json.Unmarshal([]byte(body), &begun); err != nil || status != http.StatusOK {
		t.Fatalf("pay: %d %s", status, body)
	}
	return instance.ID, begun.RedirectURL
}

func isThere(t *testing.T, platform *local.Platform, address string) bool {
	t.Helper()
	status, _ := send(t, platform, http.MethodGet, address, "", "")
	return status == http.StatusOK
}

// paymentsGoWithTheirInstance deletes instances at the application and at Storage.
// One that could be taken back keeps its payment, and so do all others.
func paymentsGoWithTheirInstance(t *testing.T, platform *local.Platform) {
	const storage = "https://" + local.PlatformHost + "/storage/api/v1/instances/"
	token := logIn(t, platform, platform.Seed().Persons[0])
	_, other := beginPayment(t, platform)
	for _, at := range []string{platform.Seed().Apps[0].URL + "/instances/", storage} {
		id, page := beginPayment(t, platform)
		for _, step := range []struct {
			query string
			stays bool
		}{{"", true}, {"?hard=true", false}} {
			if status, body := send(t, platform, http.MethodDelete, at+id+step.query, token, ""); status != http.StatusOK {
				t.Fatalf("delete %s%s: %d %s", at, step.query, status, body)
			}
			if isThere(t, platform, page) != step.stays {
				t.Errorf("after delete%s at %s, that the payment stays is not %t", step.query, at, step.stays)
			}
		}
	}
	if !isThere(t, platform, other) {
		t.Error("the payment of another instance is gone")
	}
	if _, err := platform.Reload(t.Context()); err != nil || !isThere(t, platform, other) {
		t.Errorf("the payment is gone when the folder has been read anew: %v", err)
	}
}
