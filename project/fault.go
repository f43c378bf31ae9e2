package project

import (
	"fmt"
	"strings"
)

// Fault is one thing wrong in a project file.
type Fault struct {
	Path     string
	Position Position
	Message  string // what is wrong, and what to write instead
}

// Error gives "path:line:column: message", which editors can jump to.
func (f *Fault) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", f.Path, f.Position.Line, f.Position.Column, f.Message)
}

// nearest returns the known name that a misspelt one was probably meant to be,
// or "".
func nearest(name string, known []string) string {
	best, distance := "", len(name)/3+2
	for _, k := range known {
		if d := edits(strings.ToLower(name), strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	return best
}

// edits is the Levenshtein distance of two texts, in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
