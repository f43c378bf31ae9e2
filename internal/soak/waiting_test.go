//go:build !race

package soak_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/project"
)

// BenchmarkManyWaiting measures what it costs the service that 100,000 handovers
// wait: how fast it works compared with a journal in which only those wait that it
// works in the meantime, how much memory it takes, and how many requests a look for
// an instance takes.
func BenchmarkManyWaiting(b *testing.B) {
	const (
		many = 100_000
		took = 1000
	)
	measure := func(b *testing.B, waiting int) (rate, megabytes, lists float64) {
		b.Helper()
		w := newWorld(b)
		j := w.inFile(b)
		if err := w.waiting(b.Context(), j, waiting); err != nil {
			b.Fatal(err)
		}
		s := w.serve(b, "", nil, append(j.args, "--sweep-every", "1h")...)
		if err := j.works(b.Context(), took/5); err != nil { // until it is under way
			b.Fatal(errorAnd(err, s))
		}
		before, start := w.requests.soFar(), time.Now()
		if err := j.works(b.Context(), took); err != nil {
			b.Fatal(errorAnd(err, s))
		}
		rate = took * 0.8 / time.Since(start).Seconds()
		asked := w.requests.soFar().less(before)
		megabytes = s.peakMemory(b)
		s.kill()
		return rate, megabytes, float64(asked.lists) / (took * 0.8)
	}
	for b.Loop() {
		few, fewMemory, fewLists := measure(b, took)
		rate, memory, lists := measure(b, many)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(few, "few/s")
		b.ReportMetric(rate, "many/s")
		b.ReportMetric(rate/few, "ratio")
		b.ReportMetric(fewMemory, "few-MiB")
		b.ReportMetric(memory, "many-MiB")
		b.ReportMetric(fewLists, "few-lists/handover")
		b.ReportMetric(lists, "many-lists/handover")
	}
}

// likenessPrefix begins the GUIDs of sources that are not in Storage. The platform
// answers for them with the first form under their id.
const likenessPrefix = "00000000-0000-4000-8000-"

// likeness answers for the sources that are not there.
func (w *world) likeness(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		at := strings.Index(r.URL.Path, likenessPrefix)
		if at < 0 {
			next.ServeHTTP(rw, r)
			return
		}
		guid := r.URL.Path[at : at+len("00000000-0000-4000-8000-000000000000")]
		_, first, _ := strings.Cut(w.sent.all()[0].source, "/")
		r = r.Clone(r.Context())
		r.URL.Path = strings.Replace(r.URL.Path, guid, first, 1)
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		answer.Body = bytes.NewBuffer(bytes.ReplaceAll(answer.Body.Bytes(), []byte(first), []byte(guid)))
		pass(rw, answer, 0)
	})
}

// waiting stores planned handovers of sources that are not there.
func (w *world) waiting(ctx context.Context, j *journal, n int) error {
	party, _, _ := strings.Cut(w.sent.all()[0].source, "/")
	owner := project.Recipient{OrganisationNumber: w.platform.Seed().OrgNumber}
	now := time.Now()
	return j.use(ctx, func(opened handover.Journal) error {
		const together = 500
		for begin := 0; begin < n; begin += together {
			var records []handover.Record
			for number := begin; number < min(begin+together, n); number++ {
				source := fmt.Sprintf("%s/%s%012d", party, likenessPrefix, number)
				records = append(records, handover.Record{
					Key: handover.Key(definitionID, source, owner), DefinitionID: definitionID, Source: source, From: originalApp, To: receiver,
					Recipient: "organisation:" + owner.OrganisationNumber, Trigger: handover.BySweep, State: handover.Planned,
					Reach: now.Add(-5 * time.Minute), CreatedAt: now, UpdatedAt: now,
				})
			}
			if _, _, err := opened.Begin(ctx, records...); err != nil {
				return err
			}
		}
		return nil
	})
}

// works waits until n handovers have settled.
func (j *journal) works(ctx context.Context, n int) error {
	return j.use(ctx, func(opened handover.Journal) error {
		for deadline := time.Now().Add(10 * patience); time.Now().Before(deadline); {
			s, err := opened.Summary(ctx)
			if err != nil {
				return err
			}
			if done, _ := settled(s); done >= n {
				return nil
			}
			if err := sleep(ctx, soon); err != nil {
				return err
			}
		}
		return fmt.Errorf("not %d handovers are done", n)
	})
}
