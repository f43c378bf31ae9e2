package serve

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	promcollectors "github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/stafett/stafett/handover"
)

// measures are what the service counts itself. What the journal and the engine
// know is asked of them at each scrape; see [collector]. docs/metrics.md says what
// each metric means.
type measures struct {
	registry *prometheus.Registry

	unclear      *prometheus.CounterVec
	duplicates   *prometheus.CounterVec
	steps        *prometheus.CounterVec
	stepSeconds  *prometheus.HistogramVec
	seconds      *prometheus.HistogramVec
	sweepErrors  *prometheus.CounterVec
	requests     *prometheus.CounterVec
	requestTime  *prometheus.HistogramVec
	subscribed   prometheus.Gauge // registered only where there is a subscription
	secretErrors prometheus.Counter
}

// How long things take, in seconds: from a step over a fast network to the
// longest wait for an upload.
var (
	stepBuckets     = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800}
	handoverBuckets = []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 600, 1800, 3600, 14400, 86400, 604800}
)

func newMeasures(version string, definitions []*handover.Definition) *measures {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	}
	m := &measures{
		registry:   prometheus.NewRegistry(),
		unclear:    counter("stafett_unclear_outcomes_total", "Requests to create an instance whose outcome was not known.", "definition"),
		duplicates: counter("stafett_duplicates_found_total", "Instances beside the recorded one that carry its key.", "definition"),
		steps:      counter("stafett_steps_total", "Steps of handovers that were taken.", "definition", "step", "outcome"),
		stepSeconds: histogram("stafett_step_seconds", "How long a step of a handover took.",
			stepBuckets, "step"),
		seconds: histogram("stafett_handover_seconds", "From the trigger of a handover until it was done.",
			handoverBuckets, "definition"),
		sweepErrors: counter("stafett_sweep_errors_total", "Sweeps that failed.", "definition"),
		requests:    counter("stafett_requests_total", "Outgoing requests.", "system", "method", "code"),
		requestTime: histogram("stafett_request_seconds", "How long an outgoing request took until its answer began.",
			stepBuckets, "system"),
		subscribed: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "stafett_subscription_active", Help: "Whether Altinn's subscription to the forms' events is in place.",
		}),
		secretErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "stafett_secret_errors_total", Help: "Times that the secrets could not be read again.",
		}),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "stafett_build_info", Help: "Which version this is; always 1."}, []string{"version"})
	build.WithLabelValues(version).Set(1)
	m.registry.MustRegister(m.unclear, m.duplicates, m.steps, m.stepSeconds, m.seconds, m.sweepErrors,
		m.requests, m.requestTime, m.secretErrors, build,
		promcollectors.NewGoCollector(), promcollectors.NewProcessCollector(promcollectors.ProcessCollectorOpts{}))
	for _, d := range definitions {
		m.unclear.WithLabelValues(d.ID())
		m.duplicates.WithLabelValues(d.ID())
		m.seconds.WithLabelValues(d.ID())
		m.sweepErrors.WithLabelValues(d.ID())
	}
	for _, system := range []string{systemMaskinporten, systemPlatform, systemApplication, systemVault} {
		m.requestTime.WithLabelValues(system)
	}
	return m
}

// handler serves the metrics in the format of Prometheus.
func (m *measures) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4})
}
