package serve_test

import (
	"strings"
	"testing"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/serve"
)

// Nobody calls anybody: a form that is sent in becomes a receiving instance.
func TestAFormIsHandedOverWithoutAnyCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	log := &logged{}
	server := w.start(func(cfg *serve.Config) { cfg.Logger = log.logger() })
	form := w.sendIn()
	record := w.awaitDone(server.Operations(), form)
	all := w.received()
	if len(all) != 1 || all[0].ID != record.Receiving || all[0].DataValues[handover.Stamp] != record.Key {
		t.Errorf("received %d instances, recorded %s", len(all), record.Receiving)
	}
	if record.Trigger != handover.BySweep {
		t.Errorf("trigger %q", record.Trigger)
	}
	for _, private := range []string{w.person.SSN, w.person.Name, "eyJ", w.platform.Seed().AzureClientSecret.Reveal()} {
		if strings.Contains(log.String(), private) {
			t.Errorf("the log holds %q", private[:3])
		}
	}
}
