package walk_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/internal/browsertest"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/platformtest"
)

// portalPlatform starts a platform whose Samarbeidsportalen is used by its name.
func portalPlatform(t *testing.T) *platformtest.Platform {
	t.Helper()
	browsertest.Need(t)
	dir := t.TempDir()
	if err := examples.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	return platformtest.Start(t, filepath.Join(dir, examples.ReceivingApp))
}

// The parts of a page: within its main part, and a message about a fault.
func button(name string) browsertest.Element { return inMain(browsertest.Button(name)) }
func link(name string) browsertest.Element   { return inMain(browsertest.Link(name)) }

func inMain(e browsertest.Element) browsertest.Element { return e.In(browsertest.Role("main", "")) }

func alert(words string) browsertest.Element {
	return browsertest.Path(`//*[@role="alert" and contains(., "` + words + `")]`)
}

// newPage opens a page in a browser, which finds the platform by its proxy and trusts
// its certificates as a person's browser would after an exception.
func newPage(t *testing.T, platform *platformtest.Platform) *browsertest.Page {
	t.Helper()
	proxy, err := platform.ServeProxy(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(platform.CertificatePEM())
	authority, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return browsertest.New(t, browsertest.Config{Proxy: proxy, Authority: authority})
}

// see waits for a page with a heading, and demands that everybody can use it.
func see(p *browsertest.Page, heading string) {
	p.See(browsertest.Heading(heading))
	p.Audit()
	p.Keep(heading)
}

// follow clicks on a link or a button, and waits for a page with a heading.
func follow(p *browsertest.Page, e browsertest.Element, heading string) {
	p.Follow(e)
	see(p, heading)
}

// TestGuidedByHandInABrowser goes the whole way that somebody without an admin
// client goes, in a real browser at the page's real name: after it, the key that
// was made beforehand gets a token.
func TestGuidedByHandInABrowser(t *testing.T) {
	t.Parallel()
	platform := portalPlatform(t)
	p := newPage(t, platform)
	const scope = "altinn:serviceowner/instances.read"
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := json.Marshal(jose.JSONWebKey{Key: &key.PublicKey, KeyID: "by-hand-1", Use: "sig", Algorithm: "RS256"})
	if err != nil {
		t.Fatal(err)
	}

	p.Open("https://" + local.PortalHost + "/")
	see(p, "Logg inn")
	follow(p, button("Logg inn"), "Klienter")
	follow(p, link("Opprett klient"), "Opprett klient")
	follow(p, link("Maskinporten"), "Opprett klient for Maskinporten")
	follow(p, button("Opprett"), "Opprett klient for Maskinporten") // with nothing filled in
	p.See(alert("Skriv et visningsnavn"))
	p.Type(browsertest.Field("Visningsnavn"), "skjema-test")
	p.Type(browsertest.Field("Beskrivelse"), "Leser skjemaer")
	follow(p, button("Opprett"), "skjema-test")
	clientID := p.Text(browsertest.Path(`//*[@id="client-id"]`))

	follow(p, link("Nøkler"), "Nøkler")
	follow(p, link("Legg til"), "Legg til nøkkel")
	p.Paste(browsertest.Path("//textarea"), "["+string(public)+"]")
	follow(p, button("Lagre"), "Legg til nøkkel")
	p.See(alert("uten klammene"))
	p.Paste(browsertest.Path("//textarea"), string(public))
	follow(p, button("Lagre"), "Nøkler")
	p.See(browsertest.Role("rowheader", "by-hand-1"))

	follow(p, link("Scopes"), "Scopes")
	p.Click(browsertest.Box(scope))
	follow(p, button("Legg til valgte"), "Scopes")
	p.See(browsertest.Role("rowheader", scope))

	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "by-hand-1"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Unix()
	grant, err := jwt.Signed(signer).Claims(map[string]any{
		"aud": "https://" + local.MaskinportenHost + "/", "iss": clientID, "scope": scope, "iat": now, "exp": now + 60, "jti": rand.Text(),
	}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	response, err := platform.Client().Post("https://"+local.MaskinportenHost+"/token", "application/x-www-form-urlencoded",
		strings.NewReader("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion="+grant))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("Maskinporten answers %d", response.StatusCode)
	}
}

// TestPortalAddressInABrowser shows that forms work at the loopback address, and
// that a private person is told what is missing.
func TestPortalAddressInABrowser(t *testing.T) {
	t.Parallel()
	platform := portalPlatform(t)
	p := newPage(t, platform)
	address, err := platform.ServePortal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.Open(address.String())
	see(p, "Logg inn")
	p.Click(browsertest.Path(`//*[@id="person-0"]`))
	follow(p, button("Logg inn"), "Klienter")
	p.Read("Du har ikke rettigheten")
}
