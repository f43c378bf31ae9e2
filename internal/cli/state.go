package cli

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/secret"
)

// readyDocument is the line that `local up --json` prints when all of it is
// ready, and the content of the state file by which `--local` finds it. Its
// identity numbers and secrets are synthetic and made at start.
type readyDocument struct {
	Schema string `json:"schema"`
	Proxy  string `json:"proxy"`
	// CA is the certificate that programs must trust, alone in its folder.
	CA    string    `json:"ca"`
	Hosts []string  `json:"hosts"`
	Seed  readySeed `json:"seed"`
	PID   int       `json:"pid"`
	// Project is the stafett.yaml whose applications are served; empty where others
	// are.
	Project string       `json:"project"`
	Control readyControl `json:"control"`
	// Localtest is where the platform answers in place of Altinn's localtest, if it
	// does.
	Localtest *readyLocaltest `json:"localtest,omitempty"`
	// Portal is Samarbeidsportalen's page, for a browser that does not use the
	// proxy.
	Portal string `json:"portal"`
	// Console is where a person fills in forms, reads the inbox and watches what
	// happens, in a browser that does not use the proxy.
	Console string `json:"console"`
	// TLS is the address (host:port) of the one port for all names, if there is one.
	TLS string `json:"tls,omitempty"`
	// TrustStore is the certificate of CA as Java reads it.
	TrustStore string `json:"trustStore"`
}

// readyLocaltest are addresses over plain http.
type readyLocaltest struct {
	Platform string `json:"platform"`
	Front    string `json:"front"` // for a browser
	PDF      string `json:"pdf"`
}

// readyControl is where the platform is steered, such as by faults, and the
// bearer token that this needs.
type readyControl struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

type readySeed struct {
	Org               string `json:"org"`
	OrgNumber         string `json:"orgNumber"`
	Vault             string `json:"vault"`
	TenantID          string `json:"tenantId"`
	AzureClientID     string `json:"azureClientId"`
	AzureClientSecret string `json:"azureClientSecret"`
	// FederatedTokenFile is for workload identity, as AZURE_FEDERATED_TOKEN_FILE.
	FederatedTokenFile string `json:"federatedTokenFile"`
	// IdentityEndpoint and IdentityHeader are for a managed identity as in Azure App
	// Service, by the variables of these names; only with --managed-identity.
	IdentityEndpoint    string              `json:"identityEndpoint,omitempty"`
	IdentityHeader      string              `json:"identityHeader,omitempty"`
	SelfServiceClientID string              `json:"selfServiceClientId"`
	SelfServiceJWK      string              `json:"selfServiceJwk"`
	Persons             []readyPerson       `json:"persons"`
	Organisations       []readyOrganisation `json:"organisations"`
	Apps                []readyApp          `json:"apps"`
	// Instances are those of the seeds that it began with.
	Instances []control.SeededInstance `json:"instances,omitempty"`
}

type readyPerson struct {
	SSN     string `json:"ssn"`
	PartyID int    `json:"partyId"`
	UserID  int    `json:"userId"`
	Name    string `json:"name"`
	// DailyManagerOf is the number of the organisation for which the person has
	// the role DAGL.
	DailyManagerOf string `json:"dailyManagerOf,omitempty"`
}

type readyOrganisation struct {
	OrgNumber string `json:"orgNumber"`
	PartyID   int    `json:"partyId"`
	Name      string `json:"name"`
}

type readyApp struct {
	ID  string `json:"id"`
	URL string `json:"url"`
	// Folder is where the configuration that is served lies; Process is where an
	// application answers that runs by itself. It has one of the two.
	Folder  string `json:"folder,omitempty"`
	Process string `json:"process,omitempty"`
	// Hooks do not run, since the configuration is served; Run is the command that
	// runs the application itself.
	Hooks []readyHook `json:"hooks,omitempty"`
	Run   string      `json:"run,omitempty"`
}

// tellApps adds where the applications come from, and what was found in them.
func (seed *readySeed) tellApps(config local.Config, found map[string]control.Reading) {
	for n := range seed.Apps {
		one := &seed.Apps[n]
		for _, folder := range config.Apps {
			if folder.ID == one.ID {
				one.Folder = folder.Dir
			}
		}
		for _, remote := range config.Remotes {
			if remote.ID == one.ID {
				one.Process = remote.URL
			}
		}
		for _, hook := range found[one.ID].Hooks {
			one.Hooks = append(one.Hooks, readyHook{hook.Class, hook.Interface, hook.File, hook.Line})
			one.Run = runCommand(one.Folder)
		}
	}
}

const readySchema = "stafett/local/v1"

func newReadyDocument(platform *local.Platform, proxy *url.URL, dir string) readyDocument {
	seed := platform.Seed()
	document := readyDocument{
		Schema:     readySchema,
		Proxy:      proxy.String(),
		CA:         filepath.Join(dir, "trusted", "ca.pem"),
		TrustStore: filepath.Join(dir, "trusted.jks"),
		Hosts:      platform.Hosts(),
		PID:        os.Getpid(),
		Seed: readySeed{
			Org: seed.Org, OrgNumber: seed.OrgNumber, Vault: seed.Vault, TenantID: seed.TenantID,
			AzureClientID: seed.AzureClientID, AzureClientSecret: seed.AzureClientSecret.Reveal(),
			FederatedTokenFile:  filepath.Join(dir, "azure-federated-token"),
			SelfServiceClientID: seed.SelfServiceClientID, SelfServiceJWK: filepath.Join(dir, "selfservice.jwk.json"),
		},
	}
	for _, p := range seed.Persons {
		document.Seed.Persons = append(document.Seed.Persons, readyPerson{SSN: p.SSN, PartyID: p.PartyID, UserID: p.UserID, Name: p.Name, DailyManagerOf: p.DailyManagerOf})
	}
	for _, o := range seed.Organisations {
		document.Seed.Organisations = append(document.Seed.Organisations, readyOrganisation(o))
	}
	document.Seed.Instances = seed.Instances
	for _, a := range seed.Apps {
		document.Seed.Apps = append(document.Seed.Apps, readyApp{ID: a.ID, URL: a.URL})
	}
	return document
}

// whereabouts are what a program must be told to live in the platform.
func (ready readyDocument) whereabouts(stateDir string) local.Whereabouts {
	seed := ready.Seed
	at := local.Whereabouts{
		Proxy: ready.Proxy, CA: ready.CA, TrustStore: ready.TrustStore, StateDir: stateDir, FederatedTokenFile: seed.FederatedTokenFile,
		Vault: seed.Vault, TenantID: seed.TenantID, ClientID: seed.AzureClientID, ClientSecret: secret.New(seed.AzureClientSecret),
	}
	if ready.Localtest != nil {
		at.PDF = ready.Localtest.PDF
	}
	return at
}

// stateDir is where the local platform's state file lies.
func (s *session) stateDir() (string, error) {
	if dir := s.lookup("STAFETT_STATE_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for the local platform's state (or set STAFETT_STATE_DIR): %w", err)
	}
	return filepath.Join(cache, "stafett"), nil
}

// writePrivate writes a file that only its owner may read, in one step: a
// reader sees the old content or the new one.
func writePrivate(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(file.Name()))
	}
	return nil
}

// readSecretFile reads a file that holds a secret.
func readSecretFile(path string) (secret.String, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return secret.String{}, err
	}
	return secret.New(string(content)), nil
}
