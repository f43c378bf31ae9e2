package local_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stafett/stafett/local"
)

// audit is a script that tells what on a page keeps people from using it.
//
//go:embed testdata/accessibility.js
var audit string

// browser is a real browser with one page open.
type browser struct {
	*testing.T
	ctx context.Context
}

// newBrowser starts Chromium, which finds the platform by its proxy and trusts
// its certificates as a person's browser would after an exception.
func newBrowser(t *testing.T, platform *local.Platform) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("STAFETT_NO_SKIP") != "" {
			t.Fatal(err)
		}
		t.Skip("chromium is not here")
	}
	proxy, err := platform.ServeProxy(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(platform.CertificatePEM())
	authority, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	trusted := sha256.Sum256(authority.RawSubjectPublicKeyInfo)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.ProxyServer(proxy.String()), chromedp.WindowSize(1100, 900),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(trusted[:])))
	ctx, stop := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	t.Cleanup(stop)
	ctx, stopBrowser := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stopBrowser)
	ctx, closePage := chromedp.NewContext(ctx)
	t.Cleanup(closePage)
	if err := chromedp.Do(ctx); err != nil { // the browser lives as long as the context of the first step
		t.Fatal(err)
	}
	return &browser{t, ctx}
}

func (b *browser) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.Fatalf("%s: %v", what, err)
	}
}

// click clicks on a link or button by its words, and waits for a page with a
// heading.
func (b *browser) click(words, heading string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(fmt.Sprintf(`//main//*[self::a or self::button][normalize-space(text()[1]) = %q]`, words))); err != nil {
		b.Fatalf("click on %s: %v", words, err)
	}
	b.see(heading)
}

// see waits for a page with a heading, and demands that everybody can use it.
func (b *browser) see(heading string) {
	b.Helper()
	b.do("wait for "+heading, chromedp.WaitVisible(fmt.Sprintf(`//h1[contains(normalize-space(.), %q)] | //h2[contains(normalize-space(.), %q)]`, heading, heading)))
	faults, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](audit))
	if err != nil {
		b.Fatal(err)
	}
	for _, fault := range faults {
		b.Errorf("on the page %q: %s", heading, fault)
	}
	if dir := os.Getenv("STAFETT_SCREENSHOTS"); dir != "" {
		image, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		if err != nil {
			b.Fatal(err)
		}
		name := strings.ReplaceAll(heading, " ", "-") + ".png"
		if err := os.WriteFile(filepath.Join(dir, name), image, 0o600); err != nil {
			b.Fatal(err)
		}
	}
}

// TestGuidedByHandInABrowser goes the whole way that somebody without an admin
// client goes, in a real browser at the page's real name: after it, the key that
// was made beforehand gets a token.
func TestGuidedByHandInABrowser(t *testing.T) {
	t.Parallel()
	platform := start(t, local.Config{Apps: folders(t, nil)})
	b := newBrowser(t, platform)
	const scope = "altinn:serviceowner/instances.read"
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := json.Marshal(jose.JSONWebKey{Key: &key.PublicKey, KeyID: "by-hand-1", Use: "sig", Algorithm: "RS256"})
	if err != nil {
		t.Fatal(err)
	}

	b.do("open the page", chromedp.Navigate("https://"+local.PortalHost+"/"))
	b.see("Logg inn")
	b.click("Logg inn", "Klienter")
	b.click("Opprett klient", "Opprett klient")
	b.click("Maskinporten", "Opprett klient for Maskinporten")
	b.click("Opprett", "Opprett klient for Maskinporten") // with nothing filled in
	b.do("read the fault", chromedp.WaitVisible(`//*[@role="alert" and contains(., "Skriv et visningsnavn")]`))
	b.do("fill in", chromedp.SendKeys(chromedp.ID("name"), "skjema-test"), chromedp.SendKeys(chromedp.ID("description"), "Leser skjemaer"))
	b.click("Opprett", "skjema-test")
	clientID, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.ID("client-id")))
	if err != nil {
		t.Fatal(err)
	}

	b.click("Nøkler", "Nøkler")
	b.click("Legg til", "Legg til nøkkel")
	b.do("paste a list", chromedp.SetValue(chromedp.ID("key"), "["+string(public)+"]"))
	b.click("Lagre", "Legg til nøkkel")
	b.do("read the fault", chromedp.WaitVisible(`//*[@role="alert" and contains(., "uten klammene")]`))
	b.do("paste the key", chromedp.SetValue(chromedp.ID("key"), string(public)))
	b.click("Lagre", "Nøkler")
	b.do("see the key", chromedp.WaitVisible(`//th[contains(., "by-hand-1")]`))

	b.click("Scopes", "Scopes")
	b.do("choose", chromedp.Click(fmt.Sprintf(`//input[@type="checkbox" and @value=%q]`, scope)))
	b.click("Legg til valgte", "Scopes")
	b.do("see the scope", chromedp.WaitVisible(fmt.Sprintf(`//th[contains(., %q)]`, scope)))

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
	platform := start(t, local.Config{Apps: folders(t, nil)})
	b := newBrowser(t, platform)
	address, err := platform.ServePortal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.do("open the page", chromedp.Navigate(address.String()))
	b.see("Logg inn")
	b.do("be a private person", chromedp.Click(chromedp.ID("person-0")))
	b.click("Logg inn", "Klienter")
	b.do("read what is missing", chromedp.WaitVisible(`//p[contains(., "Du har ikke rettigheten")]`))

	// The check for accessibility must be able to fail.
	b.do("open a poor page", chromedp.Navigate(`data:text/html,<h3>x</h3><input id="a"><p id="a" style="color:%23999">x</p><a href="."></a>`))
	faults, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](audit))
	if err != nil || len(faults) != 9 { // language, title, h1, main, level, id, label, words, contrast
		t.Errorf("on a poor page: %q, %v", faults, err)
	}
}
