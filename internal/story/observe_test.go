package story

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// No stand-in can make Stafett write elsewhere first, so this guard of the story
// is tried alone.
func TestTheVaultIsAllThatIsWritten(t *testing.T) {
	t.Parallel()
	const vault = "kv.vault.azure.net"
	for name, c := range map[string]struct {
		writes []write
		want   string
	}{
		"the vault":                {[]write{{vault, "PUT", "/secrets/a"}}, ""},
		"the vault, tried twice":   {[]write{{vault, "PUT", "/secrets/a"}, {vault, "PUT", "/secrets/a"}}, ""},
		"nothing":                  {nil, "nothing was written"},
		"the portal first":         {[]write{{"portal", "POST", "/clients"}, {vault, "PUT", "/secrets/a"}}, "POST portal/clients was written before"},
		"the vault and the portal": {[]write{{vault, "PUT", "/secrets/a"}, {"portal", "POST", "/clients"}}, "POST portal/clients was written before"},
	} {
		err := onlyTheVault(c.writes, vault)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestObserverTellsWritesFromQuestions(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	o := &observer{vault: "kv"}
	send := func(host, method, path string, answer int) {
		status = answer
		handler := o.wrap(host, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, "https://"+host+path, nil))
	}
	send("kv", "PUT", "/secrets/a", http.StatusUnauthorized) // the challenge
	send("kv", "GET", "/secrets/a", http.StatusOK)
	send("test.maskinporten.no", "POST", "/token", http.StatusOK)
	send("platform", "POST", "/authorization/api/v1/decision", http.StatusOK)
	if writes := o.all(); len(writes) != 0 {
		t.Errorf("questions are taken for writes: %v", writes)
	}
	send("portal", "POST", "/clients", http.StatusUnauthorized) // tried all the same
	send("kv", "PUT", "/secrets/a", http.StatusOK)
	if writes := o.all(); len(writes) != 2 || writes[0].host != "portal" || writes[1].host != "kv" {
		t.Errorf("writes: %v", writes)
	}
}

// A process that asks for no token tells nothing of the key that it would use.
func TestWhichKeySigned(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		used []string
		ok   bool
	}{{nil, false}, {[]string{"new"}, false}, {[]string{"old", "new"}, false}, {[]string{"old"}, true}, {[]string{"old", "old"}, true}} {
		if err := signedWith(c.used, "old"); (err == nil) != c.ok {
			t.Errorf("%v: %v", c.used, err)
		}
	}
}
