package control_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// described is the OpenAPI document, which every request of these tests that a
// control address accepts, and every answer, must agree with.
var described = sync.OnceValues(func() (*jsonschema.Compiler, error) {
	content, err := os.ReadFile("openapi.json")
	if err != nil {
		return nil, err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	return compiler, compiler.AddResource("https://stafett.invalid/openapi.json", document)
})

// checked compares what goes over a transport with the document.
type checked struct {
	t    *testing.T
	next http.RoundTripper
}

var lastSegment = regexp.MustCompile(`^/(faults|forwards)/[^/]+$`)

func (c checked) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	response, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answered, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(answered))
	path := r.URL.Path
	if found := lastSegment.FindStringSubmatch(path); found != nil {
		path = map[string]string{"faults": "/faults/{id}", "forwards": "/forwards/{host}"}[found[1]]
	}
	operation := "#/paths/" + strings.ReplaceAll(path, "/", "~1") + "/" + strings.ToLower(r.Method)
	if response.StatusCode/100 == 2 && len(sent) > 0 && json.Valid(sent) {
		c.validate(operation+"/requestBody/content/application~1json/schema", sent)
	}
	switch {
	case response.Header.Get("Content-Type") == "application/problem+json":
		c.validate("#/components/schemas/Problem", answered)
	case response.StatusCode/100 == 2 && response.StatusCode != http.StatusNoContent:
		c.validate(operation+"/responses/"+strconv.Itoa(response.StatusCode)+"/content/application~1json/schema", answered)
	}
	return response, nil
}

func (c checked) validate(pointer string, content []byte) {
	c.t.Helper()
	compiler, err := described()
	if err != nil {
		c.t.Fatal(err)
	}
	compiling.Lock() // a compiler keeps what it has compiled
	schema, err := compiler.Compile("https://stafett.invalid/openapi.json" + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(pointer))
	compiling.Unlock()
	if err != nil {
		c.t.Errorf("%s is not described: %v", pointer, err)
		return
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		c.t.Errorf("%s: %v\n%s", pointer, err, content)
	}
}

var compiling sync.Mutex

// TestTheDocumentIsServed needs no token for it.
func TestTheDocumentIsServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if status, body := w.send(t, http.MethodGet, "/openapi.json", "", "", ""); status != http.StatusOK || body != string(want) {
		t.Errorf("status %d, %d bytes", status, len(body))
	}
}
