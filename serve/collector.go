package serve

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/engine"
)

const (
	collectLasts = 5 * time.Second // how long what was asked is told again
	collectTime  = 10 * time.Second
)

// collector tells what the journal and the engine know, at each scrape, but asks
// them at most every five seconds.
type collector struct {
	summary func(context.Context) (handover.Status, error)
	engine  func() engineStatus
	// definitions and applications have series from the start on.
	definitions  []string
	applications []string
	sweepEvery   time.Duration
	started      time.Time
	now          func() time.Time
	log          *slog.Logger

	oldest, handovers, paused, breaker, jobs, lastSweep *prometheus.Desc

	mu    sync.Mutex
	held  handover.Status
	asked time.Time
}

// engineStatus is what the engine tells for metrics.
type engineStatus struct {
	waiting, running int
	open             map[string]bool      // by receiving application
	swept            map[string]time.Time // when the last sweep that read everything began, by definition
}

// describe makes the descriptions, once.
func (c *collector) describe() *collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	c.oldest = desc("stafett_oldest_undone_seconds", "How long ago the oldest form was sent in that is not handed over yet.", "definition")
	c.handovers = desc("stafett_handovers", "Handovers in the journal by state.", "definition", "state")
	c.paused = desc("stafett_paused", "Whether a definition is paused.", "definition")
	c.breaker = desc("stafett_breaker_open", "Whether a receiving application is left alone because it does not answer.", "application")
	c.jobs = desc("stafett_queue_jobs", "Jobs in the queue.", "state")
	c.lastSweep = desc("stafett_last_sweep_timestamp_seconds", "When the last sweep that read everything began, as Unix time; 0 when there was none.", "definition")
	return c
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.oldest, c.handovers, c.paused, c.breaker, c.jobs, c.lastSweep} {
		to <- d
	}
}

// Collect implements [prometheus.Collector]. Without the journal's answer its
// series are left out, which an alert on their absence tells.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	engine := c.engine()
	for _, app := range c.applications {
		gauge(c.breaker, truth(engine.open[app]), app)
	}
	for _, definition := range c.definitions {
		gauge(c.lastSweep, unix(engine.swept[definition]), definition)
	}
	gauge(c.jobs, float64(engine.waiting), "waiting")
	gauge(c.jobs, float64(engine.running), "running")
	status, err := c.ask()
	if err != nil {
		c.log.Warn("could not ask the journal for the metrics", "reason", handover.Reason(err))
		return
	}
	definitions := c.definitions
	counts := map[string]map[handover.State]int{}
	for _, count := range status.Counts {
		if counts[count.DefinitionID] == nil {
			counts[count.DefinitionID] = map[handover.State]int{}
		}
		counts[count.DefinitionID][count.State] = count.Records
		if !slices.Contains(definitions, count.DefinitionID) { // one that is not served any more
			definitions = append(slices.Clip(definitions), count.DefinitionID)
		}
	}
	now := c.now()
	for _, definition := range definitions {
		for _, state := range handover.States() {
			gauge(c.handovers, float64(counts[definition][state]), definition, string(state))
		}
		gauge(c.paused, truth(slices.Contains(status.Paused, definition)), definition)
		gauge(c.oldest, c.age(now, definition, status, engine).Seconds(), definition)
	}
}

// age is how long the oldest undone form of a definition has waited: one that the
// journal knows, or, when sweeps fail, one that nobody has seen.
func (c *collector) age(now time.Time, definition string, status handover.Status, engine engineStatus) time.Duration {
	var age time.Duration
	for _, oldest := range status.Oldest {
		if oldest.DefinitionID == definition {
			age = now.Sub(oldest.Ended())
		}
	}
	if slices.Contains(c.definitions, definition) {
		swept := engine.swept[definition]
		if swept.IsZero() {
			swept = c.started
		}
		// Two intervals: a sweep begins one after the last did, with some jitter.
		if unseen := now.Sub(swept); unseen > 2*c.sweepEvery {
			age = max(age, unseen)
		}
	}
	return max(age, 0)
}

// statusOf takes out of an engine's status what is measured.
func statusOf(s engine.Status) engineStatus {
	told := engineStatus{open: map[string]bool{}, swept: map[string]time.Time{}}
	for _, app := range s.Applications {
		told.waiting += app.Waiting
		told.running += app.Running
		told.open[app.Application] = app.Breaker.State != engine.Closed
	}
	for _, sweep := range s.Sweeps {
		told.swept[sweep.DefinitionID] = sweep.Complete
	}
	return told
}

func (c *collector) ask() (handover.Status, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); c.asked.IsZero() || now.Sub(c.asked) >= collectLasts {
		ctx, cancel := context.WithTimeout(context.Background(), collectTime)
		defer cancel()
		status, err := c.summary(ctx)
		if err != nil {
			return handover.Status{}, err
		}
		c.held, c.asked = status, now
	}
	return c.held, nil
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// unix is a time as Prometheus has it; 0 for none.
func unix(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return float64(at.UnixMilli()) / 1000
}
