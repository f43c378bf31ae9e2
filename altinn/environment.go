package altinn

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Environment is one of Altinn's environments. The zero value is not usable;
// see [LookupEnvironment].
type Environment struct {
	Name                    string // tt02 or prod
	Platform                string // address of the platform, without a slash at the end
	AppsDomain              string // applications are at https://{org}.apps.{AppsDomain}
	MaskinportenEnvironment string // the name by which package maskinporten knows its counterpart
}

// LookupEnvironment finds an environment by name: "tt02", the shared test
// environment, or "prod".
func LookupEnvironment(name string) (Environment, error) {
	switch name {
	case "tt02":
		return Environment{
			Name: "tt02", Platform: "https://platform.tt02.altinn.no",
			AppsDomain: "tt02.altinn.no", MaskinportenEnvironment: "test",
		}, nil
	case "prod":
		return Environment{
			Name: "prod", Platform: "https://platform.altinn.no",
			AppsDomain: "altinn.no", MaskinportenEnvironment: "prod",
		}, nil
	}
	return Environment{}, fmt.Errorf("look up Altinn environment %q: there is no such environment; the environments are tt02 and prod", name)
}

var appIDForm = regexp.MustCompile(`^[a-z][a-z0-9]*(?:-[a-z0-9]+)*/[a-z0-9][a-z0-9-]*$`)

// ParseAppID splits the id of an application, "org/app", and checks its form.
func ParseAppID(appID string) (org, app string, err error) {
	if !appIDForm.MatchString(appID) {
		return "", "", fmt.Errorf("read application id %q: want org/app in lower case, such as fts/saksmottak", appID)
	}
	org, app, _ = strings.Cut(appID, "/")
	return org, app, nil
}

// AppURL returns the address of an application, without a slash at the end:
// https://fts.apps.tt02.altinn.no/fts/saksmottak. The id must be well-formed
// (see [ParseAppID]).
func (e Environment) AppURL(appID string) string {
	org, _, _ := strings.Cut(appID, "/")
	return "https://" + org + ".apps." + e.AppsDomain + "/" + appID
}

var instanceIDForm = regexp.MustCompile(`^[0-9]{1,10}/[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// ErrInstanceID reports an instance id of the wrong form.
var ErrInstanceID = errors.New("want an instance id: the owner's party id, a slash, and a GUID")

// ParseInstanceID splits an instance id, "{party id}/{guid}", and gives the
// GUID in lower case. The error is [ErrInstanceID].
func ParseInstanceID(id string) (partyID, guid string, err error) {
	if !instanceIDForm.MatchString(id) {
		return "", "", ErrInstanceID
	}
	partyID, guid, _ = strings.Cut(id, "/")
	return partyID, strings.ToLower(guid), nil
}

var guidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func checkDataID(id string) error {
	if !guidForm.MatchString(id) {
		return fmt.Errorf("read data element id %q: want a GUID", id)
	}
	return nil
}
