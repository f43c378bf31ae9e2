package doctor

// codeChecks are the checks of stage code.
func codeChecks() []check { return nil }
