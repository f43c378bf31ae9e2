package doctor

// settingsChecks are the checks of stage settings.
func settingsChecks() []check { return nil }
