package selfservice_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/selfservice"
)

// FuzzKeySet uploads anything as a key set: what is registered keeps the rules,
// and what is refused is refused with a status of the API.
func FuzzKeySet(f *testing.F) {
	w := newWorld(f)
	id := w.create()
	f.Add(keySet(key("a"), key("b", "exp", "1795400000")))
	f.Add(keySet(key("a", "d", `"AQAB"`)))
	f.Fuzz(func(t *testing.T, body string) {
		w := *w
		w.TB = t
		got := w.send("POST", "/clients/"+id+"/jwks", body)
		switch got.Code {
		case 200:
		case 400, 409, 415:
			if !strings.HasPrefix(got.Body.String(), `{"status":4`) {
				t.Errorf("%d %s", got.Code, got.Body)
			}
			return
		default:
			t.Fatalf("%d %s", got.Code, got.Body)
		}
		var set selfservice.KeySet
		if err := json.Unmarshal(got.Body.Bytes(), &set); err != nil { // refuses private members
			t.Fatal(err)
		}
		kids := map[string]bool{}
		for _, k := range set.Keys {
			kids[k.KeyID] = true
			if k.Use != "sig" || k.KeyType != "RSA" || k.Expires <= w.clock.now().Unix() || k.Expires > w.clock.now().AddDate(1, 0, 0).Unix() {
				t.Errorf("registered %v", k)
			}
		}
		if len(set.Keys) < 1 || len(set.Keys) > 5 || len(kids) != len(set.Keys) {
			t.Errorf("registered the keys %v", kids)
		}
	})
}
