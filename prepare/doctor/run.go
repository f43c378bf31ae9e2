package doctor

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// timeout is how long one check may take.
const timeout = 10 * time.Second

// stage is a stage with its checks.
type stage struct {
	name   Stage
	checks []check
}

// stages returns all checks in their order.
func stages() []stage {
	return []stage{
		{Files, filesChecks()},
		{Settings, settingsChecks()},
		{Code, codeChecks()},
		{Repository, repositoryChecks()},
		{Vault, vaultChecks()},
		{Key, keyChecks()},
		{Clock, clockChecks()},
		{Integration, integrationChecks()},
		{Token, tokenChecks()},
		{Exchange, exchangeChecks()},
		{Receiving, receivingChecks()},
		{Handover, handoverChecks()},
	}
}

// IDs returns the ids of all checks in the order in which they are made.
func IDs() []string {
	var ids []string
	for _, stage := range stages() {
		for _, check := range stage.checks {
			ids = append(ids, check.id)
		}
	}
	return ids
}

// Report is what a run found, in the order of the checks.
type Report struct {
	Results []Result `json:"results"`
}

// Failed reports whether any check failed.
func (r Report) Failed() bool {
	return slices.ContainsFunc(r.Results, func(result Result) bool { return result.Status == Fail })
}

// Run makes all checks and never fails itself: what cannot be looked at is a
// result as well. Each check has ten seconds. When ctx ends, the checks that are
// left are skipped. Each result is told as soon as it is there; tell may be nil.
func Run(ctx context.Context, w World, tell func(Result)) Report {
	r := runner{facts: &facts{world: w}, tell: tell, passed: make(map[string]bool), blocked: make(map[string]string)}
	for _, stage := range stages() {
		for _, check := range stage.checks {
			r.add(stage.name, check, r.look(ctx, check))
		}
	}
	return r.report
}

// runner is one run.
type runner struct {
	facts   *facts
	tell    func(Result)
	report  Report
	passed  map[string]bool   // by id; a warning passes
	blocked map[string]string // for a skipped check, by id: the one that began it
}

// look makes one check, unless it must be skipped.
func (r *runner) look(ctx context.Context, c check) findings {
	for _, need := range c.needs {
		if r.passed[need] || c.unless != nil && c.unless(r.facts) {
			continue
		}
		if first := r.blocked[need]; first != "" {
			need = first
		}
		r.blocked[c.id] = need
		return findings{{status: Skip, needs: need}}
	}
	if c.online && r.facts.world.Offline {
		return skip("needs the network, which was not to be used")
	}
	if ctx.Err() != nil {
		return skip("was not reached: %v", context.Cause(ctx))
	}
	limited, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no answer within %s", timeout))
	defer cancel()
	found := c.run(limited, r.facts)
	for _, f := range found {
		if f.needs != "" {
			r.blocked[c.id] = f.needs
		}
	}
	return found
}

// add keeps and tells what a check found.
func (r *runner) add(in Stage, c check, found findings) {
	r.passed[c.id] = !slices.ContainsFunc(found, func(f finding) bool { return f.status != OK && f.status != Warn })
	for _, f := range found {
		result := Result{
			ID: c.id, Stage: in, Title: c.title, Status: f.status,
			Evidence: f.evidence, Cause: f.cause, Remedy: f.remedy, Needs: f.needs,
		}
		if f.status == Fail || f.status == Warn {
			result.Docs = c.docs
		}
		r.report.Results = append(r.report.Results, result)
		if r.tell != nil {
			r.tell(result)
		}
	}
}
