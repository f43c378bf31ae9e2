package doctor

// repositoryChecks are the checks of stage repository.
func repositoryChecks() []check { return nil }
