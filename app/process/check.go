package process

// check connects flows and elements and looks for what would stop a process.
func (r *reader) check() {
	p := r.process
	for _, f := range p.flows {
		from, fromOK := p.index[f.Source]
		_, toOK := p.index[f.Target]
		if !fromOK {
			r.fault(r.lines[f.ID], "the sequence flow %q starts at %q, which is no element of the process", f.ID, f.Source)
		}
		if !toOK {
			r.fault(r.lines[f.ID], "the sequence flow %q ends at %q, which is no element of the process", f.ID, f.Target)
		}
		if fromOK && toOK {
			p.elements[from].Outgoing = append(p.elements[from].Outgoing, f.ID)
		}
	}
	ends := 0
	for _, e := range p.elements {
		if e.Kind == EndEvent {
			ends++
		}
		r.checkElement(e)
	}
	if p.start == "" {
		r.fault(r.line, "the process has no <startEvent>")
	}
	if ends == 0 {
		r.fault(r.line, "the process has no <endEvent>, so it can never be completed")
	}
	if len(r.faults) == 0 {
		r.checkReach()
	}
}

func (r *reader) checkElement(e Element) {
	p, line := r.process, r.lines[e.ID]
	switch {
	case e.Kind == StartEvent && p.start != "":
		r.fault(line, "%q is a second <startEvent> besides %q; an Altinn process has one", e.ID, p.start)
	case e.Kind == StartEvent:
		p.start = e.ID
	}
	switch n := len(e.Outgoing); {
	case e.Kind == EndEvent && n > 0:
		r.fault(line, "the end event %q has an outgoing sequence flow", e.ID)
	case e.Kind != EndEvent && n == 0:
		r.fault(line, "the %s %q has no outgoing sequence flow, so the process stops there", e.Kind, e.ID)
	case e.Kind != ExclusiveGateway && n > 1:
		r.fault(line, "the %s %q has %d outgoing sequence flows; only an exclusive gateway can choose", e.Kind, e.ID, n)
	}
	if e.Default != "" {
		if i, ok := p.flowIndex[e.Default]; !ok || p.flows[i].Source != e.ID {
			r.fault(line, "the default %q of the gateway %q is no sequence flow that leaves it", e.Default, e.ID)
		}
	}
	for _, a := range p.tasks[e.ID].Actions {
		switch {
		case a.Name == "":
			r.fault(line, "the task %q has an action without a name; write it as text, as in <altinn:action>confirm</altinn:action>", e.ID)
		case a.Type != ProcessAction && a.Type != ServerAction:
			r.fault(line, "the action %q of the task %q has the type %q; it can be processAction or serverAction", a.Name, e.ID, a.Type)
		}
	}
}

// checkReach finds elements which nothing leads to, and a way out for the rest.
func (r *reader) checkReach() {
	p := r.process
	reached := map[string]bool{p.start: true}
	ended := false
	for queue := []string{p.start}; len(queue) > 0; queue = queue[1:] {
		e := p.elements[p.index[queue[0]]]
		ended = ended || e.Kind == EndEvent
		for _, id := range e.Outgoing {
			if to := p.flows[p.flowIndex[id]].Target; !reached[to] {
				reached[to] = true
				queue = append(queue, to)
			}
		}
	}
	if !ended {
		r.fault(r.lines[p.start], "no sequence flows lead from %q to an end event", p.start)
	}
	for _, e := range p.elements {
		if !reached[e.ID] {
			r.fault(r.lines[e.ID], "no sequence flow leads to the %s %q", e.Kind, e.ID)
		}
	}
}
