package fill_test

import (
	"strings"
	"testing"

	"github.com/stafett/stafett/internal/browsertest"
)

// With the script, the list of what is wrong follows what is corrected, and goes
// with the last fault.
func TestTheListOfFaultsFollowsWhatIsCorrected(t *testing.T) {
	t.Parallel()
	browsertest.Need(t)
	w := newWorld(t)
	b := w.open()
	b.Follow(browsertest.Button("Neste"))
	b.Type(browsertest.Field("Første dag"), "i morgen")
	b.Type(browsertest.Field("Antall turer"), "2,5")
	b.Follow(browsertest.Button("Neste"))
	list := browsertest.Path(`//*[@id="faults"]`)
	date := browsertest.Link("Skriv «Første dag» som en dato, for eksempel 17.05.2026.")
	whole := browsertest.Link("Skriv «Antall turer» som et helt tall, for eksempel 12.")
	b.See(date)
	b.See(whole)
	if !b.Focused(list) {
		t.Error("the list does not have the focus")
	}
	b.Audit()
	b.Keep("faults")
	b.Click(date)
	if !b.Focused(browsertest.Field("Første dag")) {
		t.Error("the link does not lead to the field")
	}
	b.Rewrite("05.07.2027")
	b.Press("\t")
	b.Lack(date)
	b.See(whole)
	b.Type(browsertest.Field("Siste dag"), "01.01.2020") // a new one is listed too
	b.Press("\t")
	b.See(browsertest.Link("«Siste dag» kan ikke være før 01.03.2027."))
	b.Click(whole)
	b.Rewrite("2")
	b.Click(browsertest.Field("Siste dag"))
	b.Rewrite("")
	b.Press("\t")
	b.Lack(list)
}

// Beside a long text stands how much room is left, also after it is saved. It is
// told to those who listen when they stop writing.
func TestTheRoomThatIsLeftForAText(t *testing.T) {
	t.Parallel()
	browsertest.Need(t)
	w := newWorld(t)
	b := w.open()
	b.Follow(browsertest.Button("Neste"))
	route := browsertest.Field("Rute")
	b.Type(route, "ŋ đ ŧ")
	b.See(browsertest.Path(`//p[@class="fill-count"][.="495 tegn igjen"]`))
	b.See(browsertest.Path(`//p[@id="count-status"][@role="status"][.="495 tegn igjen"]`))
	b.Paste(route, strings.Repeat("x", 503))
	b.Press("\t")
	b.See(browsertest.Path(`//p[contains(@class, "ds-validation-message")][contains(., "Skriv høyst 500 tegn")]`))
	b.See(browsertest.Path(`//p[@class="fill-count"][@data-state="over"][.="3 tegn for mye"]`))
	b.Audit()
	b.Keep("count")
	b.Reload()
	b.See(browsertest.Path(`//p[@class="fill-count"][@data-state="over"][.="3 tegn for mye"]`))
}

// A button does not take the page away while nothing answers.
func TestAButtonWaitsForAnAnswer(t *testing.T) {
	t.Parallel()
	browsertest.Need(t)
	w := newWorld(t)
	b := w.open()
	w.must(w.server.Listener.Close())
	w.server.CloseClientConnections()
	silent := browsertest.Path(`//p[@id="save-status"][contains(., "svarer ikke")]`)
	b.Type(browsertest.Field("Navn"), "Máret")
	b.Press("\t")
	b.See(silent)
	b.Click(browsertest.Button("Neste"))
	b.See(silent)
	b.Forgive("ERR_")
	if got := b.Value(browsertest.Field("Navn")); got != "Máret" {
		t.Errorf("the name is %q", got)
	}
}
