package selfservice_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/selfservice"
)

// TestVariantForAltinn follows the quirks that Altinn's own operator lives with.
func TestVariantForAltinn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := "Bearer " + w.issue(map[string]any{
		"scope":    "idporten:dcr.altinn",
		"consumer": map[string]string{"authority": "iso6523-actorid-upis", "ID": "0192:" + digdir},
	})
	const base = "/altinn/admin/clients"
	send := func(method, path, body string) *httptest.ResponseRecorder {
		return w.sendAs(token, method, base+path, body)
	}
	with := func(members string) string { return strings.Replace(minimal, "{", "{"+members+",", 1) }
	forAgency := with(`"client_orgno":"` + agency + `"`)
	own := w.create() // the agency's own, which Altinn does not see

	w.refused("no organisation", send("POST", "", minimal), 400, invalid("client", [2]string{"client_orgno", "must be given"}))
	w.refused("a supplier", send("POST", "", with(`"client_orgno":"`+agency+`","supplier_orgno":"`+digdir+`"`)), 400,
		invalid("client", [2]string{"supplier_orgno", "is given by the server"}))
	w.refused("Altinn's own scope", send("POST", "", strings.Replace(forAgency, readScope, "idporten:dcr.altinn", 1)), 400,
		invalid("client", [2]string{"scopes", "must not have idporten:dcr.altinn"}))
	made := send("POST", "", forAgency)
	var client selfservice.Client
	w.must(json.Unmarshal(made.Body.Bytes(), &client))
	if made.Code != 201 || client.OrgNumber != agency || client.SupplierOrgNumber == nil || *client.SupplierOrgNumber != digdir {
		t.Errorf("create: %d %s", made.Code, made.Body)
	}

	at := "/" + client.ClientID
	if got := send("GET", at, ""); got.Code != 500 {
		t.Errorf("read one: %d", got.Code)
	}
	if got := send("GET", "", ""); got.Code != 200 || strings.Contains(got.Body.String(), own) || !strings.Contains(got.Body.String(), client.ClientID) {
		t.Errorf("list: %d %s", got.Code, got.Body)
	}
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"PUT", at, forAgency, 200},
		{"POST", at + "/jwks", keySet(key("a"), key("b")), 201},
		{"GET", at + "/jwks", "", 200},
		{"GET", at + "/jwks/a", "", 200},
		{"PUT", at + "/jwks/c", key("c"), 200},
		{"DELETE", at + "/jwks/a", "", 204},
		{"DELETE", at + "/jwks", "", 204},
		{"POST", at + "/secret", "{}", 400},
		{"PUT", "/" + own, forAgency, 403},
		{"DELETE", at, "", 204},
		{"PUT", at, forAgency, 409},
		{"PATCH", at, "", 405},
	} {
		if got := send(c.method, c.path, c.body); got.Code != c.want {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, got.Code, got.Body, c.want)
		}
	}
	if got := w.send("GET", base, ""); got.Code != 403 {
		t.Errorf("with the agency's token: %d", got.Code)
	}
	if got := w.sendAs(token, "GET", "/clients", ""); got.Code != 403 {
		t.Errorf("the plain API with Altinn's token: %d", got.Code)
	}
}

func TestSuppliers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := "Bearer " + w.issue(map[string]any{
		"scope":    "idporten:dcr.supplier",
		"consumer": map[string]string{"authority": "iso6523-actorid-upis", "ID": "0192:" + club},
	})
	forAgency := strings.Replace(minimal, "{", `{"client_orgno":"`+agency+`",`, 1)
	own := w.create()
	var client selfservice.Client
	made := w.sendAs(token, "POST", "/clients", forAgency)
	w.must(json.Unmarshal(made.Body.Bytes(), &client))
	if made.Code != 200 || client.OrgNumber != agency || client.SupplierOrgNumber == nil || *client.SupplierOrgNumber != club {
		t.Errorf("create: %d %s", made.Code, made.Body)
	}
	if got := w.sendAs(token, "GET", "/clients", ""); strings.Contains(got.Body.String(), own) || !strings.Contains(got.Body.String(), client.ClientID) {
		t.Errorf("the supplier sees %s", got.Body)
	}
	if got := w.sendAs(token, "PUT", "/clients/"+client.ClientID, forAgency); got.Code != 200 || !strings.Contains(got.Body.String(), `"supplier_orgno":"`+club+`"`) {
		t.Errorf("change: %d %s", got.Code, got.Body)
	}
	w.refused("the agency's own", w.sendAs(token, "GET", "/clients/"+own, ""), 403, problem("403", "forbidden", "The client belongs to another organisation", ""))
	w.refused("in another supplier's name", w.sendAs(token, "POST", "/clients", strings.Replace(forAgency, "{", `{"supplier_orgno":"`+digdir+`",`, 1)), 400,
		invalid("client", [2]string{"supplier_orgno", "must be the organisation of the token"}))
	w.refused("for itself", w.sendAs(token, "POST", "/clients", minimal), 400,
		invalid("client", [2]string{"client_orgno", "must be given, and be that of another organisation"}))
	itsOwn, err := w.registry.AddClient(selfservice.Client{Name: "own", OrgNumber: club})
	w.must(err)
	w.refused("its own", w.sendAs(token, "GET", "/clients/"+itsOwn.ClientID, ""), 403, problem("403", "forbidden", "The client belongs to another organisation", ""))
	if got := w.sendAs(token, "GET", "/clients", ""); strings.Contains(got.Body.String(), itsOwn.ClientID) {
		t.Errorf("the supplier sees its own too: %s", got.Body)
	}
	// The one for whom it was made sees it too.
	if got := w.send("GET", "/clients/"+client.ClientID, ""); got.Code != 200 {
		t.Errorf("the agency reads it: %d", got.Code)
	}
}
