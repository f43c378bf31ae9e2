// Package process reads the process of an Altinn application
// (config/process/process.bpmn) and tells which element comes next.
//
// The format is BPMN 2.0 (OMG, namespace
// http://www.omg.org/spec/BPMN/20100524/MODEL) with Altinn's extensions. The
// subset is Altinn's: a start event, end events, tasks, service tasks,
// exclusive gateways and sequence flows. Everything else that would steer a
// process is refused by name.
package process

import (
	"slices"
	"strings"
)

// Kind is the kind of an element, as the BPMN element is named.
type Kind string

// The kinds of elements of a process.
const (
	StartEvent       Kind = "startEvent"
	EndEvent         Kind = "endEvent"
	TaskElement      Kind = "task"
	ServiceTask      Kind = "serviceTask"
	ExclusiveGateway Kind = "exclusiveGateway"
)

// Task types of Altinn. A process may name others; the platform's default
// action for such a task is the type's own name.
const (
	TypeData         = "data"
	TypeConfirmation = "confirmation"
	TypeFeedback     = "feedback"
	TypeSigning      = "signing"
	TypePayment      = "payment"
	TypePDF          = "pdf"
	TypeSubformPDF   = "subformPdf"
	TypeEFormidling  = "eFormidling"
	TypeFiksArkiv    = "fiksArkiv"
)

// Process is a process that has been read and checked. It is immutable and
// safe for concurrent use.
type Process struct {
	id        string
	start     string
	elements  []Element
	index     map[string]int // element id → position in elements
	flows     []Flow
	flowIndex map[string]int // flow id → position in flows
	tasks     map[string]Task
}

// Element is one node of a process.
type Element struct {
	ID   string
	Name string
	Kind Kind
	// TaskType is the Altinn task type of a task or service task, else empty.
	TaskType string
	// Default is the id of a gateway's default flow, or empty.
	Default string
	// ConnectedDataType is the data type which a gateway's conditions read, or
	// empty for the data type of the current task.
	ConnectedDataType string
	// Outgoing holds the ids of the flows that leave the element, in document order.
	Outgoing []string
}

// Flow is a sequence flow from one element to another.
type Flow struct {
	ID, Source, Target string
	// Condition is a JSON-array expression, or empty for a flow that is always open.
	Condition string
}

// Task is a task or service task with what Altinn adds to it.
type Task struct {
	ID      string
	Name    string
	Type    string
	Service bool // a serviceTask: runs by itself and goes on
	Actions []Action
	// PDFTasks are the tasks that a pdf service task prints (autoPdfTaskIds), and
	// PDFFilename how it names the file: a text, or the id of one; empty means the
	// application's title.
	PDFTasks    []string
	PDFFilename string
	// Signing is how a signing task is set up, Payment a payment task, and
	// Subform a service task that prints subforms; nil where it is not.
	Signing *Signing
	Payment *Payment
	Subform *Subform
}

// Signing is signatureConfig.
type Signing struct {
	DataTypes     []string // to sign
	SignatureType string   // data type of the signature documents
	UniqueFrom    []string // data types of signatures whose signers may not sign here
	// RunDefaultValidator says that the task cannot be left before somebody has
	// signed.
	RunDefaultValidator bool
}

// Payment is paymentConfig.
type Payment struct {
	DataType        string // in which the state of the payment is kept
	ReceiptDataType string // of the receipt as PDF
}

// Subform is subformPdfConfig.
type Subform struct {
	Component string // of the layout
	DataType  string // of which each element gets a PDF of its own
	Filename  string // as PDFFilename of a task
}

// ActionType tells what an action does.
type ActionType string

// The action types: a process action moves the process on, a server action
// only runs code of the application.
const (
	ProcessAction ActionType = "processAction"
	ServerAction  ActionType = "serverAction"
)

// Action is an action which a task offers besides its default one.
type Action struct {
	Name string
	Type ActionType
}

// Automatic reports whether a task runs by itself and goes on: a serviceTask, or
// a task of a type that the platform runs as one, however the element is written.
func (t Task) Automatic() bool {
	switch {
	case t.Service:
		return true
	case strings.EqualFold(t.Type, TypePDF), strings.EqualFold(t.Type, TypeSubformPDF),
		strings.EqualFold(t.Type, TypeEFormidling), strings.EqualFold(t.Type, TypeFiksArkiv):
		return true
	}
	return false
}

// DataTypes are the data types that the settings of a task name, in their order.
func (t Task) DataTypes() []string {
	var ids []string
	if c := t.Signing; c != nil {
		ids = slices.Concat(c.DataTypes, []string{c.SignatureType}, c.UniqueFrom)
	}
	if c := t.Payment; c != nil {
		ids = append(ids, c.DataType, c.ReceiptDataType)
	}
	if c := t.Subform; c != nil {
		ids = append(ids, c.DataType)
	}
	return slices.DeleteFunc(ids, func(id string) bool { return id == "" })
}

// Allows reports whether the task names an action.
func (t Task) Allows(action string) bool {
	return slices.ContainsFunc(t.Actions, func(a Action) bool { return a.Name == action })
}

// Condition evaluates the condition of a flow that leaves a gateway.
type Condition func(gatewayID, expression string) (bool, error)

// ID returns the id of the process element.
func (p *Process) ID() string { return p.id }

// Start returns the id of the start event.
func (p *Process) Start() string { return p.start }

// Elements returns the elements in document order.
func (p *Process) Elements() []Element { return slices.Clone(p.elements) }

// Flows returns the sequence flows in document order.
func (p *Process) Flows() []Flow { return slices.Clone(p.flows) }

// Element returns the element with the given id. Case matters.
func (p *Process) Element(id string) (Element, bool) {
	i, ok := p.index[id]
	if !ok {
		return Element{}, false
	}
	return p.elements[i], true
}

// Flow returns the sequence flow with the given id.
func (p *Process) Flow(id string) (Flow, bool) {
	i, ok := p.flowIndex[id]
	if !ok {
		return Flow{}, false
	}
	return p.flows[i], true
}

// Task returns the task or service task with the given id.
func (p *Process) Task(id string) (Task, bool) {
	t, ok := p.tasks[id]
	return t, ok
}

// Tasks returns the tasks and service tasks in document order.
func (p *Process) Tasks() []Task {
	var tasks []Task
	for _, e := range p.elements {
		if t, ok := p.tasks[e.ID]; ok {
			tasks = append(tasks, t)
		}
	}
	return tasks
}

// DefaultAction returns the action which process/next demands for a task type
// when the caller names none.
func DefaultAction(taskType string) string {
	switch taskType {
	case TypeData, TypeFeedback, TypePDF, TypeSubformPDF, TypeEFormidling, TypeFiksArkiv:
		return "write"
	case TypeConfirmation:
		return "confirm"
	case TypeSigning:
		return "sign"
	case TypePayment:
		return "pay"
	}
	return taskType
}

// NextActions returns the actions of which any one lets a caller end a task of a
// type without naming an action, in the order in which they are tried.
func NextActions(taskType string) []string {
	actions := []string{DefaultAction(taskType)}
	if taskType == TypePayment || taskType == TypeSigning {
		actions = append(actions, "write")
	}
	return actions
}
