package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// module writes a module with one test file and moves into it.
func module(t *testing.T, body string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":        "module example.test/m\n\ngo 1.26\n",
		"m_test.go":     "package m\n\nimport \"testing\"\n\n" + body,
		"empty/none.go": "package empty\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

// These run the real go test, so that a change in what it prints shows here.
func TestRun(t *testing.T) {
	tests := []struct {
		name   string
		body   string
		noSkip bool
		code   int
		says   []string
		silent []string
	}{
		{
			name: "all pass", body: `func TestA(t *testing.T) { t.Log("chatter of A") }`,
			noSkip: true, code: 0,
			says: []string{"ok  \texample.test/m", "[no test files]"}, silent: []string{"chatter", "SKIPPED", "=== RUN"},
		},
		{
			name: "a skip is told", body: `func TestA(t *testing.T) { t.Skip("needs a moon") }`,
			code: 0,
			says: []string{"ok  \texample.test/m", "1 SKIPPED:", "example.test/m TestA: m_test.go:5: needs a moon"},
		},
		{
			name: "a skip may not be", body: `func TestA(t *testing.T) { t.Run("b", func(t *testing.T) { t.Skip("needs a moon") }) }`,
			noSkip: true, code: 1,
			says: []string{"TestA/b: m_test.go:5: needs a moon"},
		},
		{
			name: "a failure is shown, and only it", body: `func TestA(t *testing.T) { t.Log("chatter of A") }
func TestB(t *testing.T) { t.Error("B is wrong") }`,
			code: 1,
			says: []string{"B is wrong", "--- FAIL: TestB", "FAIL\texample.test/m"}, silent: []string{"chatter"},
		},
		{
			name: "a panic is shown", body: `func TestA(t *testing.T) { panic("A fell") }`,
			code: 1, says: []string{"panic: A fell"},
		},
		{
			name: "what does not build is shown", body: `func TestA(t *testing.T) { undefinedName() }`,
			code: 1, says: []string{"undefined: undefinedName", "[build failed]"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			module(t, test.body)
			var out strings.Builder
			code, err := run(t.Context(), []string{"./..."}, test.noSkip, &out)
			if code != test.code {
				t.Errorf("exit code = %d (%v), want %d; it said:\n%s", code, err, test.code, &out)
			}
			for _, want := range test.says {
				if !strings.Contains(out.String(), want) {
					t.Errorf("it does not say %q:\n%s", want, &out)
				}
			}
			for _, unwanted := range test.silent {
				if strings.Contains(out.String(), unwanted) {
					t.Errorf("it says %q:\n%s", unwanted, &out)
				}
			}
		})
	}
}
