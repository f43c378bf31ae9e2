package selfservice_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/selfservice"
)

func TestOnBehalfOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create()
	entries := "/clients/" + id + "/onbehalfof"
	supplier := "Bearer " + w.issue(map[string]any{"scope": "idporten:dcr/onbehalfof:write"})
	const entry = `{"onbehalfof":"kunde1","name":"Kunde 1","orgno":"312008459","organization_name":"Vidda turlag","description":"Turer"}`
	const made = `{"onbehalfof":"kunde1","name":"Kunde 1","orgno":"312008459","organization_name":"Vidda turlag","description":"Turer","logo_uri":null,` +
		`"created":"2026-11-22T13:00:00.118+01:00","last_updated":"2026-11-22T13:00:00.118+01:00"}`
	renamed := strings.Replace(entry, "Kunde 1", "Vidda", 1)
	for _, c := range []struct {
		name, authorization, method, path, body string
		status                                  int
		want                                    string
	}{
		{"none at first", supplier, "GET", entries, "", 200, "[]"},
		{"create", supplier, "POST", entries, entry, 200, made},
		{"list", supplier, "GET", entries, "", 200, "[" + made + "]"},
		{"read with the right to read", "Bearer " + w.token, "GET", entries + "/kunde1", "", 200, made},
		{"replace", supplier, "PUT", entries + "/kunde1", renamed, 200, strings.Replace(made, "Kunde 1", "Vidda", 1)},
		{"remove", supplier, "DELETE", entries + "/kunde1", "", 200, ""},
		{"none at last", supplier, "GET", entries, "", 200, "[]"},
	} {
		got := w.sendAs(c.authorization, c.method, c.path, c.body)
		if got.Code != c.status || strings.TrimSpace(got.Body.String()) != c.want {
			t.Errorf("%s: %d %s, want %d %s", c.name, got.Code, got.Body, c.status, c.want)
		}
	}

	w.sendAs(supplier, "POST", entries, entry)
	w.clock.advance(time.Second)
	later := strings.Replace(strings.Replace(made, "Kunde 1", "Vidda", 1), `"last_updated":"2026-11-22T13:00:00`, `"last_updated":"2026-11-22T13:00:01`, 1)
	if got := w.sendAs(supplier, "PUT", entries+"/kunde1", renamed); strings.TrimSpace(got.Body.String()) != later {
		t.Errorf("changed later: %s", got.Body)
	}
	w.clock.advance(-time.Second)
	w.put(id, w.editable(id))
	var client selfservice.Client
	w.ok("GET", "/clients/"+id, "", &client)
	if len(client.OnBehalfOf) != 1 || client.OnBehalfOf[0].Value != "kunde1" {
		t.Errorf("after a change of the client it has %v", client.OnBehalfOf)
	}
	none := problem("404", "not_found", "No such onbehalfof", "")
	w.refused("twice", w.sendAs(supplier, "POST", entries, entry), 409, problem("409", "conflict", "the onbehalfof kunde1 is there already", ""))
	w.refused("read none", w.sendAs(supplier, "GET", entries+"/x", ""), 404, none)
	w.refused("replace none", w.sendAs(supplier, "PUT", entries+"/x", strings.Replace(entry, "kunde1", "x", 1)), 404, none)
	w.refused("remove none", w.sendAs(supplier, "DELETE", entries+"/x", ""), 404, none)
	w.refused("another address", w.sendAs(supplier, "PUT", entries+"/x", entry), 400, invalid("onbehalfof", [2]string{"onbehalfof", "must be that of the address"}))
	w.refused("nothing in it", w.sendAs(supplier, "POST", entries, "{}"), 400, invalid("onbehalfof", [2]string{"onbehalfof", "must not be blank"},
		[2]string{"name", "must not be blank"}, [2]string{"orgno", "must be nine digits"}))
	w.refused("without the right", w.send("POST", entries, entry), 403, problem("403", "forbidden", "The token lacks the scope idporten:dcr/onbehalfof:write", ""))
	w.refused("more than the right", w.sendAs(supplier, "GET", "/clients/"+id, ""), 403, problem("403", "forbidden", "The token lacks the scope idporten:dcr.read", ""))
}
