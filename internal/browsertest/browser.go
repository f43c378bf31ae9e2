package browsertest

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/url"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// The size of a page's window, in CSS pixels.
const (
	width  = 1280
	height = 900
)

// patience is how long a page may take to become what a test waits for; a machine
// that runs other tests too can be slow.
const patience = 2 * time.Minute

// Config says what kind of person sits in front of a browser. The zero Config is
// somebody with scripts, no proxy, and no language of their own.
type Config struct {
	// Proxy is where the browser sends all requests.
	Proxy *url.URL
	// Authority is a certificate authority that the browser trusts besides those
	// of the system, as after an exception that a person has made.
	Authority *x509.Certificate
	// NoScript has the browser run no scripts of pages.
	NoScript bool
	// Language is what the browser asks pages for, as in Accept-Language.
	Language string
}

// Page is what a person sees of a browser: one page, which leads to others. It is for
// the goroutine of the test, which ends when something is not as it should be.
type Page struct {
	t         testing.TB
	ctx       context.Context
	config    Config
	watch     *watch
	downloads string
	failed    bool
}

// Need skips a test where there is no browser, for tests that begin with something
// else.
func Need(t testing.TB) {
	t.Helper()
	if _, err := find(); err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
}

// New starts a browser with an empty page. It ends with the test, and what it has
// noted by then fails the test.
func New(t testing.TB, c Config) *Page {
	t.Helper()
	Need(t)
	program, err := find()
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.WindowSize(width, height), chromedp.UserDataDir(t.TempDir()),
		chromedp.Env("LC_ALL=C.UTF-8")) // or it finds no file with a č in its name, where the locale of the environment is not installed
	if c.Proxy != nil {
		options = append(options, chromedp.ProxyServer(c.Proxy.String()))
	}
	if c.Authority != nil {
		key := sha256.Sum256(c.Authority.RawSubjectPublicKeyInfo)
		options = append(options, chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(key[:])))
	}
	// The test's own context ends before its cleanups, in which the browser is closed.
	ctx, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(stop)
	return open(ctx, t, c)
}

// Another opens another page of the same browser, which a site takes for the same
// person: it has the cookies of this one.
func (p *Page) Another() *Page {
	p.t.Helper()
	return open(p.ctx, p.t, p.config)
}

// open opens a page in the browser of a context, which it starts if need be.
func open(ctx context.Context, t testing.TB, c Config) *Page {
	t.Helper()
	ctx, stop := chromedp.NewContext(ctx)
	p := &Page{t: t, ctx: ctx, config: c, watch: newWatch(), downloads: t.TempDir()}
	t.Cleanup(func() {
		stop()
		for _, fault := range p.watch.faults() {
			t.Errorf("in the browser: %s", fault)
		}
	})
	// The browser lives as long as the context of the first thing that it does.
	// A second attempt to start one that did not start is a panic.
	err := chromedp.Do(ctx)
	if err == nil {
		err = errors.Join(chromedp.Listen(ctx, p.watch.note), chromedp.ListenBrowser(ctx, p.watch.note))
	}
	if err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	events := true
	_, err = chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: p.downloads, EventsEnabled: &events,
		BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
	})
	if err != nil {
		t.Fatalf("say where files go: %v", err)
	}
	// Not by the size of the window, which holds the browser's own parts as well.
	call(p, "give the page its size", emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
	if c.NoScript {
		p.scripts(false)
	}
	if c.Language != "" {
		call(p, "choose a language", network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": c.Language}})
	}
	return p
}

// scripts switches the scripts of pages on or off.
func (p *Page) scripts(on bool) {
	p.t.Helper()
	call(p, "switch scripts", emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// find looks for Chromium, or for what is built of it, in PATH.
func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium in PATH; on Debian: apt-get install chromium")
}

// call has the browser carry out a command on the page.
func call[P, R any](p *Page, what string, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		p.fail("%s: %v", what, err)
	}
	return result
}

// fail ends the test, after it has kept an image of the page where people look for
// such.
func (p *Page) fail(format string, args ...any) {
	p.t.Helper()
	if !p.failed { // or the image is what has failed
		p.failed = true
		p.Keep("failed")
	}
	p.t.Fatalf(format, args...)
}
