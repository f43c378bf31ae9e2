package house_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestMetricsAreDocumented holds docs/metrics.md to what the service tells, in
// both directions, and the alert rules and the runbook to docs/metrics.md.
func TestMetricsAreDocumented(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`\bstafett_[a-z_]+[a-z]\b`)
	told := map[string]bool{}
	sources(t, func(path string, text []byte) {
		if strings.HasPrefix(path, "serve/") && !strings.HasSuffix(path, "_test.go") {
			for _, literal := range regexp.MustCompile(`"stafett_[a-z_]+"`).FindAllString(string(text), -1) {
				told[strings.Trim(literal, `"`)] = true
			}
		}
	})
	if len(told) < 10 {
		t.Fatalf("found only %d metrics in the service", len(told))
	}

	read := func(path ...string) string {
		text, err := os.ReadFile(filepath.Join(append([]string{root(t)}, path...)...))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	rows := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(stafett_[a-z_]+)` \\| (counter|gauge|histogram) \\|").FindAllStringSubmatch(read("docs", "metrics.md"), -1) {
		rows[row[1]] = true
		if !told[row[1]] {
			t.Errorf("docs/metrics.md has %s, which the service does not tell", row[1])
		}
	}
	for metric := range told {
		if !rows[metric] {
			t.Errorf("%s is not in docs/metrics.md", metric)
		}
	}
	for _, file := range []string{"deploy/prometheus/alerts.yaml", "deploy/prometheus/alerts_test.yaml", "docs/runbook.md"} {
		for _, metric := range name.FindAllString(read(filepath.FromSlash(file)), -1) {
			if !rows[metric] {
				t.Errorf("%s asks for %s, which is not in docs/metrics.md", file, metric)
			}
		}
	}
}
