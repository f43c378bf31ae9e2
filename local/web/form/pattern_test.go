package form_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/web/form"
)

// What does not have the form of a pattern is told in words: what is to be
// changed, or what the application says of the field, and never the pattern.
func TestPatternsAreToldInWords(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ pattern, says, described, value, want string }{
		"digits":               {`^[0-9]{4}$`, "", "", "97", "Skriv «Field» med 4 sifre."},
		"letters for digits":   {`^\d{9}$`, "", "", "x", "Skriv «Field» med 9 sifre."},
		"a range of digits":    {`^[0-9]{8,12}$`, "", "", "97", "Skriv «Field» med 8–12 sifre."},
		"the right number":     {`^1[0-9]{3}$`, "", "", "9730", "«Field» er ikke skrevet på riktig måte."},
		"any number of digits": {`^[0-9]+$`, "", "", "x", "«Field» er ikke skrevet på riktig måte."},
		"capital letters":      {`^[A-Z]{2} ?[0-9]{5}$`, "Two letters and five digits", "", "ab 12345", "Skriv «Field» med store bokstaver."},
		"small letters":        {`^[a-z]+$`, "", "", "ABC", "Skriv «Field» med små bokstaver."},
		"spaces":               {`^[0-9]{5}$`, "", "", "123 45", "Skriv «Field» uten mellomrom."},
		"capitals, packed":     {`^[A-Z]{2}[0-9]{5}$`, "", "", "ab 12345", "Skriv «Field» med store bokstaver og uten mellomrom."},
		"an e-mail address":    {`^[^@ ]+@[^@ ]+\.[^@ ]+$`, "", "", "maret", "Skriv «Field» som en e-postadresse, for eksempel navn@example.com."},
		"in the application's": {`^[A-Z]-[0-9]$`, "A letter, a dash and a digit.", "no", "x", "«Field» er ikke skrevet på riktig måte. A letter, a dash and a digit."},
		"in the model's words": {`^[A-Z]-[0-9]$`, "", "Such as A-1.", "x", "«Field» er ikke skrevet på riktig måte. Such as A-1."},
		"not to be expressed":  {`^(?=.*[0-9])x*$`, "", "", "1", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			property := map[string]any{"type": "string", "pattern": tt.pattern}
			if tt.described != "" {
				property["description"] = tt.described
			}
			schema, err := json.Marshal(map[string]any{"type": "object", "properties": map[string]any{"Field": property}})
			if err != nil {
				t.Fatal(err)
			}
			texts := map[string]string{"title": "Field"}
			if tt.says != "" {
				texts["description"] = tt.says
			}
			layout, err := json.Marshal([]any{map[string]any{"id": "field", "type": "Input", "dataModelBindings": map[string]string{"simpleBinding": "Field"}, "textResourceBindings": texts}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, issue := range read(t, made(t, string(layout), string(schema))).Validate(form.State{Write: true, Language: "nb", Now: now, Data: map[string]any{"Field": tt.value}}) {
				got = append(got, issue.Text)
			}
			if strings.Join(got, "\n") != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
