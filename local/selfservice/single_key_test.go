package selfservice_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/selfservice"
)

func TestSingleKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create()
	keys := "/clients/" + id + "/jwks"
	soon := w.clock.now().Unix() + 3600
	w.ok("POST", keys, keySet(key("a", "exp", fmt.Sprint(soon)), key("b")), nil)
	var got selfservice.Key
	w.ok("GET", keys+"/a", "", &got)
	if got.KeyID != "a" || got.Expires != soon {
		t.Errorf("read %+v", got)
	}

	// One key changes, the others stay as they are.
	w.ok("PUT", keys+"/b", key("b", "exp", fmt.Sprint(soon)), &got)
	if got.Expires != soon {
		t.Errorf("changed to %+v", got)
	}
	w.ok("PUT", keys+"/c", key("c"), &got)
	var set selfservice.KeySet
	w.ok("GET", keys, "", &set)
	if len(set.Keys) != 3 || set.Keys[0].Expires != soon || set.Keys[2].KeyID != "c" {
		t.Errorf("the set is %+v", set)
	}
	if w.ok("DELETE", keys+"/b", "", nil); w.send("GET", keys+"/b", "").Code != 404 {
		t.Error("the key is still there")
	}

	noKey := problem("404", "not_found", "No such key", "")
	w.refused("read none", w.send("GET", keys+"/x", ""), 404, noKey)
	w.refused("remove none", w.send("DELETE", keys+"/x", ""), 404, noKey)
	w.refused("another kid", w.send("PUT", keys+"/x", key("y")), 400, invalid("jwk", [2]string{"kid", "must be that of the address"}))
	w.refused("private", w.send("PUT", keys+"/x", key("x", "d", `"AQAB"`)), 400,
		invalid("jwk", [2]string{"", "has the private member d: only the public key may be uploaded, and this key pair must now be replaced"}))
	w.refused("use", w.send("PUT", keys+"/x", key("x", "use", `"enc"`)), 400, invalid("jwks", [2]string{"keys[0].use", "use must be sig"}))
	for _, kid := range []string{"d", "e", "f"} {
		w.ok("PUT", keys+"/"+kid, key(kid), nil)
	}
	w.refused("a sixth", w.send("PUT", keys+"/g", key("g")), 400, invalid("jwks", [2]string{"keys", "must have at most 5 keys"}))
	other := w.create()
	w.refused("a kid of another client", w.send("PUT", "/clients/"+other+"/jwks/a", key("a")), 409,
		problem("409", "conflict", "the kid a is in use by another client", ""))
	w.refused("another's client", w.sendAs("Bearer "+w.of(club), "DELETE", keys+"/a", ""), 403,
		problem("403", "forbidden", "The client belongs to another organisation", ""))
	w.ok("DELETE", "/clients/"+id, "", nil)
	w.refused("a deactivated client", w.send("DELETE", keys+"/a", ""), 409, problem("409", "conflict", "the client is deactivated", ""))
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create()
	w.refused("a client with keys", w.send("POST", "/clients/"+id+"/secret", "{}"), 400,
		problem("400", "bad_request", "A client with token_endpoint_auth_method private_key_jwt has no secret", ""))
	var other struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	w.ok("POST", "/clients", `{"client_name":"x","description":"y","integration_type":"idporten","application_type":"web",`+
		`"token_endpoint_auth_method":"client_secret_post","grant_types":["authorization_code"],"scopes":["`+openScope+`"]}`, &other)
	first := other.Secret
	w.ok("POST", "/clients/"+other.ID+"/secret", "{}", &other)
	if len(first) < 20 || len(other.Secret) < 20 || first == other.Secret {
		t.Error("a secret is missing, or not new")
	}
	if got := w.send("GET", "/clients/"+other.ID, ""); got.Code != 200 || strings.Contains(got.Body.String(), "secret\"") {
		t.Error("the secret is told again")
	}
}
