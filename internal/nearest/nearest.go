// Package nearest finds the name that a misspelt one was most likely meant to
// be, for messages that end with "did you mean …?".
package nearest

import "strings"

// Name returns the known name that takes the fewest edits to make of the given
// one, as it is spelt in known. An edit adds, removes or replaces a letter, or
// swaps two neighbours; the case of letters makes no difference. Of names that
// are as near as each other, the first wins.
//
// The answer is false when no name is near enough: when each takes more edits
// than a third, rounded down, of the letters of the longer of the two. A name of
// one or two letters is therefore near to itself only, and one of three to five
// may have one mistake in it.
func Name(given string, known []string) (string, bool) {
	best, found, fewest := "", false, 0
	a := []rune(strings.ToLower(given))
	for _, name := range known {
		b := []rune(strings.ToLower(name))
		limit := max(len(a), len(b)) / 3
		if found {
			limit = min(limit, fewest-1)
		}
		// Each letter of difference in length is an edit. That spares the work for
		// texts that are no names.
		if max(len(a), len(b))-min(len(a), len(b)) > limit {
			continue
		}
		if edits := distance(a, b); edits <= limit {
			best, found, fewest = name, true, edits
		}
	}
	return best, found
}

// distance is the optimal string alignment distance: the number of letters to
// add, remove or replace, and of neighbours to swap, where no letter takes part
// in two edits.
func distance(a, b []rune) int {
	twoAbove := make([]int, len(b)+1)
	above := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		twoAbove, above, row = above, row, twoAbove
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replaced := above[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			row[j] = min(replaced, above[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], twoAbove[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
