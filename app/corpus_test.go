package app_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/expression"
	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/app/process"
)

// TestCorpus reads a collection of real applications' configuration, which is
// not part of this repository: folders policy, bpmn and meta, each file named
// by the start of its hash. STAFETT_CORPUS says where it is; otherwise it is
// looked for in a folder shared/ beside the checkout.
//
// testdata/corpus_refused.txt lists the files that must be refused, and with
// what words; all others must be read.
func TestCorpus(t *testing.T) {
	t.Parallel()
	root := os.Getenv("STAFETT_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(root); err != nil {
		t.Skipf("SKIPPED: there is no corpus of real configuration (%v); set STAFETT_CORPUS to its folder", err)
	}
	refused := refusals(t)
	kinds := map[string]func(*testing.T, []byte) error{"policy/*.xml": readPolicy, "bpmn/*.bpmn": readProcess, "meta/*.json": readMetadata}
	for pattern, read := range kinds {
		t.Run(filepath.Dir(pattern), func(t *testing.T) {
			t.Parallel()
			files, err := filepath.Glob(filepath.Join(root, pattern))
			if err != nil || len(files) == 0 {
				t.Fatalf("%d files, %v", len(files), err)
			}
			reads := 0
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				name := filepath.Base(filepath.Dir(file)) + "/" + filepath.Base(file)
				want, expected := refused[name]
				switch err := read(t, data); {
				case err == nil && expected:
					t.Errorf("%s was read; expected an error with %q", name, want)
				case err == nil:
					reads++
				case !expected:
					t.Errorf("%s was refused: %v", name, err)
				case !strings.Contains(err.Error(), want):
					t.Errorf("%s: the error %q does not say %q", name, err, want)
				}
			}
			t.Logf("%d files: %d read, %d refused", len(files), reads, len(files)-reads)
		})
	}
}

func refusals(t *testing.T) map[string]string {
	t.Helper()
	file, err := os.Open("testdata/corpus_refused.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	refused := map[string]string{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, words, ok := strings.Cut(lines.Text(), " ")
		if !ok {
			t.Fatalf("the line %q has no words", lines.Text())
		}
		refused[name] = words
	}
	return refused
}

// readPolicy also evaluates: whatever the rules are, an unknown subject gets an
// answer that is not a fault of the reader.
func readPolicy(t *testing.T, data []byte) error {
	p, err := policy.Parse(data)
	if err != nil {
		return err
	}
	d := p.Evaluate(policy.Request{
		Subject:  []policy.Attribute{{ID: policy.AttributeOrg, Value: "stafett-prove"}},
		Action:   []policy.Attribute{{ID: policy.AttributeAction, Value: "read"}},
		Resource: []policy.Attribute{{ID: policy.AttributeOrg, Value: "ttd"}, {ID: policy.AttributeApp, Value: "app"}},
	})
	if d.Result != policy.NotApplicable && d.Result != policy.Permit {
		t.Errorf("policy %s: %s, %s", p.ID, d.Result, d.StatusMessage)
	}
	return nil
}

// readProcess also follows every element, and reads every condition.
func readProcess(t *testing.T, data []byte) error {
	p, err := process.Parse(data)
	if err != nil {
		return err
	}
	condition := func(_, text string) (bool, error) {
		e, err := expression.Parse([]byte(text))
		if err != nil {
			return false, err
		}
		return e.Holds(expression.Context{DataModel: expression.ModelLookup(nil), GatewayAction: "reject",
			CountDataElements: func(string) (int, error) { return 0, nil }})
	}
	for _, e := range p.Elements() {
		if e.Kind == process.EndEvent {
			continue
		}
		if _, err := p.Next(e.ID, condition); err != nil && !strings.Contains(err.Error(), "out of the gateway") {
			t.Errorf("process %s after %s: %v", p.ID(), e.ID, err)
		}
	}
	return nil
}

func readMetadata(_ *testing.T, data []byte) error {
	_, err := app.ParseMetadata(data)
	return err
}
