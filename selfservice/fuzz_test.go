package selfservice

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
)

// Whatever is read must be sent back whole by an update, but for what the API
// sets itself.
func FuzzDecodeIntegration(f *testing.F) {
	f.Fuzz(func(t *testing.T, text []byte) {
		integration, err := decodeIntegration(text)
		if err != nil {
			return
		}
		body, err := json.Marshal(integration.replacement())
		if err != nil {
			t.Fatal(err)
		}
		again, err := decodeIntegration(body)
		if err != nil {
			t.Fatalf("%s cannot be read again: %v", body, err)
		}
		if again.Name != integration.Name || again.Active != integration.Active || len(again.Scopes) != len(integration.Scopes) {
			t.Fatalf("%+v became %+v", integration, again)
		}
		for name := range integration.read {
			if _, kept := again.read[name]; !kept {
				t.Fatalf("member %q is lost", name)
			}
		}
	})
}

func FuzzDecodeError(f *testing.F) {
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		text := decodeError(status, body).Error()
		if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("%q does not fit on a line", text)
		}
	})
}
