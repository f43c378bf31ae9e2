package rotate

import (
	"fmt"
	"time"
)

// NotPreparedError says that the section has no key, or no client id, to begin
// with.
type NotPreparedError struct{ Secret string }

// Error names the secret that is missing.
func (e *NotPreparedError) Error() string {
	return fmt.Sprintf("the vault has no secret %s, or it is disabled", e.Secret)
}

// Remedy says what to do about it.
func (e *NotPreparedError) Remedy() string { return "run: stafett prepare" }

// NotRegisteredError says that the key in the vault is not on the integration, so
// that there is nothing to renew.
type NotRegisteredError struct{ ClientID, KeyID string }

// Error names the key and the integration.
func (e *NotRegisteredError) Error() string {
	return fmt.Sprintf("key %s is not registered on integration %s", e.KeyID, e.ClientID)
}

// Remedy says what to do about it.
func (e *NotRegisteredError) Remedy() string {
	return "run stafett prepare, which registers it again, or stafett rotate"
}

// RenewalError says that Digdir took the key that was posted again, and did not
// move its end.
type RenewalError struct {
	ClientID, KeyID string
	Expires         time.Time // as it was, and is
}

// Error says which key, and until when it is valid.
func (e *RenewalError) Error() string {
	return fmt.Sprintf("key %s was posted again to integration %s, and still ends on %s", e.KeyID, e.ClientID, e.Expires.UTC().Format(time.DateOnly))
}

// Remedy says what to do instead.
func (e *RenewalError) Remedy() string {
	return "the end of a key does not move there; replace it in time: stafett rotate"
}
