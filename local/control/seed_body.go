package control

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/stafett/stafett/secret"
)

// seedBody is a seed in a file or a request.
type seedBody struct {
	Organisations   []SeedOrganisation `json:"organisations,omitempty" yaml:"organisations"`
	Persons         []SeedPerson       `json:"persons,omitempty" yaml:"persons"`
	Prefixes        []SeedPrefix       `json:"prefixes,omitempty" yaml:"prefixes"`
	Scopes          []SeedScope        `json:"scopes,omitempty" yaml:"scopes"`
	Access          []SeedAccess       `json:"access,omitempty" yaml:"access"`
	Clients         []SeedClient       `json:"clients,omitempty" yaml:"clients"`
	Delegations     []SeedDelegation   `json:"delegations,omitempty" yaml:"delegations"`
	SystemUsers     []SeedSystemUser   `json:"systemUsers,omitempty" yaml:"systemUsers"`
	Consents        []SeedConsent      `json:"consents,omitempty" yaml:"consents"`
	DelegatedRights []SeedRight        `json:"delegatedRights,omitempty" yaml:"delegatedRights"`
	Secrets         []secretBody       `json:"secrets,omitempty" yaml:"secrets"`
	Instances       []instanceBody     `json:"instances,omitempty" yaml:"instances"`
}

type secretBody struct {
	Name        string            `json:"name" yaml:"name"`
	Value       *string           `json:"value" yaml:"value"`
	ContentType string            `json:"contentType,omitempty" yaml:"contentType"`
	Tags        map[string]string `json:"tags,omitempty" yaml:"tags"`
	Disabled    bool              `json:"disabled,omitempty" yaml:"disabled"`
	NotBefore   time.Time         `json:"notBefore,omitzero" yaml:"notBefore"`
	Expires     time.Time         `json:"expires,omitzero" yaml:"expires"`
}

type instanceBody struct {
	SeedInstance `yaml:",inline"`
	Data         []dataBody `json:"data,omitempty" yaml:"data"`
}

// dataBody has its content in one of the last five.
type dataBody struct {
	Type        string     `json:"type" yaml:"type"`
	Filename    string     `json:"filename,omitempty" yaml:"filename"`
	ContentType string     `json:"contentType,omitempty" yaml:"contentType"`
	File        string     `json:"file,omitempty" yaml:"file"`
	JSON        inlineJSON `json:"json,omitempty" yaml:"json"`
	XML         *string    `json:"xml,omitempty" yaml:"xml"`
	Text        *string    `json:"text,omitempty" yaml:"text"`
	Base64      *string    `json:"base64,omitempty" yaml:"base64"`
}

// seed takes what a body says. Files are opened by open, which is nil where there can be
// none.
func (b seedBody) seed(open func(name string) ([]byte, error)) (Seed, error) {
	seed := Seed{
		Organisations: b.Organisations, Persons: b.Persons, Prefixes: b.Prefixes, Scopes: b.Scopes, Access: b.Access, Clients: b.Clients,
		Delegations: b.Delegations, SystemUsers: b.SystemUsers, Consents: b.Consents, DelegatedRights: b.DelegatedRights,
	}
	for _, s := range b.Secrets {
		if s.Value == nil {
			return Seed{}, fmt.Errorf("secret %q has no value", s.Name)
		}
		seed.Secrets = append(seed.Secrets, SeedSecret{
			Name: s.Name, Value: secret.New(*s.Value), ContentType: s.ContentType, Tags: s.Tags, Disabled: s.Disabled, NotBefore: s.NotBefore, Expires: s.Expires,
		})
	}
	for n, body := range b.Instances {
		instance := body.SeedInstance
		for m, d := range body.Data {
			data, err := d.data(open)
			if err != nil {
				return Seed{}, fmt.Errorf("instances[%d].data[%d]: %w", n, m, err)
			}
			instance.Data = append(instance.Data, data)
		}
		seed.Instances = append(seed.Instances, instance)
	}
	return seed, nil
}

// data reads the content from where it stands.
func (d dataBody) data(open func(name string) ([]byte, error)) (SeedData, error) {
	data := SeedData{Type: d.Type, Filename: d.Filename, ContentType: d.ContentType}
	given := 0
	take := func(there bool, content func() error) (err error) {
		if there {
			given++
			err = content()
		}
		return err
	}
	inline := func(text *string, otherwise string) func() error {
		return func() error {
			data.Content, data.ContentType = []byte(*text), cmp.Or(d.ContentType, otherwise)
			return nil
		}
	}
	err := errors.Join(
		take(d.JSON != nil, func() error {
			data.Content, data.ContentType = d.JSON, cmp.Or(d.ContentType, "application/json")
			return nil
		}),
		take(d.XML != nil, inline(d.XML, "application/xml")),
		take(d.Text != nil, inline(d.Text, "")),
		take(d.Base64 != nil, func() (err error) {
			if data.Content, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(*d.Base64), "")); err != nil {
				return errors.New("what stands under base64 is not that")
			}
			return nil
		}),
		take(d.File != "", func() (err error) {
			if open == nil {
				return fmt.Errorf("the file %q cannot be read from here; give its content as base64", d.File)
			}
			data.Filename = cmp.Or(d.Filename, path.Base(filepath.ToSlash(d.File)))
			data.Content, err = open(d.File)
			return err
		}),
	)
	if err == nil && given != 1 {
		err = errors.New("give its content once: as json, xml, text, base64 or file")
	}
	return data, err
}

// body is the other way round.
func (s Seed) body() seedBody {
	body := seedBody{
		Organisations: s.Organisations, Persons: s.Persons, Prefixes: s.Prefixes, Scopes: s.Scopes, Access: s.Access, Clients: s.Clients,
		Delegations: s.Delegations, SystemUsers: s.SystemUsers, Consents: s.Consents, DelegatedRights: s.DelegatedRights,
	}
	for _, one := range s.Secrets {
		value := one.Value.Reveal()
		body.Secrets = append(body.Secrets, secretBody{one.Name, &value, one.ContentType, one.Tags, one.Disabled, one.NotBefore, one.Expires})
	}
	for _, one := range s.Instances {
		instance := instanceBody{SeedInstance: one}
		for _, d := range one.Data {
			content := base64.StdEncoding.EncodeToString(d.Content)
			instance.Data = append(instance.Data, dataBody{Type: d.Type, Filename: d.Filename, ContentType: d.ContentType, Base64: &content})
		}
		body.Instances = append(body.Instances, instance)
	}
	return body
}
