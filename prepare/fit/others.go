package fit

// Others tells who else than the owner may make instances of the receiving
// application with a token of their own, and by which rules; a sentence without
// full stop, or "" for nobody.
func Others(in Input) string { return othersWhoInstantiate(in) }
