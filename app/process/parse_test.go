package process_test

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stafett/stafett/app/process"
)

func simple(middle string) string {
	return definitions(`<startEvent id="s"/>` + task("t") + `<endEvent id="e"/>` + flow("s", "t", "") + flow("t", "e", "") + middle)
}

// Older applications name the task type in an attribute, and some newer ones
// keep the older namespace for the extension elements.
func TestLegacyTaskType(t *testing.T) {
	t.Parallel()
	legacy := strings.ReplaceAll(simple(""), process.NamespaceAltinn, process.NamespaceLegacy)
	attribute := strings.Replace(legacy, task("t"), `<task id="t" altinn:tasktype="data"/>`, 1)
	for name, text := range map[string]string{"elements": legacy, "attribute": attribute} {
		p, err := process.Parse([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if task, _ := p.Task("t"); task.Type != process.TypeData {
			t.Errorf("%s: task type %q", name, task.Type)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want []string
	}{
		"nothing":             {"", []string{"empty"}},
		"another root":        {"<process/>", []string{"the root element is <process>", "expected <definitions>"}},
		"no process":          {`<definitions xmlns="` + process.Namespace + `"/>`, []string{"there are 0 <process> elements"}},
		"an empty process":    {definitions(""), []string{"line 2: the process has no <startEvent>", "no <endEvent>, so it can never be completed"}},
		"a parallel gateway":  {simple(`<parallelGateway id="x"/>`), []string{"<parallelGateway> is not supported"}},
		"a user task":         {simple(`<userTask id="x"/>`), []string{"<userTask> is not supported"}},
		"a timer":             {strings.Replace(simple(""), `<startEvent id="s"/>`, `<startEvent id="s"><timerEventDefinition/></startEvent>`, 1), []string{"<timerEventDefinition> in <startEvent> is not supported"}},
		"no id":               {simple(`<task/>`), []string{"<task> has no id"}},
		"an id used twice":    {simple("\n" + task("t")), []string{`line 3: the id "t" is already used on line 2`}},
		"no task type":        {strings.Replace(simple(""), task("t"), `<task id="t"/>`, 1), []string{`the task "t" has no altinn:taskType`}},
		"flow from nowhere":   {simple(flow("x", "e", "")), []string{`the sequence flow "x-e" starts at "x", which is no element`}},
		"flow to nowhere":     {simple(flow("t", "x", "")), []string{`the sequence flow "t-x" ends at "x", which is no element`}},
		"flow to a flow":      {simple(flow("t", "s-t", "")), []string{`ends at "s-t"`}},
		"two starts":          {simple(`<startEvent id="s2"/>` + flow("s2", "e", "")), []string{`"s2" is a second <startEvent> besides "s"`}},
		"end with a way out":  {simple(flow("e", "t", "")), []string{`the end event "e" has an outgoing sequence flow`}},
		"a task that forks":   {simple(`<endEvent id="e2"/>` + flow("t", "e2", "")), []string{`the task "t" has 2 outgoing sequence flows; only an exclusive gateway can choose`}},
		"a task that stops":   {simple(task("x")), []string{`the task "x" has no outgoing sequence flow`}},
		"out of reach":        {simple(task("x") + flow("x", "e", "")), []string{`no sequence flow leads to the task "x"`}},
		"no way to the end":   {definitions(`<startEvent id="s"/><endEvent id="e"/>` + task("t") + flow("s", "t", "") + flow("t", "t", "")), []string{`no sequence flows lead from "s" to an end event`}},
		"a wrong default":     {gatewayProcess(`<exclusiveGateway id="g" default="s-t"/>`, flow("g", "a", ""), flow("g", "b", "")), []string{`the default "s-t" of the gateway "g" is no sequence flow that leaves it`}},
		"a nameless action":   {withAction(`<altinn:action id="submit"/>`), []string{`the task "t" has an action without a name`}},
		"an action's type":    {withAction(`<altinn:action type="click">confirm</altinn:action>`), []string{`the action "confirm" of the task "t" has the type "click"`}},
		"all faults together": {simple("\n" + flow("t", "x", "") + "\n" + flow("y", "e", "")), []string{`line 3: the sequence flow "t-x"`, `line 4: the sequence flow "y-e"`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := process.Parse([]byte(test.text))
			if err == nil {
				t.Fatalf("read as %+v", p.Elements())
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func withAction(action string) string {
	return strings.Replace(simple(""), "<altinn:taskType>", "<altinn:actions>"+action+"</altinn:actions><altinn:taskType>", 1)
}

// Whatever can be read can be followed from every element, to an element of
// the process or an error.
func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("testdata/process.bpmn")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(simple("")))
	f.Add([]byte(gatewayProcess(`<exclusiveGateway id="g" default="g-b"/>`, flow("g", "a", "x"), flow("g", "b", ""))))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := process.Parse(data)
		if err != nil {
			return
		}
		if e, ok := p.Element(p.Start()); !ok || e.Kind != process.StartEvent {
			t.Fatalf("the process starts at %+v", e)
		}
		for _, e := range p.Elements() {
			next, err := p.Next(e.ID, func(_, expression string) (bool, error) { return len(expression)%2 == 0, nil })
			if err != nil {
				continue
			}
			if _, ok := p.Element(next.ID); !ok || next.Kind == process.ExclusiveGateway {
				t.Errorf("after %q comes %+v", e.ID, next)
			}
		}
	})
}

// TestTaskSettings: what each type of task is set up with, also as older versions
// of Altinn's tools have spelt it.
func TestTaskSettings(t *testing.T) {
	t.Parallel()
	const signing = `<altinn:signatureConfig><altinn:dataTypesToSign><altinn:dataType>a</altinn:dataType></altinn:dataTypesToSign>
		<altinn:signatureDataType>b</altinn:signatureDataType><altinn:runDefaultValidator>True</altinn:runDefaultValidator>
		<altinn:uniqueFromSignaturesInDataTypes><altinn:dataType>c</altinn:dataType></altinn:uniqueFromSignaturesInDataTypes></altinn:signatureConfig>`
	for name, tt := range map[string]struct {
		taskType, settings string
		want               process.Task
		types              []string
		automatic          bool
		actions            []string
	}{
		"signing": {"signing", signing, process.Task{Signing: &process.Signing{DataTypes: []string{"a"}, SignatureType: "b", UniqueFrom: []string{"c"}, RunDefaultValidator: true}},
			[]string{"a", "b", "c"}, false, []string{"sign", "write"}},
		"payment": {"payment", `<altinn:paymentConfig><altinn:paymentDataType>a</altinn:paymentDataType><altinn:paymentReceiptPdfDataType>b</altinn:paymentReceiptPdfDataType></altinn:paymentConfig>`,
			process.Task{Payment: &process.Payment{DataType: "a", ReceiptDataType: "b"}}, []string{"a", "b"}, false, []string{"pay", "write"}},
		"payment that is not set up": {"payment", `<altinn:paymentConfig/>`, process.Task{Payment: &process.Payment{}}, nil, false, []string{"pay", "write"}},
		"subforms": {"subformPdf", `<altinn:subformPdfConfig><altinn:filename>f</altinn:filename><altinn:subformComponentId>k</altinn:subformComponentId><altinn:subformDataTypeId>a</altinn:subformDataTypeId></altinn:subformPdfConfig>`,
			process.Task{Subform: &process.Subform{Component: "k", DataType: "a", Filename: "f"}}, []string{"a"}, true, []string{"write"}},
		"subforms, older": {"subformPdf", `<altinn:subformPdfConfig><altinn:filenameTextResourceKey>f</altinn:filenameTextResourceKey><altinn:subformDatatTypeId>a</altinn:subformDatatTypeId></altinn:subformPdfConfig>`,
			process.Task{Subform: &process.Subform{DataType: "a", Filename: "f"}}, []string{"a"}, true, []string{"write"}},
		"pdf":      {"PDF", `<altinn:pdfConfig><altinn:filename>f</altinn:filename></altinn:pdfConfig>`, process.Task{PDFFilename: "f"}, nil, true, []string{"PDF"}},
		"feedback": {"feedback", "", process.Task{}, nil, false, []string{"write"}},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := process.Parse([]byte(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:altinn="http://altinn.no/process"><process id="p"><startEvent id="s"/>
				<task id="t"><extensionElements><altinn:taskExtension><altinn:taskType>` + tt.taskType + `</altinn:taskType>` + tt.settings + `</altinn:taskExtension></extensionElements></task>
				<endEvent id="e"/><sequenceFlow id="f1" sourceRef="s" targetRef="t"/><sequenceFlow id="f2" sourceRef="t" targetRef="e"/></process></definitions>`))
			if err != nil {
				t.Fatal(err)
			}
			got, _ := p.Task("t")
			tt.want.ID, tt.want.Type = "t", tt.taskType
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("task %+v\nwant %+v", got, tt.want)
			}
			if types := got.DataTypes(); !slices.Equal(types, tt.types) {
				t.Errorf("data types %v, want %v", types, tt.types)
			}
			if actions := process.NextActions(got.Type); got.Automatic() != tt.automatic || !slices.Equal(actions, tt.actions) {
				t.Errorf("automatic: %t, actions %v; want %t, %v", got.Automatic(), actions, tt.automatic, tt.actions)
			}
		})
	}
}
