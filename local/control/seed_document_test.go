package control

import (
	"strings"
	"testing"
)

// manyItems is a seed in JSON with a list of a number of items, each on a line of its
// own: the first is on line 2.
func manyItems(n int) []byte {
	return []byte("{\"persons\": [\n" + strings.Repeat("0,\n", n-1) + "0\n]}")
}

func TestEachValueOfJSONKnowsItsLine(t *testing.T) {
	t.Parallel()
	root, err := parseSeed(manyItems(1000))
	if err != nil {
		t.Fatal(err)
	}
	items := root.Content[1].Content
	if len(items) != 1000 || root.Line != 1 {
		t.Fatalf("%d items, from line %d", len(items), root.Line)
	}
	for n, item := range items {
		if item.Line != n+2 {
			t.Fatalf("item %d is on line %d", n, item.Line)
		}
	}
}

// BenchmarkParseSeed reads the most values that a request has room for.
func BenchmarkParseSeed(b *testing.B) {
	content := manyItems(maxBody / len("0,\n"))
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if _, err := parseSeed(content); err != nil {
			b.Fatal(err)
		}
	}
}
