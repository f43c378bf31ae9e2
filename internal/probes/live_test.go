//go:build live

package probes_test

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/internal/probes"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/project"
)

// TestLive runs the suite against a real environment (`make test-live ENV=tt02`)
// with the caller's own applications and credentials. It is built only with the
// tag live, so that a run that probes nothing real cannot look like one that does:
//
//	STAFETT_LIVE                tt02
//	STAFETT_PROJECT             the stafett.yaml, as for the commands
//	STAFETT_LIVE_MODEL          data type of the receiving application's form
//	STAFETT_LIVE_FIELD          path of a text field in it
//	STAFETT_LIVE_ATTACHMENT     data type that takes PDF files
//	STAFETT_LIVE_PERSON_FILE    file with an Altinn token of a test person
//	STAFETT_LIVE_STRANGER_FILE  file with one of another test person
//	STAFETT_LIVE_PARTY          party id of the first person
//
// The vault's credentials come from where the Azure SDK looks for them. What is
// created is removed where the policy lets the organisation delete.
func TestLive(t *testing.T) {
	environment, err := altinn.LookupEnvironment(setting(t, "STAFETT_LIVE"))
	if err != nil {
		t.Fatal(err)
	}
	if environment.Name == "prod" {
		t.Fatal("the probes create instances and never run against production")
	}
	p, err := project.Load(setting(t, "STAFETT_PROJECT"))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 2 * time.Minute}
	credential, err := keyvault.NewCredential(keyvault.CredentialOptions{HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	vault, err := keyvault.Open(p.Vault, credential, client)
	if err != nil {
		t.Fatal(err)
	}
	party, err := strconv.Atoi(setting(t, "STAFETT_LIVE_PARTY"))
	if err != nil {
		t.Fatal(err)
	}
	definition := p.Handovers[0]
	probes.Run(t, probes.Target{
		Client:        client,
		Platform:      environment.Platform,
		Receiving:     environment.AppURL(definition.To),
		ReceivingID:   definition.To,
		Model:         setting(t, "STAFETT_LIVE_MODEL"),
		Field:         setting(t, "STAFETT_LIVE_FIELD"),
		Attachment:    setting(t, "STAFETT_LIVE_ATTACHMENT"),
		Original:      environment.AppURL(definition.From),
		Recipient:     definition.Recipients[0].Text,
		PersonParty:   party,
		PersonToken:   tokenFile(t, "STAFETT_LIVE_PERSON_FILE"),
		StrangerToken: tokenFile(t, "STAFETT_LIVE_STRANGER_FILE"),
		OrgToken: func(t *testing.T, scopes ...string) string {
			loaded, err := integration.Load(t.Context(), integration.Options{
				AppDir: p.Applications.Original, EnvironmentName: "Staging", Section: p.Section,
				Vault: vault, HTTPClient: client, Altinn: environment, Scopes: slices.Clone(scopes), Environ: os.Environ(),
			})
			if err != nil {
				t.Fatal(err)
			}
			token, err := loaded.Altinn().Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return token.Reveal()
		},
	})
}

func setting(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set", name)
	}
	return value
}

// tokenFile reads a token: the bare one, or a JSON string.
func tokenFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(setting(t, name))
	if err != nil {
		t.Fatal(err)
	}
	var quoted string
	if json.Unmarshal(content, &quoted) == nil {
		return quoted
	}
	return strings.TrimSpace(string(content))
}
