package appsettings

// nearest returns the candidate that a misspelt name most likely means: the one
// with the fewest edits, if those are at most a third of the name. The first of
// equals is returned.
func nearest(name string, candidates []string) (string, bool) {
	best, found := len([]rune(name))/3+1, ""
	for _, candidate := range candidates {
		if d := distance([]rune(fold(name)), []rune(fold(candidate))); d < best {
			best, found = d, candidate
		}
	}
	return found, found != ""
}

// distance is the number of letters to add, remove or replace to get from a to b.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, ra := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, rb := range b {
			replace := diagonal
			if ra != rb {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
