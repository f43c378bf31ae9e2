package expression_test

import (
	"fmt"

	"github.com/stafett/stafett/app/expression"
)

func ExampleExpression_Eval() {
	e, err := expression.Parse([]byte(`["concat", "Søknad fra ", ["upperCaseFirst", ["dataModel", "Soker.Navn"]]]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	form := map[string]any{"Soker": map[string]any{"Navn": "kari"}}
	fmt.Println(e.Eval(expression.Context{DataModel: expression.ModelLookup(form)}))
	fmt.Println(e.Eval(expression.Context{}))
	// Output:
	// Søknad fra Kari <nil>
	// <nil> evaluate expression: dataModel at [2][1]: it is not available here
}

func ExampleExpression_Holds() {
	e, err := expression.Parse([]byte(`["notEquals", ["gatewayAction"], "reject"]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Holds(expression.Context{GatewayAction: "confirm"}))
	fmt.Println(e.Holds(expression.Context{GatewayAction: "reject"}))
	// Output:
	// true <nil>
	// false <nil>
}
