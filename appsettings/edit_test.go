package appsettings_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/appsettings"
)

var update = flag.Bool("update", false, "write the golden files anew")

func set(name string, value any) appsettings.Change {
	return appsettings.Change{Name: name, Value: value}
}

func remove(name string) appsettings.Change { return appsettings.Change{Name: name, Delete: true} }

// The section of the public guide, mended as a project needs it.
func TestEditOfTheGuidesSection(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"guide", "guide-in-a-file-with-comments"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, err := os.ReadFile(filepath.Join("testdata", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			after, err := appsettings.Edit(before, "MaskinportenSettings", []appsettings.Change{
				set("Environment", "test"),
				set("Scope", "altinn:serviceowner/instances.read altinn:serviceowner/instances.write"),
				remove("EnableDebugLog"),
			})
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".golden.json")
			if *update {
				if err := os.WriteFile(golden, after, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if string(after) != string(want) {
				t.Errorf("edited:\n%s\nwant:\n%s", after, want)
			}
		})
	}
}

func TestEdit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, before, section string
		changes               []appsettings.Change
		want                  string
	}{
		// Set.
		{"set text", `{"A":{"b":"x"}}`, "A", []appsettings.Change{set("b", "y")}, `{"A":{"b":"y"}}`},
		{"set matches without regard to case", `{"a":{"B":"x"}}`, "A", []appsettings.Change{set("b", "y")}, `{"a":{"B":"y"}}`},
		{"set each type", `{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1}`, "",
			[]appsettings.Change{set("a", true), set("b", nil), set("c", 2), set("d", int64(3)), set("e", json.Number("1.50")), set("f", "å\"\\\n")},
			`{"a":true,"b":null,"c":2,"d":3,"e":1.50,"f":"å\"\\\n"}`},
		{"set same text in another spelling", `{"a":"\u00e5\/"}`, "", []appsettings.Change{set("a", "å/")}, `{"a":"\u00e5\/"}`},
		{"set the same flag", "{\"a\" :\ttrue , }", "", []appsettings.Change{set("a", true)}, "{\"a\" :\ttrue , }"},
		{"set a text to a flag", `{"a":"true"}`, "", []appsettings.Change{set("a", true)}, `{"a":true}`},
		{"set below a name with separators", `{"A:B":{"c":1}}`, "a:b", []appsettings.Change{set("c", 2)}, `{"A:B":{"c":2}}`},
		{"set a name with separators", `{"A":0,"A:B:C":1}`, "a", []appsettings.Change{set("b:c", 2)}, `{"A":0,"A:B:C":2}`},
		{"set in the second of two merged objects", `{"A":{"x":1},"a":{"y":2}}`, "A", []appsettings.Change{set("y", 3)}, `{"A":{"x":1},"a":{"y":3}}`},
		{"mark and CRLF stay", "\ufeff{\r\n\t\"a\": 1 // c\r\n}\r\n", "", []appsettings.Change{set("a", 2)}, "\ufeff{\r\n\t\"a\": 2 // c\r\n}\r\n"},

		// Add.
		{"add on a line", `{ "a": 1 }`, "", []appsettings.Change{set("b", 2)}, `{ "a": 1, "b": 2 }`},
		{"add to minified", `{"a":1}`, "", []appsettings.Change{set("b", 2)}, `{"a":1,"b":2}`},
		{"add on a line with a trailing comma", `{ "a": 1, }`, "", []appsettings.Change{set("b", 2)}, `{ "a": 1, "b": 2, }`},
		{"add on lines", "{\n  \"a\": 1\n}\n", "", []appsettings.Change{set("b", 2)}, "{\n  \"a\": 1,\n  \"b\": 2\n}\n"},
		{"add with CRLF and tabs", "\ufeff{\r\n\t\"a\": 1\r\n}", "", []appsettings.Change{set("b:c", 2)},
			"\ufeff{\r\n\t\"a\": 1,\r\n\t\"b\": {\r\n\t\t\"c\": 2\r\n\t}\r\n}"},
		{"add behind a trailing comma", "{\n  \"a\": 1,\n}", "", []appsettings.Change{set("b", 2)}, "{\n  \"a\": 1,\n  \"b\": 2,\n}"},
		{"add behind a comment", "{\n  \"a\": 1 // one\n}", "", []appsettings.Change{set("b", 2)}, "{\n  \"a\": 1, // one\n  \"b\": 2\n}"},
		{"add behind a comment behind a comma", "{\n  \"a\": 1, /* one */ // more\n  // end\n}", "", []appsettings.Change{set("b", 2)},
			"{\n  \"a\": 1, /* one */ // more\n  \"b\": 2,\n  // end\n}"},
		{"add before a brace behind a comment that a carriage return ends", "{\n  \"a\": 1 // one\r}", "", []appsettings.Change{set("b", 2)},
			"{\n  \"a\": 1,\n  \"b\": 2 // one\r}"},
		{"add before a brace on the line", "{\n  \"a\": 1 /* one\n */ }", "", []appsettings.Change{set("b", 2)}, "{\n  \"a\": 1,\n  \"b\": 2 /* one\n */ }"},
		{"add before a comment with no comma", "{ \"a\": 1 // one\n}", "", []appsettings.Change{set("b", 2)}, "{ \"a\": 1, \"b\": 2 // one\n}"},
		{"add behind a comment on the line", "{\n  /* one */ \"a\": 1\n}", "", []appsettings.Change{set("b", 2)}, "{\n  /* one */ \"a\": 1, \"b\": 2\n}"},
		{"add a section", "{\n    \"a\": 1\n}", "S", []appsettings.Change{set("b", 2), set("c", "x")},
			"{\n    \"a\": 1,\n    \"S\": {\n        \"b\": 2,\n        \"c\": \"x\"\n    }\n}"},
		{"add a section deep down", "{\n  \"A\": {\n    \"x\": 1\n  }\n}", "A:B:C", []appsettings.Change{set("d", 2)},
			"{\n  \"A\": {\n    \"x\": 1,\n    \"B\": {\n      \"C\": {\n        \"d\": 2\n      }\n    }\n  }\n}"},
		{"add a section to minified", `{"a":1}`, "S:T", []appsettings.Change{set("b", 2)}, `{"a":1,"S":{"T":{"b":2}}}`},
		{"add to an empty file", `{}`, "S", []appsettings.Change{set("b", 2)}, "{\n  \"S\": {\n    \"b\": 2\n  }\n}"},
		{"add to an empty object", "{\n  \"A\": {}\n}", "A", []appsettings.Change{set("b", 2)}, "{\n  \"A\": {\n    \"b\": 2\n  }\n}"},
		{"add to an empty object on two lines", "{\n  \"A\": {\n  }\n}", "A", []appsettings.Change{set("b", 2)}, "{\n  \"A\": {\n    \"b\": 2\n  }\n}"},
		{"add to an empty object on one line", `{"A":{}}`, "A", []appsettings.Change{set("b", 2)}, `{"A":{"b":2}}`},
		{"add to an object with comments only", "{\n  // none yet\n}\n", "", []appsettings.Change{set("b", 2)}, "{\n  // none yet\n  \"b\": 2\n}\n"},
		{"add to an object with a comment on its line", "{\n  \"A\": { /* none */ }\n}\n", "A", []appsettings.Change{set("b", 2)},
			"{\n  \"A\": { /* none */\n    \"b\": 2\n  }\n}\n"},
		{"add where objects merge", "{\"A\":{\"x\":1},\"a\":{\"y\":2}}", "A", []appsettings.Change{set("z", 3)}, "{\"A\":{\"x\":1,\"z\":3},\"a\":{\"y\":2}}"},
		{"add to the deepest there is", `{"A":{"x":1},"a":{"B":{"y":2}}}`, "A:B", []appsettings.Change{set("z", 3)}, `{"A":{"x":1},"a":{"B":{"y":2,"z":3}}}`},
		{"a comment at the end without a line end", "{\"a\":1} // end", "", []appsettings.Change{set("b", 2)}, "{\"a\":1,\"b\":2} // end"},

		// Delete.
		{"delete on a line", `{ "a": 1, "b": 2, "c": 3 }`, "", []appsettings.Change{remove("B")}, `{ "a": 1, "c": 3 }`},
		{"delete the first on a line", `{ "a": 1, "b": 2 }`, "", []appsettings.Change{remove("a")}, `{ "b": 2 }`},
		{"delete the last on a line", `{ "a": 1, "b": 2 }`, "", []appsettings.Change{remove("b")}, `{ "a": 1 }`},
		{"delete the last of minified", `{"a":1,"b":2}`, "", []appsettings.Change{remove("b")}, `{"a":1}`},
		{"delete the only one", `{"a":1}`, "", []appsettings.Change{remove("a")}, `{}`},
		{"delete a line", "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}", "", []appsettings.Change{remove("b")}, "{\n  \"a\": 1,\n  \"c\": 3\n}"},
		{"delete the last line", "{\n  \"a\": 1, // one\n  \"b\": 2 // two\n}", "", []appsettings.Change{remove("b")}, "{\n  \"a\": 1 // one\n}"},
		{"delete the last line with a trailing comma", "{\r\n  \"a\": 1,\r\n  \"b\": 2,\r\n}", "", []appsettings.Change{remove("b")}, "{\r\n  \"a\": 1,\r\n}"},
		{"delete a line with its comment", "{\r\n  // above\r\n  \"a\": 1, // one\r\n  // below\r\n  \"b\": 2\r\n}", "", []appsettings.Change{remove("a")},
			"{\r\n  // above\r\n  // below\r\n  \"b\": 2\r\n}"},
		{"delete the first of two on a line", "{\n  \"a\": 1, \"b\": 2\n}", "", []appsettings.Change{remove("a")}, "{\n  \"b\": 2\n}"},
		{"delete the second of two on a line", "{\n  \"a\": 1, \"b\": 2, // both\n  \"c\": 3\n}", "", []appsettings.Change{remove("b")},
			"{\n  \"a\": 1, // both\n  \"c\": 3\n}"},
		{"delete before a comment that a carriage return ends", "{\n  \"a\": 1, // one\r  \"b\": 2\n}", "", []appsettings.Change{remove("a")},
			"{\n  // one\r  \"b\": 2\n}"},
		{"delete before a comment that goes on", "{\n  \"a\": 1, /* on\n and on */ \"b\": 2\n}", "", []appsettings.Change{remove("a")}, "{\n  /* on\n and on */ \"b\": 2\n}"},
		{"delete a section", "{\n  \"A\": {\n    \"x\": 1\n  },\n  \"b\": 2\n}", "", []appsettings.Change{remove("A")}, "{\n  \"b\": 2\n}"},
		{"delete deep down", "{\n  \"A\": {\n    \"B\": {\n      \"x\": 1\n    }\n  }\n}", "A:B", []appsettings.Change{remove("x")},
			"{\n  \"A\": {\n    \"B\": {\n    }\n  }\n}"},
		{"delete all of merged objects", `{"A":{"x":1},"b":2,"a":{"y":2}}`, "", []appsettings.Change{remove("a")}, `{"b":2}`},
		{"delete what is not there", "{ }", "A", []appsettings.Change{remove("a")}, "{ }"},
		{"delete with spaces before the comma", "{\n  \"a\": 1 /* one */ ,\n  \"b\": 2\n}", "", []appsettings.Change{remove("a")}, "{\n  \"b\": 2\n}"},
		{"delete and add", "{\n  \"a\": 1\n}", "", []appsettings.Change{remove("a"), set("b", 2)}, "{\n  \"b\": 2\n}"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := appsettings.Edit([]byte(test.before), test.section, test.changes)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want {
				t.Errorf("edited:\n%q\nwant:\n%q", got, test.want)
			}
			again, err := appsettings.Edit(got, test.section, test.changes)
			if test.name != "delete and add" && (err != nil || string(again) != test.want) {
				t.Errorf("a second time:\n%q, %v", again, err)
			}
		})
	}
}

// Objects of one name may stand in a file, and all of them go.
func TestDeleteOfManyOfOneName(t *testing.T) {
	t.Parallel()
	for n := range 40 {
		for _, gap := range []string{"", "\n  "} {
			members := strings.Repeat(gap+`"A": {"b": 1},`, min(n, 1)) + strings.Repeat(gap+`"A": {},`, max(n-1, 0))
			got, err := appsettings.Edit([]byte("{"+gap+`"x": 1,`+members+gap+`"y": 2`+"\n}"), "", []appsettings.Change{{Name: "a", Delete: true}})
			if want := "{" + gap + `"x": 1,` + gap + `"y": 2` + "\n}"; err != nil || string(got) != want {
				t.Fatalf("without %d: %q, %v; want %q", n, got, err, want)
			}
		}
		got, err := appsettings.Edit([]byte(`{"x": 1`+strings.Repeat(`, "A": {}`, n)+`}`), "", []appsettings.Change{{Name: "a", Delete: true}})
		if want := `{"x": 1}`; err != nil || string(got) != want {
			t.Fatalf("without %d at the end: %q, %v; want %q", n, got, err, want)
		}
	}
}

func TestEditRefuses(t *testing.T) {
	t.Parallel()
	const key = "eyJrdHkiOiJSU0EiLCJkIjoi"
	tests := []struct {
		name, before, section string
		change                appsettings.Change
		want                  string
	}{
		{"a file that does not parse", `{"EncodedJwk":"` + key + `\x"}`, "", set("a", 1), "line 1: not valid JSON"},
		{"an empty file", "", "", set("a", 1), "empty"},
		{"duplicates", "{\"A\":\"" + key + "\",\n\"a\":1}", "", set("b", 1), "line 2: a is set twice"},
		{"UTF-16", "\xff\xfe{\x00}\x00", "", set("a", 1), "not UTF-8"},
		{"Latin-1", "{} // \xe5", "", set("a", 1), "not UTF-8"},
		{"an object in the way", `{"A":{"b":{"c":1}}}`, "A", set("b", 1), "A:b is an object"},
		{"an array in the way", `{"A":[1]}`, "", set("A", 1), "A is an object or an array"},
		{"a value above", "{\n\"A\":1}", "A", set("b", 1), "line 2: A:b cannot be added"},
		{"an array above", `{"A":[1]}`, "A", set("0", 1), "cannot be added"},
		{"no name", `{}`, "A", set("", 1), "not a path"},
		{"an empty segment", `{}`, "A::B", set("c", 1), "not a path"},
		{"a path too deep", `{}`, strings.Repeat("a:", 63) + "a", set("b", 1), "deeper than 64"},
		{"a value of no JSON type", `{}`, "", set("a", struct{}{}), "type struct {}"},
		{"a number that is none", `{}`, "", set("a", json.Number("1x")), "not a JSON number"},
		{"a text that is not UTF-8", `{}`, "", set("a", "\xff"), "not UTF-8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := appsettings.Edit([]byte(test.before), test.section, []appsettings.Change{test.change})
			if err == nil || got != nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("Edit = %q, %v; want error with %q", got, err, test.want)
			}
			if strings.Contains(err.Error(), key) {
				t.Errorf("the error quotes a value: %v", err)
			}
		})
	}
	_, err := appsettings.Edit([]byte("{"), "", nil)
	var fault *appsettings.FileError
	if !errors.As(err, &fault) {
		t.Errorf("error = %v", err)
	}
}
