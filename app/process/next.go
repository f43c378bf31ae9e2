package process

import "fmt"

// MaxAutomaticSteps bounds how many gateways (and, for a caller that runs
// service tasks, how many of those) may follow each other without a person.
const MaxAutomaticSteps = 100

// NoWayError says that a gateway did not leave exactly one way. The platform
// answers 500 to process/next then.
type NoWayError struct {
	Gateway string
	Open    []string // ids of the flows that were open; empty if none was
}

func (e *NoWayError) Error() string {
	if len(e.Open) == 0 {
		return fmt.Sprintf("follow process: no sequence flow out of the gateway %q is open", e.Gateway)
	}
	return fmt.Sprintf("follow process: %d sequence flows out of the gateway %q are open (%q); exactly one must be",
		len(e.Open), e.Gateway, e.Open)
}

// Next follows the process from an element to the next task, service task or
// end event, through any gateways between. cond evaluates conditions and is
// called only for flows that have one; it may be nil if none has.
//
// A gateway goes as in Altinn: a flow without a condition is open. If the
// gateway's default flow is open, it is taken, whatever else is open: so a
// default flow needs a condition as soon as another flow has one. Else exactly
// one flow must be open ([NoWayError]).
func (p *Process) Next(from string, cond Condition) (Element, error) {
	e, ok := p.Element(from)
	if !ok {
		return Element{}, fmt.Errorf("follow process: there is no element %q", from)
	}
	if e.Kind == EndEvent {
		return Element{}, fmt.Errorf("follow process: %q is an end event; nothing comes after it", from)
	}
	for range MaxAutomaticSteps {
		flow, err := p.leave(e, cond)
		if err != nil {
			return Element{}, err
		}
		if e, ok = p.Element(flow.Target); !ok || e.Kind != ExclusiveGateway {
			return e, nil
		}
	}
	return Element{}, fmt.Errorf("follow process: more than %d gateways follow %q without a task between", MaxAutomaticSteps, from)
}

func (p *Process) leave(e Element, cond Condition) (Flow, error) {
	var open []Flow
	for _, id := range e.Outgoing {
		flow := p.flows[p.flowIndex[id]]
		yes := true
		// Only gateways choose; a condition elsewhere is not looked at.
		if flow.Condition != "" && e.Kind == ExclusiveGateway {
			if cond == nil {
				return Flow{}, fmt.Errorf("follow process: the sequence flow %q has a condition, and nothing to evaluate it", id)
			}
			var err error
			if yes, err = cond(e.ID, flow.Condition); err != nil {
				return Flow{}, fmt.Errorf("follow process: evaluate the condition of %q: %w", id, err)
			}
		}
		if yes && id == e.Default {
			return flow, nil
		}
		if yes {
			open = append(open, flow)
		}
	}
	if len(open) == 1 {
		return open[0], nil
	}
	err := &NoWayError{Gateway: e.ID}
	for _, f := range open {
		err.Open = append(err.Open, f.ID)
	}
	return Flow{}, err
}
