package keyvault

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"
)

const (
	maxValue       = 25600
	maxContentType = 255
	maxTags        = 15
	maxTag         = 256
	maxRequestBody = 1 << 20
)

// attributes are those of a version as a response has them. Times are Unix
// seconds.
type attributes struct {
	Enabled         bool   `json:"enabled"`
	NotBefore       *int64 `json:"nbf,omitempty"`
	Expires         *int64 `json:"exp,omitempty"`
	Created         int64  `json:"created"`
	Updated         int64  `json:"updated"`
	RecoveryLevel   string `json:"recoveryLevel"`
	RecoverableDays int    `json:"recoverableDays"`
}

// bundle is a secret in a response: with a value only when it is set or read,
// with the deletion's members only when it is deleted. List items have the
// same members, and an id without a version.
type bundle struct {
	Value              *string           `json:"value,omitempty"`
	ID                 string            `json:"id"`
	ContentType        string            `json:"contentType,omitempty"`
	Attributes         attributes        `json:"attributes"`
	Tags               map[string]string `json:"tags,omitempty"`
	RecoveryID         string            `json:"recoveryId,omitempty"`
	DeletedDate        int64             `json:"deletedDate,omitempty"`
	ScheduledPurgeDate int64             `json:"scheduledPurgeDate,omitempty"`
}

// page is one page of a list; the last one has a null nextLink.
type page struct {
	Value    []bundle `json:"value"`
	NextLink *string  `json:"nextLink"`
}

func (c *call) bundle(e *entry, v *version) bundle {
	return bundle{
		ID: "https://" + c.authority + "/secrets/" + e.name + "/" + v.id, ContentType: v.contentType, Tags: v.tags,
		Attributes: attributes{
			Enabled: v.enabled, NotBefore: v.notBefore, Expires: v.expires, Created: v.created, Updated: v.updated,
			RecoveryLevel: c.vault.recoveryLevel(), RecoverableDays: c.vault.config.RetentionDays,
		},
	}
}

func (c *call) bundleWithValue(e *entry, v *version) bundle {
	b := c.bundle(e, v)
	value := v.value.Reveal()
	b.Value = &value
	return b
}

func (c *call) deletedBundle(e *entry) bundle {
	b := c.bundle(e, e.latest())
	b.RecoveryID = "https://" + c.authority + "/deletedsecrets/" + e.name
	b.DeletedDate, b.ScheduledPurgeDate = e.deleted.Unix(), c.vault.purgeDate(e).Unix()
	return b
}

// listed turns a bundle into an item of a list of secrets.
func listed(b bundle) bundle {
	b.ID = b.ID[:strings.LastIndexByte(b.ID, '/')]
	return b
}

func (v *vault) recoveryLevel() string {
	level := "Recoverable"
	if v.config.RetentionDays < 90 {
		level = "CustomizedRecoverable"
	}
	if !v.config.PurgeProtection {
		level += "+Purgeable"
	}
	return level
}

// setRequest is the body of a set, or without a value of an update. Members
// that are absent or null leave things as they are.
type setRequest struct {
	Value       *string           `json:"value"`
	ContentType *string           `json:"contentType"`
	Tags        map[string]string `json:"tags"`
	Attributes  struct {
		Enabled   *bool  `json:"enabled"`
		NotBefore *int64 `json:"nbf"`
		Expires   *int64 `json:"exp"`
	} `json:"attributes"`
}

// check applies the limits of Key Vault.
func (r setRequest) check(needsValue bool) *problem {
	if needsValue && r.Value == nil {
		return badParameter("Property value has invalid value")
	}
	if r.Value != nil && len(*r.Value) > maxValue {
		return &problem{http.StatusBadRequest, "BadParameter",
			"The secret is beyond the permitted length of 25600 characters.", "SecretTooLarge"}
	}
	if r.ContentType != nil && utf8.RuneCountInString(*r.ContentType) > maxContentType {
		return badParameter("Property contentType has invalid value: it has more than %d characters", maxContentType)
	}
	if len(r.Tags) > maxTags {
		return badParameter("Property tags has invalid value: there are more than %d tags", maxTags)
	}
	for name, value := range r.Tags {
		if utf8.RuneCountInString(name) > maxTag || utf8.RuneCountInString(value) > maxTag {
			return badParameter("Property tags has invalid value: a name or value has more than %d characters", maxTag)
		}
	}
	return nil
}

// decodeBody decodes the body of a request.
func (c *call) decodeBody(into any) *problem {
	if err := json.Unmarshal(c.body, into); err != nil {
		var mismatch *json.UnmarshalTypeError
		if errors.As(err, &mismatch) && mismatch.Field != "" {
			return badParameter("Property %s has invalid value", mismatch.Field)
		}
		return badParameter("The request body is not valid JSON for this operation")
	}
	return nil
}
