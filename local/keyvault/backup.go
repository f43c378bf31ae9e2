package keyvault

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/stafett/stafett/secret"
)

// A backup holds a secret with all its versions, sealed with a key that only
// this server has, as the real one's can only be restored in its own
// subscription.
type backupContent struct {
	Name     string          `json:"name"`
	Versions []backupVersion `json:"versions"`
}

type backupVersion struct {
	ID          string            `json:"id"`
	Value       string            `json:"value"`
	ContentType string            `json:"contentType"`
	Tags        map[string]string `json:"tags"`
	Enabled     bool              `json:"enabled"`
	NotBefore   *int64            `json:"nbf"`
	Expires     *int64            `json:"exp"`
	Created     int64             `json:"created"`
	Updated     int64             `json:"updated"`
}

// blob is the body of a backup's response and of a restore's request.
type blob struct {
	Value string `json:"value"`
}

func (c *call) backup() (any, *problem) {
	e, _, refused := c.live()
	if refused != nil {
		return nil, refused
	}
	content := backupContent{Name: e.name}
	for _, v := range e.versions {
		content.Versions = append(content.Versions, backupVersion{
			ID: v.id, Value: v.value.Reveal(), ContentType: v.contentType, Tags: v.tags, Enabled: v.enabled,
			NotBefore: v.notBefore, Expires: v.expires, Created: v.created, Updated: v.updated,
		})
	}
	plain, err := json.Marshal(content)
	if err != nil {
		return nil, &problem{http.StatusInternalServerError, "InternalServerError", "The secret cannot be backed up.", ""}
	}
	sealed := c.server.backups.Seal(nil, nil, plain, nil) //nolint:gosec // the cipher makes a random nonce itself
	return blob{base64.RawURLEncoding.EncodeToString(sealed)}, nil
}

func (c *call) restore() (any, *problem) {
	malformed := &problem{http.StatusBadRequest, "Malformed backup blob", "Backup blob contains invalid or corrupt version.", ""}
	var request blob
	if refused := c.decodeBody(&request); refused != nil {
		return nil, refused
	}
	sealed, err := base64.RawURLEncoding.DecodeString(request.Value)
	if err != nil {
		return nil, malformed
	}
	plain, err := c.server.backups.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, malformed
	}
	var content backupContent
	if err := json.Unmarshal(plain, &content); err != nil {
		return nil, malformed
	}
	if _, at := c.vault.find(content.Name, c.now); at != gone {
		return nil, conflict("There was a conflict restoring the secret 'https://"+c.authority+"/secrets/"+content.Name+
			"': the name is in use or still being purged.", "")
	}
	e := &entry{name: content.Name}
	for _, v := range content.Versions {
		e.versions = append(e.versions, &version{
			id: v.ID, value: secret.New(v.Value), contentType: v.ContentType, tags: v.Tags, enabled: v.Enabled,
			notBefore: v.NotBefore, expires: v.Expires, created: v.Created, updated: v.Updated,
		})
	}
	c.vault.entries[strings.ToLower(e.name)] = e
	return c.bundle(e, e.latest()), nil
}
