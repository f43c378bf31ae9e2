package process_test

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/process"
)

func example(t testing.TB) *process.Process {
	t.Helper()
	data, err := os.ReadFile("testdata/process.bpmn")
	if err != nil {
		t.Fatal(err)
	}
	p, err := process.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParse(t *testing.T) {
	t.Parallel()
	p := example(t)
	if p.ID() != "Process_1" || p.Start() != "StartEvent_1" || len(p.Elements()) != 7 || len(p.Flows()) != 7 {
		t.Errorf("process %q starts at %q with %d elements and %d flows", p.ID(), p.Start(), len(p.Elements()), len(p.Flows()))
	}
	want := []process.Task{
		{ID: "Task_1", Name: "Utfylling", Type: process.TypeData, Actions: []process.Action{{Name: "hent-data", Type: process.ServerAction}}},
		{ID: "Task_2", Name: "Bekreftelse", Type: process.TypeConfirmation, Actions: []process.Action{
			{Name: "confirm", Type: process.ProcessAction}, {Name: "reject", Type: process.ProcessAction}}},
		{ID: "Task_Pdf", Name: "PDF", Type: process.TypePDF, Service: true, PDFTasks: []string{"Task_1", "Task_2"}},
		{ID: "Task_Sign", Name: "Signering", Type: process.TypeSigning, Signing: &process.Signing{DataTypes: []string{"skjema"}, SignatureType: "signatur"}},
	}
	if got := p.Tasks(); !reflect.DeepEqual(got, want) {
		t.Errorf("tasks = %+v\nwant %+v", got, want)
	}
	gateway, ok := p.Element("Gateway_1")
	if !ok || gateway.ConnectedDataType != "skjema" || gateway.Kind != process.ExclusiveGateway || len(gateway.Outgoing) != 2 {
		t.Errorf("gateway = %+v, %t", gateway, ok)
	}
	flow, ok := p.Flow("f4")
	if !ok || flow != (process.Flow{ID: "f4", Source: "Gateway_1", Target: "Task_1", Condition: `["equals", ["gatewayAction"], "reject"]`}) {
		t.Errorf("flow = %+v, %t", flow, ok)
	}
	if task, ok := p.Task("Task_2"); !ok || task.Name != "Bekreftelse" {
		t.Errorf("task = %+v, %t", task, ok)
	}
	for _, id := range []string{"Gateway_1", "task_2", ""} {
		if task, ok := p.Task(id); ok {
			t.Errorf("task %q = %+v", id, task)
		}
	}
	if _, ok := p.Element("f4"); ok {
		t.Error("a flow is no element")
	}
	if _, ok := p.Flow("Task_1"); ok {
		t.Error("a task is no flow")
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	p := example(t)
	when := func(action string) process.Condition {
		return func(gateway, expression string) (bool, error) {
			if gateway != "Gateway_1" {
				t.Errorf("asked about the gateway %q", gateway)
			}
			return strings.Contains(expression, "notEquals") != (action == "reject"), nil
		}
	}
	tests := []struct{ from, action, want string }{
		{"StartEvent_1", "", "Task_1"},
		{"Task_1", "", "Task_2"},
		{"Task_2", "confirm", "Task_Pdf"},
		{"Task_2", "reject", "Task_1"},
		{"Task_Pdf", "", "Task_Sign"},
		{"Task_Sign", "", "EndEvent_1"},
		{"Gateway_1", "reject", "Task_1"},
	}
	for _, test := range tests {
		if got, err := p.Next(test.from, when(test.action)); err != nil || got.ID != test.want {
			t.Errorf("after %s (%s) comes %q, %v; want %q", test.from, test.action, got.ID, err, test.want)
		}
	}
	for from, want := range map[string]string{"EndEvent_1": "nothing comes after it", "Task_9": `no element "Task_9"`} {
		if got, err := p.Next(from, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("after %s comes %q, %v", from, got.ID, err)
		}
	}
	if _, err := p.Next("Task_2", nil); err == nil || !strings.Contains(err.Error(), `"f4" has a condition`) {
		t.Errorf("conditions without an evaluator: %v", err)
	}
	broken := errors.New("broken")
	if _, err := p.Next("Task_2", func(string, string) (bool, error) { return false, broken }); !errors.Is(err, broken) {
		t.Errorf("an evaluator that fails: %v", err)
	}
}

// gatewayProcess is a task, a gateway and the given flows to a, b and the end.
func gatewayProcess(gateway string, flows ...string) string {
	return definitions(`<startEvent id="s"/>` + task("t") + gateway + task("a") + task("b") + `<endEvent id="e"/>` +
		flow("s", "t", "") + flow("t", "g", "") + strings.Join(flows, "") + flow("a", "e", "") + flow("b", "e", ""))
}

func definitions(body string) string {
	return `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:altinn="http://altinn.no/process">` +
		"\n<process id=\"p\">" + body + `</process></definitions>`
}

func task(id string) string {
	return fmt.Sprintf(`<task id=%q><extensionElements><altinn:taskExtension><altinn:taskType>data</altinn:taskType></altinn:taskExtension></extensionElements></task>`, id)
}

func flow(from, to, condition string) string {
	if condition != "" {
		condition = "<conditionExpression>" + condition + "</conditionExpression>"
	}
	return fmt.Sprintf(`<sequenceFlow id="%s-%s" sourceRef=%q targetRef=%q>%s</sequenceFlow>`, from, to, from, to, condition)
}

func TestGateways(t *testing.T) {
	t.Parallel()
	const plain, withDefault = `<exclusiveGateway id="g"/>`, `<exclusiveGateway id="g" default="g-b"/>`
	tests := map[string]struct {
		text, want, problem string
	}{
		"one flow":                        {gatewayProcess(plain, flow("g", "a", "yes"), flow("g", "b", "no")), "a", ""},
		"no flow is open":                 {gatewayProcess(plain, flow("g", "a", "no"), flow("g", "b", "no")), "", `no sequence flow out of the gateway "g" is open`},
		"two flows are open":              {gatewayProcess(plain, flow("g", "a", "yes"), flow("g", "b", "yes")), "", `2 sequence flows out of the gateway "g" are open (["g-a" "g-b"])`},
		"no condition means open":         {gatewayProcess(plain, flow("g", "a", ""), flow("g", "b", "no")), "a", ""},
		"no conditions and no default":    {gatewayProcess(plain, flow("g", "a", ""), flow("g", "b", "")), "", "2 sequence flows"},
		"no conditions and a default":     {gatewayProcess(withDefault, flow("g", "a", ""), flow("g", "b", "")), "b", ""},
		"an open default goes first":      {gatewayProcess(withDefault, flow("g", "a", "yes"), flow("g", "b", "")), "b", ""},
		"a default with a condition":      {gatewayProcess(withDefault, flow("g", "a", "yes"), flow("g", "b", "no")), "a", ""},
		"a gateway that leads to another": {strings.Replace(gatewayProcess(plain, flow("g", "h", "yes"), flow("h", "a", "no"), flow("h", "b", "yes")), plain, plain+`<exclusiveGateway id="h"/>`, 1), "b", ""},
		"a ring of gateways": {strings.Replace(gatewayProcess(plain, flow("g", "h", "yes"), flow("g", "a", "no"), flow("h", "g", "yes"), flow("h", "b", "no")), plain, plain+`<exclusiveGateway id="h"/>`, 1),
			"", `more than 100 gateways follow "t"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := process.Parse([]byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Next("t", func(_, expression string) (bool, error) { return expression == "yes", nil })
			if test.problem == "" && (err != nil || got.ID != test.want) {
				t.Errorf("went to %q, %v; want %q", got.ID, err, test.want)
			}
			if test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)) {
				t.Errorf("went to %q, %v; want an error with %q", got.ID, err, test.problem)
			}
		})
	}
	p, err := process.Parse([]byte(gatewayProcess(plain, flow("g", "a", ""), flow("g", "b", ""))))
	if err != nil {
		t.Fatal(err)
	}
	var noWay *process.NoWayError
	if _, err := p.Next("t", nil); !errors.As(err, &noWay) || noWay.Gateway != "g" || len(noWay.Open) != 2 {
		t.Errorf("error = %#v", err)
	}
}

func TestDefaultAction(t *testing.T) {
	t.Parallel()
	for taskType, want := range map[string]string{
		"data": "write", "feedback": "write", "pdf": "write", "subformPdf": "write", "eFormidling": "write", "fiksArkiv": "write",
		"confirmation": "confirm", "signing": "sign", "payment": "pay", "approval": "approval",
	} {
		if got := process.DefaultAction(taskType); got != want {
			t.Errorf("default action of %s is %q, want %q", taskType, got, want)
		}
	}
}
