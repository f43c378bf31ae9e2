package control

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stafett/stafett/local/redact"
)

// FuzzReadSeed: what can be read says the same after it has been sent, and what cannot
// is told without identity numbers and secrets.
func FuzzReadSeed(f *testing.F) {
	example, err := os.ReadFile("../../examples/data/seed.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(example),
		`{"persons": [{"handle": "ada", "name": "Ada", "selfIdentified": true}], "scopes": [{"name": "a:b", "access": []}]}`,
		"instances:\n- owner: 01899012345\n  created: 2026-01-01T02:00:00+02:00\n  data:\n  - json: {a: [1, 2.50, 0101, 2026-01-01, yes, True, ~, 0x1F, .inf, 'x', \"1\"]}\n  - text: |\n      hi\n",
		"instances: [{data: [{json: &a [*a]}]}]",
		"secrets: [{name: s, value: 'v', tags: {a: b}}]\nclients: [{keys: [{kid: k, n: 1}]}]",
		"persons: 01899012345", "a: &x [*x]", "{", "---\n---\n", "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		seed, err := ReadSeed(content)
		if err != nil {
			if told := redact.Text(err.Error()); told != err.Error() {
				t.Errorf("the error tells more than %q", told)
			}
			return
		}
		sent, err := json.Marshal(seed.body())
		if err != nil {
			return // a key with numbers that JSON does not have
		}
		again, err := ReadSeed(sent)
		if err != nil {
			t.Fatalf("%v\n%s", err, sent)
		}
		if twice, err := json.Marshal(again.body()); err != nil || string(twice) != string(sent) {
			t.Errorf("%v\n%s\nis not\n%s", err, twice, sent)
		}
	})
}
