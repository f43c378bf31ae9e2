package storage

import (
	"encoding/json"
	"fmt"
)

// values are data values or presentation texts as clients may send them:
// numbers and booleans are read as their text, null is left out.
type values map[string]string

// UnmarshalJSON implements json.Unmarshaler.
func (v *values) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil || raw == nil {
		return err
	}
	*v = make(values, len(raw))
	for key, value := range raw {
		switch value[0] {
		case '"':
			var text string
			if err := json.Unmarshal(value, &text); err != nil {
				return err
			}
			(*v)[key] = text
		case '{', '[':
			return fmt.Errorf("read values: %q is not a text", key)
		case 'n': // null
		default:
			(*v)[key] = string(value)
		}
	}
	return nil
}
