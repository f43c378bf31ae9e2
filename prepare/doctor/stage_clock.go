package doctor

// clockChecks are the checks of stage clock.
func clockChecks() []check { return nil }
