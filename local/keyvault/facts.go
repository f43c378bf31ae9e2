package keyvault

import (
	"encoding/base64"
	"encoding/json"

	"github.com/stafett/stafett/local/redact"
	"github.com/stafett/stafett/local/timeline"
)

// Access is noted in the timeline for each request to a vault. It holds no value.
type Access struct {
	Vault string
	// Operation is what was asked: a [Permission], or "update", "versions",
	// "deleted" and "get deleted" for the others. It is empty for a request that is none.
	Operation string
	Name      string // of the secret; empty for lists
	// Version is that which was read, made or changed, and KeyID the kid of the key
	// in it, if it is one.
	Version, KeyID string
	// Permission is what the operation takes.
	Permission Permission
	// Code and Reason are those of a refusal; empty for others.
	Code, Reason string
}

// tagKeyID is the tag in which a secret names its key.
const tagKeyID = "kid"

// uses remembers a version. It runs with the vault's lock held.
func (c *call) uses(v *version) { c.used, c.keyID = v.id, v.keyID() }

// note tells the timeline what the call was and how it ended.
func (c *call) note(refused *problem) {
	fact := Access{
		Vault: c.vault.config.Name, Operation: c.operation.name, Name: redact.Text(c.name),
		Version: c.used, KeyID: c.keyID, Permission: c.operation.permission,
	}
	if refused != nil {
		fact.Code, fact.Reason = refused.code, redact.Text(refused.message)
	}
	timeline.Note(c.request.Context(), fact)
}

// keyID returns the kid of the key that a version holds, or nothing: that of the
// tag or, in a secret without one, of a JSON Web Key, plain or in base64.
func (ver *version) keyID() string {
	if kid := ver.tags[tagKeyID]; kid != "" {
		return redact.Text(kid)
	}
	text := []byte(ver.value.Reveal())
	if decoded, err := base64.StdEncoding.DecodeString(string(text)); err == nil {
		text = decoded
	}
	var key struct {
		Type  string `json:"kty"`
		KeyID string `json:"kid"`
	}
	if json.Unmarshal(text, &key) != nil || key.Type == "" {
		return ""
	}
	return redact.Text(key.KeyID)
}
