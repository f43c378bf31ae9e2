package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// event is one line of `go test -json` (cmd/test2json).
type event struct {
	Action     string
	Package    string
	ImportPath string // instead of Package, when a package does not build
	Test       string
	Output     string
}

// skip is a test that was skipped.
type skip struct{ pkg, test, reason string }

type result struct{ skipped []skip }

// report turns the events of go test into what go test prints without -v: a
// line for each package, and everything that a failing test said.
func report(in io.Reader, out io.Writer) (result, error) {
	var r result
	said := map[[2]string][]string{} // package and test → its output
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			r.take(line, said, out)
		}
		if err == io.EOF {
			return r, nil
		}
		if err != nil {
			return r, err
		}
	}
}

func (r *result) take(line string, said map[[2]string][]string, out io.Writer) {
	var e event
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		fmt.Fprint(out, line) // something that go test printed itself
		return
	}
	key := [2]string{e.Package, e.Test}
	switch {
	case e.Action == "build-output":
		fmt.Fprint(out, e.Output)
	case e.Action == "output" && e.Test == "":
		if !chatter(e.Output) {
			fmt.Fprint(out, e.Output)
		}
	case e.Action == "output":
		said[key] = append(said[key], e.Output)
	case e.Test == "": // the package as a whole, told by its output; no test files counts as skip
	case e.Action == "skip":
		r.skipped = append(r.skipped, skip{e.Package, e.Test, reason(said[key])})
		delete(said, key)
	case e.Action == "fail":
		fmt.Fprint(out, strings.Join(said[key], ""))
		delete(said, key)
	case e.Action == "pass":
		delete(said, key)
	}
}

// chatter reports whether a package-level line is one that go test prints only
// because -json implies -v.
func chatter(line string) bool {
	return line == "PASS\n" || strings.HasPrefix(line, "testing: warning: no tests to run")
}

// reason finds what t.Skip was given among the lines that a test said.
func reason(said []string) string {
	for _, line := range said {
		text := strings.TrimSpace(line)
		if text != "" && !strings.HasPrefix(text, "===") && !strings.HasPrefix(text, "---") {
			return text
		}
	}
	return "no reason given"
}
