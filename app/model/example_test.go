package model_test

import (
	"fmt"
	"os"

	"github.com/stafett/stafett/app/model"
)

func ExampleSchema_Validate() {
	data, err := os.ReadFile("testdata/skjema.schema.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := model.ParseSchema(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, issue := range s.Validate(map[string]any{"Formaal": "annet", "Kjoretoy": []any{map[string]any{"Kode": 7}}}) {
		fmt.Println(issue.Path+":", issue.Message)
	}
	// Output:
	// Kjoretoy[0].Kode: expected string, got number
	// Soker: the field is required
}
