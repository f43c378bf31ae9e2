package maskinporten_test

import (
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/selfservice"
)

// European businesses need no client: the seal says who they are, and the scope that
// they are let in.
func TestEuropeanSeals(t *testing.T) {
	t.Parallel()
	authority, err := maskinporten.NewBusinessAuthority(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(cfg *maskinporten.Config) { cfg.CertificateRoots = authority.Roots() })
	const european = "fts:europa/turer"
	w.must(w.registry.AddScope(selfservice.Scope{Name: european, OwnerOrgNumber: agency, EuropeanBusinesses: true, TokenMaxAge: 60}))
	stranger, err := maskinporten.NewBusinessAuthority(w.clock.now())
	w.must(err)
	full := maskinporten.Seal{Identifier: "VATSE-556000000001", Owner: pkix.Name{
		CommonName: "Fjäll AB", Organization: []string{"Fjällvandring AB"}, OrganizationalUnit: []string{"IT"}, Country: []string{"SE"},
	}}
	issue := func(by *maskinporten.BusinessAuthority, seal maskinporten.Seal) []string {
		chain, err := by.IssueSeal(seal, &otherKey().PublicKey, w.clock.now().Add(-time.Hour), w.clock.now().Add(time.Hour))
		w.must(err)
		return encoded(chain...)
	}
	ask := func(x5c []string, key *rsa.PrivateKey, changes object) string {
		return sign(object{"alg": "RS256", "x5c": x5c}, w.claims().with(object{"iss": "Fjäll", "scope": european}).with(changes), key)
	}
	x5c := issue(authority, full)
	qualified, bare := full, maskinporten.Seal{Identifier: "NTRNO-555555555", Owner: pkix.Name{CommonName: "Dagleg drift"}}
	qualified.Qualified = true
	for _, c := range []struct {
		x5c       []string
		amr, want string
	}{
		{x5c, "CForESeal", `"consumer":{"commonName":"Fjäll AB","organizationName":"Fjällvandring AB","organizationalUnitName":"IT","authority":"etsi-en-319-412","ID":"VATSE-556000000001","countryName":"SE"}}`},
		{issue(authority, qualified), "QCForESeal", `"ID":"VATSE-556000000001","countryName":"SE"}}`},
		{issue(authority, bare), "CForESeal", `"consumer":{"commonName":"Dagleg drift","authority":"etsi-en-319-412","ID":"NTRNO-555555555"}}`},
	} {
		response := w.granted(c.amr, w.grant(ask(c.x5c, otherKey(), nil)))
		leaf, err := x509.ParseCertificate(decoded(t, c.x5c[0]))
		w.must(err)
		_, claims := w.verified(response.AccessToken)
		if !strings.HasSuffix(claims, c.want) || !strings.Contains(claims, `"client_amr":"`+c.amr+`"`) ||
			!strings.Contains(claims, `"client_id":"eidas-`+leaf.SerialNumber.String()+`"`) || response.ExpiresIn != 59 {
			t.Errorf("expires in %d, claims are %s", response.ExpiresIn, claims)
		}
	}
	replayed := ask(x5c, otherKey(), nil)
	w.granted("the name of a client", w.grant(ask(x5c, otherKey(), object{"iss": w.client.ClientID})))
	w.granted("once", w.grant(replayed))
	w.refused("twice", w.grant(replayed), 400, invalidGrant("Grant is used before", "MP-012"))
	for name, c := range map[string]struct {
		x5c     []string
		key     *rsa.PrivateKey
		changes object
		status  int
		want    string
	}{
		"no iss":          {x5c, otherKey(), object{"iss": nil}, 400, invalidGrant(authenticationFailed, "MP-100")},
		"another issuer":  {issue(stranger, full), otherKey(), nil, 400, invalidGrant(certificateRefused, "MP-120")},
		"another key":     {x5c, clientKey(), nil, 400, invalidGrant(authenticationFailed+" Invalid JWT signature.", "MP-124")},
		"no such scope":   {x5c, otherKey(), object{"scope": "fts:x"}, 400, errorBody("invalid_scope", "Token request contains invalid scopes for client, fts:x", "MP-200")},
		"a closed scope":  {x5c, otherKey(), object{"scope": european + " " + openScope}, 403, errorBody("forbidden", "Consumer has not been granted access to the scope "+openScope+".", "MP-250")},
		"somebody else's": {x5c, otherKey(), object{"consumer_org": club}, 400, invalidAssertion},
		"system user":     {x5c, otherKey(), object{"authorization_details": []object{systemUserOf(club)}}, 400, badDetails},
	} {
		w.refused(name, w.grant(ask(c.x5c, c.key, c.changes)), c.status, c.want)
	}
	w.must(w.registry.DeactivateScope(european))
	w.refused("a scope out of use", w.grant(ask(x5c, otherKey(), nil)), 400,
		errorBody("invalid_scope", "Token request contains invalid scopes for client, "+european, "MP-200"))
}
