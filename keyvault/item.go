package keyvault

import (
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

// appendItems converts one page of a list.
func appendItems(items []Item, page []*azsecrets.SecretProperties) ([]Item, error) {
	for _, properties := range page {
		if properties == nil {
			continue
		}
		item, err := newItem(azsecrets.Secret{
			ID: properties.ID, Attributes: properties.Attributes,
			ContentType: properties.ContentType, Tags: properties.Tags, Managed: properties.Managed,
		})
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// newItem reads an answer about a secret. Missing attributes count as disabled, as
// for an application.
func newItem(answer azsecrets.Secret) (Item, error) {
	if answer.ID == nil {
		return Item{}, &protocolError{"a secret without an id"}
	}
	name, version, err := parseID(string(*answer.ID))
	if err != nil {
		return Item{}, err
	}
	item := Item{Name: name, Version: version, ContentType: deref(answer.ContentType), Managed: deref(answer.Managed)}
	if attributes := answer.Attributes; attributes != nil {
		item.Enabled = deref(attributes.Enabled)
		item.Created = utc(attributes.Created)
		item.Updated = utc(attributes.Updated)
		item.NotBefore = utc(attributes.NotBefore)
		item.Expires = utc(attributes.Expires)
	}
	if len(answer.Tags) > 0 {
		item.Tags = make(map[string]string, len(answer.Tags))
		for name, value := range answer.Tags {
			item.Tags[name] = deref(value)
		}
	}
	return item, nil
}

// UpdateOptions are the changes of [Vault.Update]. Zero values change nothing.
type UpdateOptions struct {
	ContentType string
	Tags        map[string]string // all of them; nil keeps those that there are
	Expires     time.Time
	Enabled     *bool
}

// parameters is the body of an update request.
func (o UpdateOptions) parameters() azsecrets.UpdateSecretPropertiesParameters {
	var p azsecrets.UpdateSecretPropertiesParameters
	if o.ContentType != "" {
		p.ContentType = &o.ContentType
	}
	if o.Tags != nil {
		p.Tags = pointers(o.Tags)
	}
	if !o.Expires.IsZero() || o.Enabled != nil {
		p.SecretAttributes = &azsecrets.SecretAttributes{Enabled: o.Enabled}
	}
	if !o.Expires.IsZero() {
		p.SecretAttributes.Expires = &o.Expires
	}
	return p
}

// pointers is how the library wants tags.
func pointers(tags map[string]string) map[string]*string {
	all := make(map[string]*string, len(tags))
	for name, value := range tags {
		all[name] = &value
	}
	return all
}

// parameters is the body of a set request.
func (o SetOptions) parameters(value *string) azsecrets.SetSecretParameters {
	p := azsecrets.SetSecretParameters{Value: value}
	if o.ContentType != "" {
		p.ContentType = &o.ContentType
	}
	if len(o.Tags) > 0 {
		p.Tags = pointers(o.Tags)
	}
	if !o.NotBefore.IsZero() || !o.Expires.IsZero() {
		p.SecretAttributes = &azsecrets.SecretAttributes{}
	}
	if !o.NotBefore.IsZero() {
		p.SecretAttributes.NotBefore = &o.NotBefore
	}
	if !o.Expires.IsZero() {
		p.SecretAttributes.Expires = &o.Expires
	}
	return p
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func utc(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
