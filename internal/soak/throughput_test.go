//go:build !race

package soak_test

import (
	"testing"
	"time"

	"github.com/stafett/stafett/handover"
)

// BenchmarkThroughput compares how many forms the service hands over in a second,
// from its start until all are done, with how many instances a bare loop makes that
// posts the same creates, as many at a time. Platform, service and loop share the
// machine.
func BenchmarkThroughput(b *testing.B) {
	forms := formsIn(b, 500)
	b.Run("SQLite", func(b *testing.B) {
		for b.Loop() {
			w := newWorld(b)
			w.throughput(b, w.inFile(b), 1, forms)
		}
	})
	b.Run("PostgreSQL, two processes", func(b *testing.B) {
		for b.Loop() {
			w := newWorld(b)
			w.throughput(b, w.inPostgres(b), 2, forms)
		}
	})
}

func (w *world) throughput(b *testing.B, j *journal, processes, forms int) {
	b.Helper()
	alone := newWorld(b)
	ideal := newBare(b, alone).rate(b, forms)
	if err := w.sent.send(forms); err != nil {
		b.Fatal(err)
	}
	before := w.requests.soFar()
	start := time.Now()
	var services []*service
	for range processes {
		services = append(services, w.serve(b, "", j.environ, j.args...))
	}
	if err := j.rests(b.Context(), forms); err != nil {
		b.Fatal(errorAnd(err, services[0]))
	}
	rate := float64(forms) / time.Since(start).Seconds()
	asked := w.requests.soFar().less(before)
	for _, s := range services {
		if err := s.stop(); err != nil {
			b.Error(err)
		}
	}
	records, err := j.records(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for _, r := range records {
		if r.State != handover.Done {
			b.Fatalf("%s is %s: %s", r.Key, r.State, r.Reason)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ideal, "bare/s")
	b.ReportMetric(rate, "handovers/s")
	b.ReportMetric(rate/ideal, "ratio")
	b.ReportMetric(float64(asked.all)/float64(forms), "requests/handover")
	b.ReportMetric(float64(asked.maskinporten), "tokens")
	b.ReportMetric(float64(asked.exchange), "exchanges")
}
