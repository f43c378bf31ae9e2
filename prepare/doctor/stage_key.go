package doctor

// keyChecks are the checks of stage key.
func keyChecks() []check { return nil }
