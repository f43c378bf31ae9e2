package maskinporten_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/selfservice"
)

// person is a synthetic number.
const person = "01817000135"

func systemUserOf(number string) object {
	return object{"type": "urn:altinn:systemuser", "systemuser_org": object{"authority": "iso6523-actorid-upis", "ID": "0192:" + number}}
}

var badDetails = errorBody("invalid_altinn_customer_configuration", "Invalid authorization details", "MP-303")

// withDetails asks for a token with one authorization detail.
func (w *world) withDetails(details, claims object) string {
	return w.assertion(fault{claims: object{"authorization_details": []object{details}}.with(claims)})
}

func TestSystemUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, err := w.registry.AddSystemUser(selfservice.SystemUser{SystemID: agency + "_regnskap", OrgNumber: club, ClientIDs: []string{w.client.ClientID}})
	w.must(err)
	second, err := w.registry.AddSystemUser(selfservice.SystemUser{SystemID: agency + "_regnskap", OrgNumber: club, ExternalRef: "kunde-æ_42", ClientIDs: []string{w.client.ClientID}})
	w.must(err)
	_, err = w.registry.AddSystemUser(selfservice.SystemUser{SystemID: agency + "_regnskap", OrgNumber: digdir, ExternalRef: "a", ClientIDs: []string{w.client.ClientID}})
	w.must(err)
	_, err = w.registry.AddSystemUser(selfservice.SystemUser{SystemID: "x", OrgNumber: agency, ClientIDs: []string{"another"}})
	w.must(err)
	for name, c := range map[string]struct {
		reference any
		want      selfservice.SystemUser
	}{
		"no reference":         {nil, first},
		"customer's number":    {club, first},
		"reference of its own": {"kunde-æ_42", second},
	} {
		details := systemUserOf(club).with(object{"externalRef": c.reference})
		_, claims := w.verified(w.granted(name, w.grant(w.withDetails(details, nil))).AccessToken)
		want := `{"authorization_details":[{"type":"urn:altinn:systemuser","systemuser_org":{"authority":"iso6523-actorid-upis","ID":"0192:` + club +
			`"},"systemuser_id":["` + c.want.ID + `"],"system_id":"` + agency + `_regnskap"}],"scope":`
		if !strings.HasPrefix(claims, want) || !strings.HasSuffix(claims, `"consumer":{"authority":"iso6523-actorid-upis","ID":"0192:`+agency+`"}}`) {
			t.Errorf("%s: claims are %s", name, claims)
		}
	}
	org := func(authority, id string) object {
		return object{"type": "urn:altinn:systemuser", "systemuser_org": object{"authority": authority, "ID": id}}
	}
	for name, details := range map[string]object{
		"another reference":    systemUserOf(club).with(object{"externalRef": "kunde-1"}),
		"reference left out":   systemUserOf(digdir),
		"another's client":     systemUserOf(agency),
		"no organisation":      {"type": "urn:altinn:systemuser"},
		"another register":     org("iso6523-actorid-upis", "9908:"+club),
		"another authority":    org("x", "0192:"+club),
		"a number alone":       org("iso6523-actorid-upis", club),
		"reference with space": systemUserOf(club).with(object{"externalRef": "kunde 1"}),
		"long reference":       systemUserOf(club).with(object{"externalRef": strings.Repeat("x", 256)}),
		"empty reference":      systemUserOf(club).with(object{"externalRef": ""}),
		"reference a number":   systemUserOf(club).with(object{"externalRef": 5}),
	} {
		w.refused(name, w.grant(w.withDetails(details, nil)), 400, badDetails)
	}
	good := systemUserOf(club)
	w.granted("one", w.grant(w.assertion(fault{claims: object{"authorization_details": []object{good}}})))
	for name, details := range map[string]any{"two that are right": []object{good, good}, "none": []object{}, "not in a list": good} {
		w.refused(name, w.grant(w.assertion(fault{claims: object{"authorization_details": details}})), 400, badDetails)
	}
	for name, user := range map[string]selfservice.SystemUser{
		"the same again": {SystemID: agency + "_regnskap", OrgNumber: club, ClientIDs: []string{"x"}},
		"no client":      {SystemID: "y", OrgNumber: club},
		"no system":      {OrgNumber: club, ClientIDs: []string{"x"}},
		"no number":      {SystemID: "y", ClientIDs: []string{"x"}},
	} {
		if _, err := w.registry.AddSystemUser(user); err == nil {
			t.Errorf("added %s", name)
		}
	}
}

func TestConsents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const id = "0a7d59f8-8c62-4312-9fb4-62456664c96f"
	const from = "urn:altinn:person:identifier-no:" + person
	consent := selfservice.Consent{
		ID: id, From: from, To: agency, Consented: w.clock.now().Add(-time.Hour), ValidTo: w.clock.now().Add(time.Hour),
		Rights: []selfservice.ConsentRight{{
			Action: []string{"consent"}, Resource: []selfservice.ConsentResource{{Type: "urn:altinn:resource", Value: "enkelt-samtykke"}},
			Metadata: map[string]string{"inntektsaar": "2028"},
		}},
	}
	w.must(w.registry.AddConsent(consent))
	details := object{"type": "urn:altinn:consent", "id": id, "from": from}
	_, claims := w.verified(w.granted("consent", w.grant(w.withDetails(details, nil))).AccessToken)
	want := `{"authorization_details":[{"type":"urn:altinn:consent","id":"` + id + `","from":"` + from + `","to":{"authority":"iso6523-actorid-upis","ID":"0192:` + agency +
		`"},"consented":"2026-11-22T11:00:00.5+00:00","validTo":"2026-11-22T13:00:00.5+00:00","consentRights":[{"action":["consent"],` +
		`"resource":[{"type":"urn:altinn:resource","value":"enkelt-samtykke"}],"metadata":{"inntektsaar":"2028"}}]}],"scope":`
	if !strings.HasPrefix(claims, want) {
		t.Errorf("claims are %s\nwant %s", claims, want)
	}
	if issued := w.server.Issued(); len(issued) != 1 || strings.Contains(issued[0].Claims, person) {
		t.Error("what is told of the token has the number of a person")
	}
	// A consent that is given to a consumer is its supplier's to use.
	w.must(w.registry.AddDelegation(selfservice.Delegation{Scope: delegable, Consumer: club, Supplier: agency}))
	w.must(w.registry.GrantAccess(delegable, club))
	delegated := object{"scope": delegable, "consumer_org": club}
	w.refused("not the consumer's", w.grant(w.withDetails(details, delegated)), 400, badDetails)
	given := consent
	given.ID, given.To = "other", club
	w.must(w.registry.AddConsent(given))
	w.granted("the consumer's", w.grant(w.withDetails(details.with(object{"id": "other"}), delegated)))

	for name, changed := range map[string]object{
		"unknown id":       {"id": "x"},
		"no id":            {"id": nil},
		"another person's": {"from": "urn:altinn:organization:identifier-no:" + club},
		"another's":        {"id": "other"},
	} {
		w.refused(name, w.grant(w.withDetails(details.with(changed), nil)), 400, badDetails)
	}
	w.refused("unknown member", w.grant(w.withDetails(details.with(object{"to": "x"}), nil)), 400,
		errorBody("invalid_request", "Unknown fields in authorization details", "MP-302"))
	w.clock.advance(time.Hour)
	w.refused("no longer valid", w.grant(w.withDetails(details, nil)), 400, badDetails)
	if w.registry.AddConsent(selfservice.Consent{ID: "x", From: from}) == nil {
		t.Error("added a consent to nobody")
	}
}
