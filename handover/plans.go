package handover

import (
	"sync"
	"time"
)

const (
	plansRoom = 8 << 20 // bytes of form data that are kept
	plansTime = 5 * time.Minute
)

// plans keeps what was worked out when handovers began until they are carried
// out, which is most often a moment later and in the same process. It saves the
// original application from being asked twice. When it is full, nothing more goes
// in until something is used or too old.
type plans struct {
	mu    sync.Mutex
	kept  map[planKey]*keptPlan
	bytes int
}

type planKey struct{ definitionID, source string }

type keptPlan struct {
	plan  plan
	uses  int // left
	until time.Time
}

// keep keeps a plan for as many handovers as it has recipients.
func (p *plans) keep(key planKey, planned plan, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bytes+planned.weight() > plansRoom {
		for other, k := range p.kept {
			if now.After(k.until) {
				p.drop(other)
			}
		}
	}
	if _, known := p.kept[key]; known || p.bytes+planned.weight() > plansRoom {
		return
	}
	p.bytes += planned.weight()
	p.kept[key] = &keptPlan{planned, len(planned.recipients), now.Add(plansTime)}
}

// take uses a plan.
func (p *plans) take(key planKey, now time.Time) (plan, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k, ok := p.kept[key]
	if !ok {
		return plan{}, false
	}
	if k.uses--; k.uses == 0 || now.After(k.until) {
		p.drop(key)
	}
	return k.plan, !now.After(k.until)
}

func (p *plans) drop(key planKey) {
	p.bytes -= p.kept[key].plan.weight()
	delete(p.kept, key)
}

// weight is about what a plan takes of memory.
func (p plan) weight() int { return 1<<10 + len(p.form) + len(p.files)<<8 }
