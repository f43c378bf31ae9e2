package fill_test

import (
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stafett/stafett/internal/browsertest"
)

// Somebody who goes on while nothing can be saved, and comes back, finds what was
// typed, and it is saved as soon as it can be.
func TestWhatCouldNotBeSentIsThereAfterGoingBack(t *testing.T) {
	t.Parallel()
	browsertest.Need(t)
	w := newWorld(t)
	b := w.open()
	refuse := func(r *http.Request) *http.Response {
		if r.Method != http.MethodPatch {
			return nil
		}
		return &http.Response{StatusCode: http.StatusInternalServerError, Header: http.Header{}, Body: http.NoBody, Request: r}
	}
	w.intercept.Store(&refuse)
	b.Type(browsertest.Field("Poststed"), "Kárášjohka")
	b.Press("\t")
	b.See(browsertest.Path(`//p[@id="save-status"][contains(., "Ikke lagret")]`))
	b.Follow(browsertest.Button("Neste"))
	b.See(browsertest.Heading("Noe gikk galt"))
	b.Forgive("502")
	w.intercept.Store(nil)
	b.Back()
	b.See(browsertest.Path(`//p[@id="save-status"][.="Lagret"]`))
	if got := b.Value(browsertest.Field("Poststed")); got != "Kárášjohka" {
		t.Errorf("the field holds %q", got)
	}
	b.Reload()
	if got := b.Value(browsertest.Field("Poststed")); got != "Kárášjohka" {
		t.Errorf("stored is %q", got)
	}
}

// A file that is on its way when somebody goes on is stored once.
func TestAFileOnItsWayIsStoredOnce(t *testing.T) {
	t.Parallel()
	browsertest.Need(t)
	w := newWorld(t)
	b := w.open()
	here := *b.Address()
	b.Open(w.console + path.Dir(here.Path) + "/grunnlag")
	var uploads atomic.Int32
	pressed := make(chan struct{})
	hold := func(r *http.Request) *http.Response {
		if r.Method != http.MethodPost || !strings.Contains(r.URL.Path, "/data/") || uploads.Add(1) > 1 {
			return nil
		}
		answer, err := w.platform.Transport.RoundTrip(r) //nolint:bodyclose // the console closes it
		if err != nil {
			return nil
		}
		<-pressed
		return answer
	}
	w.intercept.Store(&hold)
	name := filepath.Join(t.TempDir(), "kart.png")
	w.must(os.WriteFile(name, []byte("image"), 0o600))
	b.Attach("Kart med ruta tegnet inn (valgfritt)", name)
	b.See(browsertest.Path(`//p[@id="save-status"][contains(., "Laster opp")]`))
	b.Click(browsertest.Button("Forrige"))
	close(pressed)
	b.See(browsertest.Heading("Kjøretøy"))
	instance := strings.TrimPrefix(path.Dir(here.Path), "/fill/"+original+"/")
	in, err := w.as(0).Instance(t.Context(), original, instance)
	w.must(err)
	if got := len(in.DataOf("kart")); got != 1 {
		t.Errorf("%d files are stored", got)
	}
	if got := uploads.Load(); got != 1 {
		t.Errorf("%d uploads", got)
	}
}
