package fill_test

import (
	"net/http"
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
