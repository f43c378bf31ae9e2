package handover

// Reason is an error's text as far as it may be logged and shown: without what
// could quote a form or name a party.
func Reason(err error) string { return reason(err) }
