package doctor

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func FuzzLeaks(f *testing.F) {
	for _, seed := range []string{
		"", "{\"kty\":\"RSA\",\n\"d\":\"" + strings.Repeat("a", 60) + "\"}", "-----BEGIN PRIVATE KEY-----\\n" + strings.Repeat("B", 50),
		"\n\nabc8Q~" + strings.Repeat("x", 34), `"ClientSecret": "0123456789abcdef"`, "ey" + strings.Repeat("J", 300), "ZXd" + strings.Repeat("=", 300),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		line := 0
		for _, found := range leaks(content) {
			if found.line <= line || found.line > 1+bytes.Count(content, []byte("\n")) || found.kind == "" {
				t.Fatalf("%+v after line %d", found, line)
			}
			line = found.line
		}
	})
}

// A file may be full of them, and have several in a line: the first that is looked
// for is told.
func TestLeaksOfEveryLine(t *testing.T) {
	t.Parallel()
	const each = `{"password":"0123456789abcdef"} abc8Q~` + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx \n\n"
	const lines = 20_000
	found := leaks([]byte(strings.Repeat(each, lines)))
	if len(found) != lines {
		t.Fatalf("%d are found in %d lines", len(found), lines)
	}
	for n, l := range found {
		if l.line != 1+2*n || l.kind != "a client secret of Microsoft Entra" {
			t.Fatalf("the one with number %d is %+v", n, l)
		}
	}
}

func BenchmarkLeaks(b *testing.B) {
	var files [][]byte
	var size int64
	for _, pattern := range []string{"*.go", "../*.go", "../../docs/*.md", "../../examples/*/config/*/*"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			b.Fatal(err)
		}
		for _, name := range names {
			content, err := os.ReadFile(name)
			if err != nil {
				continue
			}
			files = append(files, content)
			size += int64(len(content))
		}
	}
	b.SetBytes(size)
	for b.Loop() {
		for _, content := range files {
			leaks(content)
		}
	}
}
