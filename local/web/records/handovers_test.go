package records_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/web/records"
)

// journal is a list of handovers, or the reason why there is none.
type journal struct {
	list records.HandoverList
	err  error
}

func (j *journal) List(_ context.Context, states []string, limit int) (records.HandoverList, error) {
	list := j.list
	list.Handovers = slices.DeleteFunc(slices.Clone(list.Handovers), func(h records.Handover) bool {
		return len(states) > 0 && !slices.Contains(states, h.State)
	})
	list.Handovers = list.Handovers[:min(limit, len(list.Handovers))]
	return list, j.err
}

func (j *journal) Show(_ context.Context, key string) (records.Handover, error) {
	for _, h := range j.list.Handovers {
		if h.Key == key {
			return h, j.err
		}
	}
	return records.Handover{}, records.ErrNoHandover
}

func TestHandoversTellHowFarEachFormHasCome(t *testing.T) {
	t.Parallel()
	const person, organisation = "50900001/1c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a11", "50700001/2c1f3b0e-8a54-4c0e-9d49-0b1f6d1f7a12"
	next := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	w := newWorld(t, local.WithHandovers(&journal{list: records.HandoverList{
		Paused: []string{"a-til-b"}, Counts: map[string]int{"done": 1, "failed": 2, "unclear": 1},
		Handovers: []records.Handover{
			{
				Key: "k1", State: "unclear", Source: person, Reference: "0b1f6d1f7a11", From: "fts/a", To: "fts/b", NextTry: next,
				Fault: "POST /fts/b/instances: no answer for 26 01 01 12345",
			},
			{
				Key: "k2", State: "failed", Settled: true, Source: person, Reference: "0b1f6d1f7a99", From: "fts/a", To: "fts/b",
				Fault: "POST /fts/b/instances: 403 Forbidden", Attempts: 3,
			},
			{
				Key: "k3", State: "done", Settled: true, Source: person, Reference: "0b1f6d1f7a13", From: "fts/a", To: "fts/b", Receiving: organisation,
				Trigger: "sweep", Recipient: "organisation:313547264", Attempts: 1, FormSHA256: "f00d", Confirmed: true,
				Files:      []records.HandoverFile{{DataType: "kart", Size: 12345, SHA256: "beef", Verified: true}, {DataType: "bilde"}},
				Duplicates: []records.HandoverDuplicate{{Instance: "50700001/other", Fate: "marked"}},
			},
		},
	}}))
	list := w.get("/records/handovers")
	list.shows("0b1f6d1f7a11", "uklart utfall", "[redacted]", "Ny sjekk 22. november 2026 kl. 13:00", "0b1f6d1f7a99", "mislyktes", "0b1f6d1f7a13", "ferdig", organisation,
		"3 av 4 i journalen", "mislyktes (2)", "stafett handover resume a-til-b --local").lacks("26 01 01 12345")
	w.get("/records/handovers?state=failed").shows("0b1f6d1f7a99").lacks("0b1f6d1f7a13")
	w.get("/records/handovers?q=403").shows("0b1f6d1f7a99").lacks("0b1f6d1f7a13")
	w.get("/records/handovers?state=failed&q=nothing").shows("Ingen overføringer passer")
	w.get("/records/handovers?state=no-such-state").shows("0b1f6d1f7a13") // as without

	w.get("/records/handovers/k1").shows("Svaret ble borte", "[redacted]", "Ny sjekk").lacks("26 01 01 12345", "stafett handover retry", "bekreftet mottatt")
	w.get("/records/handovers/k2").shows("403 Forbidden", "stafett handover retry 0b1f6d1f7a99 --local", "Ikke ennå")
	done := w.get("/records/handovers/k3")
	done.shows("Skjemaet er båret over", "gjennomgang av det som er sendt inn", "Ferdselstilsynet, organisasjonsnummer 313547264", "Originalen er bekreftet mottatt", "Velg hvem du er, for å åpne den.", "kart", "12 kB", "beef", "lest tilbake og like",
		"Ikke lest ennå", "merket som duplikat", "f00d", `href="/story?instance=`+strings.ToLower(url.QueryEscape(organisation))+`"`).lacks(`href="/inbox/`)
	if missing := w.get("/records/handovers/k4"); missing.status != http.StatusNotFound {
		t.Errorf("a handover that is not there is answered with %d", missing.status)
	}

	w.choose(0) // she has an inbox of her own, and no part in that of the organisation
	w.get("/records/handovers/k3").shows(`href="/inbox/`+person+`"`, "Du kan ikke handle på vegne av den som eier den.").lacks(`href="/inbox/` + organisation)
	w.choose(1)
	w.get("/records/handovers/k3").shows(`href="/inbox/` + organisation + `"`).lacks(`href="/inbox/` + person)
}

func TestHandoversSayWhyThereAreNone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		handovers records.Handovers
		want      string
		status    int
	}{
		{"nobody tells", nil, "kjenner ingen overføringer", http.StatusOK},
		{"not prepared", &journal{err: &records.NoJournalError{Command: "stafett prepare --local -p x"}}, "stafett prepare --local -p x", http.StatusOK},
		{"no form", &journal{}, "Ingen skjemaer er sendt inn ennå", http.StatusOK},
		{"broken", &journal{err: errors.New("the journal is broken")}, "the journal is broken", http.StatusInternalServerError},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, local.WithHandovers(test.handovers))
			if p := w.get("/records/handovers").shows(test.want); p.status != test.status {
				t.Errorf("answered with %d, want %d", p.status, test.status)
			}
			if one := w.get("/records/handovers/k"); one.status != http.StatusNotFound {
				t.Errorf("a handover is answered with %d", one.status)
			}
		})
	}
}
