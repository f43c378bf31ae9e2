package process_test

import (
	"fmt"
	"os"

	"github.com/stafett/stafett/app/expression"
	"github.com/stafett/stafett/app/process"
)

// The conditions of a gateway are expressions.
func ExampleProcess_Next() {
	data, err := os.ReadFile("testdata/process.bpmn")
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := process.Parse(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, action := range []string{"confirm", "reject"} {
		next, err := p.Next("Task_2", func(_, condition string) (bool, error) {
			e, err := expression.Parse([]byte(condition))
			if err != nil {
				return false, err
			}
			return e.Holds(expression.Context{GatewayAction: action})
		})
		fmt.Println(action, next.ID, next.TaskType, err)
	}
	// Output:
	// confirm Task_Pdf pdf <nil>
	// reject Task_1 data <nil>
}
