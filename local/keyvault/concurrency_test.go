package keyvault_test

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/secret"
)

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			w.send("PUT", "/secrets/shared", fmt.Sprintf(`{"value":"%d"}`, i))
			own := fmt.Sprintf("/secrets/own-%d", i)
			w.send("PUT", own, `{"value":"v"}`)
			w.send("DELETE", own, "")
			w.send("GET", "/secrets", "")
			w.send("GET", "/deletedsecrets", "")
			if err := w.vaults.SetSecret("kv-fts-tt02", "seeded", secret.New("v")); err != nil {
				t.Error(err)
			}
			if err := w.vaults.Grant("kv-fts-tt02", "someone", keyvault.Get); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := len(w.names("/secrets/shared/versions")); got != 8 {
		t.Errorf("%d versions, want 8: one for each writer", got)
	}
	if got := len(w.names("/deletedsecrets")); got != 8 {
		t.Errorf("%d deleted secrets, want 8", got)
	}
}

// A request whose body is still on its way does not hold up the others.
func TestSlowSenderHoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	reader, writer := io.Pipe()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, vaultURL+"/secrets/slow?api-version=7.4", reader)
	w.must(err)
	request.Header.Set("Authorization", "Bearer "+w.token)
	done := make(chan error, 1)
	go func() {
		response, err := w.client.Do(request)
		if err == nil {
			err = response.Body.Close()
		}
		done <- err
	}()
	_, err = io.WriteString(writer, `{"value":`)
	w.must(err)
	w.ok("PUT", "/secrets/quick", `{"value":"v"}`)
	_, err = io.WriteString(writer, `"v"}`)
	w.must(err)
	w.must(writer.Close())
	w.must(<-done)
	w.ok("GET", "/secrets/slow/", "")
}
