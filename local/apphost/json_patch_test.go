package apphost

import (
	"encoding/json"
	"errors"
	"testing"
)

// TestApplyPatch holds the patches to RFC 6902, its appendix among them in other
// words.
func TestApplyPatch(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, patch, after string }{
		"add member":        {`{"a":1}`, `[{"op":"add","path":"/b","value":null}]`, `{"a":1,"b":null}`},
		"add replaces":      {`{"a":1}`, `[{"op":"add","path":"/a","value":[1.50]}]`, `{"a":[1.50]}`},
		"add into list":     {`{"a":[1,3]}`, `[{"op":"add","path":"/a/1","value":2}]`, `{"a":[1,2,3]}`},
		"add at the end":    {`{"a":[1]}`, `[{"op":"add","path":"/a/-","value":2},{"op":"add","path":"/a/2","value":3}]`, `{"a":[1,2,3]}`},
		"replace":           {`{"a":{"b":[1,2]}}`, `[{"op":"replace","path":"/a/b/0","value":"x"}]`, `{"a":{"b":["x",2]}}`},
		"replace all":       {`{"a":1}`, `[{"op":"replace","path":"","value":{}}]`, `{}`},
		"remove":            {`{"a":[1,2,3],"b":1}`, `[{"op":"remove","path":"/a/1"},{"op":"remove","path":"/b"}]`, `{"a":[1,3]}`},
		"move":              {`{"a":{"b":1},"c":[]}`, `[{"op":"move","from":"/a/b","path":"/c/0"}]`, `{"a":{},"c":[1]}`},
		"copy is its own":   {`{"a":[1]}`, `[{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/b/-","value":2}]`, `{"a":[1],"b":[1,2]}`},
		"test":              {`{"a":{"b":[1.0,"x"]}}`, `[{"op":"test","path":"/a","value":{"b":[1,"x"]}}]`, `{"a":{"b":[1.0,"x"]}}`},
		"escaped names":     {`{"a/b":1,"c~d":2}`, `[{"op":"replace","path":"/a~1b","value":3},{"op":"remove","path":"/c~0d"}]`, `{"a/b":3}`},
		"nothing":           {`{}`, `[]`, `{}`},
		"no such member":    {`{}`, `[{"op":"replace","path":"/a","value":1}]`, ""},
		"no such parent":    {`{}`, `[{"op":"add","path":"/a/b","value":1}]`, ""},
		"below a number":    {`{"a":1}`, `[{"op":"add","path":"/a/b","value":1}]`, ""},
		"outside the list":  {`{"a":[]}`, `[{"op":"add","path":"/a/1","value":1}]`, ""},
		"leading zero":      {`{"a":[1,2]}`, `[{"op":"remove","path":"/a/01"}]`, ""},
		"end of list":       {`{"a":[1]}`, `[{"op":"remove","path":"/a/-"}]`, ""},
		"into itself":       {`{"a":{}}`, `[{"op":"move","from":"/a","path":"/a/b"}]`, ""},
		"no value":          {`{}`, `[{"op":"add","path":"/a"}]`, ""},
		"unknown operation": {`{}`, `[{"op":"toss","path":"/a"}]`, ""},
		"no slash":          {`{}`, `[{"op":"add","path":"a","value":1}]`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			before, err := decodeJSON([]byte(c.before))
			if err != nil {
				t.Fatal(err)
			}
			var operations []patchOperation
			if err := json.Unmarshal([]byte(c.patch), &operations); err != nil {
				t.Fatal(err)
			}
			got, err := applyPatch(before, operations)
			if c.after == "" {
				if err == nil || errors.Is(err, errTestFailed) {
					t.Fatalf("got %v, %v; want an error", got, err)
				}
				return
			}
			want, _ := decodeJSON([]byte(c.after))
			if err != nil || !equalJSON(got, want) {
				t.Errorf("got %v, %v; want %v", got, err, want)
			}
		})
	}
	for _, patch := range []string{`"2"`, `{}`, `[1]`, `null`, `true`} {
		_, err := applyPatch(json.Number("2"), []patchOperation{{Op: "test", Value: json.RawMessage(patch)}})
		if !errors.Is(err, errTestFailed) {
			t.Errorf("test of 2 against %s: %v", patch, err)
		}
	}
}
