// Package keyvault is the local platform's stand-in for the secrets of Azure
// Key Vault: one [Server] answers for every <name>.vault.azure.net.
//
// Sources: learn.microsoft.com, "Azure Key Vault REST API reference: Secrets"
// and "Authentication, requests and responses"; the wire's finer points are
// what the official SDKs for Go, .NET and JavaScript need. Keys and
// certificates are not served. Everything is in memory.
package keyvault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stafett/stafett/local/entra"
	"github.com/stafett/stafett/secret"
)

const (
	domain          = ".vault.azure.net"
	resource        = "https://vault.azure.net"
	defaultPageSize = 25
)

// Config says what a [Server] is made of.
type Config struct {
	// Validate checks an access token for an audience; see
	// [entra.Server.Validate], whose errors it must return. Required.
	Validate func(token, audience string) (entra.Caller, error)
	// TenantID is the tenant of every vault. It is in the challenge, and tokens
	// of other tenants are refused. Required.
	TenantID string
	// PageSize is the largest number of items in one page of a list; zero means
	// 25, as in Azure.
	PageSize int
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
	// Logger gets one line for each request, without values or tokens; nil
	// discards them.
	Logger *slog.Logger
}

// VaultConfig describes one vault.
type VaultConfig struct {
	Name string // the first label of the host name
	// Location is the Azure region; empty means norwayeast.
	Location string
	Settings
}

// Server answers for all vaults. It is safe for concurrent use and needs no
// closing.
type Server struct {
	validate func(token, audience string) (entra.Caller, error)
	tenantID string
	pageSize int
	now      func() time.Time
	log      *slog.Logger
	backups  cipher.AEAD

	mu     sync.RWMutex
	vaults map[string]*vault
}

// New returns a server without vaults.
func New(cfg Config) (*Server, error) {
	if cfg.Validate == nil || cfg.TenantID == "" {
		return nil, errors.New("start key vault: a tenant id and a token validator are required")
	}
	s := &Server{
		validate: cfg.Validate, tenantID: cfg.TenantID, pageSize: cfg.PageSize,
		now: cfg.Now, log: cfg.Logger, vaults: make(map[string]*vault),
	}
	if s.pageSize == 0 {
		s.pageSize = defaultPageSize
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	var key [32]byte
	_, _ = rand.Read(key[:]) // crypto/rand.Read never fails
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("start key vault: %w", err)
	}
	if s.backups, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		return nil, fmt.Errorf("start key vault: %w", err)
	}
	return s, nil
}

var vaultName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$`)

// AddVault makes an empty vault that nobody may use yet.
func (s *Server) AddVault(cfg VaultConfig) error {
	if !vaultName.MatchString(cfg.Name) {
		return fmt.Errorf("add vault %q: the name must be 3 to 24 letters, digits and hyphens", cfg.Name)
	}
	var err error
	if cfg.Settings, err = cfg.Settings.withDefaults(); err != nil {
		return fmt.Errorf("add vault %s: %w", cfg.Name, err)
	}
	if cfg.Location == "" {
		cfg.Location = "norwayeast"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := strings.ToLower(cfg.Name)
	if _, ok := s.vaults[key]; ok {
		return fmt.Errorf("add vault %s: name is taken", cfg.Name)
	}
	s.vaults[key] = newVault(cfg)
	return nil
}

// Has reports whether there is a vault with this name (its first label, in any
// case). In Azure, the host name of another vault does not exist.
func (s *Server) Has(name string) bool {
	_, err := s.vault(name)
	return err == nil
}

func (s *Server) vault(name string) (*vault, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	v, ok := s.vaults[strings.ToLower(name)]
	if !ok {
		return nil, fmt.Errorf("no vault %q", name)
	}
	return v, nil
}

// Grant lets a service principal do things with the secrets of a vault.
func (s *Server) Grant(vaultName, objectID string, permissions ...Permission) error {
	v, err := s.vault(vaultName)
	if err != nil {
		return fmt.Errorf("grant: %w", err)
	}
	v.setPermissions(objectID, true, permissions)
	return nil
}

// Revoke takes back what Grant gave.
func (s *Server) Revoke(vaultName, objectID string, permissions ...Permission) error {
	v, err := s.vault(vaultName)
	if err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	v.setPermissions(objectID, false, permissions)
	return nil
}

// SetPermissions makes these the permissions of a service principal, and no
// others.
func (s *Server) SetPermissions(vaultName, objectID string, permissions ...Permission) error {
	v, err := s.vault(vaultName)
	if err != nil {
		return fmt.Errorf("set permissions: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range AllPermissions() {
		v.permissions[grant{objectID, p}] = slices.Contains(permissions, p)
	}
	return nil
}

// Permissions returns what a service principal may do, in the order of
// [AllPermissions].
func (s *Server) Permissions(vaultName, objectID string) ([]Permission, error) {
	v, err := s.vault(vaultName)
	if err != nil {
		return nil, fmt.Errorf("list permissions: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.DeleteFunc(AllPermissions(), func(p Permission) bool { return !v.permissions[grant{objectID, p}] }), nil
}

// Secret is what a vault is seeded with.
type Secret struct {
	Name        string
	Value       secret.String
	ContentType string
	Tags        map[string]string
	// Disabled keeps it from being read.
	Disabled bool
	// NotBefore and Expires are zero where it has none. Whole seconds count.
	NotBefore time.Time
	Expires   time.Time
}

// SetSecret seeds a vault: it adds a new version of a secret.
func (s *Server) SetSecret(vaultName, name string, value secret.String) error {
	return s.AddSecret(vaultName, Secret{Name: name, Value: value})
}

// AddSecret seeds a vault: it adds a new version of a secret.
func (s *Server) AddSecret(vaultName string, added Secret) error {
	v, err := s.vault(vaultName)
	if err != nil {
		return fmt.Errorf("set secret: %w", err)
	}
	if !secretName.MatchString(added.Name) {
		return fmt.Errorf("set secret %q: the name must be letters, digits and hyphens", added.Name)
	}
	text := added.Value.Reveal()
	request := setRequest{Value: &text, ContentType: &added.ContentType, Tags: added.Tags}
	request.Attributes.Enabled = new(!added.Disabled)
	request.Attributes.NotBefore, request.Attributes.Expires = seconds(added.NotBefore), seconds(added.Expires)
	if refused := request.check(true); refused != nil {
		return fmt.Errorf("set secret %s: %s", added.Name, refused.message)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, _, refused := v.set(added.Name, request, s.now()); refused != nil {
		return fmt.Errorf("set secret %s: %s", added.Name, refused.message)
	}
	return nil
}

// seconds is a time as a version has it.
func seconds(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	return new(t.Unix())
}
