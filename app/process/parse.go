package process

import (
	"errors"
	"fmt"

	"github.com/stafett/stafett/app/internal/xmltree"
)

// XML namespaces of a process definition.
const (
	Namespace       = "http://www.omg.org/spec/BPMN/20100524/MODEL"
	NamespaceAltinn = "http://altinn.no/process"
	// NamespaceLegacy holds the attribute tasktype of older applications. Some
	// newer ones declare it for the extension elements too.
	NamespaceLegacy = "http://altinn.no"
)

// Parse reads a process and checks that it can be followed: one start event,
// an end, every flow between elements that exist, every element within reach
// of the start. The error joins everything that is wrong, each with its line.
func Parse(data []byte) (*Process, error) {
	root, err := xmltree.Parse(data)
	if err != nil {
		return nil, err
	}
	if root.Space != Namespace || root.Name != "definitions" {
		return nil, fmt.Errorf("line %d: the root element is <%s> in namespace %q; expected <definitions> in %q",
			root.Line, root.Name, root.Space, Namespace)
	}
	processes := root.All(Namespace, "process")
	if len(processes) != 1 {
		return nil, fmt.Errorf("line %d: there are %d <process> elements; an application has one", root.Line, len(processes))
	}
	r := &reader{process: &Process{index: map[string]int{}, flowIndex: map[string]int{}, tasks: map[string]Task{}}, lines: map[string]int{}}
	r.read(processes[0])
	if len(r.faults) == 0 {
		r.check()
	}
	if len(r.faults) > 0 {
		return nil, errors.Join(r.faults...)
	}
	return r.process, nil
}

// reader collects faults, so that one run of a tool shows them all.
type reader struct {
	process *Process
	line    int            // line of the process element
	lines   map[string]int // id of an element or flow → line
	faults  []error
}

func (r *reader) fault(line int, format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf("line %d: %w", line, fmt.Errorf(format, args...)))
}

func (r *reader) read(process *xmltree.Element) {
	r.line = process.Line
	r.process.id, _ = process.Attribute("id")
	for _, c := range process.Children {
		if c.Space != Namespace {
			continue
		}
		switch kind := Kind(c.Name); kind {
		case StartEvent, EndEvent, TaskElement, ServiceTask, ExclusiveGateway:
			r.element(c, kind)
		case "sequenceFlow":
			r.flow(c)
		case "documentation", "extensionElements", "textAnnotation", "association", "laneSet", "ioSpecification",
			"dataObject", "dataObjectReference", "dataStoreReference", "group":
			// Drawing and documentation: no part of what happens.
		default:
			r.fault(c.Line, "<%s> is not supported in an Altinn process; it can hold startEvent, endEvent, task, serviceTask, exclusiveGateway and sequenceFlow", c.Name)
		}
	}
}

// id reads and registers the id of an element or flow.
func (r *reader) id(e *xmltree.Element) (string, bool) {
	id, _ := e.Attribute("id")
	if id == "" {
		r.fault(e.Line, "<%s> has no id", e.Name)
		return "", false
	}
	if line, ok := r.lines[id]; ok {
		r.fault(e.Line, "the id %q is already used on line %d", id, line)
		return "", false
	}
	r.lines[id] = e.Line
	return id, true
}

func (r *reader) element(e *xmltree.Element, kind Kind) {
	id, ok := r.id(e)
	if !ok {
		return
	}
	el := Element{ID: id, Kind: kind}
	el.Name, _ = e.Attribute("name")
	for _, c := range e.Children {
		if c.Space == Namespace && isEventDefinition(c.Name) {
			r.fault(c.Line, "<%s> in <%s> is not supported in an Altinn process", c.Name, e.Name)
		}
	}
	switch kind {
	case TaskElement, ServiceTask:
		task := readTask(e, id, el.Name, kind)
		if task.Type == "" {
			r.fault(e.Line, "the task %q has no altinn:taskType; the platform cannot tell what to do in it", id)
		}
		el.TaskType = task.Type
		r.process.tasks[id] = task
	case ExclusiveGateway:
		el.Default, _ = e.Attribute("default")
		el.ConnectedDataType = connectedDataType(e)
	}
	r.process.index[id] = len(r.process.elements)
	r.process.elements = append(r.process.elements, el)
}

// isEventDefinition reports whether a child of an event makes it one that waits
// or throws, such as timerEventDefinition.
func isEventDefinition(name string) bool {
	const suffix = "EventDefinition"
	return len(name) > len(suffix) && name[len(name)-len(suffix):] == suffix
}

func (r *reader) flow(e *xmltree.Element) {
	id, ok := r.id(e)
	if !ok {
		return
	}
	f := Flow{ID: id}
	f.Source, _ = e.Attribute("sourceRef")
	f.Target, _ = e.Attribute("targetRef")
	if c := e.First(Namespace, "conditionExpression"); c != nil {
		f.Condition = c.Text()
	}
	r.process.flowIndex[id] = len(r.process.flows)
	r.process.flows = append(r.process.flows, f)
}
