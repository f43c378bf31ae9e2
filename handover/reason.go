package handover

import (
	"fmt"
	"runtime"
)

// Reason is an error's text as far as it may be logged and shown: without what
// could quote a form or name a party.
func Reason(err error) string { return reason(err) }

// PanicReason is what may be logged of the value of a panic. Only the runtime's own
// words are sure to quote nothing of a form; of everything else it is the type.
func PanicReason(value any) string {
	if err, ok := value.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", value)
}
