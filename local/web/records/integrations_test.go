package records_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stafett/stafett/local/control"
)

const (
	readScope  = "altinn:serviceowner/instances.read"
	writeScope = "altinn:serviceowner/instances.write"
)

func TestIntegrationTellsWhichSecretHoldsItsKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	held, lost := w.newSigner("key-held"), w.newSigner("key-lost")
	client := w.integration("mottak", []string{readScope, writeScope}, held, lost)
	w.vault(http.MethodPut, "/secrets/Section--EncodedJwk", map[string]any{"value": "the-value-of-it", "tags": map[string]string{"kid": held.id, "thumbprint": held.thumbprint()}})
	w.vault(http.MethodPut, "/secrets/Section--EncodedJwk", map[string]any{"value": "another-value"})
	w.vault(http.MethodPut, "/secrets/Namesake--EncodedJwk", map[string]any{"value": "the-value-of-a-namesake", "tags": map[string]string{"kid": lost.id, "thumbprint": "of-another-key"}})
	w.must(w.platform.Registry().RevokeAccess(writeScope, client.OrgNumber))

	list := w.get("/records/integrations")
	list.shows("Ferdselstilsynet", "mottak", client.ClientID, "365 dager igjen", "virksomheten har ikke tilgang", "aktiv")
	one := w.get(list.link("mottak"))
	one.shows("<h1", "mottak", "for a test", held.id, lost.id, held.thumbprint(), lost.thumbprint(), "RS256, 2048 bit",
		`href="/records/secrets/Section--EncodedJwk"`, "tidligere versjon", "Ingen hemmelighet i hvelvet sier at den har nøkkelen",
		readScope[:len("altinn:serviceowner/")], "tildelt", "virksomheten har ikke tilgang", "Integrasjonen har ikke bedt om token ennå")
	one.lacks("Namesake--EncodedJwk", "the-value", "another-value")

	w.get("/records/integrations?q=KEY-LOST").shows("mottak").lacks(">fts-admin<")
	w.get("/records/integrations?q=nothing-is-called-so").shows("Ingen integrasjoner passer").lacks("mottak")
	if missing := w.get("/records/integrations/" + client.ClientID + "0"); missing.status != http.StatusNotFound {
		t.Errorf("an integration that is not there is answered with %d", missing.status)
	}

	w.must(w.platform.Registry().DeactivateClient(client.ClientID))
	w.get("/records/integrations").lacks(">mottak</a>")
	w.get("/records/integrations?inactive=1").shows(">mottak</a>", "deaktivert")
	w.get("/records/integrations/" + client.ClientID).shows("Maskinporten gir den ingen token")
}

func TestIntegrationWarnsOfItsKeysEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const day = 24 * time.Hour
	for _, test := range []struct {
		name string
		age  time.Duration
		want []string
	}{
		{"new", time.Hour, []string{"365 dager igjen"}},
		{"soon", 305 * day, []string{"60 dager igjen – planlegg fornyelse", "stafett rotate --local"}},
		{"month", 335 * day, []string{"30 dager igjen – forny snart"}},
		{"week", 358 * day, []string{"7 dager igjen – forny nå"}},
		{"day", 364*day + time.Hour, []string{"utløper innen ett døgn"}},
		{"expired", 366 * day, []string{"utløpt", "Maskinporten svarer MP-121"}},
	} {
		client := w.integration(test.name, []string{readScope}, w.newSigner("key-"+test.name))
		_, err := w.platform.Age(control.Aging{Client: client.ClientID, By: test.age})
		w.must(err)
		w.get("/records/integrations?q=" + test.name).shows(test.want[0])
		w.get("/records/integrations/" + client.ClientID).shows(test.want...)
	}
	// One key that lasts is enough.
	both := w.integration("both", []string{readScope}, w.newSigner("key-old"))
	_, err := w.platform.Age(control.Aging{Client: both.ClientID, By: 366 * day})
	w.must(err)
	_, err = w.platform.Registry().PutKey(both.ClientID, publicOf(w.newSigner("key-fresh")))
	w.must(err)
	w.get("/records/integrations/"+both.ClientID).shows("utløpt", "365 dager igjen").lacks("MP-121")
}

func TestIntegrationTellsOfChangesOnTheirWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.integration("underveis", []string{readScope}, w.newSigner("key-1"))
	w.get("/records/integrations").lacks("på vei til Maskinporten")
	w.must(w.platform.SetPropagation(5 * time.Minute))
	w.get("/records/integrations").shows("på vei til Maskinporten")
	w.get("/records/integrations/" + client.ClientID).shows("har ikke nådd Maskinporten ennå")
	w.get("/records/integrations?q=fts-admin").lacks("på vei til Maskinporten") // known from the start
}

// What people have written themselves is shown without identity numbers too.
func TestIntegrationsShowNoIdentityNumberThatSomebodyWrote(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	number := w.platform.Seed().Persons[0].SSN
	client, err := w.platform.Registry().CreateByHand(w.platform.Seed().OrgNumber, "for "+number, "til "+number, []string{readScope})
	w.must(err)
	w.get("/records/integrations").shows("for [redacted]")
	w.get("/records/integrations/" + client.ClientID).shows("til [redacted]")
}
