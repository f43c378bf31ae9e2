package keys

import (
	"fmt"
	"strings"
)

// Text names a key in a line of a plan. Both are empty for a key that is still to
// be made, and the id alone where nobody can know it.
func Text(keyID, thumbprint string) string {
	switch {
	case thumbprint == "":
		return "the new key"
	case keyID == "":
		return "thumbprint " + thumbprint
	}
	return fmt.Sprintf("key %s (thumbprint %s)", keyID, thumbprint)
}

// LeftOutText ends the line of a change of a key set with the ids of the expired
// keys that the change leaves out; "" for none.
func LeftOutText(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ", leaving out what has expired: " + strings.Join(ids, ", ")
}
