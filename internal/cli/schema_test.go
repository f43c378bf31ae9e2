package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// compileSchema reads testdata/schema/NAME.json: the form of a document that
// programs rely on. Members may be added to it, never renamed.
func compileSchema(name string) (*jsonschema.Schema, error) {
	content, err := os.ReadFile(filepath.Join("testdata", "schema", name+".json"))
	if err != nil {
		return nil, err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(name+".json", document); err != nil {
		return nil, err
	}
	return compiler.Compile(name + ".json")
}

// checkSchema checks that the last stdout (or stderr) is one line of JSON that
// the schema allows, and nothing else.
func checkSchema(ts *testscript.TestScript, args []string) {
	stream := "stdout"
	if len(args) > 1 {
		stream = args[1]
	}
	text := ts.ReadFile(stream)
	if strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
		ts.Fatalf("%s is not one line:\n%s", stream, text)
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var document any
	ts.Check(decoder.Decode(&document))
	if rest, err := io.ReadAll(decoder.Buffered()); err != nil || strings.TrimSpace(string(rest)) != "" {
		ts.Fatalf("%s holds more than one document", stream)
	}
	schema, err := compileSchema(args[0])
	ts.Check(err)
	if err := schema.Validate(document); err != nil {
		ts.Fatalf("%s: %v\n%s", stream, err, text)
	}
}

func TestSchemasCompile(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/schema/*.json")
	if err != nil || len(files) < 7 {
		t.Fatalf("%d schemas, %v", len(files), err)
	}
	for _, file := range files {
		if _, err := compileSchema(strings.TrimSuffix(filepath.Base(file), ".json")); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}
