package records

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/local/redact"
	"github.com/stafett/stafett/local/web/frame"
)

// The tags with which a secret says which key it holds.
const (
	tagKeyID      = "kid"
	tagThumbprint = "thumbprint" // RFC 7638
)

// secrets are those of the vault.
type secrets []keyvault.SecretInfo

func (a *area) vault() (secrets, error) {
	listed, err := a.cfg.Secrets()
	if err != nil {
		return nil, fmt.Errorf("read vault %s: %w", a.cfg.Vault, err)
	}
	return listed, nil
}

// holders lists the versions whose tags say that they hold a key, by secret, the
// newest version first. Without a thumbprint, as for a key that is registered no
// more, the id alone tells.
func (s secrets) holders(keyID, thumbprint string) []holder {
	var found []holder
	for _, info := range s {
		for n, version := range info.Versions {
			if version.Tags[tagKeyID] != keyID {
				continue
			}
			if said, ok := version.Tags[tagThumbprint]; ok && thumbprint != "" && said != thumbprint {
				continue // another key with the same id
			}
			found = append(found, holder{Secret: info.Name, Version: version.ID, Latest: n == 0, Deleted: !info.Deleted.IsZero()})
		}
	}
	return found
}

// secretsPage lists the secrets.
type secretsPage struct {
	Vault, Search string
	Live, Deleted []secretInfo
	Read          time.Time
}

// secretInfo is what is told of a secret.
type secretInfo struct {
	Name              string
	Deleted, PurgedAt time.Time
	Latest            version
	Versions          []version
}

// version is what is told of one version.
type version struct {
	ID, ContentType                      string
	Enabled                              bool
	NotBefore, Expires, Created, Updated time.Time
	Life                                 Life
	Tags                                 []tag
	KeyID                                string // from the tags; empty for none
	// Registered are the integrations that have the key.
	Registered []registeredKey
}

type tag struct{ Name, Value string }

func (a *area) showSecrets(c *frame.Call) (frame.Answer, error) {
	listed, err := a.vault()
	if err != nil {
		return frame.Answer{}, err
	}
	page := secretsPage{Vault: a.cfg.Vault, Search: search(c), Read: a.cfg.Now()}
	for _, info := range listed {
		told := a.secret(info)
		if !told.mentions(page.Search) {
			continue
		}
		if told.Deleted.IsZero() {
			page.Live = append(page.Live, told)
		} else {
			page.Deleted = append(page.Deleted, told)
		}
	}
	return frame.Show("secrets", c.T("secrets"), page), nil
}

func (a *area) showSecret(c *frame.Call) (frame.Answer, error) {
	listed, err := a.vault()
	if err != nil {
		return frame.Answer{}, err
	}
	name := c.PathValue("name")
	at := slices.IndexFunc(listed, func(info keyvault.SecretInfo) bool { return strings.EqualFold(info.Name, name) })
	if at < 0 {
		return frame.Answer{}, frame.Refuse(http.StatusNotFound, "no-secret", a.cfg.Vault)
	}
	page := struct {
		secretInfo
		Vault string
		Read  time.Time
	}{a.secret(listed[at]), a.cfg.Vault, a.cfg.Now()}
	return frame.Show("secret", c.T("secret-in", page.Name, a.cfg.Vault), page), nil
}

// mentions reports whether a search finds the secret.
func (s secretInfo) mentions(wanted string) bool {
	texts := []string{s.Name}
	for _, version := range s.Versions {
		texts = append(texts, version.ID, version.ContentType)
		for _, tag := range version.Tags {
			texts = append(texts, tag.Name, tag.Value)
		}
	}
	return mentions(wanted, texts...)
}

func (a *area) secret(info keyvault.SecretInfo) secretInfo {
	told := secretInfo{Name: info.Name, Deleted: info.Deleted, PurgedAt: info.PurgedAt}
	for _, v := range info.Versions {
		made := version{
			ID: v.ID, ContentType: redact.Text(v.ContentType), Enabled: v.Enabled, NotBefore: v.NotBefore, Expires: v.Expires,
			Created: v.Created, Updated: v.Updated, Life: lifeOf(v.Expires, a.cfg.Now()), KeyID: redact.Text(v.Tags[tagKeyID]),
		}
		// Tags are for anybody to read, but nothing keeps a person from writing a
		// secret there by mistake.
		for _, name := range slices.Sorted(maps.Keys(v.Tags)) {
			made.Tags = append(made.Tags, tag{redact.Text(name), redact.Text(v.Tags[name])})
		}
		if keyID := v.Tags[tagKeyID]; keyID != "" {
			made.Registered = slices.DeleteFunc(a.registered(keyID), func(k registeredKey) bool {
				said, ok := v.Tags[tagThumbprint]
				return ok && said != k.Thumbprint
			})
		}
		told.Versions = append(told.Versions, made)
	}
	told.Latest = told.Versions[0]
	return told
}
