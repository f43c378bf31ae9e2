package platformtest_test

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/local/fault"
	"github.com/stafett/stafett/local/platformtest"
)

// This function stands in docs/control.md as well.

func TestOnePlatformForMany(t *testing.T) {
	platform := platformtest.Start(t, folders(t)...)
	secret := platform.Seed().Vault + "/secrets/Settings--ClientId?api-version=7.4"

	t.Run("the vault asks who it is", func(t *testing.T) {
		response, err := platform.Client().Get(secret)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if !strings.Contains(response.Header.Get("WWW-Authenticate"), platform.Seed().TenantID) {
			t.Error("it does not name the tenant")
		}
	})
	t.Run("the vault is busy", func(t *testing.T) {
		t.Cleanup(func() { _ = platform.Reset(context.Background(), control.Faults) })
		if _, err := platform.Faults().Add(fault.Rule{Path: "/secrets/*", Status: http.StatusTooManyRequests, RetryAfter: 1}); err != nil {
			t.Fatal(err)
		}
		response, err := platform.Client().Get(secret)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusTooManyRequests {
			t.Errorf("status %d", response.StatusCode)
		}
	})
}

// TestTheExampleInTheDocumentation holds the two to each other.
func TestTheExampleInTheDocumentation(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/control.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(source), "as well.\n\n")
	example, _, _ = strings.Cut(example, "\n\n// TestTheExample")
	if !strings.Contains(string(page), "```go\n"+example+"\n```") {
		t.Error("docs/control.md does not have the example as it stands in example_test.go")
	}
}
