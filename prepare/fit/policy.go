package fit

// policies fits the policies of both applications.
func policies(Input) (Result, error) { return Result{}, nil }
