package process_test

import (
	"os"
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
