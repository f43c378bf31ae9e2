package selfservice

// Rules are the points on which the public documentation leaves open what the
// real service does. The zero value is what an integration meets when the
// documentation holds as it reads.
type Rules struct {
	// KeepExpiryOnRepost leaves the end of a key's life where it was when the
	// same key is posted again without exp. Otherwise the key gets one more year,
	// as the help page of MP-121 says.
	KeepExpiryOnRepost bool `json:"keepExpiryOnRepost"`
	// KeyIDsPerClient lets clients have keys with the same kid. Otherwise a kid
	// that another client in use has is refused with status 409.
	KeyIDsPerClient bool `json:"keyIdsPerClient"`
}

// SetRules changes the rules for what comes after.
func (r *Registry) SetRules(rules Rules) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rules = rules
}

// Rules returns the rules in force.
func (r *Registry) Rules() Rules {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.rules
}
